// What others lose by a change of this stack: routes their Gateway, requests their waypoint, workloads their mesh.
import { isDeepStrictEqual } from "node:util";
import { servedHosts, type Listener } from "../gateway-api/admission";
import { findingLine, type Finding } from "../checks/check";
import { some } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import { protectionOf, shownProtection, type SecurityPolicy } from "../enrollment/protection";
import { meshDefaults } from "../istio/defaults";
import { meshLabels, type Labels } from "../istio/labels";
import { gatewayObjects } from "../istio/names";
import { componentMark, labelsNotes, stackMark } from "../ownership/marks";
import type { ExistingObject } from "../ownership/owner";
import { code } from "../validation/code";
import { attachments, gatewayOf, labelsOf, routeOf, type ClusterView } from "./cluster";

/** A Gateway that the program makes. */
export interface PlannedGateway {
  namespace: string;
  name: string;
  /** Undefined where they are not known. */
  listeners?: Listener[];
}

/** What the program keeps of what the stack has made. */
export interface Kept {
  /** Undefined where the names of some are not known: then no loss of any is told. */
  gateways?: PlannedGateway[];
  hasMesh: boolean;
}

const waypointClass = "istio-waypoint";
const gone = "not in this program any more";

/** One line for each loss. */
export function lossLines(view: ClusterView, { gateways, hasMesh }: Kept): string[] {
  const own = (view.list("Gateway") ?? []).filter((each) => isOf(view, each));
  const losses = (gateways === undefined ? [] : own).flatMap((object) => {
    const kept = gateways?.find((each) => each.namespace === object.namespace && each.name === object.name);
    const isWaypoint = gatewayOf(object).className === waypointClass;
    if (isWaypoint) return kept ? [] : waypointLosses(view, object);
    return [...routeLosses(view, object, kept), ...(kept ? [] : authorityLosses(view, object))];
  });
  return [...losses, ...(hasMesh ? [] : meshLosses(view))].map(findingLine);
}

function isOf(view: ClusterView, { annotations }: ExistingObject): boolean {
  return annotations[stackMark] === view.stack;
}

/** Routes of others that no listener takes any more, or of which some hosts are not served any more. */
function routeLosses(view: ClusterView, object: ExistingObject, kept: PlannedGateway | undefined): Finding[] {
  const before = gatewayOf(object);
  if (kept && kept.listeners === undefined) {
    return [];
  }
  const after = { namespace: before.namespace, listeners: kept?.listeners ?? [] };
  const lost = (view.list("HTTPRoute") ?? [])
    .filter((route) => !isOf(view, route))
    .flatMap((route) => {
      const { namespace, name, hostnames, parents } = {
        ...routeOf(route),
        parents: attachments(routeOf(route), before),
      };
      const labels = labelsOf(view, "Namespace", "", namespace);
      const attaching = { namespace, hostnames, parents };
      const still = servedHosts(after, attaching, labels);
      const hosts = servedHosts(before, attaching, labels).filter((host) => !still.includes(host));
      return hosts.length > 0 ? [{ route, namespace, name, hosts }] : [];
    });
  if (lost.length === 0) {
    return [];
  }
  const routes = counted(lost.length, "HTTPRoute");
  const where = byNamespace(lost.map(({ route }) => route));
  const hosts = [...new Set(lost.flatMap((each) => each.hosts))].filter((host) => host !== "*").sort();
  const listed = hosts.length > 0 ? ` for ${some(hosts, 5)}` : "";
  const rule = kept
    ? `${routes} of others ${lost.length === 1 ? "is" : "are"} no longer served${listed}: ${where}`
    : `${routes} of others ${lost.length === 1 ? "loses its" : "lose their"} parent: ${where}`;
  const { got, write } = kept
    ? listenerChange(before.listeners, after.listeners, lost)
    : { got: gone, write: `name: "${before.name}"` };
  return [{ object: objectName("Gateway", object), namespace: object.namespace, got, rule, fix: { write } }];
}

/** What of the listeners is otherwise, and the arguments that put it back. */
function listenerChange(
  before: Listener[],
  after: Listener[],
  lost: { hosts: string[] }[],
): { got: string; write: string } {
  const removed = before.filter(({ name }) => !after.some((each) => each.name === name)).map(({ name }) => name);
  const [hostnames, others] = [hostnamesOf(before), hostnamesOf(after)];
  const [allowed, narrowed] = [allowedBy(before), allowedBy(after)];
  const hasOthers = !isDeepStrictEqual(hostnames, others);
  const isNarrowed = !isDeepStrictEqual(allowed, narrowed);
  // A gateway for all hosts gets those of the routes: no list of hostnames stands for all.
  const missing = lost.flatMap(({ hosts }) => hosts).filter((host) => host !== "*");
  const wanted = hostnames.length > 0 ? hostnames : [...others, ...new Set(missing.sort())];
  const got = [
    ...(removed.length > 0 ? [`without ${removed.join(", ")}`] : hasOthers ? ["other hostnames"] : []),
    ...(isNarrowed ? [`allowedRoutes from ${shownAllowed(narrowed)}`] : []),
  ];
  const write = [
    ...(hasOthers ? [`hostnames: [${wanted.map((host) => JSON.stringify(host)).join(", ")}]`] : []),
    ...(isNarrowed ? [`allowedRoutes: ${code(allowed)}`] : []),
    ...(isSecure(before) && !isSecure(after) ? ["certificate: { enabled: true }"] : []),
  ];
  // A listener that no argument makes was added by hand: its place is in a ListenerSet.
  return {
    got: got.join(" and ") || "other listeners",
    write: write.join(", ") || 'allowedListeners: { from: "All" }',
  };
}

