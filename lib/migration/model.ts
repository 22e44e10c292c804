// Which requests a mesh lets pass, in the middle of a migration too: pods of one workload with sidecars and without, callers
// of both kinds, a waypoint that some of them go through. Sources: measured on a real node and docs/migrate.md; for the
// ways: istio pilot/pkg/networking (sidecars know no waypoint, istio#51445; core/listener_waypoint.go: policies are judged before
// routes), ztunnel src/proxy/outbound.rs.
import { meshLabels } from "../istio/labels";
import { envoyAllows } from "./envoy";
import { mtlsMode } from "./mtls";
import {
  leadsTo,
  selectsPods,
  targetsOf,
  without,
  type Attached,
  type AuthorizationPolicy,
  type KubeObject,
  type PeerAuthentication,
  type RequestAuthentication,
  type Selected,
  type Service,
} from "./objects";
import type { Http, Identity, Seen } from "./request";
import { spelledOut, trustDomainsOf } from "./trust-domains";
import { ztunnelAllows } from "./ztunnel";

/** How a pod is in the mesh. */
export const podModes = { sidecar: "sidecar", oldSidecar: "oldSidecar", ambient: "ambient", none: "none" } as const;

/** With a sidecar that speaks HBONE, one that does not, captured by ztunnel, or outside. */
export type PodMode = (typeof podModes)[keyof typeof podModes];

/** Pods of one workload, as far as requests are concerned. */
export interface Pods extends Selected {
  name: string;
  serviceAccount: string;
  /** In the network of their node, and so never captured. */
  hostNetwork?: boolean;
  /** More than one while the workload is being rolled. */
  modes: PodMode[];
}

/** A gateway for traffic from outside: it goes through waypoints where a Service says so. */
export const gatewayMode = "gateway";

/** Where requests to a Service go that a route takes, and what they say from then on. */
export interface Route {
  service: string;
  /** The first route of a Service that has these headers takes a request. */
  headers: { [name: string]: string };
  to: string;
  path?: string;
}

/** One moment of a mesh. */
export interface Mesh {
  root: string;
  trustDomain: string;
  trustDomainAliases: string[];
  pods: Pods[];
  services: Service[];
  routes: Route[];
  /** "<namespace>/<name>" of those that serve. */
  waypoints: string[];
  policies: AuthorizationPolicy[];
  authentications: RequestAuthentication[];
  peers: PeerAuthentication[];
}

/** Who calls: pods of the mesh by their name, or a gateway. */
export interface Call {
  from: Pods | { namespace: string; serviceAccount: string; modes: [typeof gatewayMode] };
  to: Pods;
  /** The Service that is called; the pod's own address where none is. */
  service?: Service;
  /** The port in the pod. */
  port: number;
  http?: Http;
  authorized: boolean;
}

const clientIp = "10.0.0.7";
const serverIp = "10.0.0.9";
/** The address of a Service, which a waypoint takes for the destination. */
const serviceIp = "10.96.0.9";

/** Whether a call may pass, on any of the ways that are open to it. */
export function isAllowed(mesh: Mesh, call: Call): boolean {
  return call.from.modes.some((from) => passes(mesh, call, from));
}

function passes(mesh: Mesh, call: Call, from: PodMode | typeof gatewayMode): boolean {
  const waypoint = waypointOf(mesh, call, from);
  const isSidecar = from === podModes.sidecar || from === podModes.oldSidecar;
  if (waypoint === undefined) {
    const ends = isSidecar ? routed(mesh, call) : [call];
    return ends.some((end) =>
      end.to.modes.some((to) => podAllows(mesh, end, to, identityOf(mesh, call.from, from, to))),
    );
  }
  const service = call.service!;
  const port = service.ports.find(({ targetPort }) => targetPort === call.port)?.port ?? call.port;
  const seen = { ...seenAs(call, port, identity(mesh, call.from)), destinationIp: serviceIp };
  const attached = (policy: KubeObject<Attached>) => isAttached(policy, service, waypoint, mesh.root);
  const verifying = mesh.authentications.filter(attached);
  if (!envoyAllows(asRead(mesh, attached), verifying, seen)) return false;
  const [namespace = "", name = ""] = waypoint.split("/");
  const itself = identity(mesh, { namespace, serviceAccount: name });
  return routed(mesh, verifying.some(takesTokens) ? withoutToken(call) : call).some((end) =>
    end.to.modes.some((to) => podAllows(mesh, end, to, itself)),
  );
}

