// Lists of single namespaces, for whoever may not list a kind in the whole cluster.
import type { V1Namespace } from "@kubernetes/client-node";
import type { ClusterSnapshot, Gap } from "../lib/cluster-state/snapshot";
import type { Api } from "./client";
import type { ListedKind, Source } from "./kinds";
import { slimNamespace } from "./slim";

/** Kinds that tell something of a namespace without the rest of the cluster. */
const kinds: ListedKind[] = [
  "pods",
  "services",
  "deployments",
  "gateways",
  "listenerSets",
  "routes",
  "certificates",
  "authorizationPolicies",
  "requestAuthentications",
  "peerAuthentications",
  "proxyPolicies",
  "networkPolicies",
  "events",
  "serviceEntries",
  "workloadEntries",
  "workloadGroups",
];

/** True where a refused list is worth asking for again, namespace by namespace. */
export function isListedByNamespace(kind: ListedKind, gap: Gap): boolean {
  return gap.cause === "forbidden" && kinds.includes(kind);
}

/** The same list of one namespace. */
export function ofNamespace<T>(source: Source<T>, namespace: string): Source<T> {
  const within = (path: string) => path.replace(/[^/]+$/, (plural) => `namespaces/${namespace}/${plural}`);
  const { path, former } = source;
  return { ...source, path: within(path), ...(former ? { former: former.map(within) } : {}) };
}

/** What is known of a list that was read of these namespaces only. */
export function gapWithin(refused: Gap, within: string[]): Gap {
  if (within.length === 0) return refused;
  return { ...refused, why: `${refused.why}; read of ${within.join(", ")} only`, partial: true, within };
}

/** Namespaces by their names; one that does not exist is read as well, and is not in the list. */
export async function readNamespaces(
  client: Api,
  snapshot: ClusterSnapshot,
  names: readonly string[],
): Promise<string[]> {
  const read: string[] = [];
  for (const name of names) {
    const reply = await client.get(`/api/v1/namespaces/${name}`);
    if (reply.kind === "ok") snapshot.namespaces.push(slimNamespace(reply.body as V1Namespace));
    if (reply.kind === "ok" || reply.kind === "missing") read.push(name);
  }
  return read;
}
