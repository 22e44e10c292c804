// The Gateway of a route: it exists, it takes the route, it serves its hosts, and no other route answers them already.
import { admits, namedListeners, type Listener } from "../gateway-api/admission";
import { certifiedHost, certifies, listenedHost, serves } from "../gateway-api/hosts";
import type { Labels } from "../istio/labels";
import { objectName } from "../cluster-state/object-name";
import { stackMark } from "../ownership/marks";
import { ownerOf, type ExistingObject } from "../ownership/owner";
import { meantName } from "../validation/names";
import type { Violation } from "../validation/violations";
import { attachments, findIn, gatewayOf, labelsOf, routeOf, type ClusterView, type LiveGateway } from "./cluster";
import type { Judged } from "./places";
import { otherGateways } from "./gateways";
import { plannedNames } from "./planned";
import type { GatewayReference } from "./reference";
import { comparableMatch, shownRequest, writtenMatch } from "./requests";

const waypointClass = "istio-waypoint";

/** A Gateway as a route is held against it, live or about to be made. */
interface JudgedGateway extends LiveGateway {
  /** Whose it is, as a rule says it. */
  owner: string;
  /** Names in the certificates of these listeners of it; undefined where they are not known. */
  certified: (listeners: Listener[]) => string[] | undefined;
  /** The argument of its component that admits every namespace. */
  open: string;
  /** Made by this program: nothing else changes it. */
  isOwn: boolean;
}

/** What is wrong with a route on its Gateway. */
export function gatewayFaults(view: ClusterView, reference: GatewayReference): Judged[] {
  const { gateway } = reference;
  const isMade = view.program.makes("Gateway", gateway.namespace, gateway.name);
  const own = ownGateway(view, reference);
  const found = own || isMade ? own : findIn(view, "Gateway", gateway.namespace, gateway.name);
  if (found === "unread" || (found === undefined && isMade)) {
    return clashes(view, reference);
  }
  if (found === undefined) {
    return [{ violation: missingGateway(view, reference), isCertain: view.program.isComplete }];
  }
  const judged = "owner" in found ? found : liveGateway(view, found);
  const faults =
    parentFaults(view, judged, reference) ??
    listenerFaults(judged, reference) ??
    admissionFaults(view, judged, reference) ??
    hostFaults(view, judged, reference);
  return faults.length > 0 ? faults : clashes(view, reference);
}

/** The Gateway as a component of this program makes it; undefined where that is not known. */
function ownGateway({ planned }: ClusterView, { gateway }: GatewayReference): JudgedGateway | undefined {
  const { namespace, name } = gateway;
  const own = planned.gateways.find((each) => each.namespace === namespace && each.name === name);
  return (
    own?.listeners && {
      ...gateway,
      className: "istio",
      listeners: own.listeners,
      owner: "which is made by this program",
      certified: (listeners) => plannedNames(namespace, listeners.filter(isSecure), planned.certificates),
      open: 'allowedRoutes: { from: "All" }',
      isOwn: true,
    }
  );
}

function liveGateway(view: ClusterView, object: ExistingObject): JudgedGateway {
  return {
    ...gatewayOf(object),
    owner: `which ${ownerOf(object)}`,
    certified: (listeners) => certificateNames(view, object, listeners),
    open: 'gateway: { allowedRoutes: { from: "All" } }',
    isOwn: false,
  };
}

const isSecure = ({ protocol }: Listener): boolean => protocol === "HTTPS";

function missingGateway(view: ClusterView, { path, gateway }: GatewayReference): Violation {
  const { list, other } = otherGateways(view, gateway);
  const fix = proposedParent(other);
  const rule = `must be an existing Gateway, or one of this program${list}`;
  return { path, got: `${gateway.namespace}/${gateway.name}`, rule, fix };
}

/** A Gateway on which nothing listens for HTTP: no section or port of it would do. */
function parentFaults(view: ClusterView, live: LiveGateway, { path, gateway }: GatewayReference): Judged[] | undefined {
  if (namedListeners(live.listeners, {}).length > 0) {
    return undefined;
  }
  const got = `${live.namespace}/${live.name}`;
  const { list, other } = otherGateways(view, gateway);
  const fix = proposedParent(other);
  const what = live.className === waypointClass ? `${got} is a waypoint` : `${got} has none`;
  const rule = `must be a Gateway with a listener for HTTP or HTTPS${list}; ${what}`;
  return [{ violation: { path, got, rule, fix }, isCertain: true }];
}

