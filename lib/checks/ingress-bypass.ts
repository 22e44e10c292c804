// Services that an ingress gateway reaches past the waypoint whose policies are to protect them.
import type { AuthorizationPolicyState, ClusterSnapshot, ServiceState } from "../cluster-state/snapshot";
import { finding, type Finding } from "./check";
import { attachedSets } from "./listener-sets";
import { ingressGateways, marks, some, waypoints } from "./mesh";
import { hostsOf } from "./mesh-hosts";
import { serviceWaypoint } from "./waypoint-users";

/** What Go's ParseBool, by which istiod reads the label, takes for true. */
const truths = ["1", "t", "T", "TRUE", "true", "True"];

/** One finding a Service: a policy targets it or its waypoint, and a gateway routes to it directly. */
export function ingressBypasses(snapshot: ClusterSnapshot): Finding[] {
  const routed = routedServices(snapshot);
  const guards = guardsOf(snapshot);
  const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
  const passes = ({ namespace, labels }: ServiceState) =>
    truths.includes(
      labels[marks.ingressUseWaypoint] ?? namespaces.get(namespace)?.labels[marks.ingressUseWaypoint] ?? "",
    );
  return snapshot.services
    .filter((service) => routed.has(key(service)) && !passes(service))
    .flatMap((service) => {
      const policies = guards(service).map(({ name }) => name);
      if (policies.length === 0) return [];
      const rule = `AuthorizationPolicy ${some(policies)} is enforced by its waypoint, and a gateway routes to it`;
      const label = `${marks.ingressUseWaypoint}=true`;
      const overwrite = marks.ingressUseWaypoint in service.labels ? " --overwrite" : "";
      return [
        finding("Service", service, `no label ${label}`, rule, {
          run: `kubectl label service ${service.name} --namespace ${service.namespace}${overwrite} ${label}`,
        }),
      ];
    });
}

/** Services to which a route of an ingress gateway leads, or a VirtualService of a classic one: both pass waypoints by. */
function routedServices(snapshot: ClusterSnapshot): Set<string> {
  const setsOf = attachedSets(snapshot);
  const ingress = ingressGateways(snapshot);
  const places = new Set([
    ...ingress.map((gateway) => `Gateway ${key(gateway)}`),
    ...ingress.flatMap(setsOf).map((set) => `ListenerSet ${key(set)}`),
  ]);
  const routes = snapshot.routes.filter(({ parents }) =>
    parents.some((parent) => places.has(`${parent.kind} ${key(parent)}`)),
  );
  const hostOf = hostsOf(snapshot);
  const classic = snapshot.virtualServices.filter(({ isForMesh }) => !isForMesh);
  const destinations = classic.flatMap(({ namespace, destinations: all }) =>
    all.flatMap(({ host }) => hostOf(host, namespace) ?? []),
  );
  return new Set([
    ...routes.flatMap(({ backends }) => backends.filter(({ kind }) => kind === "Service").map(key)),
    ...destinations.filter(({ kind }) => kind === "Service").map(({ object }) => key(object)),
  ]);
}

/** The policies of a Service: those that target it, and those that target its waypoint. */
function guardsOf(snapshot: ClusterSnapshot): (service: ServiceState) => AuthorizationPolicyState[] {
  const served = new Set(waypoints(snapshot).map(key));
  const waypointOf = serviceWaypoint(snapshot);
  const byTarget = new Map<string, AuthorizationPolicyState[]>();
  for (const policy of snapshot.authorizationPolicies) {
    for (const target of policy.targets.filter(({ kind }) => kind === "Service" || kind === "Gateway")) {
      const place = `${target.kind} ${key(target)}`;
      byTarget.set(place, [...(byTarget.get(place) ?? []), policy]);
    }
  }
  return (service) => {
    const waypoint = waypointOf("Service", service);
    const ofWaypoint = waypoint !== undefined && served.has(waypoint) ? byTarget.get(`Gateway ${waypoint}`) : undefined;
    return [...new Set([...(byTarget.get(`Service ${key(service)}`) ?? []), ...(ofWaypoint ?? [])])];
  };
}

function key({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
