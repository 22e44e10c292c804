// A route from a gateway, or from a Service with a waypoint, to backends: checked before it is written, awaited after.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { timeouts } from "../lib/defaults";
import type { Fault } from "../lib/faults";
import { certifies, listens } from "../lib/hosts";
import { claimFaults, claimsOf } from "../lib/route-claims";
import { grantSpec, Parent, routeSpec, RouteRule } from "../lib/route-objects";
import { LiveRoute, routeVerdict } from "../lib/route-status";
import type { Json } from "../lib/json";
import { httpRouteRules as rules, unservedFault } from "../lib/route-rules";
import { accepted, Annotations, Awaited, pluginWaits } from "./acceptance";
import { childOf, minutes } from "./children";
import { checkArgs, resolved, throwFaults } from "./inputs";
import { PreflightArgs } from "./mesh-parts";
import { claimsOfProgram, GatewayFacts, gatewayBehind, identity, plain } from "./program";
import { CanaryArgs, RouteBackendArgs, RouteParentArgs, RouteRuleArgs, RouteVersionArgs } from "./route-parts";
import { clusterTarget } from "./target";

/** Which requests go to which backends. */
export interface HttpRouteArgs {
  /**
   * Name of the HTTPRoute. A change replaces it.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the route, which is usually that of its backends. A change replaces the route. */
  namespace: pulumi.Input<string>;
  /** The Gateway or Service it hangs on: `mesh.parentRef`, or a name and namespace. */
  parent: pulumi.Input<RouteParentArgs>;
  /**
   * Hosts that requests are for. The gateway has to listen for them, and its certificate has to name them.
   * @default every host of the gateway
   * @example ["shop.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Which requests go where; the most specific match wins.
   * @default one rule for every request, with `backends` or `canary`
   * @example [{ matches: [{ prefix: "/api" }], backends: [{ service: "api", port: 80 }] }]
   */
  rules?: RouteRuleArgs[];
  /**
   * Services that share every request by weight.
   * @default none
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions that share every request.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * How the cluster is read to see the route accepted. With an explicit provider and nothing named here the plugin
   * waits, which does not say what was wrong.
   * @default as the default provider reads it
   * @example { context: "kind-kind" }
   */
  preflight?: PreflightArgs;
}

/**
 * An HTTPRoute that is accepted, or a failure that says why not.
 *
 * ```ts
 * new HttpRoute("web", {
 *   namespace: "shop",
 *   parent: mesh.parentRef,
 *   hostnames: ["shop.hostk8s.local"],
 *   canary: { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 },
 * });
 * ```
 */
export class HttpRoute extends pulumi.ComponentResource {
  /** Name of the HTTPRoute, once it is accepted. */
  public readonly name: pulumi.Output<string>;
  /** Its namespace. */
  public readonly namespace: pulumi.Output<string>;
  /** The hosts that it serves; empty where these are all of the gateway's. */
  public readonly hostnames: pulumi.Output<string[]>;

  constructor(name: string, args: HttpRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:HttpRoute", name, checkRoute(name, args), opts);
    const gateway = gatewayBehind(args.parent);
    const route = normalize(name, args, gateway);
    const target = clusterTarget(this, args.preflight ?? {});

    const grants = createGrants(this, name, args, route.namespace, opts);
    const resource = createRoute(name, route, pluginWaits(acceptance, target), childOf(this, opts, ...grants));
    const id = accepted(resource.id, awaited(name), route.written, judge, target);

    this.name = id.apply((known) => known.split("/")[1] ?? "");
    this.namespace = id.apply((known) => known.split("/")[0] ?? "");
    this.hostnames = pulumi.all([route.hostnames, id]).apply(([hostnames]) => hostnames ?? []);
    this.registerOutputs({ name: this.name, namespace: this.namespace, hostnames: this.hostnames });
  }
}

