// A route from a gateway, or from a Service with a waypoint, to backends: checked before it is written, awaited after.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Verdict } from "../../lib/cluster-state/conditions";
import { timeouts } from "../../lib/istio/defaults";
import { listenerName, redirectName } from "../../lib/istio/names";
import { grantSpec, Parent, routeSpec, RouteRule } from "./objects";
import { LiveService, portFault, RouteWithBackends, serviceBackends } from "../../lib/cluster-state/route-backends";
import { LiveRoute, routeVerdict } from "./status";
import type { Json } from "../../lib/json";
import { httpRouteRules as rules } from "./rules";
import { accepted, Awaited } from "../support/acceptance";
import { childOf, minutes } from "../support/children";
import { checkedInputs, componentNamed, resolved, throwFaults } from "../support/arguments";
import { GatewayFacts, gatewayBehind, identity, Protocol } from "../support/program";
import { routeFaults, ruleArgs } from "./conflicts";
import { HttpRouteArgs, RouteRuleArgs, RouteVersionArgs } from "./args";
import { clusterOf } from "../support/cluster";

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
    const cluster = clusterOf(this, "HttpRoute", name, args.cluster);

    const grants = createGrants(this, name, args, route.namespace, opts);
    const resource = createRoute(name, route, childOf(this, opts, ...grants));
    if (args.httpsOnly) createRedirect(this, name, args, route.name, childOf(this, opts));
    const id = accepted(resource.id, awaited(name), route.written, judge, cluster);

    this.name = id.apply((known) => known.split("/")[1] ?? "");
    this.namespace = id.apply((known) => known.split("/")[0] ?? "");
    this.hostnames = pulumi.all([route.hostnames, id]).apply(([hostnames]) => hostnames ?? []);
    this.registerOutputs({ name: this.name, namespace: this.namespace, hostnames: this.hostnames });
  }
}

/** All that can be known without the cluster. The component shows no inputs, so that a change counts where it happens. */
function checkRoute(name: string, args: HttpRouteArgs): pulumi.Inputs {
  checkedInputs("HttpRoute", name, args, rules);
  throwFaults("HttpRoute", name, routeFaults(name, args));
  return {};
}

/** The arguments with everything resolved and filled in. */
function normalize(name: string, args: HttpRouteArgs, gateway: GatewayFacts | undefined) {
  const what = componentNamed("HttpRoute", name);
  const part = <T>(field: keyof HttpRouteArgs & string, value: T) => resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const hostnames = part("hostnames", args.hostnames);
  const redirects = (args.rules ?? []).some((rule) => rule.redirect?.scheme === "https");
  const protocol = args.httpsOnly ? "https" : redirects ? "http" : undefined;
  const parents = pulumi.output(args.parent).apply((given) => parentsOf(given, gateway, protocol));
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

/** A route for one protocol hangs on each listener of it. */
function parentsOf(parent: Parent, gateway: GatewayFacts | undefined, protocol: Protocol | undefined): Parent[] {
  if (!protocol || !gateway || parent.section !== undefined) {
    return [parent];
  }
  const count = gateway.listeners[protocol];
  return Array.from({ length: count }, (_, index) => ({ ...parent, section: listenerName(protocol, index) }));
}

/** A redirect to https goes to the port under which https is reached from outside, which is not 443 on NodePorts. */
function withHostPort(rule: RouteRule, httpsPort: number | undefined): RouteRule {
  const { redirect } = rule;
  return redirect?.scheme === "https" && redirect.port === undefined && redirect.hostname === undefined && httpsPort
    ? { ...rule, redirect: { ...redirect, port: httpsPort } }
    : rule;
}

/** The route of those who come by http. */
function createRedirect(
  parent: pulumi.ComponentResource,
  name: string,
  args: HttpRouteArgs,
  routeName: pulumi.Output<string>,
  opts: pulumi.ComponentResourceOptions,
): void {
  const { namespace, hostnames } = args;
  new HttpRoute(
    `${name}-to-https`,
    {
      name: routeName.apply(redirectName),
      namespace,
      parent: args.parent,
      hostnames,
      rules: [{ redirect: { scheme: "https" } }],
    },
    { ...opts, parent },
  );
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

function awaited(name: string): Awaited {
  const what = `HttpRoute "${name}"`;
  return { what, api: "apis/gateway.networking.k8s.io/v1", plural: "httproutes", minutes: timeouts.route };
}

/** Accepted is what every parent accepts, with every field still there, and with ports that its Services have. */
async function judge(
  live: unknown,
  written: { spec: object; parents: number },
  read: (path: string) => Promise<unknown>,
): Promise<Verdict> {
  const route = live as LiveRoute & RouteWithBackends;
  const verdict = routeVerdict(route, written.parents, written.spec as Json);
  if (verdict.state !== "accepted") return verdict;
  for (const backend of serviceBackends(route)) {
    const service = await read(`/api/v1/namespaces/${backend.namespace}/services/${backend.name}`);
    const why = portFault(backend, service as LiveService | undefined);
    if (why !== undefined) return { state: "refused", why };
  }
  return verdict;
}

function createRoute(
  name: string,
  route: ReturnType<typeof normalize>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    `${name}-route`,
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: route.name, namespace: route.namespace },
      spec: route.spec,
    },
    { ...opts, ...minutes(timeouts.route) },
  );
}
