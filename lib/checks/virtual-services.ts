// VirtualServices that no proxy applies: sidecars of clients do, and the waypoint of the host; ztunnel routes nothing by HTTP.
// Source: istio#56773, istio#54496; istio.io, ambient, layer 7 features (alpha with waypoints); initVirtualServices in
// pilot/pkg/model/push_context.go of istio/istio.
import type { ClusterSnapshot, VirtualServiceState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { enrolls, hasProxy, isLive, marks, some } from "./mesh";
import { hostsOf } from "./mesh-hosts";
import { serviceWaypoint } from "./waypoint-users";

export const virtualServicesCheck: Check = {
  id: "virtual-services",
  category: "gateways",
  claim: "a proxy applies every VirtualService of the mesh",
  severity: "warning",
  hint: "In ambient mode the waypoint of its host applies it, and without one nothing does; no condition shows that.",
  needs: ["virtualServices", "services", "pods", "namespaces"],
  also: ["serviceEntries"],
  run: (snapshot) => unappliedRules(snapshot).map(unapplied),
};

/** VirtualServices whose hosts are of the mesh, and have neither a waypoint nor a client with a sidecar. */
export function unappliedRules(snapshot: ClusterSnapshot): VirtualServiceState[] {
  const rules = snapshot.virtualServices.filter(({ isForMesh }) => isForMesh);
  // Sidecars of any client apply it, and VirtualServices are seen in all namespaces by default.
  if (rules.length === 0 || snapshot.pods.some((pod) => isLive(pod) && hasProxy(pod))) return [];
  const hostOf = hostsOf(snapshot);
  const waypointOf = serviceWaypoint(snapshot);
  const isEnrolled = enrolls(snapshot);
  return rules.filter((rule) => {
    const found = rule.hosts.map((host) => hostOf(host, rule.namespace));
    // A host that is not known may be behind anything.
    const known = found.flatMap((each) => each ?? []);
    if (known.length === 0 || known.length < found.length) return false;
    const isApplied = known.some(({ kind, object }) => waypointOf(kind, object) !== undefined);
    const isOutside = known.some(({ object }) => !isEnrolled({ namespace: object.namespace, labels: {} }));
    return !isApplied && !isOutside;
  });
}

function unapplied(rule: VirtualServiceState): Finding {
  const rules = "a waypoint of its host applies it, and there is neither one nor a sidecar";
  return finding("VirtualService", rule, `no waypoint of ${some(rule.hosts)}`, rules, {
    write: `${marks.useWaypoint}: waypoint`,
  });
}