/** Verified tokens go no further, unless a rule says so. */
function takesTokens({ spec }: RequestAuthentication): boolean {
  return (spec?.jwtRules ?? []).some(({ forwardOriginalToken }) => forwardOriginalToken !== true);
}

function withoutToken({ http, ...call }: Call): Call {
  return http === undefined ? call : { ...call, http: without(http, "token") };
}

/** What a call has become once a proxy has routed it: the same, or calls to the pods that a route leads to. */
function routed({ routes, services, pods }: Mesh, call: Call): Call[] {
  const { service, http } = call;
  const taken = routes.find(
    (route) =>
      http !== undefined &&
      route.service === service?.name &&
      Object.entries(route.headers).every(([name, value]) => http.headers[name] === value),
  );
  if (taken === undefined || http === undefined) return [call];
  const next = services.find(({ name, namespace }) => name === taken.to && namespace === service?.namespace);
  const end = { ...call, http: { ...http, ...(taken.path === undefined ? {} : { path: taken.path }) } };
  return next === undefined ? [] : pods.filter((each) => leadsTo(next, each)).map((to) => ({ ...end, to }));
}

/** Only ztunnel, and a gateway that is told to, know of waypoints; one that is gone is passed by. */
function waypointOf({ waypoints }: Mesh, { service }: Call, from: PodMode | typeof gatewayMode): string | undefined {
  const name = service?.labels[meshLabels.useWaypoint];
  if (service === undefined || name === undefined || name === "none" || service.headless) return undefined;
  const isTold = from === gatewayMode && service.labels[meshLabels.ingressUseWaypoint] === "true";
  if (from !== podModes.ambient && !isTold) return undefined;
  const waypoint = `${service.labels[meshLabels.useWaypointNamespace] ?? service.namespace}/${name}`;
  return waypoints.includes(waypoint) ? waypoint : undefined;
}

/** Who the server's side sees: a sidecar without HBONE and ztunnel have no common language but plaintext. */
function identityOf(
  mesh: Mesh,
  caller: Pick<Pods, "namespace" | "serviceAccount">,
  from: PodMode | typeof gatewayMode,
  to: PodMode,
): Identity | undefined {
  const isMixed =
    (from === podModes.oldSidecar && to === podModes.ambient) ||
    (from === podModes.ambient && to === podModes.oldSidecar);
  return from === podModes.none || isMixed ? undefined : identity(mesh, caller);
}

function identity({ trustDomain }: Mesh, { namespace, serviceAccount }: Pick<Pods, "namespace" | "serviceAccount">) {
  return { trustDomain, namespace, serviceAccount };
}

function seenAs({ http, authorized }: Call, port: number, who: Identity | undefined): Seen {
  return {
    ...(who ? { identity: who } : {}),
    ...(http ? { http } : {}),
    ip: clientIp,
    destinationIp: serverIp,
    port,
    authorized,
  };
}

function podAllows(mesh: Mesh, call: Call, to: PodMode, who: Identity | undefined): boolean {
  if (to === podModes.none) return true;
  if (who === undefined && mtlsMode(mesh.peers, call.to, call.port, mesh.root) === "STRICT") return false;
  const seen = seenAs(call, call.port, who);
  const selects = (policy: KubeObject<Attached>) => selectsPods(policy, call.to, mesh.root);
  if (to === podModes.ambient) return ztunnelAllows(mesh.policies.filter(selects), seen);
  return envoyAllows(asRead(mesh, selects), mesh.authentications.filter(selects), seen);
}

/** Policies as a proxy that reads HTTP gets them. */
function asRead(mesh: Mesh, which: (policy: AuthorizationPolicy) => boolean): AuthorizationPolicy[] {
  return mesh.policies.filter(which).map((policy) => spelledOut(policy, trustDomainsOf(mesh)));
}

/** Whether a waypoint holds a policy against requests to a Service: by targetRefs alone. */
export function isAttached(policy: KubeObject<Attached>, service: Service, waypoint: string, root: string): boolean {
  const { namespace = "" } = policy.metadata;
  const [waypointNamespace, waypointName] = waypoint.split("/");
  return targetsOf(policy.spec ?? {}).some(({ kind, name }) => {
    if (kind === "Service") return namespace === service.namespace && name === service.name;
    if (kind === "GatewayClass") return namespace === root && name === "istio-waypoint";
    return kind === "Gateway" && namespace === waypointNamespace && name === waypointName;
  });
}

/** The Services that lead to pods. */
export function servicesOf(services: readonly Service[], pods: Selected): Service[] {
  return services.filter((service) => leadsTo(service, pods));
}
