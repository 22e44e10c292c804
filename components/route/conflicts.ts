// What is wrong with a route in its program: its hosts, its listeners, and what other routes answer already.
import type { Violation } from "../../lib/validation/violations";
import { certifiedHost, certifies, listenedHost, listens } from "../../lib/gateway-api/hosts";
import { claimRequests, claimsOf } from "./claims";
import type { RouteRule } from "./objects";
import type { HttpRouteArgs } from "./args";
import { servedBy, type ReferencedGateway, type Served } from "../../lib/gateway-api/reference";
import { meantName } from "../../lib/validation/names";
import { gatewayBehind, identity, plain, registry } from "../support/program";
import type { RouteRuleArgs } from "./rule-args";

/** Violations that only show beside the gateway and the other routes of the program. */
export function routeViolations(name: string, args: HttpRouteArgs, cluster: string): Violation[] {
  const hostnames = plain(args.hostnames);
  const matches = ruleArgs(args).map((rule) => ({ matches: rule.matches }));
  const gateway = knownGateway(args.parent);
  const violations = gateway === "later" ? [] : gatewayViolations(args, hostnames as string[] | undefined, gateway);
  if (plain(matches) && (args.hostnames === undefined || hostnames)) {
    const at = args.rules ? "rules" : "";
    const kept = claimsOf(hostnames as string[] | undefined, matches as RouteRule[], at);
    const redirects = redirectsAll(args);
    const route = { name, cluster, listeners: listenersOf(args), redirects };
    violations.push(...claimRequests(kept, route, registry().requests));
  }
  violations.push(...serviceViolations(name, args, cluster));
  return violations;
}

/** The gateway behind a parent, as far as it is known while the program is written down. */
function knownGateway(parent: HttpRouteArgs["parent"]): Served | undefined | "later" {
  const known = gatewayBehind(parent);
  const given = plain(parent);
  return known ?? (given === undefined ? "later" : servedBy(given as ReferencedGateway));
}

/** An output that has no value. */
export const absentParent: Violation = {
  path: "parent",
  got: undefined,
  rule: "must have a value: the mesh has no gateway, or the stack has no such output",
  fix: 'parent: { name: "hostk8s-gateway", namespace: "istio-system" }',
};

/** What is wrong with a route on its gateway. */
export function gatewayViolations(
  args: HttpRouteArgs,
  hostnames: string[] | undefined,
  gateway: Served | undefined,
  parent: ReferencedGateway | undefined = plain(args.parent) as ReferencedGateway | undefined,
): Violation[] {
  const named = args.httpsOnly ? oneListenerViolations(parent) : missingListenerViolations(parent);
  return named.length > 0
    ? named
    : [...unservedViolations(args, hostnames, gateway, parent), ...listenerViolations(args, gateway, parent)];
}

/** The route and its redirect would share the listener. */
function oneListenerViolations(parent: ReferencedGateway = {}): Violation[] {
  const rule =
    "must not be set next to `httpsOnly`, which is for all listeners: https for the route, http for a redirect";
  return (["section", "port"] as const)
    .filter((field) => parent[field] !== undefined)
    .map((field) => ({ path: `parent.${field}`, got: parent[field], rule, fix: { remove: `parent.${field}` } }));
}

/** A section or a port that the reference to the gateway does not have. */
function missingListenerViolations({ listeners = [], section, port }: ReferencedGateway = {}): Violation[] {
  const names = listeners.map(({ name }) => name);
  if (names.length === 0) {
    return [];
  }
  if (section !== undefined && !names.includes(section)) {
    const rule = `must be a listener of the gateway: ${names.join(", ")}`;
    return [{ path: "parent.section", got: section, rule, fix: `section: "${meantName(section, names) ?? names[0]}"` }];
  }
  const usable = listeners.filter(({ name }) => section === undefined || name === section);
  const ports = [...new Set(usable.map((each) => each.port))];
  const rule = `must be the port of a listener of the gateway: ${ports.join(", ")}`;
  return port === undefined || ports.includes(port)
    ? []
    : [{ path: "parent.port", got: port, rule, fix: `port: ${ports[0]}` }];
}

/** A waypoint takes the routes of HTTPRoutes and of TrafficPolicies one after the other, so a Service has one kind. */
function serviceViolations(name: string, args: HttpRouteArgs, cluster: string): Violation[] {
  const parent = plain(args.parent);
  if (parent?.kind !== "Service") {
    return [];
  }
  const service = { cluster, namespace: parent.namespace ?? args.namespace, service: parent.name };
  const other = registry().shapedServices.holder(service);
  registry().routedServices.claim(service, { shown: `HttpRoute "${name}"`, name });
  const rule = `must not be a Service that ${other?.shown} covers: only one of the two would take effect`;
  return other === undefined
    ? []
    : [{ path: "parent.name", got: plain(parent.name) ?? "", rule, fix: `routes: [{ to: [{ service: "web" }] }]` }];
}