function hostnamesOf(listeners: Listener[]): string[] {
  return [...new Set(listeners.flatMap(({ hostname }) => (hostname ? [hostname] : [])))];
}

function isSecure(listeners: Listener[]): boolean {
  return listeners.some(({ protocol }) => protocol === "HTTPS");
}

/** The argument `allowedRoutes` of a gateway, which holds for all of its listeners. */
function allowedBy([listener]: Listener[]): { from: string; selector?: Labels } {
  const { from = "Same", selector = {} } = listener?.allowedRoutes?.namespaces ?? {};
  return { from, ...(from === "Selector" ? { selector: selector.matchLabels ?? {} } : {}) };
}

/** "Selector (team: shop)" */
function shownAllowed({ from, selector }: { from: string; selector?: Labels }): string {
  const labels = Object.entries(selector ?? {}).map(([label, value]) => `${label}: ${value}`);
  return labels.length > 0 ? `${from} (${labels.join(", ")})` : from;
}

/** The CA of a gateway goes with its name: whoever trusts it refuses the next one's certificate. */
function authorityLosses(view: ClusterView, { namespace, name }: ExistingObject): Finding[] {
  const authority = gatewayObjects.authority(name);
  const found = (view.list("Certificate", namespace) ?? []).find(
    (each) =>
      each.namespace === namespace &&
      each.name === authority &&
      isOf(view, each) &&
      !view.program.makes("Certificate", namespace, authority),
  );
  const rule =
    "clients that trust this CA reject the certificates of any other gateway; give them its `caCertificate`, or keep the gateway";
  const fix = { write: `name: "${name}"` };
  return found ? [{ object: objectName("Certificate", found), namespace, got: gone, rule, fix }] : [];
}

interface RawTargets {
  spec?: { targetRef?: Target; targetRefs?: Target[]; rules?: { from?: { source?: { principals?: string[] } }[] }[] };
}

interface Target {
  kind?: string;
  name: string;
}

interface RawTraffic {
  spec?: { host?: string; hosts?: string[]; gateways?: string[] };
}

/** VirtualServices and DestinationRules of others about Services that use the waypoint: nothing else applies them. */
function trafficRules(view: ClusterView, usesIt: (namespace: string, service: string) => boolean): ExistingObject[] {
  const rules = [...(view.list("VirtualService") ?? []), ...(view.list("DestinationRule") ?? [])];
  return rules.filter((rule) => {
    const { host, hosts = [], gateways = ["mesh"] } = ((rule.body ?? {}) as RawTraffic).spec ?? {};
    const isAbout = (each: string) => {
      const [service = "", namespace = rule.namespace] = each.split(".");
      return usesIt(namespace, service);
    };
    return !isOf(view, rule) && gateways.includes("mesh") && [...(host ? [host] : []), ...hosts].some(isAbout);
  });
}

/** Policies of others that a waypoint enforces, and users that it has. */
function waypointLosses(view: ClusterView, object: ExistingObject): Finding[] {
  const { namespace, name } = object;
  const policies = (view.list("AuthorizationPolicy") ?? []).filter(
    (policy) => !isOf(view, policy) && reliesOn(policy, { namespace, name }),
  );
  const uses = ({ labels }: ExistingObject, own: string) =>
    labels[meshLabels.useWaypoint] === name && (labels[meshLabels.useWaypointNamespace] ?? own) === namespace;
  const services = (view.list("Service") ?? []).filter((each) => uses(each, each.namespace));
  const namespaces = (view.list("Namespace") ?? []).filter((each) => uses(each, each.name));
  const traffic = trafficRules(
    view,
    (at, service) =>
      namespaces.some((each) => each.name === at) ||
      services.some((each) => each.namespace === at && each.name === service),
  );
  // Labels of this stack's Waypoint go with it.
  const isKept = (each: ExistingObject) =>
    !isOf(view, each) && !labelsNotes(each).some(({ stack }) => stack === view.stack);
  const users = [...namespaces.filter(isKept), ...services.filter(isKept)].map(
    (each) => `${each.namespace === "" ? "Namespace " : `Service ${each.namespace}/`}${each.name}${ownerNote(each)}`,
  );
  const one = policies.length === 1;
  const kinds = "VirtualServices and DestinationRules";
  const unapplied = `${kinds} of others no longer apply: ${byNamespace(traffic)}`;
  const relying = `${counted(policies.length, "AuthorizationPolicy", "AuthorizationPolicies")} of others ${one ? "relies" : "rely"} on it: ${byNamespace(policies)}`;
  const bypassing = `requests to ${some(users.sort())} bypass it from then on`;
  const rule = [
    ...(policies.length > 0 ? [relying] : []),
    ...(traffic.length > 0 ? [unapplied] : []),
    ...(users.length > 0 ? [bypassing] : []),
  ].join("; ");
  const fix = { write: `name: "${name}"` };
  return rule === "" ? [] : [{ object: objectName("Gateway", object), namespace, got: gone, rule, fix }];
}

