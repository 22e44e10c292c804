// How a waypoint treats the requests to one Service: retries, timeouts, limits, faults, versions.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { timeouts } from "../../lib/istio/defaults";
import type { Violation } from "../../lib/validation/violations";
import { destinationRuleSpec, TrafficSettings, virtualServiceSpec } from "./objects";
import { trafficChildren } from "./children";
import { trafficPolicyRules as rules } from "./rules";
import { conditionMet } from "../support/acceptance";
import { childOf } from "../support/children";
import { checkedInputs, componentNamed, resolved, resolvedMetadata, throwViolations } from "../support/arguments";
import { earlyName, registry } from "../support/program";
import { Cluster, clusterIdOf, clusterOf } from "../support/cluster";
import { withReferences } from "../support/given-resources";
import { childrenOf, keepChildren } from "../support/made";
import { anotherName, Metadata, ownObject, Writer } from "../support/ownership";
import { checkedReferences } from "../support/references";
import { placesOfPolicy, waypointOfService } from "./references";
import { TrafficPolicyArgs } from "./args";

/** The resources of a TrafficPolicy. */
export interface TrafficPolicyChildren {
  /** The DestinationRule: connection pool, outlier detection and versions. */
  destinationRule?: pulumi.CustomResource;
  /** The VirtualService: retries, timeout, fault and routes. */
  virtualService?: pulumi.CustomResource;
}

/**
 * Retries, timeouts, limits, faults and routes for the requests to one Service, enforced by its waypoint.
 *
 * ```ts
 * new TrafficPolicy("web", {
 *   namespace: shop.name,
 *   service: "web",
 *   waypoint: waypoint.reference,
 *   retries: { attempts: 3 },
 *   timeout: "10s",
 * });
 * ```
 */
export class TrafficPolicy extends pulumi.ComponentResource {
  /** Name of the policy's objects. Available once the Service is bound to a waypoint. */
  public readonly name: pulumi.Output<string>;

  constructor(name: string, args: TrafficPolicyArgs, opts?: pulumi.ComponentResourceOptions) {
    args = withReferences(args);
    super("istio-ambient:index:TrafficPolicy", name, checkPolicy(name, args, opts), opts);
    const cluster = clusterOf(this, "TrafficPolicy", name, args.cluster);
    const what = componentNamed("TrafficPolicy", name);
    const writer = { what, cluster, opts, namespace: earlyName(args.namespace) };
    const policy = normalize(name, args, writer);
    const child = childOf(this, opts);
    const destinationRule = shapesConnections(args)
      ? createPolicy(trafficChildren.destinationRule(name), "DestinationRule", writer, policy, child)
      : undefined;
    const virtualService = shapesRequests(args)
      ? createPolicy(trafficChildren.virtualService(name), "VirtualService", writer, policy, child)
      : undefined;
    keepChildren<TrafficPolicyChildren>(this, { destinationRule, virtualService });
    this.name = pulumi
      .all([policy.name, policy.bound(cluster), destinationRule?.id, virtualService?.id])
      .apply(([known]) => known);
    this.registerOutputs({ name: this.name });
  }

  /** The raw resources that its settings need: `destinationRule` and `virtualService`. */
  public get children(): TrafficPolicyChildren {
    return childrenOf(this);
  }
}

/** All that can be known without the cluster. */
function checkPolicy(name: string, args: TrafficPolicyArgs, opts?: pulumi.ComponentResourceOptions): pulumi.Inputs {
  checkedInputs("TrafficPolicy", name, args, rules);
  const { shapedServices, routedServices } = registry();
  const service = { cluster: clusterIdOf(opts), namespace: args.namespace, service: args.service };
  const before = shapedServices.claim(service, { shown: componentNamed("TrafficPolicy", name), name });
  const other = before ?? routedServices.holder(service);
  const got = typeof args.service === "string" ? args.service : "";
  const rule = `must not be the Service of ${other?.shown}: the waypoint uses only the older policy`;
  const violation: Violation = { path: "service", got, rule, fix: 'service: "other"' };
  throwViolations("TrafficPolicy", name, other === undefined ? [] : [violation]);
  return {};
}

function shapesRequests(args: TrafficPolicyArgs): boolean {
  return [args.retries, args.timeout, args.fault, args.routes].some((each) => each !== undefined);
}

function shapesConnections(args: TrafficPolicyArgs): boolean {
  return [args.connectionPool, args.outlierDetection, args.versions].some((each) => each !== undefined);
}

function normalize(name: string, args: TrafficPolicyArgs, writer: Writer) {
  const { what } = writer;
  const part = <T>(field: keyof TrafficPolicyArgs & string, value: T) =>
    resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace);
  const given = pulumi.all([part("waypoint", args.waypoint), pulumi.output(writer.namespace ?? namespace)]);
  const waypoint = checkedReferences(writer, given, ([known, into]) => waypointOfService(args, known, into));
  const service = part("service", args.service);
  return {
    name: part("name", args.name).apply((given) => given ?? name),
    // Nothing is written before the waypoint serves.
    namespace: pulumi.all([namespace, waypoint]).apply(([known]) => known),
    given: resolvedMetadata(what, args, rules),
    refersTo: (into: string) => placesOfPolicy(args, into),
    settings: pulumi.output({
      service,
      retries: part("retries", args.retries),
      timeout: part("timeout", args.timeout),
      connectionPool: part("connectionPool", args.connectionPool),
      outlierDetection: part("outlierDetection", args.outlierDetection),
      fault: part("fault", args.fault),
      versions: part("versions", args.versions),
      routes: part("routes", args.routes),
    }) as pulumi.Output<TrafficSettings>,
    /** The Service, once istiod says that a waypoint serves it. */
    bound: (cluster: Cluster) =>
      conditionMet(
        pulumi.all([namespace, service, waypoint]).apply(([at, known]) => `${at}/${known}`),
        {
          what: `The Service of TrafficPolicy "${name}"`,
          api: "api/v1",
          plural: "services",
          minutes: timeouts.policy,
          wasMade: false,
        },
        "istio.io/WaypointBound",
        cluster,
      ),
  };
}

type Normalized = ReturnType<typeof normalize>;

function owned(writer: Writer, kind: "DestinationRule" | "VirtualService", policy: Normalized): Metadata {
  const { name, namespace, given, refersTo } = policy;
  const wayOut = name.apply((taken) => anotherName(taken));
  return ownObject(writer, kind, { ...given, name, namespace }, wayOut, { refersTo });
}

/**
 * One of the two objects. The routes are a VirtualService, not an HTTPRoute: waypoints take both alike, one after the
 * other, and only the VirtualService has retries in every channel and faults at all; so requests to a Service are shaped by
 * one VirtualService alone.
 */
function createPolicy(
  name: string,
  kind: "DestinationRule" | "VirtualService",
  writer: Writer,
  policy: Normalized,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
  const spec = kind === "DestinationRule" ? destinationRuleSpec : virtualServiceSpec;
  return new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "networking.istio.io/v1",
      kind,
      metadata: owned(writer, kind, policy),
      spec: policy.settings.apply((settings): object => spec(settings)),
    },
    opts,
  );
}
