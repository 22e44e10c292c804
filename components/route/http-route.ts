// A route from a gateway, or from a Service with a waypoint, to backends: checked before it is written, awaited after.
import { isDeepStrictEqual } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Verdict } from "../../lib/cluster-state/conditions";
import { timeouts } from "../../lib/istio/defaults";
import { listenersFor, referenceTold, servedBy, type Protocol } from "../../lib/gateway-api/reference";
import { grantName, redirectName } from "../../lib/istio/names";
import { grantSpec, Parent, routeSpec, RouteRule } from "./objects";
import { LiveService, portMismatch, RouteWithBackends, serviceBackends } from "../../lib/cluster-state/route-backends";
import { LiveRoute, routeVerdict } from "./status";
import type { Json } from "../../lib/json";
import type { ExistingObject } from "../../lib/ownership/owner";
import { routeChildren } from "./children";
import { httpRouteRules as rules } from "./rules";
import { accepted, Acceptance } from "../support/acceptance";
import { childOf, minutes } from "../support/children";
import {
  checkedInputs,
  componentNamed,
  refuseLate,
  resolved,
  resolvedMetadata,
  throwViolations,
} from "../support/arguments";
import { announceParts, partOf, type Told } from "../support/parts";
import { announceNamespace, earlyName, identity } from "../support/program";
import { absentParent, gatewayViolations, routeViolations, ruleArgs } from "./conflicts";
import { gatewayOfRoute, placesOfRoute } from "./references";
import { HttpRouteArgs } from "./args";
import { RouteRuleArgs, RouteVersionArgs } from "./rule-args";
import { clusterIdOf, clusterOf } from "../support/cluster";
import { withReferences } from "../support/given-resources";
import { childrenOf, keepChildren } from "../support/made";
import { anotherName, ownObject, Writer } from "../support/ownership";
import { checkedReferences } from "../support/references";
import { meshLabels } from "../../lib/istio/labels";

/** The resources of an HttpRoute. */
export interface HttpRouteChildren {
  /** The HTTPRoute. */
  route: k8s.apiextensions.CustomResource;
  /** A ReferenceGrant for each other namespace with backends of the route. */
  grants: k8s.apiextensions.CustomResource[];
  /** The route that redirects HTTP to HTTPS, with `httpsOnly`. */
  redirect?: HttpRoute;
}

/**
 * An HTTPRoute. The component waits until it is accepted, or fails with the reason.
 *
 * ```ts
 * new HttpRoute("web", {
 *   namespace: "shop",
 *   parent: mesh.gateway,
 *   hostnames: ["shop.hostk8s.local"],
 *   canary: { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 },
 * });
 * ```
 */
export class HttpRoute extends pulumi.ComponentResource {
  /** Name of the HTTPRoute. Available once the route is accepted. */
  public readonly name: pulumi.Output<string>;
  /** Namespace of the HTTPRoute. */
  public readonly namespace: pulumi.Output<string>;
  /** Hostnames that the route serves; empty if it serves all hostnames of the gateway. */
  public readonly hostnames: pulumi.Output<string[]>;

  constructor(name: string, args: HttpRouteArgs, opts?: pulumi.ComponentResourceOptions) {
    args = withToldParent(withReferences(args));
    super("istio-ambient:index:HttpRoute", name, checkRoute(name, args, opts), opts);
    const part = partOf(name, opts);
    const cluster = clusterOf(this, "HttpRoute", name, args.cluster);
    const namespace = earlyName(args.namespace);
    const writer = { what: componentNamed("HttpRoute", name), told: part?.what, cluster, opts, namespace };
    const route = normalize(name, args, part, writer);

    const grants = createGrants(this, name, args, writer, route);
    const resource = createRoute(name, args, writer, route, childOf(this, opts, ...grants));
    const redirect = args.httpsOnly ? createRedirect(this, name, args, route, childOf(this, opts)) : undefined;
    keepChildren<HttpRouteChildren>(this, { route: resource, grants, redirect });
    const id = accepted(resource.id, acceptance(name), route.written, judge, cluster, stands);

    this.name = id.apply((known) => known.split("/")[1] ?? "");
    this.namespace = id.apply((known) => known.split("/")[0] ?? "");
    this.hostnames = pulumi.all([route.hostnames, id]).apply(([hostnames]) => hostnames ?? []);
    this.registerOutputs({ name: this.name, namespace: this.namespace, hostnames: this.hostnames });
  }