/** Hostnames that no listener takes, or that are not in the certificate of those that take the route by https. */
function unservedViolations(
  args: HttpRouteArgs,
  hostnames: string[] | undefined,
  gateway: Served | undefined,
  parent: ReferencedGateway = {},
): Violation[] {
  const { hostnames: heard, certificateNames: named, listeners } = gateway ?? {};
  const isServed = (host: string) => heard === undefined || heard.some((each) => listens(each, host));
  const isForHttp = isOneListener(parent) ? listeners?.https.length === 0 : redirectsAll(args);
  return (hostnames ?? []).flatMap((got, index) => {
    const path = `hostnames[${index}]`;
    if (heard && !isServed(got)) {
      const rule = `must be a hostname of the gateway's listeners: ${heard.join(", ")}`;
      return [{ path, got, rule, fix: listenedHost(got, heard) }];
    }
    if (isForHttp || !named || named.some((each) => certifies(each, got))) {
      return [];
    }
    const rule = `must be a name in the gateway's certificate: ${named.join(", ")}`;
    return [{ path, got, rule, fix: certifiedHost(got, named, isServed) }];
  });
}

/** The parent is narrowed to a part of the gateway's listeners. */
function isOneListener({ section, port }: ReferencedGateway): boolean {
  return section !== undefined || port !== undefined;
}

const sendsToHttps = ({ redirect }: RouteRuleArgs): boolean =>
  redirect?.scheme === "https" && redirect.hostname === undefined;

const redirectsAll = ({ rules: all = [] }: HttpRouteArgs): boolean => all.length > 0 && all.every(sendsToHttps);

/** The listeners on which it answers, by which its claims are told from those of other routes. */
function listenersOf(args: HttpRouteArgs): string[] {
  const parent = plain(args.parent);
  const { section, ...held } = parent ?? {};
  const sections =
    section !== undefined ? [section] : args.httpsOnly ? ["https"] : redirectsAll(args) ? ["http"] : ["http", "https"];
  const at = parent ? { ...held, namespace: parent.namespace ?? args.namespace } : args.parent;
  return sections.map((each) => `${identity(at)} ${identity(each)}`);
}

/** A redirect to https is for the http listeners alone; the other rules of its route would be cut off from https. */
function listenerViolations(
  args: HttpRouteArgs,
  gateway: Served | undefined,
  parent: ReferencedGateway = {},
): Violation[] {
  const at = (args.rules ?? []).findIndex(sendsToHttps);
  if (args.httpsOnly) return httpsOnlyViolations(at, gateway);
  const { section, port } = parent;
  if (gateway && isOneListener(parent)) return loopViolations(args, gateway, parent);
  // By name alone neither tells the protocol, but 443 is hardly for http.
  const isNamed = section !== undefined || (port !== undefined && port !== 443);
  if (at < 0 || isNamed || (gateway && redirectsAll(args))) {
    return [];
  }
  const rule = gateway
    ? "must be in a route of its own: a redirect to https attaches to the http listeners only"
    : "must attach to the http listeners only, which a gateway's name alone does not tell: otherwise it is a redirect loop";
  const fix = gateway ? 'new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })' : referenceFix;
  return [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** A redirect to https on an https listener, of requests that it does not change otherwise. */
function loopViolations({ rules = [] }: HttpRouteArgs, gateway: Served, { listeners }: ReferencedGateway): Violation[] {
  const isSame = ({ redirect: { port, path, prefix } = {} }: RouteRuleArgs) => (port ?? path ?? prefix) === undefined;
  // Behind a proxy that connects by https a header may tell how the client came.
  const isOfAll = ({ matches = [] }: RouteRuleArgs) => matches.every(({ headers }) => headers === undefined);
  const at = rules.findIndex((rule) => sendsToHttps(rule) && isSame(rule) && isOfAll(rule));
  if (at < 0 || gateway.listeners.https.length === 0) {
    return [];
  }
  const [http] = servedBy({ listeners })?.listeners.http ?? [];
  const fix = http === undefined ? { remove: `rules[${at}].redirect` } : `section: "${http}"`;
  const rule = "must be on an http listener: on an https listener it is a redirect loop";
  return [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** How another stack's gateway is given whole. */
const referenceFix = 'parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")';

function httpsOnlyViolations(at: number, gateway: Served | undefined): Violation[] {
  const violation = (rule: string, fix: string): Violation => ({ path: "httpsOnly", got: true, rule, fix });
  if (!gateway) {
    return [
      violation("must come with the reference to a gateway: its name alone does not tell its listeners", referenceFix),
    ];
  }
  if (gateway.listeners.https.length === 0) {
    return [violation("must not be set: the gateway has no https listener", "httpsOnly: false")];
  }
  const rule = "must not be set next to `httpsOnly`, which redirects http already: over https it is a redirect loop";
  const fix = 'backends: [{ service: "web", port: 80 }]';
  return at < 0 ? [] : [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** The rules, however they were written. */
export function ruleArgs(args: HttpRouteArgs): RouteRuleArgs[] {
  return args.rules ?? [args.canary ? { canary: args.canary } : { backends: args.backends }];
}
