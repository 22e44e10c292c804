// Which proxies apply a policy of Istio: sidecars and gateways by their labels, waypoints by what it targets, ztunnel none.
// Source: pilot/pkg/model/policyattachment.go of istio/istio, releases 1.30 and 1.31.
import type { ClusterSnapshot, Kind, Named, PodState, Reference } from "../cluster-state/snapshot";
import { isReadIn } from "../cluster-state/within";
import { byNamespace, hasProxy, isIngressPod, isLive, isWaypointPod, marks, podsToCapture } from "./mesh";
import { rootNamespace } from "./mesh-config";
import { serviceWaypoint } from "./waypoint-users";

/** A policy by what it is for. */
export interface Attached extends Named {
  targets: Reference[];
  /** Labels of its pods; undefined where it is for all of its namespace, or of the mesh. */
  pods?: Record<string, string>;
}

/** Says of a pod whether its proxy applies a policy that selects it. */
export type Reads = (pod: PodState) => boolean;

/** What most kinds of policies reach without a target: sidecars and ingress gateways. */
export const proxyReads: Reads = (pod) => hasProxy(pod) || isIngressPod(pod);

/** How far policies of the root namespace reach: to all pods of the mesh, or only without a selector. */
export type Reach = "all" | "without selector";

/** The pods of the mesh that a policy without a target is for, where none of them has a proxy that applies it. */
export function unreadPods(
  snapshot: ClusterSnapshot,
  reach: Reach,
): (policy: Attached, reads?: Reads) => PodState[] | undefined {
  const captured = new Set(podsToCapture(snapshot));
  const live = snapshot.pods.filter(isLive);
  const pods = new Map(byNamespace(live));
  const machines = new Map(byNamespace(snapshot.workloadEntries));
  const root = rootNamespace(snapshot);
  return (policy, reads = proxyReads) => {
    const isWide = policy.namespace === root && (reach === "all" || policy.pods === undefined);
    const selected = (isWide ? live : (pods.get(policy.namespace) ?? [])).filter(isSelected(policy));
    // A machine has a proxy of its own.
    const outside = (isWide ? snapshot.workloadEntries : (machines.get(policy.namespace) ?? [])).some(
      isSelected(policy),
    );
    if (policy.targets.length > 0 || outside || selected.some(reads)) return undefined;
    const served = selected.filter((pod) => captured.has(pod));
    const unread = served.length > 0 ? served : selected.filter(isWaypointPod);
    return unread.length > 0 ? unread : undefined;
  };
}

export function isSelected({ pods = {} }: Pick<Attached, "pods">): (object: Pick<Named, "labels">) => boolean {
  const wanted = Object.entries(pods);
  return ({ labels }) => wanted.every(([key, value]) => labels[key] === value);
}

/** A target at which nothing applies the policy, and what to write instead. */
export interface Unbound {
  got: string;
  rule: string;
  write: string;
}

/** The only class that policies apply to. */
const waypointClass = "istio-waypoint";

/** What is wrong with the targets of a policy, of which istiod attaches its kind to some kinds only. */
export function unboundTargets(snapshot: ClusterSnapshot, kinds: readonly string[]): (policy: Attached) => Unbound[] {
  const waypointOf = serviceWaypoint(snapshot);
  const root = rootNamespace(snapshot);
  const unbound = (policy: Attached, target: Reference): Unbound | undefined => {
    const { kind, namespace, name } = target;
    if (!kinds.includes(kind)) {
      const rule = `istiod attaches it to targets of kind ${kinds.join(" or ")} only`;
      return { got: `target ${kind} ${name}`, rule, write: gatewayTarget };
    }
    if (kind === "GatewayClass") {
      if (policy.namespace === root && name === waypointClass) return undefined;
      const rule = `a policy for a class is in ${root}, and the class is ${waypointClass}`;
      const write = `metadata: { namespace: ${root} }, spec: { targetRefs: [{ kind: GatewayClass, name: ${waypointClass} }] }`;
      return { got: `target GatewayClass ${name}, from namespace ${policy.namespace}`, rule, write };
    }
    const list = lists[kind];
    if (list === undefined || !isKnownIn(snapshot, list, namespace)) return undefined;
    const found = (snapshot[list] as Named[]).find((each) => each.namespace === namespace && each.name === name);
    if (found === undefined) {
      const write = kind === "Gateway" ? gatewayTarget : serviceTarget;
      return { got: `${kind} ${name} does not exist`, rule: "its target exists in its own namespace", write };
    }
    if (kind === "Gateway" || waypointOf(kind as "Service" | "ServiceEntry", found) !== undefined) return undefined;
    const write = `${marks.useWaypoint}: waypoint`;
    return { got: `${kind} ${name} has no waypoint`, rule: "its target has a waypoint", write };
  };
  return (policy) => policy.targets.flatMap((target) => unbound(policy, target) ?? []);
}

const lists: Partial<Record<string, Kind & ("gateways" | "services" | "serviceEntries")>> = {
  Gateway: "gateways",
  Service: "services",
  ServiceEntry: "serviceEntries",
};

export const serviceTarget = 'targetRefs: [{ kind: Service, group: "", name: ... }]';
export const gatewayTarget = "targetRefs: [{ kind: Gateway, group: gateway.networking.k8s.io, name: ... }]";

/** Whether what is not in a list does not exist: the list was read, at least of that namespace. */
export function isKnownIn(snapshot: ClusterSnapshot, list: Kind, namespace: string): boolean {
  const gap = snapshot.gaps[list];
  return (
    gap === undefined || gap.cause === "missing" || (gap.within !== undefined && isReadIn(snapshot, list, namespace))
  );
}
