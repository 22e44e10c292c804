// What others lose by a change of this stack: routes their Gateway, requests their waypoint, workloads their mesh.
import { isDeepStrictEqual } from "node:util";
import type { Listener } from "../gateway-api/admission";
import { findingLine, type Finding } from "../checks/check";
import { some } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import { protectionOf, shownProtection, type SecurityPolicy } from "../enrollment/protection";
import { meshDefaults } from "../istio/defaults";
import { meshLabels } from "../istio/labels";
import { componentMark, labelsNotes } from "../ownership/marks";
import type { ExistingObject } from "../ownership/owner";
import { gatewayOf, type ClusterView } from "./cluster";
import { authorityLosses, nameLosses, routeLosses } from "./gateway-losses";
import { lostNamespaces, namespaceLosses } from "./namespace-losses";
import { byNamespace, counted, gone, isHttps, isOf, ownerNote, type Kept } from "./kept";

const waypointClass = "istio-waypoint";

/** One line for each loss. */
export function lossLines(view: ClusterView, keeping: Kept): string[] {
  const { gateways, certificates, hasMesh } = keeping;
  const own = (view.list("Gateway") ?? []).filter((each) => isOf(view, each));
  const losses = (gateways === undefined ? [] : own).flatMap((object) => {
    const kept = gateways?.find((each) => each.namespace === object.namespace && each.name === object.name);
    const isWaypoint = gatewayOf(object).className === waypointClass;
    if (isWaypoint) return kept ? [] : waypointLosses(view, object);
    return [
      ...routeLosses(view, object, kept),
      ...authorityLosses(view, object, kept, certificates),
      ...(kept && certificates ? nameLosses(view, object, kept, certificates) : []),
    ];
  });
  return [...losses, ...namespaceLosses(view, keeping), ...(hasMesh ? [] : meshLosses(view))].map(findingLine);
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

/** What has changed that others may rely on: then their objects have to be read. */
export interface MayLose {
  gateways: boolean;
  certificates: boolean;
  namespaces: boolean;
  mesh: boolean;
}

/** Judges by the objects of the stack itself. */
export function mayLose(view: ClusterView, keeping: Kept): MayLose {
  const { gateways, certificates, hasMesh } = keeping;
  const own = (view.list("Gateway") ?? []).filter((each) => isOf(view, each));
  const isSame = (listeners: Listener[] | undefined, live: Listener[]) =>
    listeners === undefined || JSON.stringify(listeners.map(essence)) === JSON.stringify(live.map(essence));
  const changed = own.some((object) => {
    const kept = gateways?.find((each) => each.namespace === object.namespace && each.name === object.name);
    return !kept || !isSame(kept.listeners, gatewayOf(object).listeners);
  });
  const reissued = ownCertificates(view, own).some((each) => {
    const planned = certificates?.find(({ namespace, name }) => namespace === each.namespace && name === each.name);
    return !planned || !isDeepStrictEqual(planned.dnsNames, dnsNamesOf(each));
  });
  const mesh = (view.list("Namespace") ?? []).some(
    (each) => isOf(view, each) && (each.annotations[componentMark] ?? "").startsWith("AmbientMesh "),
  );
  const known = gateways !== undefined;
  return {
    gateways: known && changed,
    certificates: known && certificates !== undefined && reissued,
    namespaces: lostNamespaces(view, keeping).length > 0,
    mesh: mesh && !hasMesh,
  };
}

/** The Certificates that the components of these Gateways have made. */
function ownCertificates(view: ClusterView, gateways: ExistingObject[]): ExistingObject[] {
  return gateways.flatMap((gateway) =>
    (view.list("Certificate", gateway.namespace) ?? []).filter(
      (each) =>
        isOf(view, each) &&
        each.namespace === gateway.namespace &&
        each.annotations[componentMark] === gateway.annotations[componentMark],
    ),
  );
}

function dnsNamesOf({ body }: ExistingObject): string[] | undefined {
  return (body as { spec?: { dnsNames?: string[] } } | undefined)?.spec?.dnsNames;
}

/** Where Gateways of the stack have a certificate: there its Certificates have to be read too. */
export function certificateNamespaces(view: ClusterView): string[] {
  const secure = (view.list("Gateway") ?? []).filter(
    (each) => isOf(view, each) && gatewayOf(each).listeners.some(isHttps),
  );
  return [...new Set(secure.map(({ namespace }) => namespace))];
}

function essence({ name, port, hostname = "", allowedRoutes }: Listener): unknown {
  const { from = "Same", selector = {} } = allowedRoutes?.namespaces ?? {};
  return [name, port, hostname, from, selector.matchLabels ?? {}];
}
