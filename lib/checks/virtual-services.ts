// VirtualServices that no proxy applies: sidecars of clients do, and the waypoint of the host; ztunnel routes nothing by HTTP.
// Source: istio#56773, istio#54496; istio.io, ambient, layer 7 features (alpha with waypoints); initVirtualServices in
// pilot/pkg/model/push_context.go of istio/istio.
import type { ClusterSnapshot, Named, VirtualServiceState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { enrolls, hasProxy, isLive, marks, some } from "./mesh";
import { serviceWaypoint } from "./waypoint-users";

export const virtualServicesCheck: Check = {
  id: "virtual-services",
  category: "gateways",
  claim: "a proxy applies every VirtualService of the mesh",
  severity: "warning",
  hint: "In ambient mode the waypoint of its host applies it, and without one nothing does; no condition shows that.",
  needs: ["virtualServices", "services", "pods", "namespaces"],
  also: ["serviceEntries"],
  run(snapshot) {
    const rules = snapshot.virtualServices.filter(({ isForMesh }) => isForMesh);
    // Sidecars of any client apply it, and VirtualServices are seen in all namespaces by default.
    if (rules.length === 0 || snapshot.pods.some((pod) => isLive(pod) && hasProxy(pod))) return [];
    const hostOf = hostsOf(snapshot);
    const waypointOf = serviceWaypoint(snapshot);
    const isEnrolled = enrolls(snapshot);
    return rules.flatMap((rule) => {
      const found = rule.hosts.map((host) => hostOf(host, rule.namespace));
      // A host that is not known may be behind anything.
      const known = found.flatMap((each) => each ?? []);
      if (known.length === 0 || known.length < found.length) return [];
      const isApplied = known.some(({ kind, object }) => waypointOf(kind, object) !== undefined);
      const isOutside = known.some(({ object }) => !isEnrolled({ namespace: object.namespace, labels: {} }));
      return isApplied || isOutside ? [] : [unapplied(rule)];
    });
  },
};

interface Host {
  kind: "Service" | "ServiceEntry";
  object: Named;
}

/** What is behind a host of a VirtualService: by a short name of its own namespace, or by a whole one. */
function hostsOf({ services, serviceEntries }: ClusterSnapshot): (host: string, namespace: string) => Host | undefined {
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

function unapplied(rule: VirtualServiceState): Finding {
  const rules = "a waypoint of its host applies it, and there is neither one nor a sidecar";
  return finding("VirtualService", rule, `no waypoint of ${some(rule.hosts)}`, rules, {
    write: `${marks.useWaypoint}: waypoint`,
  });
}