function proposedParent(other: { namespace: string; name: string } | undefined): string {
  return other
    ? `parent: { name: "${other.name}", namespace: "${other.namespace}" }`
    : 'parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")';
}

/** Sections and ports that the Gateway does not have. */
function listenerFaults(live: LiveGateway, { path, parents }: GatewayReference): Judged[] | undefined {
  const of = `Gateway ${live.namespace}/${live.name}`;
  const http = namedListeners(live.listeners, {});
  for (const { section, port } of parents) {
    if (namedListeners(live.listeners, { section, port }).length > 0) {
      continue;
    }
    const bySection = section !== undefined && !http.some(({ name }) => name === section);
    const [field, got] = bySection ? ["section", section] : ["port", port];
    const usable = http.filter(({ name }) => bySection || section === undefined || name === section);
    const has = [...new Set(usable.map((listener) => (bySection ? listener.name : listener.port)))];
    const rule = `must be ${bySection ? "a listener" : "the port of a listener"} of ${of}: ${has.join(", ")}`;
    const meant = bySection ? (meantName(section, has.map(String)) ?? has[0]) : has[0];
    const fix = `${field}: ${JSON.stringify(meant)}`;
    return [{ violation: { path: `${path}.${field}`, got, rule, fix }, isCertain: true }];
  }
  return undefined;
}

function candidates({ namespace, listeners }: LiveGateway, { parents, route }: GatewayReference, labels: Labels) {
  return parents
    .flatMap((parent) => namedListeners(listeners, parent))
    .filter((each) => admits(each, namespace, route.namespace, labels));
}

/** A namespace whose routes the listeners do not take. */
function admissionFaults(view: ClusterView, live: JudgedGateway, reference: GatewayReference): Judged[] | undefined {
  const { route, parents } = reference;
  const labels = namespaceLabels(view, route.namespace);
  if (candidates(live, reference, labels).length > 0) {
    return undefined;
  }
  const [listener] = parents.flatMap((parent) => namedListeners(live.listeners, parent));
  const { from = "Same", selector = {} } = listener?.allowedRoutes?.namespaces ?? {};
  const wanted = Object.entries(selector.matchLabels ?? {});
  const of = `Gateway ${live.namespace}/${live.name}, ${live.owner},`;
  const who = from === "Selector" ? `with the labels that it selects${shownLabels(wanted)}` : "of its own";
  const rule = `${of} takes routes only from ${from === "None" ? "no namespace" : `namespaces ${who}`}`;
  const [first] = wanted.filter(([label, value]) => labels[label] !== value);
  const fix =
    from === "Selector" && first
      ? `new AmbientNamespace("${route.namespace}", { labels: { "${first[0]}": "${first[1]}" } })`
      : live.open;
  const isMade = view.program.makes("Namespace", "", route.namespace);
  const isKnown = !isMade || view.labels.some(isOf(route.namespace));
  const isUnread = from === "Selector" && findIn(view, "Namespace", "", route.namespace) === "unread";
  // A namespace of the program may get labels that are not known here.
  if (live.isOwn && from === "Selector" && (isUnread || (!isKnown && !ownLabels(view, route.namespace)))) {
    return [];
  }
  const isCertain = live.isOwn && from !== "Selector" ? true : isKnown && !isUnread && view.program.isComplete;
  return [{ violation: { path: "namespace", got: route.namespace, rule, fix }, isCertain }];
}

function ownLabels(view: ClusterView, namespace: string): Labels | undefined {
  return view.program.labels("Namespace", "", namespace);
}

/** Labels of the namespace of a route, also where the program makes it. */
function namespaceLabels(view: ClusterView, namespace: string): Labels {
  return { ...labelsOf(view, "Namespace", "", namespace), ...ownLabels(view, namespace) };
}

const isOf =
  (namespace: string) =>
  ({ kind, name }: { kind: string; name: string }): boolean =>
    kind === "Namespace" && name === namespace;

