// Reads Ingresses from a cluster, with the Services and NetworkPolicies beside them and the Secrets, ConfigMaps, Certificates and
// issuers that they name.
import type { Ingress } from "../lib/conversion/objects";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";

/** Reading Ingresses was refused. Its message is for the user. */
export class IngressesError extends Error {
  override name = "IngressesError";
}

/** What of a namespace's objects an Ingress names, and by which annotation. */
const named = [
  ["secrets", "nginx.ingress.kubernetes.io/proxy-ssl-secret"],
  ["secrets", "nginx.ingress.kubernetes.io/auth-tls-secret"],
  ["configmaps", "nginx.ingress.kubernetes.io/custom-headers"],
  ["configmaps", "nginx.ingress.kubernetes.io/auth-proxy-set-headers"],
] as const;

/** What was read. */
export interface Read {
  /** As in a file: lists, and single objects. */
  documents: unknown[];
  /** Ingresses of other namespaces; undefined where these may not be read. */
  elsewhere: Ingress[] | undefined;
}

/** Reads namespaces, or all of them where none is given. */
export async function readIngresses(
  target: ClusterTarget,
  namespaces: readonly string[],
  timeoutMs: number,
): Promise<Read> {
  const client = await ApiClient.connect(target, timeoutMs);
  try {
    const within = namespaces.length === 0 ? [""] : namespaces.map((name) => `namespaces/${name}/`);
    const documents: unknown[] = [];
    for (const part of within) {
      const ingresses = await list(client, `/apis/networking.k8s.io/v1/${part}ingresses`);
      documents.push(ingresses, await list(client, `/api/v1/${part}services`));
      const policies = `/apis/networking.k8s.io/v1/${part}networkpolicies`;
      for (const path of [policies, ...pathsOf((ingresses as { items: Ingress[] }).items)]) {
        const reply = await client.get(path);
        // Without them a conversion says what it does not know.
        if (reply.kind === "ok") documents.push(reply.body);
      }
    }
    return { documents, elsewhere: namespaces.length === 0 ? [] : await others(client, namespaces) };
  } finally {
    client.close();
  }
}

async function others(client: ApiClient, namespaces: readonly string[]): Promise<Ingress[] | undefined> {
  const reply = await client.get("/apis/networking.k8s.io/v1/ingresses");
  if (reply.kind !== "ok") return undefined;
  return (reply.body as { items: Ingress[] }).items.filter(
    ({ metadata }) => !namespaces.includes(metadata.namespace ?? "default"),
  );
}

async function list(client: ApiClient, path: string): Promise<unknown> {
  const reply = await client.get(path);
  if (reply.kind === "ok") return reply.body;
  throw new IngressesError(`cannot read ${path}: ${reply.kind === "missing" ? "there is no such path" : reply.why}`);
}

function pathsOf(ingresses: readonly Ingress[]): string[] {
  const paths = ingresses.flatMap(({ metadata, spec }) => {
    const own = metadata.namespace ?? "default";
    const path = (kind: string, name: string) => {
      const [namespace, rest] = name.includes("/") ? (name.split("/") as [string, string]) : [own, name];
      return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${kind}/${encodeURIComponent(rest)}`;
    };
    const byAnnotation = named.flatMap(([kind, annotation]) => {
      const name = metadata.annotations?.[annotation]?.trim();
      return name ? [path(kind, name)] : [];
    });
    const secrets = (spec.tls ?? []).flatMap(({ secretName }) => (secretName ? [secretName] : []));
    return [...byAnnotation, ...secrets.map((name) => path("secrets", name)), ...ofCertManager(metadata, own, secrets)];
  });
  return [...new Set(paths)];
}

/** What cert-manager has made of the Ingress, and the issuer that the Ingress names. */
function ofCertManager({ annotations = {} }: Ingress["metadata"], namespace: string, secrets: string[]): string[] {
  const [issuer, clusterIssuer, tlsAcme] = [
    annotations["cert-manager.io/issuer"],
    annotations["cert-manager.io/cluster-issuer"],
    annotations["kubernetes.io/tls-acme"],
  ];
  if ([issuer, clusterIssuer, tlsAcme].every((value) => value === undefined)) return [];
  const [api, name] = ["/apis/cert-manager.io/v1", encodeURIComponent];
  return [
    ...secrets.map((secret) => `${api}/namespaces/${name(namespace)}/certificates/${name(secret)}`),
    ...(issuer ? [`${api}/namespaces/${name(namespace)}/issuers/${name(issuer)}`] : []),
    ...(clusterIssuer ? [`${api}/clusterissuers/${name(clusterIssuer)}`] : []),
  ];
}
