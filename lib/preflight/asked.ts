// What a cluster is asked before anything is written: whether it would take the very objects, by a dry run.

/** An object to be asked for. */
export interface AskedObject {
  kind: string;
  /** Path of its API and name of its resource: "/apis/apps/v1", "daemonsets". */
  api: string;
  plural: string;
  /** Empty for objects of the whole cluster. */
  namespace: string;
  name: string;
  body: object;
}

/** What a cluster said no to. */
export interface Refusal {
  kind: string;
  namespace: string;
  name: string;
  /** Asked in another namespace, since its own does not exist yet. */
  elsewhere: boolean;
  /** False where only the namespace itself could tell. */
  isCertain?: boolean;
  why: string;
}

/** A CRD, and the versions in which objects of it were ever stored. */
export interface StoredVersions {
  name: string;
  versions: string[];
}

/** Name of the CRD that stands for the Gateway API's, and of the one that stands for Istio's. */
export const askedDefinitions = {
  gatewayApi: "gateways.gateway.networking.k8s.io",
  istio: "authorizationpolicies.security.istio.io",
} as const;

/** A CRD with as much as the API server needs to judge it. */
export function askedDefinition(name: string, kind: string, annotations: Record<string, string>): AskedObject {
  const [plural = "", ...group] = name.split(".");
  const schema = { openAPIV3Schema: { type: "object" } };
  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name, annotations },
    spec: {
      group: group.join("."),
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  const at = { api: "/apis/apiextensions.k8s.io/v1", plural: "customresourcedefinitions" };
  return { kind: "CustomResourceDefinition", ...at, namespace: "", name, body };
}