/** By its target, or by admitting the waypoint alone. */
function reliesOn(policy: ExistingObject, waypoint: { namespace: string; name: string }): boolean {
  const { targetRef, targetRefs = [], rules = [] } = ((policy.body ?? {}) as RawTargets).spec ?? {};
  const targets = [...(targetRef ? [targetRef] : []), ...targetRefs];
  const principals = rules.flatMap(({ from = [] }) => from.flatMap(({ source }) => source?.principals ?? []));
  return (
    (policy.namespace === waypoint.namespace &&
      targets.some(({ kind, name }) => kind === "Gateway" && name === waypoint.name)) ||
    principals.some((each) => each.endsWith(`/ns/${waypoint.namespace}/sa/${waypoint.name}`))
  );
}

/** Who leaves the mesh with it, and what protects them no more. */
function meshLosses(view: ClusterView): Finding[] {
  const namespaces = view.list("Namespace") ?? [];
  const mesh = namespaces.find(
    (each) => isOf(view, each) && (each.annotations[componentMark] ?? "").startsWith("AmbientMesh "),
  );
  const enrolled = namespaces.filter(({ labels }) => labels[meshLabels.dataplaneMode] === "ambient");
  if (!mesh || enrolled.length === 0) {
    return [];
  }
  const names = enrolled.map((each) => `${each.name}${ownerNote(each)}`).sort();
  const leaving = { namespaces: new Set(enrolled.map(({ name }) => name)), root: mesh.name };
  const policies = (kind: "PeerAuthentication" | "AuthorizationPolicy") => (view.list(kind) ?? []).map(securityPolicy);
  const protection = protectionOf(leaving, policies("PeerAuthentication"), policies("AuthorizationPolicy"));
  const ended = shownProtection(protection);
  const stops = protection.strict.length + protection.access.length === 1 ? "stops" : "stop";
  const leave = `${counted(enrolled.length, "namespace")} leave${enrolled.length === 1 ? "s" : ""} the mesh: ${some(names, 10)}`;
  const rule = `${leave}${ended === "" ? "" : `; ${ended} ${stops} protecting them`}`;
  return [
    {
      object: objectName("Namespace", mesh),
      namespace: mesh.name,
      got: "no AmbientMesh in this program any more",
      rule,
      fix: { write: meshCode(mesh) },
    },
  ];
}

function securityPolicy({ namespace, name, body }: ExistingObject): SecurityPolicy {
  return { namespace, name, spec: ((body ?? {}) as Pick<SecurityPolicy, "spec">).spec };
}

/** The component that has made the mesh in this namespace. */
function meshCode({ name: namespace, annotations }: ExistingObject): string {
  const component = /"(.*)"/.exec(annotations[componentMark] ?? "")?.[1] ?? "mesh";
  const args = namespace === meshDefaults.namespace ? "" : `, { namespace: "${namespace}" }`;
  return `new AmbientMesh("${component}"${args})`;
}

function ownerNote({ annotations }: ExistingObject): string {
  const stack = annotations[stackMark];
  return stack === undefined ? "" : ` (stack ${stack})`;
}

/** "2 of namespace shop (stack shop/prod), 1 of namespace cart" */
function byNamespace(objects: ExistingObject[]): string {
  const places = objects.map((each) => `namespace ${each.namespace}${ownerNote(each)}`);
  return [...new Set(places)]
    .sort()
    .map((place) => `${places.filter((each) => each === place).length} of ${place}`)
    .join(", ");
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** True where the stack has made something of which others may lose it: then their objects have to be read. */
export function mayLose(view: ClusterView, { gateways, hasMesh }: Kept): { gateways: boolean; mesh: boolean } {
  const own = (view.list("Gateway") ?? []).filter((each) => isOf(view, each));
  const isSame = (listeners: Listener[] | undefined, live: Listener[]) =>
    listeners === undefined || JSON.stringify(listeners.map(essence)) === JSON.stringify(live.map(essence));
  const changed = own.some((object) => {
    const kept = gateways?.find((each) => each.namespace === object.namespace && each.name === object.name);
    return !kept || !isSame(kept.listeners, gatewayOf(object).listeners);
  });
  const mesh = (view.list("Namespace") ?? []).some(
    (each) => isOf(view, each) && (each.annotations[componentMark] ?? "").startsWith("AmbientMesh "),
  );
  return { gateways: gateways !== undefined && changed, mesh: mesh && !hasMesh };
}

function essence({ name, port, hostname = "", allowedRoutes }: Listener): unknown {
  const { from = "Same", selector = {} } = allowedRoutes?.namespaces ?? {};
  return [name, port, hostname, from, selector.matchLabels ?? {}];
}
