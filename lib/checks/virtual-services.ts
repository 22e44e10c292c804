// VirtualServices that no proxy applies: sidecars of clients do, and the waypoint of the host; ztunnel routes nothing by HTTP.
// Source: istio#56773, istio#54496; istio.io, ambient, layer 7 features (alpha with waypoints); initVirtualServices in
// pilot/pkg/model/push_context.go and getVirtualServiceForWaypoint in pilot/pkg/networking/core/listener_waypoint.go of
// istio/istio.
import type { ClusterSnapshot, Named, VirtualServiceState } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";
import { finding, type Check, type Finding } from "./check";
import { enrolls, hasProxy, isLive, marks, some } from "./mesh";
import { hostsOf, type Host } from "./mesh-hosts";
import { serviceWaypoint } from "./waypoint-users";

export const virtualServicesCheck: Check = {
  id: "virtual-services",
  category: "gateways",
  claim: "a proxy applies every VirtualService of the mesh",
  severity: "warning",
  hint: "In ambient mode the waypoint of its host applies it, and without one nothing does; no condition shows that.",
  needs: ["virtualServices", "services", "pods", "namespaces"],
  also: ["serviceEntries"],
  run: (snapshot) => unappliedRules(snapshot).map((rule) => unapplied(snapshot, rule)),
};

export const mixedRoutesCheck: Check = {
  id: "mixed-routes",
  category: "gateways",
  claim: "no waypoint has a VirtualService and routes of the Gateway API for one host",
  severity: "warning",
  hint: "Istio does not define what the waypoint makes of both: rules of one may hide those of the other.",
  needs: ["virtualServices", "routes", "services", "namespaces"],
  run(snapshot) {
    const rules = snapshot.virtualServices.filter(({ isForMesh, hasHttp }) => isForMesh && hasHttp);
    if (rules.length === 0) return [];
    const hostOf = hostsOf(snapshot);
    const waypointOf = serviceWaypoint(snapshot);
    return rules.flatMap((rule) => {
      const behind = rule.hosts.flatMap((host) => hostOf(host, rule.namespace) ?? []);
      const beside = behind.flatMap((host) => {
        const route = snapshot.routes.find(
          ({ kind, namespace, parents }) =>
            ["HTTPRoute", "GRPCRoute"].includes(kind) &&
            parents.some((parent) => parent.kind === host.kind && isSame(parent, host.object)) &&
            [rule.namespace, namespace].every((from) => isInReach(waypointOf(host.kind, host.object), host, from)),
        );
        return route ? [{ host, route }] : [];
      });
      const [first] = beside;
      if (!first) return [];
      const { host, route } = first;
      const got = `beside ${objectName(route.kind, route)}, for ${some(rule.hosts)}`;
      const group = host.kind === "Service" ? '""' : "networking.istio.io";
      const write = `kind: ${route.kind}, spec: { parentRefs: [{ group: ${group}, kind: ${host.kind}, name: ${host.object.name} }] }`;
      return [
        finding("VirtualService", rule, got, "a waypoint routes a host by one of the two kinds alone", { write }),
      ];
    });
  },
};

function isSame(one: { namespace: string; name: string }, other: Named): boolean {
  return one.namespace === other.namespace && one.name === other.name;
}

/** A waypoint applies what is in its own namespace, and in that of the host. */
export function isInReach(waypoint: string | undefined, { object }: Host, namespace: string): boolean {
  return waypoint !== undefined && [object.namespace, waypoint.split("/")[0]].includes(namespace);
}

/** VirtualServices whose hosts are of the mesh, and have neither a waypoint that applies them nor a client with a sidecar. */
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
    const isApplied = known.some((host) => isInReach(waypointOf(host.kind, host.object), host, rule.namespace));
    const isOutside = known.some(({ object }) => !isEnrolled({ namespace: object.namespace, labels: {} }));
    return !isApplied && !isOutside;
  });
}

function unapplied(snapshot: ClusterSnapshot, rule: VirtualServiceState): Finding {
  const hostOf = hostsOf(snapshot);
  const waypointOf = serviceWaypoint(snapshot);
  for (const name of rule.hosts) {
    const host = hostOf(name, rule.namespace);
    const waypoint = host && waypointOf(host.kind, host.object);
    if (!host || waypoint === undefined) continue;
    const got = `in namespace ${rule.namespace}, for ${name} with waypoint ${waypoint}`;
    const reach = "a waypoint applies those of its own namespace and of the host's";
    return finding("VirtualService", rule, got, reach, { write: `metadata: { namespace: ${host.object.namespace} }` });
  }
  const rules = "a waypoint of its host applies it, and there is neither one nor a sidecar";
  return finding("VirtualService", rule, `no waypoint of ${some(rule.hosts)}`, rules, {
    write: `${marks.useWaypoint}: waypoint`,
  });
}
