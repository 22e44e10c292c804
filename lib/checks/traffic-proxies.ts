// Proxies on the way to a host: its waypoint, gateways that route to it, and waypoints of hosts that do.
import type { ClusterSnapshot, Reference } from "../cluster-state/snapshot";
import { attachedSets } from "./listener-sets";
import { ingressGateways } from "./mesh";
import { hostsOf, type Host } from "./mesh-hosts";
import { serviceWaypoint } from "./waypoint-users";

/** A proxy that istiod configures. */
export interface TrafficProxy {
  /** "waypoint shop/waypoint" */
  what: string;
  namespace: string;
  isGateway: boolean;
  /** It may be any: a gateway that only its labels tell of. */
  isAny?: true;
}

/** The proxies on the way to a host, the waypoint of its own first; `name` is the host as a rule has it. */
export function trafficProxies(snapshot: ClusterSnapshot): (host: Host, name: string) => TrafficProxy[] {
  const waypointOf = serviceWaypoint(snapshot);
  const hostOf = hostsOf(snapshot);
  const own = (host: Host | undefined): TrafficProxy[] => {
    const waypoint = host && waypointOf(host.kind, host.object);
    return waypoint === undefined
      ? []
      : [{ what: `waypoint ${waypoint}`, namespace: waypoint.split("/")[0] ?? "", isGateway: false }];
  };
  const routed = new Map<string, TrafficProxy[]>();
  const route = (key: string, proxies: TrafficProxy[]) => {
    if (proxies.length > 0) routed.set(key, [...(routed.get(key) ?? []), ...proxies]);
  };
  const gatewayOf = gatewaysByParent(snapshot);
  for (const { parents, backends } of snapshot.routes) {
    const proxies = parents.flatMap((parent) => {
      const { kind, namespace, name } = parent;
      return kind === "Service" ? own(hostOf(name, namespace)) : (gatewayOf.get(keyOf(parent)) ?? []);
    });
    // Other kinds are names of hosts themselves.
    for (const backend of backends) route(backend.kind === "Service" ? keyOf(backend) : backend.name, proxies);
  }
  for (const { namespace, hosts, isForMesh, destinations } of snapshot.virtualServices) {
    const proxies = isForMesh
      ? hosts.flatMap((host) => own(hostOf(host, namespace)))
      : [{ what: "a gateway", namespace, isGateway: true, isAny: true as const }];
    for (const { host } of destinations) {
      const found = hostOf(host, namespace);
      if (found) route(keyOf({ kind: found.kind, ...found.object }), proxies);
    }
  }
  return (host, name) => [
    ...own(host),
    ...(routed.get(keyOf({ kind: host.kind, ...host.object })) ?? []),
    ...(host.kind === "ServiceEntry" ? (routed.get(name) ?? []) : []),
  ];
}

/** Gateways by what a route names as its parent: themselves, or a ListenerSet of theirs. */
function gatewaysByParent(snapshot: ClusterSnapshot): Map<string, TrafficProxy[]> {
  const setsOf = attachedSets(snapshot);
  return new Map(
    ingressGateways(snapshot).flatMap((gateway) => {
      const { namespace, name } = gateway;
      const proxy = { what: `gateway ${namespace}/${name}`, namespace, isGateway: true };
      const parents = [keyOf({ kind: "Gateway", namespace, name }), ...setsOf(gateway).map(keyOf)];
      return parents.map((key): [string, TrafficProxy[]] => [key, [proxy]]);
    }),
  );
}

function keyOf({ kind, namespace, name }: Reference): string {
  return `${kind} ${namespace}/${name}`;
}
