// What others lose by a change of a gateway: their routes it, the hosts of these its certificate, their clients its CA.
import { isDeepStrictEqual } from "node:util";
import { servedHosts, type AttachingRoute, type Listener } from "../gateway-api/admission";
import { certifies } from "../gateway-api/hosts";
import type { Finding } from "../checks/check";
import { some } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import type { Labels } from "../istio/labels";
import { gatewayObjects } from "../istio/names";
import { componentMark } from "../ownership/marks";
import type { ExistingObject } from "../ownership/owner";
import { code } from "../validation/code";
import { attachments, gatewayOf, labelsOf, routeOf, type ClusterView, type LiveGateway } from "./cluster";
import { byNamespace, counted, gone, isHttps, isOf } from "./kept";
import { plannedNames, secretNames, type PlannedCertificate, type PlannedGateway } from "./planned";
import { certificateNames } from "./route";

/** A route of others, and the hosts that it loses. */
interface LostRoute {
  route: ExistingObject;
  hosts: string[];
}

/** The routes of others that are attached to a Gateway, each with those of its hosts that `losing` gives. */
function losingRoutes(
  view: ClusterView,
  gateway: LiveGateway,
  losing: (attaching: AttachingRoute, labels: Labels) => string[],
): LostRoute[] {
  return (view.list("HTTPRoute") ?? [])
    .filter((route) => !isOf(view, route))
    .flatMap((route) => {
      const { namespace, hostnames } = routeOf(route);
      const attaching = { namespace, hostnames, parents: attachments(routeOf(route), gateway) };
      const hosts = losing(attaching, labelsOf(view, "Namespace", "", namespace));
      return hosts.length > 0 ? [{ route, hosts }] : [];
    });
}

/** "1 HTTPRoute of others is", and " for a.example.com: 1 of namespace shop". */
interface Shown {
  who: string;
  where: string;
}

function shownRoutes(lost: LostRoute[]): Shown {
  const hosts = [...new Set(lost.flatMap((each) => each.hosts))].filter((host) => host !== "*").sort();
  const listed = hosts.length > 0 ? ` for ${some(hosts, 5)}` : "";
  return {
    who: `${counted(lost.length, "HTTPRoute")} of others ${lost.length === 1 ? "is" : "are"}`,
    where: `${listed}: ${byNamespace(lost.map(({ route }) => route))}`,
  };
}

/** Routes of others that no listener takes any more, or of which some hosts are not served any more. */
export function routeLosses(view: ClusterView, object: ExistingObject, kept: PlannedGateway | undefined): Finding[] {
  const before = gatewayOf(object);
  if (kept && kept.listeners === undefined) {
    return [];
  }
  const { namespace } = object;
  const named = objectName("Gateway", object);
  const after = { namespace, listeners: kept?.listeners ?? [] };
  const lost = losingRoutes(view, before, (route, labels) => {
    const still = servedHosts(after, route, labels);
    return servedHosts(before, route, labels).filter((host) => !still.includes(host));
  });
  if (!kept) {
    const routes = `${counted(lost.length, "HTTPRoute")} of others`;
    const rule = `${routes} ${lost.length === 1 ? "loses its" : "lose their"} parent: ${byNamespace(lost.map(({ route }) => route))}`;
    return lost.length === 0
      ? []
      : [{ object: named, namespace, got: gone, rule, fix: { write: `name: "${before.name}"` } }];
  }
  const insecure = losingRoutes(view, before, (route, labels) => {
    const secure = servedHosts(onlyHttps(after), route, labels);
    const still = servedHosts(after, route, labels).filter((host) => !secure.includes(host));
    return servedHosts(onlyHttps(before), route, labels).filter((host) => still.includes(host));
  });
  const [all, https] = [lost, insecure].map((some) => shownRoutes(some)) as [Shown, Shown];
  const rule = [
    ...(lost.length > 0 ? [`${all.who} no longer served${all.where}`] : []),
    ...(insecure.length > 0 ? [`${https.who} no longer served by HTTPS${https.where}`] : []),
  ].join("; ");
  const { got, write } = listenerChange(before.listeners, after.listeners, lost);
  return rule === "" ? [] : [{ object: named, namespace, got, rule, fix: { write } }];
}

function onlyHttps<T extends { namespace: string; listeners: Listener[] }>({ namespace, listeners }: T) {
  return { namespace, listeners: listeners.filter(isHttps) };
}

