// Who names a waypoint: every object on which istiod reads the label, and the waypoint that it gets by it.
import type { ClusterSnapshot, Kind, Named } from "../cluster-state/snapshot";
import { isReadIn } from "../cluster-state/within";
import { ingressGateways, isLive, marks } from "./mesh";

/** An object that names a waypoint. */
export interface WaypointUser {
  kind: string;
  object: { namespace: string; name: string };
  /** Key of the label. */
  key: string;
  /** Its value. */
  label: string;
  /** namespace/name */
  waypoint: string;
  /** Traffic to it is addressed to a pod or a machine, and not to a Service. */
  isWorkload: boolean;
  /** More objects of its kind and namespace that name the same one. */
  others: number;
}

/** Lists of the objects that can name one; what may not be read of the last three is no reason to say nothing. */
export const userKinds: Kind[] = ["namespaces", "services", "pods"];

/** A second waypoint, to which a part of the traffic goes. */
export const canary = `${marks.useWaypoint}-canary`;

/** What traffic reaches without a Service. */
const workloads = ["Pod", "WorkloadEntry", "WorkloadGroup"];

/** The waypoint that an object names by its label, if it names one. */
export function namedWaypoint(
  kind: string,
  object: Named | undefined,
  key: string = marks.useWaypoint,
): WaypointUser | undefined {
  const label = object?.labels[key];
  if (!object || label === undefined || label === "none") return undefined;
  const own = kind === "Namespace" ? object.name : object.namespace;
  const waypoint = `${object.labels[`${key}-namespace`] ?? own}/${label}`;
  return { kind, object, key, label, waypoint, isWorkload: workloads.includes(kind), others: 0 };
}

/** Everything that names a waypoint; the pods of one namespace that name the same one are one user. */
export function waypointUsers(snapshot: ClusterSnapshot): WaypointUser[] {
  const { namespaces, services, pods, serviceEntries, workloadEntries, workloadGroups } = snapshot;
  const named = (kind: string, objects: Named[]) => objects.flatMap((object) => namedWaypoint(kind, object) ?? []);
  const withCanary = (kind: string, objects: Named[]) =>
    objects.flatMap((object) => [namedWaypoint(kind, object) ?? [], namedWaypoint(kind, object, canary) ?? []].flat());
  return [
    ...withCanary("Namespace", namespaces),
    ...withCanary("Service", services),
    ...withCanary("ServiceEntry", serviceEntries),
    ...summed(named("Pod", pods.filter(isLive))),
    ...named("WorkloadGroup", workloadGroups),
    ...summed(named("WorkloadEntry", workloadEntries)),
  ];
}

function summed(users: WaypointUser[]): WaypointUser[] {
  const groups = new Map<string, WaypointUser>();
  for (const user of users) {
    const key = `${user.object.namespace} ${user.waypoint}`;
    const first = groups.get(key);
    groups.set(key, first ? { ...first, others: first.others + 1 } : user);
  }
  return [...groups.values()];
}

/** Users of waypoints that are none. Gateways that another controller serves are left to it. */
export function missingWaypoints(snapshot: ClusterSnapshot): WaypointUser[] {
  const ingress = new Set(ingressGateways(snapshot));
  const known = new Set(
    snapshot.gateways.filter((gateway) => !ingress.has(gateway)).map(({ namespace, name }) => `${namespace}/${name}`),
  );
  return waypointUsers(snapshot).filter(
    ({ waypoint }) => !known.has(waypoint) && isReadIn(snapshot, "gateways", waypoint.split("/")[0] ?? ""),
  );
}

/** The label as it stands on the user: "istio.io/use-waypoint=shared, and 3 more pods". */
export function labelText({ kind, key, label, others }: WaypointUser): string {
  const more = others === 0 ? "" : ` on it and ${others} more of kind ${kind}`;
  return `${key}=${label}${more}`;
}

/** The waypoint that traffic to a Service or a ServiceEntry gets: its own, or that of its namespace. */
export function serviceWaypoint(
  snapshot: ClusterSnapshot,
): (kind: "Service" | "ServiceEntry", object: Named) => string | undefined {
  const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
  return (kind, object) => {
    if (object.labels[marks.useWaypoint] === "none") return undefined;
    return (namedWaypoint(kind, object) ?? namedWaypoint("Namespace", namespaces.get(object.namespace)))?.waypoint;
  };
}