/** All that can be known without the cluster. The component shows no inputs, so that a change counts where it happens. */
function checkRoute(name: string, args: HttpRouteArgs): pulumi.Inputs {
  checkArgs("HttpRoute", name, { name, ...args }, rules);
  const hostnames = plain(args.hostnames);
  const shape = ruleArgs(args);
  const faults = unservedFaults(hostnames as string[] | undefined, gatewayBehind(args.parent));
  const section = plain(args.parent)?.section;
  faults.push(...loopFaults(args, section, gatewayBehind(args.parent)));
  if (plain(shape) && (args.hostnames === undefined || hostnames)) {
    const at = args.rules ? "rules" : "";
    const kept = claimsOf(hostnames as string[] | undefined, shape as RouteRule[], at);
    const held = identity(args.parent);
    const claims = kept.map((claim) => ({ ...claim, key: `${held} ${claim.key}` }));
    faults.push(...claimFaults(claims, name, claimsOfProgram()));
  }
  faults.push(...serviceFaults(name, args));
  throwFaults("HttpRoute", name, faults);
  return {};
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

/** A redirect to https is for the http listeners alone; the other rules of its route would be cut off from https. */
function loopFaults(args: HttpRouteArgs, section: unknown, gateway: GatewayFacts | undefined): Fault[] {
  const toHttps = (args.rules ?? []).map(
    (rule) => rule.redirect?.scheme === "https" && rule.redirect.hostname === undefined,
  );
  const at = toHttps.indexOf(true);
  if (at < 0 || section !== undefined || (gateway && toHttps.every(Boolean))) {
    return [];
  }
  const rule = gateway
    ? "a redirect to https hangs on the http listeners only, so it has a route of its own"
    : "a redirect to https on every listener runs in circles: name the http listener";
  const fix = gateway ? 'new HttpRoute("to-https", { rules: [{ redirect: { scheme: "https" } }] })' : 'section: "http"';
  return [{ path: `rules[${at}].redirect.scheme`, got: "https", rule, fix }];
}

/** The rules, however they were written. */
function ruleArgs(args: HttpRouteArgs): RouteRuleArgs[] {
  return args.rules ?? [args.canary ? { canary: args.canary } : { backends: args.backends }];
}

/** The arguments with everything resolved and filled in. */
function normalize(name: string, args: HttpRouteArgs, gateway: GatewayFacts | undefined) {
  const part = <T>(field: keyof HttpRouteArgs & string, value: T) => resolved(field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const hostnames = part("hostnames", args.hostnames);
  const redirects = (args.rules ?? []).some((rule) => rule.redirect?.scheme === "https");
  const parents = pulumi.output(args.parent).apply((given) => parentsOf(given, gateway, redirects));
  const written = pulumi
    .all([part("rules", args.rules), part("canary", args.canary), part("backends", args.backends)])
    .apply(([all, canary, backends]) => (all ?? [canary ? { canary } : { backends: backends ?? [] }]) as RouteRule[]);
  const routeRules = pulumi
    .all([written, pulumi.output(gateway?.httpsPort)])
    .apply(([all, httpsPort]) => all.map((rule) => withHostPort(rule as RouteRule, httpsPort)));
  const spec = pulumi
    .all([parents, hostnames, routeRules])
    .apply(([all, hosts, checked]) => routeSpec(all as Parent[], hosts, checked as RouteRule[]));
  return {
    name: part("name", args.name).apply((given) => given ?? name),
    namespace,
    hostnames,
    spec,
    written: pulumi.all([spec, parents]).apply(([sent, all]) => ({ spec: sent as object, parents: all.length })),
  };
}

function parentsOf(parent: Parent, gateway: GatewayFacts | undefined, redirects: boolean): Parent[] {
  if (!redirects || !gateway || parent.section !== undefined) {
    return [parent];
  }
  return Array.from({ length: gateway.httpListeners }, (_, index) => ({
    ...parent,
    section: index === 0 ? "http" : `http-${index + 1}`,
  }));
}

/** A redirect to https goes to the port under which https is reached from outside, which is not 443 on NodePorts. */
function withHostPort(rule: RouteRule, httpsPort: number | undefined): RouteRule {
  const { redirect } = rule;
  return redirect?.scheme === "https" && redirect.port === undefined && redirect.hostname === undefined && httpsPort
    ? { ...rule, redirect: { ...redirect, port: httpsPort } }
    : rule;
}

/** Grants for backends in other namespaces: each lets the routes of this namespace refer to those Services. */
function createGrants(
  parent: pulumi.ComponentResource,
  name: string,
  args: HttpRouteArgs,
  namespace: pulumi.Output<string>,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.Resource[] {
  const elsewhere = ruleArgs(args)
    .flatMap(versionsOf)
    .filter((version) => version.namespace !== undefined && version.namespace !== args.namespace);
  const groups = new Map<string, RouteVersionArgs[]>();
  for (const version of elsewhere) {
    const key = identity(version.namespace);
    groups.set(key, [...(groups.get(key) ?? []), version]);
  }
  return [...groups.values()].map((versions, index) => {
    const services = pulumi.all(versions.map((version) => version.service)).apply((all) => [...new Set(all)].sort());
    return new k8s.apiextensions.CustomResource(
      `${name}-grant${index === 0 ? "" : `-${index + 1}`}`,
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "ReferenceGrant",
        metadata: {
          name: pulumi.interpolate`${namespace}-${args.name ?? name}`,
          namespace: versions[0]!.namespace,
        },
        spec: pulumi.all([namespace, services]).apply(([from, to]) => grantSpec(from, to)),
      },
      childOf(parent, opts),
    );
  });
}

function versionsOf(rule: RouteRuleArgs): RouteVersionArgs[] {
  const { canary, mirror } = rule;
  return [
    ...(rule.backends ?? []),
    ...(canary ? [canary.stable, canary.candidate] : []),
    ...(mirror ? [mirror.backend] : []),
  ];
}

/** The plugin's own wait can only speak of the first parent. */
const acceptance = JSON.stringify(
  ["Accepted", "ResolvedRefs"].map(
    (type) => `jsonpath={.status.parents[0].conditions[?(@.type=="${type}")].status}=True`,
  ),
);

function awaited(name: string): Awaited {
  const what = `HttpRoute "${name}"`;
  return { what, api: "apis/gateway.networking.k8s.io/v1", plural: "httproutes", minutes: timeouts.route };
}

/** Accepted is what every parent accepts, with every field still there. */
function judge(live: unknown, written: { spec: object; parents: number }) {
  return routeVerdict(live as LiveRoute, written.parents, written.spec as Json);
}

function createRoute(
  name: string,
  route: ReturnType<typeof normalize>,
  annotations: Annotations,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    `${name}-route`,
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: {
        name: route.name,
        namespace: route.namespace,
        annotations,
      },
      spec: route.spec,
    },
    { ...opts, ...minutes(timeouts.route) },
  );
}