function shownLabels(labels: [string, string][]): string {
  return labels.length === 0 ? "" : ` (${labels.map(([label, value]) => `${label}: ${value}`).join(", ")})`;
}

/** Hostnames that no listener serves, or that are not in the certificate. */
function hostFaults(view: ClusterView, live: JudgedGateway, reference: GatewayReference): Judged[] {
  const { route } = reference;
  const listeners = candidates(live, reference, namespaceLabels(view, route.namespace));
  const of = `Gateway ${live.namespace}/${live.name}`;
  return (route.hostnames ?? []).flatMap((host, index): Judged[] => {
    const path = `hostnames[${index}]`;
    const serving = listeners.filter((listener) => serves(listener, host));
    if (serving.length === 0) {
      const heard = [...new Set(listeners.map(({ hostname = "" }) => hostname))];
      const rule = `must be a hostname of a listener of ${of}: ${heard.join(", ")}`;
      return [{ violation: { path, got: host, rule, fix: listenedHost(host, heard) }, isCertain: true }];
    }
    const names = reference.knowsCertificate ? undefined : live.certified(serving);
    if (!names || names.some((name) => certifies(name, host))) {
      return [];
    }
    const rule = `must be in the certificate of ${of}: ${names.join(", ")}`;
    // By http the host is served all the same.
    const isCertain = serving.every(isSecure);
    const fix = certifiedHost(host, names, (other) => listeners.some((listener) => serves(listener, other)));
    return [{ violation: { path, got: host, rule, fix }, isCertain }];
  });
}

/** Names in the certificates of the https listeners; undefined where cert-manager issues none of them, or not all. */
export function certificateNames(
  view: ClusterView,
  { namespace }: Pick<LiveGateway, "namespace">,
  listeners: Listener[],
): string[] | undefined {
  const secure = listeners.filter(isSecure);
  const certificates = view.list("Certificate", namespace) ?? [];
  const names = secure.map(({ tls }) => {
    const [secret] = tls?.certificateRefs ?? [];
    const found = certificates.find((each) => each.namespace === namespace && specOf(each).secretName === secret?.name);
    return found && secret?.namespace === undefined ? specOf(found).dnsNames : undefined;
  });
  return names.length > 0 && names.every((each) => each !== undefined) ? [...new Set(names.flat())] : undefined;
}

function specOf({ body }: ExistingObject): { secretName?: string; dnsNames?: string[] } {
  return (body as { spec?: { secretName?: string; dnsNames?: string[] } } | undefined)?.spec ?? {};
}

/** Routes of others with the same host and match on a listener of this route: the oldest gets the requests. */
function clashes(view: ClusterView, { route, gateway, parents }: GatewayReference): Judged[] {
  const routes = (view.list("HTTPRoute") ?? []).filter((each) => each.annotations[stackMark] !== view.stack);
  const hosts = route.hostnames?.length ? route.hostnames : ["*"];
  return routes.flatMap((object): Judged[] => {
    const other = routeOf(object);
    const named = attachments(other, gateway);
    const shared = named.some((each) =>
      parents.some(({ section }) => section === undefined || each.section === undefined || section === each.section),
    );
    if (!shared || (other.namespace === route.namespace && other.name === route.name)) {
      return [];
    }
    const theirHosts = other.hostnames.length > 0 ? other.hostnames : ["*"];
    const theirs = other.matches.map((match) => comparableMatch(writtenMatch(match)));
    const [same] = hosts
      .filter((host) => theirHosts.includes(host))
      .flatMap((host) =>
        route.matches
          .filter(({ match }) => theirs.includes(comparableMatch(match)))
          .map(({ path, match }) => ({ host, path, match })),
      );
    if (!same) {
      return [];
    }
    const got = shownRequest(same.host, same.match);
    const what = objectName("HTTPRoute", other);
    const rule = `${what}, which ${ownerOf(object)}, has the same host and path; the older route gets the requests`;
    const path = same.path || (route.hostnames ? "hostnames" : "parent");
    const fix = same.path ? 'prefix: "/other"' : 'hostnames: ["other.example.com"]';
    return [{ violation: { path, got, rule, fix }, isCertain: false }];
  });
}
