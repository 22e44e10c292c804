// What is wrong with a route in its program: its hosts, its listeners, and what other routes answer already.
import type { Violation } from "../../lib/validation/violations";
import { certifies, listens } from "../../lib/gateway-api/hosts";
import { claimViolations, claimsOf } from "./claims";
import type { RouteRule } from "./objects";
import { unservedViolation } from "./rules";
import type { HttpRouteArgs } from "./args";
import { claimsOfProgram, GatewayFacts, gatewayBehind, identity, plain } from "../support/program";
import type { RouteRuleArgs } from "./args";

/** Violations that only show beside the gateway and the other routes of the program. */
export function routeViolations(name: string, args: HttpRouteArgs): Violation[] {
  const hostnames = plain(args.hostnames);
  const matches = ruleArgs(args).map((rule) => ({ matches: rule.matches }));
  const violations = unservedViolations(hostnames as string[] | undefined, gatewayBehind(args.parent));
  violations.push(...listenerViolations(args, gatewayBehind(args.parent)));
  if (plain(matches) && (args.hostnames === undefined || hostnames)) {
    const at = args.rules ? "rules" : "";
    const kept = claimsOf(hostnames as string[] | undefined, matches as RouteRule[], at);
    const redirects = redirectsAll(args);
    violations.push(...claimViolations(kept, { name, listeners: listenersOf(args), redirects }, claimsOfProgram()));
  }
  violations.push(...serviceViolations(name, args));
  return violations;
}

/** A waypoint takes the routes of HTTPRoutes and of TrafficPolicies one after the other, so a Service has one kind. */
function serviceViolations(name: string, args: HttpRouteArgs): Violation[] {
  const parent = plain(args.parent);
  if (parent?.kind !== "Service") {
    return [];
  }
  const held = `${identity(parent.namespace ?? args.namespace)} ${identity(parent.name)}`;
  const taken = claimsOfProgram();
  const other = taken.get(`requests to ${held}`);
  taken.set(`routes of ${held}`, `HttpRoute "${name}"`);
  const rule = `must not be a Service that ${other} covers: only one of the two would take effect`;
  return other === undefined
    ? []
    : [{ path: "parent.name", got: plain(parent.name) ?? "", rule, fix: `routes: [{ to: [{ service: "web" }] }]` }];
}

function unservedViolations(hostnames: string[] | undefined, gateway: GatewayFacts | undefined): Violation[] {
  return (hostnames ?? []).flatMap((hostname, index) => {
    const { hostnames: heard, certificateNames: named } = gateway ?? {};
    if (heard && !heard.some((each) => listens(each, hostname))) {
      return [unservedViolation(`hostnames[${index}]`, hostname, "listeners", heard)];
    }
    return named && !named.some((each) => certifies(each, hostname))
      ? [unservedViolation(`hostnames[${index}]`, hostname, "certificate", named)]
      : [];
  });
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
  return sections.map((each) => `${identity(parent ? held : args.parent)} ${identity(each)}`);
}

/** A redirect to https is for the http listeners alone; the other rules of its route would be cut off from https. */
function listenerViolations(args: HttpRouteArgs, gateway: GatewayFacts | undefined): Violation[] {
  const at = (args.rules ?? []).findIndex(sendsToHttps);
  if (args.httpsOnly) return httpsOnlyViolations(at, gateway);
  if (at < 0 || plain(args.parent)?.section !== undefined || (gateway && redirectsAll(args))) {
    return [];
  }
  const rule = gateway
    ? "must be in a route of its own: a redirect to https attaches to the http listeners only"
    : "must attach to the http listener only: on every listener it is a redirect loop";
  const fix = gateway ? 'new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })' : 'section: "http"';
  return [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

function httpsOnlyViolations(at: number, gateway: GatewayFacts | undefined): Violation[] {
  const violation = (rule: string, fix: string): Violation => ({ path: "httpsOnly", got: true, rule, fix });
  if (!gateway) {
    const rule = "must come with `parent.section`: the listeners are known only for a gateway in the same program";
    return [violation(rule, 'parent: { name: "gateway", section: "https" }')];
  }
  if (gateway.listeners.https === 0)
    return [violation("must not be set: the gateway has no https listener", "httpsOnly: false")];
  const rule = "must not be set next to `httpsOnly`, which redirects http already: over https it is a redirect loop";
  const fix = 'backends: [{ service: "web", port: 80 }]';
  return at < 0 ? [] : [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** The rules, however they were written. */
export function ruleArgs(args: HttpRouteArgs): RouteRuleArgs[] {
  return args.rules ?? [args.canary ? { canary: args.canary } : { backends: args.backends }];
}