/** Hosts of others that the certificate of a gateway has named, and the next one does not. */
export function nameLosses(
  view: ClusterView,
  object: ExistingObject,
  kept: PlannedGateway,
  certificates: PlannedCertificate[],
): Finding[] {
  const gateway = gatewayOf(object);
  const { namespace } = gateway;
  const before = onlyHttps(gateway);
  const after = onlyHttps({ namespace, listeners: kept.listeners ?? [] });
  const names = certificateNames(view, gateway, before.listeners);
  const next = plannedNames(namespace, after.listeners, certificates);
  if (names === undefined || next === undefined) {
    return [];
  }
  const covers = (all: string[], host: string) => all.some((name) => certifies(name, host));
  const lost = losingRoutes(view, gateway, (route, labels) => {
    const still = servedHosts(after, route, labels);
    return servedHosts(before, route, labels).filter(
      (host) => still.includes(host) && covers(names, host) && !covers(next, host),
    );
  });
  if (lost.length === 0) {
    return [];
  }
  const removed = names.filter((name) => !next.includes(name));
  const hosts = lost.flatMap((each) => each.hosts);
  const missing = removed.filter((name) => hosts.some((host) => certifies(name, host)));
  const { who, where } = shownRoutes(lost);
  const rule = `${who} no longer covered by the certificate${where}`;
  const fix = { write: `certificate: { dnsNames: ${texts([...next, ...missing])} }` };
  const name = secretNames(before.listeners)[0] ?? "";
  const got = `without ${some(removed, 5)}`;
  return [{ object: objectName("Certificate", { namespace, name }), namespace, got, rule, fix }];
}

/** ["a", "b"], whole however long it is. */
function texts(all: string[]): string {
  return `[${all.map((each) => JSON.stringify(each)).join(", ")}]`;
}

/** What of the listeners is otherwise, and the arguments that put it back. */
function listenerChange(before: Listener[], after: Listener[], lost: LostRoute[]): { got: string; write: string } {
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
    ...(hasOthers ? [`hostnames: ${texts(wanted)}`] : []),
    ...(isNarrowed ? [`allowedRoutes: ${code(allowed)}`] : []),
    ...(before.some(isHttps) && !after.some(isHttps) ? ["certificate: { enabled: true }"] : []),
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

/** The CA of a gateway that goes, with the gateway or without it: whoever trusts it refuses the next certificate. */
export function authorityLosses(
  view: ClusterView,
  gateway: ExistingObject,
  kept: PlannedGateway | undefined,
  certificates: PlannedCertificate[] | undefined,
): Finding[] {
  const { namespace, name } = gateway;
  const found = (view.list("Certificate", namespace) ?? []).find(
    (each) => isAuthorityOf(gateway, each) && isOf(view, each) && !isKept(view, each, certificates ?? []),
  );
  if (!found || (kept && certificates === undefined)) {
    return [];
  }
  const object = objectName("Certificate", found);
  if (!kept) {
    const rule =
      "clients that trust this CA reject the certificates of any other gateway; give them its `caCertificate`, or keep the gateway";
    return [{ object, namespace, got: gone, rule, fix: { write: `name: "${name}"` } }];
  }
  const rule =
    "clients that trust this CA reject the certificates of any other issuer; give them the CA of that issuer, or keep this one";
  return [{ object, namespace, got: gone, rule, fix: { write: authorityCode(kept, certificates ?? []) } }];
}

/** Made by the same component; a CA keeps its name where the gateway gets another one. */
function isAuthorityOf(gateway: ExistingObject, { namespace, name, annotations }: ExistingObject): boolean {
  const component = gateway.annotations[componentMark];
  return (
    namespace === gateway.namespace &&
    name.endsWith(gatewayObjects.authority("")) &&
    annotations[componentMark] === component &&
    (component !== undefined || name === gatewayObjects.authority(gateway.name))
  );
}

function isKept(view: ClusterView, { namespace, name }: ExistingObject, certificates: PlannedCertificate[]): boolean {
  const isPlanned = certificates.some((each) => each.namespace === namespace && each.name === name);
  return isPlanned || view.program.makes("Certificate", namespace, name);
}

/** What gives a gateway its own CA back. */
function authorityCode({ namespace, listeners }: PlannedGateway, certificates: PlannedCertificate[]): string {
  const secure = (listeners ?? []).filter(isHttps);
  if (listeners !== undefined && secure.length === 0) {
    return "certificate: { enabled: true }";
  }
  const isIssued = listeners === undefined || plannedNames(namespace, secure, certificates) !== undefined;
  return isIssued ? "certificate: { issuerName: undefined }" : "certificate: { existing: false }";
}
