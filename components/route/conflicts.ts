// What is wrong with a route in its program: its hosts, its listeners, and what other routes answer already.
import type { Fault } from "../../lib/validation/violations";
import { certifies, listens } from "../../lib/gateway-api/hosts";
import { claimFaults, claimsOf } from "./claims";
import type { RouteRule } from "./objects";
import { unservedFault } from "./rules";
import type { HttpRouteArgs } from "./args";
import { claimsOfProgram, GatewayFacts, gatewayBehind, identity, plain } from "../support/program";
import type { RouteRuleArgs } from "./args";

/** Faults that only show beside the gateway and the other routes of the program. */
export function routeFaults(name: string, args: HttpRouteArgs): Fault[] {
  const hostnames = plain(args.hostnames);
  const matches = ruleArgs(args).map((rule) => ({ matches: rule.matches }));
  const faults = unservedFaults(hostnames as string[] | undefined, gatewayBehind(args.parent));
  faults.push(...listenerFaults(args, gatewayBehind(args.parent)));
  if (plain(matches) && (args.hostnames === undefined || hostnames)) {
    const at = args.rules ? "rules" : "";
    const kept = claimsOf(hostnames as string[] | undefined, matches as RouteRule[], at);
    const redirects = redirectsAll(args);
    faults.push(...claimFaults(kept, { name, listeners: listenersOf(args), redirects }, claimsOfProgram()));
  }
  faults.push(...serviceFaults(name, args));
  return faults;
}

/** A waypoint takes the routes of HTTPRoutes and of TrafficPolicies one after the other, so a Service has one kind. */
function serviceFaults(name: string, args: HttpRouteArgs): Fault[] {
  const parent = plain(args.parent);
  if (parent?.kind !== "Service") {
    return [];
  }
  const held = `${identity(parent.namespace ?? args.namespace)} ${identity(parent.name)}`;
  const taken = claimsOfProgram();
  const other = taken.get(`requests to ${held}`);
  taken.set(`routes of ${held}`, `HttpRoute "${name}"`);
  const rule = `${other} shapes the requests to this Service already, and one of the two would hide the other`;
  return other === undefined
    ? []
    : [{ path: "parent.name", got: plain(parent.name) ?? "", rule, fix: `routes: [{ to: [{ service: "web" }] }]` }];
}

function unservedFaults(hostnames: string[] | undefined, gateway: GatewayFacts | undefined): Fault[] {
  return (hostnames ?? []).flatMap((hostname, index) => {
    const { hostnames: heard, certificateNames: named } = gateway ?? {};
    if (heard && !heard.some((each) => listens(each, hostname))) {
      return [unservedFault(`hostnames[${index}]`, hostname, "listeners", heard)];
    }
    return named && !named.some((each) => certifies(each, hostname))
      ? [unservedFault(`hostnames[${index}]`, hostname, "certificate", named)]
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
function listenerFaults(args: HttpRouteArgs, gateway: GatewayFacts | undefined): Fault[] {
  const at = (args.rules ?? []).findIndex(sendsToHttps);
  if (args.httpsOnly) return httpsOnlyFaults(at, gateway);
  if (at < 0 || plain(args.parent)?.section !== undefined || (gateway && redirectsAll(args))) {
    return [];
  }
  const rule = gateway
    ? "a redirect to https hangs on the http listeners only, so it has a route of its own"
    : "a redirect to https on every listener runs in circles: name the http listener";
  const fix = gateway ? 'new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })' : 'section: "http"';
  return [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

function httpsOnlyFaults(at: number, gateway: GatewayFacts | undefined): Fault[] {
  const fault = (rule: string, fix: string): Fault => ({ path: "httpsOnly", got: true, rule, fix });
  if (!gateway) {
    const rule = "only of a gateway of the same program are the listeners known: name the one for https";
    return [fault(rule, 'parent: { name: "gateway", section: "https" }')];
  }
  if (gateway.listeners.https === 0) return [fault("the gateway has no https listener", "httpsOnly: false")];
  const rule = "who comes by http is redirected already, and on https this would run in circles";
  const fix = 'backends: [{ service: "web", port: 80 }]';
  return at < 0 ? [] : [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** The rules, however they were written. */
export function ruleArgs(args: HttpRouteArgs): RouteRuleArgs[] {
  return args.rules ?? [args.canary ? { canary: args.canary } : { backends: args.backends }];
}
