// Hosts of Istio's traffic rules: what is behind a name.
import type { ClusterSnapshot, Named } from "../cluster-state/snapshot";

/** What is behind a host. */
export interface Host {
  kind: "Service" | "ServiceEntry";
  object: Named;
}

/** What is behind a host: by a short name of the rule's own namespace, or by a whole one. */
export function hostsOf({
  services,
  serviceEntries,
}: Pick<ClusterSnapshot, "services" | "serviceEntries">): (host: string, namespace: string) => Host | undefined {
  const known = new Map<string, Host>();
  for (const object of serviceEntries) {
    for (const host of object.hosts) known.set(host, { kind: "ServiceEntry", object });
  }
  for (const object of services) known.set(`${object.name}.${object.namespace}`, { kind: "Service", object });
  return (host, namespace) => {
    const name = host.replace(/\.svc(\..*)?$/, "");
    return known.get(host) ?? known.get(name.includes(".") ? name : `${name}.${namespace}`);
  };
}

/** The whole name of a Service, in the domain that clusters have unless they are told another. */
export function wholeName({ namespace, name }: Pick<Named, "namespace" | "name">): string {
  return `${name}.${namespace}.svc.cluster.local`;
}