  /** The raw resources: `route`, `grants`, and `redirect` with `httpsOnly`. */
  public get children(): HttpRouteChildren {
    return childrenOf(this);
  }
}

/** The arguments without what the stack of a plain parent has not told of its gateway. */
function withToldParent(args: HttpRouteArgs): HttpRouteArgs {
  const { parent } = (args ?? {}) as Partial<HttpRouteArgs>;
  const isHere = typeof parent === "object" && !pulumi.Output.isInstance(parent) && !(parent instanceof Promise);
  return isHere && !pulumi.Resource.isInstance(parent) ? { ...args, parent: referenceTold(parent) } : args;
}

/** All that can be known without the cluster. The component shows no inputs, so that a change counts where it happens. */
function checkRoute(name: string, args: HttpRouteArgs, opts?: pulumi.ComponentResourceOptions): pulumi.Inputs {
  checkedInputs("HttpRoute", name, args, rules);
  throwViolations("HttpRoute", name, routeViolations(name, args, clusterIdOf(opts)));
  return {};
}

/** The arguments with everything resolved and filled in. */
function normalize(name: string, args: HttpRouteArgs, whole: Told | undefined, writer: Writer) {
  const what = whole?.what ?? componentNamed("HttpRoute", name);
  const part = <T>(field: keyof HttpRouteArgs & string, value: T) => resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const hostnames = part("hostnames", args.hostnames);
  const redirects = (args.rules ?? []).some((rule) => rule.redirect?.scheme === "https");
  const protocol = args.httpsOnly ? "https" : redirects ? "http" : undefined;
  const present = pulumi.output(args.parent).apply(async (given) => {
    await refuseLate(what, given === undefined && pulumi.Output.isInstance(args.parent) ? [absentParent] : []);
    return referenceTold(given);
  });
  const parent = pulumi.all([part("parent", present), hostnames]).apply(async ([given, hosts]) => {
    const found = given as Parent;
    // Hostnames and the gateway's own arguments may have been Outputs. What is a part is told by the whole.
    await refuseLate(what, whole ? [] : gatewayViolations(args, hosts, servedBy(found), found));
    return found;
  });
  const routeName = part("name", args.name).apply((given) => given ?? name);
  const written = pulumi
    .all([part("rules", args.rules), part("canary", args.canary), part("backends", args.backends)])
    .apply(([all, canary, backends]) => (all ?? [canary ? { canary } : { backends: backends ?? [] }]) as RouteRule[]);
  const routeRules = pulumi
    .all([written, parent])
    .apply(([all, given]) => all.map((rule) => withHostPort(rule as RouteRule, servedBy(given)?.httpsPort)));
  const attached = pulumi
    .all([parent, hostnames, routeRules, pulumi.output(writer.namespace ?? namespace), routeName])
    .apply(([given, hosts, all, into, own]) => ({
      namespace: into,
      name: own,
      hostnames: hosts,
      parents: parentsOf(given as Parent, protocol, hosts),
      rules: all as RouteRule[],
      at: args.rules ? "rules" : "",
    }));
  const parents = checkedReferences(writer, attached, gatewayOfRoute).apply((known) => known.parents);
  const given = resolvedMetadata(what, args, rules);
  const application = part("application", args.application);
  const spec = pulumi
    .all([parents, hostnames, routeRules])
    .apply(([all, hosts, checked]) => routeSpec(all as Parent[], hosts, checked as RouteRule[]));
  return {
    name: routeName,
    namespace,
    parent,
    hostnames,
    given: { ...given, ...(args.application && { labels: withApplication(given.labels, application) }) },
    spec,
    written: pulumi.all([spec, parents]).apply(([sent, all]) => ({ spec: sent as object, parents: all.length })),
  };
}

