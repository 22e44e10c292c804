// What a snapshot can tell of one namespace where whoever looked may not list the whole cluster.
import type { ClusterSnapshot, Kind } from "./snapshot";

/** True unless the list was read of other namespaces only: what is not in it does not exist then. */
export function isReadIn({ gaps }: Pick<ClusterSnapshot, "gaps">, kind: Kind, namespace: string): boolean {
  return gaps[kind]?.within?.includes(namespace) ?? true;
}
