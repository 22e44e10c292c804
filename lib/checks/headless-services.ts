// Headless Services in front of a waypoint: their names lead to pods, and a waypoint for Services does not see what is
// addressed to a pod.
// Source: getVIPs in pilot/pkg/serviceregistry/ambient/services.go of istio/istio, find_destination in src/state.rs of
// istio/ztunnel; release note of istio#60310.
import type { ClusterSnapshot, GatewayState, PodState, ServiceState } from "../cluster-state/snapshot";
import { selects } from "../network-policies/selectors";
import { finding, type Finding } from "./check";
import { byNamespace, marks, podsToCapture } from "./mesh";
import { namedWaypoint, serviceWaypoint } from "./waypoint-users";

/** Headless Services that are meant to be behind a waypoint, by a label or a policy of their own, and whose pods are not. */
export function headlessFindings(snapshot: ClusterSnapshot, servesPods: (gateway: GatewayState) => boolean): Finding[] {
  const headless = snapshot.services.filter(({ isHeadless, selector }) => isHeadless && selector !== undefined);
  if (headless.length === 0) return [];
  const waypointOf = serviceWaypoint(snapshot);
  const captured = new Map(byNamespace(podsToCapture(snapshot)));
  const isServed = servedPods(snapshot, servesPods);
  return headless.flatMap((service) => {
    const waypoint = waypointOf("Service", service);
    const behind = (captured.get(service.namespace) ?? []).filter((pod) => isBehind(service, pod));
    if (waypoint === undefined || behind.length === 0) return [];
    const target = targetFinding(snapshot, service, waypoint);
    if (target) return [target];
    const own = namedWaypoint("Service", service);
    if (!own || behind.every(isServed)) return [];
    const rule =
      `its name leads to its pods, and Gateway ${waypoint} sees what is addressed to the Service: the pods need the label, ` +
      `and a waypoint for ${marks.waypointFor}=all`;
    const [namespace, name = ""] = waypoint.split("/");
    const elsewhere = namespace === service.namespace ? "" : `, "${marks.useWaypointNamespace}": ${namespace}`;
    const write = `template: { metadata: { labels: { "${marks.useWaypoint}": ${name}${elsewhere} } } }`;
    return [finding("Service", service, `clusterIP: None, with ${own.key}=${own.label}`, rule, { write })];
  });
}

/** A policy or route for a Service does not hold for what is addressed to its pods, whatever waypoint these have. */
function targetFinding(
  { authorizationPolicies, routes }: ClusterSnapshot,
  service: ServiceState,
  waypoint: string,
): Finding | undefined {
  const isIt = (ref: { kind: string; namespace: string; name: string }) =>
    ref.kind === "Service" && ref.namespace === service.namespace && ref.name === service.name;
  const leads = "its name leads to its pods, and ";
  const policy = authorizationPolicies.find(({ targets }) => targets.some(isIt));
  if (policy) {
    const [, name = ""] = waypoint.split("/");
    const rule = `${leads}a policy for a Service does not hold for what is addressed to pods; one for their waypoint does`;
    const write = `targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: ${name} }]`;
    return finding("Service", service, `clusterIP: None, with AuthorizationPolicy ${policy.name}`, rule, { write });
  }
  const route = routes.find(({ parents }) => parents.some(isIt));
  if (!route) return undefined;
  const rule = `${leads}no waypoint routes what is addressed to pods: the route needs a Service with an address`;
  const write = `parentRefs: [{ group: "", kind: Service, name: <one with a cluster IP for the same pods> }]`;
  return finding("Service", service, `clusterIP: None, with ${route.kind} ${route.name}`, rule, { write });
}

function isBehind({ selector = {} }: ServiceState, { labels }: PodState): boolean {
  return selects({ labels: selector, expressions: [] }, labels);
}

/** Pods that name a waypoint for pods, or are in a namespace that does. */
function servedPods(snapshot: ClusterSnapshot, servesPods: (gateway: GatewayState) => boolean) {
  const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
  const serving = new Set(snapshot.gateways.filter(servesPods).map(({ namespace, name }) => `${namespace}/${name}`));
  return (pod: PodState): boolean => {
    if (pod.labels[marks.useWaypoint] === "none") return false;
    const named = namedWaypoint("Pod", pod) ?? namedWaypoint("Namespace", namespaces.get(pod.namespace));
    return named !== undefined && serving.has(named.waypoint);
  };
}