function withApplication(
  labels: pulumi.Output<Record<string, string>> | undefined,
  application: pulumi.Output<string | undefined>,
): pulumi.Output<Record<string, string>> {
  return pulumi
    .all([labels, application])
    .apply(([others, name]): Record<string, string> => ({ ...others, [meshLabels.application]: name! }));
}

type Normalized = ReturnType<typeof normalize>;

/** A route for one protocol attaches to each listener of it that serves any of its hosts. */
function parentsOf(parent: Parent, protocol: Protocol | undefined, hostnames: string[] | undefined): Parent[] {
  const sections =
    protocol && parent.section === undefined && servedBy(parent) ? listenersFor(parent, protocol, hostnames) : [];
  return sections.length === 0 ? [parent] : sections.map((section) => ({ ...parent, section }));
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
  route: Normalized,
  opts: pulumi.ComponentResourceOptions,
): HttpRoute {
  const { hostnames, application, labels, annotations, cluster } = args;
  announceParts(parent, componentNamed("HttpRoute", name), { [routeChildren.redirect(name)]: "" });
  // What is wrong with the route's own arguments, the redirect waits for instead of telling it again.
  const namespace = pulumi.all([route.namespace, route.parent]).apply(([known]) => known);
  const early = earlyName(args.namespace);
  if (early !== undefined) announceNamespace(namespace, pulumi.output(early));
  return new HttpRoute(
    routeChildren.redirect(name),
    {
      name: route.name.apply(redirectName),
      namespace,
      parent: args.parent,
      hostnames,
      application,
      labels,
      annotations,
      cluster,
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
  writer: Writer,
  { name: routeName, namespace, given }: Normalized,
): k8s.apiextensions.CustomResource[] {
  const elsewhere = ruleArgs(args)
    .flatMap(versionsOf)
    .filter((version) => version.namespace !== undefined && identity(version.namespace) !== identity(args.namespace));
  const groups = new Map<string, RouteVersionArgs[]>();
  for (const version of elsewhere) {
    const key = identity(version.namespace);
    groups.set(key, [...(groups.get(key) ?? []), version]);
  }
  return [...groups.values()].map((versions, index) => {
    const services = pulumi.all(versions.map((version) => version.service)).apply((all) => [...new Set(all)].sort());
    const metadata = {
      name: pulumi.all([namespace, routeName]).apply(([from, own]) => grantName(from, own)),
      namespace: versions[0]!.namespace!,
    };
    const wayOut = routeName.apply((taken) => anotherName(taken));
    return new k8s.apiextensions.CustomResource(
      routeChildren.grant(name, index),
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "ReferenceGrant",
        metadata: ownObject(
          { ...writer, namespace: earlyName(versions[0]!.namespace) },
          "ReferenceGrant",
          { ...given, ...metadata },
          wayOut,
        ),
        spec: pulumi.all([namespace, services]).apply(([from, to]) => grantSpec(from, to)),
      },
      childOf(parent, writer.opts),
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

function acceptance(name: string): Acceptance {
  const what = `HttpRoute "${name}"`;
  const api = "apis/gateway.networking.k8s.io/v1";
  return { what, api, plural: "httproutes", kind: "HTTPRoute", minutes: timeouts.route, wasMade: true };
}

/** True for a route that was accepted as it is now written. */
function stands({ body }: ExistingObject, written: { spec: object; parents: number }): boolean {
  const live = body as LiveRoute;
  return (
    isDeepStrictEqual(live.spec, written.spec) &&
    routeVerdict(live, written.parents, written.spec as Json).state === "accepted"
  );
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
    const why = portMismatch(backend, service as LiveService | undefined);
    if (why !== undefined) return { state: "refused", why };
  }
  return verdict;
}

function createRoute(
  name: string,
  args: HttpRouteArgs,
  writer: Writer,
  route: Normalized,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const metadata = { ...route.given, name: route.name, namespace: route.namespace };
  const wayOut = route.name.apply((taken) => anotherName(taken));
  return new k8s.apiextensions.CustomResource(
    routeChildren.route(name),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: ownObject(writer, "HTTPRoute", metadata, wayOut, {
        refersTo: (into) => placesOfRoute(args, into, writer.cluster.id),
      }),
      spec: route.spec,
    },
    { ...opts, ...minutes(timeouts.route) },
  );
}
