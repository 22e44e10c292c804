// A waypoint: the proxy for HTTP in front of namespaces and Services, together with the labels of those that use it.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { timeouts, waypointDefaults } from "../../lib/istio/defaults";
import { waypointObjects } from "../../lib/istio/names";
import type { Violation } from "../../lib/validation/violations";
import { behindWaypoint, meshLabels } from "../../lib/istio/labels";
import { waypointOverlay, waypointSpec } from "./objects";
import { waypointChildren } from "./children";
import { waypointRules as rules } from "./rules";
import { childOf, minutes } from "../support/children";
import { existingNamespace } from "../support/existing-namespace";
import { checkedInputs, componentNamed, resolved, resolvedMetadata, throwViolations } from "../support/arguments";
import { askNamespace } from "../support/pod-admission";
import { announceReference } from "../support/given-resources";
import { earlyName, registry } from "../support/program";
import { clusterIdOf, clusterOf } from "../support/cluster";
import { announceListeners } from "../support/planned";
import { childrenOf, keepChildren } from "../support/made";
import { anotherName, labelledObject, ownObject, Writer } from "../support/ownership";
import { placesOfWaypoint } from "./references";
import { WaypointArgs, WaypointReference, WaypointUserArgs } from "./args";

/** The resources of a Waypoint. */
export interface WaypointChildren {
  /** The Gateway, for which istiod creates the proxy. */
  gateway: k8s.apiextensions.CustomResource;
  /** The ConfigMap that istiod merges into the proxy's Deployment. */
  overlay: k8s.core.v1.ConfigMap;
  /** The data of that ConfigMap. */
  overlayData: k8s.core.v1.ConfigMapPatch;
  /** The rollout of the proxy's Deployment; done once its pods serve. */
  pods: k8s.apps.v1.DeploymentPatch;
  /** The labels of the users, in the order of `for`. */
  users: pulumi.CustomResource[];
}

/**
 * A waypoint, and the namespaces and Services that use it.
 *
 * ```ts
 * const waypoint = new Waypoint("waypoint", { namespace: shop.name, for: [{ namespace: shop.name }] });
 * ```
 */
export class Waypoint extends pulumi.ComponentResource {
  /** The waypoint, for policies. Available once a pod of the waypoint serves and its users are labeled. */
  public readonly reference: pulumi.Output<WaypointReference>;
  /** Name of the waypoint's Gateway. Available once a pod of the waypoint serves. */
  public readonly name: pulumi.Output<string>;
  /** Namespace of the waypoint. */
  public readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: WaypointArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:Waypoint", name, checkWaypoint(name, args, opts), opts);
    const what = componentNamed("Waypoint", name);
    const waypoint = normalize(what, name, args);
    const cluster = clusterOf(this, "Waypoint", name, args.cluster);
    const writer = { what, cluster, opts, namespace: earlyName(args.namespace) };
    const overlay = createOverlay(this, name, writer, waypoint);
    const gateway = createGateway(name, args, writer, waypoint, childOf(this, opts, overlay.overlayData));
    const serving = awaitPods(name, waypoint, childOf(this, opts, gateway));
    const users = args.for.map((user, index) => labelUser(this, name, writer, user, index, waypoint, serving));
    keepChildren<WaypointChildren>(this, { gateway, ...overlay, pods: serving, users });
    askNamespace(this, what, cluster, "waypoint", waypoint);

    const at = pulumi.all([waypoint.name, waypoint.namespace, serving.id]);
    this.name = at.apply(([known]) => known);
    this.namespace = at.apply(([, namespace]) => namespace);
    this.reference = pulumi
      .all([waypoint.name, waypoint.namespace, users.map((user) => user.id)])
      .apply(([known, namespace]) => ({ name: known, namespace, serviceAccount: known }));
    announceReference(this, this.reference);
    this.registerOutputs({ reference: this.reference, name: this.name, namespace: this.namespace });
  }

  /** The raw resources: `gateway`, `overlay`, `pods` and `users`. */
  public get children(): WaypointChildren {
    return childrenOf(this);
  }
}

/** All that can be known without the cluster: whose waypoint this is, no other of the program is. */
function checkWaypoint(name: string, args: WaypointArgs, opts?: pulumi.ComponentResourceOptions): pulumi.Inputs {
  checkedInputs("Waypoint", name, args, rules);
  const cluster = clusterIdOf(opts);
  const violations = args.for.flatMap((user, index): Violation[] => {
    const { namespace, service } = user;
    const claimant = { shown: componentNamed("Waypoint", name), name };
    const other = registry().waypointUsers.claim({ cluster, namespace, service }, claimant);
    const rule = `${other?.shown} serves it already; must be served by one waypoint`;
    return other === undefined
      ? []
      : [{ path: `for[${index}]`, got: shown(user), rule, fix: `for: [{ namespace: "other" }]` }];
  });
  throwViolations("Waypoint", name, violations);
  return {};
}

function shown(user: WaypointUserArgs): string {
  const words = [user.namespace, user.service].filter((word) => typeof word === "string");
  return words.join("/");
}

function normalize(what: string, componentName: string, args: WaypointArgs) {
  const part = <T>(field: keyof WaypointArgs & string, value: T) => resolved(what, field, value, rules.fields[field]!);
  const name = part("name", args.name).apply((given) => given ?? componentName);
  return {
    name,
    namespace: part("namespace", args.namespace),
    overlayName: name.apply(waypointObjects.overlay),
    waypointFor: part("waypointFor", args.waypointFor).apply((given) => given ?? waypointDefaults.waypointFor),
    pods: pulumi
      .all([part("replicas", args.replicas), part("cpu", args.cpu), part("memory", args.memory)])
      .apply(([replicas, cpu, memory]) => ({ replicas, cpu, memory })),
    users: part("for", args.for),
    given: resolvedMetadata(what, args, rules),
  };
}

type Normalized = ReturnType<typeof normalize>;

/** What istiod merges onto the Deployment. The data come by a patch: the plugin replaces a ConfigMap whose data change. */
function createOverlay(
  parent: pulumi.ComponentResource,
  name: string,
  writer: Writer,
  waypoint: Normalized,
): Pick<WaypointChildren, "overlay" | "overlayData"> {
  const { opts } = writer;
  const metadata = { name: waypoint.overlayName, namespace: waypoint.namespace };
  const wayOut = waypoint.name.apply((taken) => anotherName(taken));
  const own = ownObject(writer, "ConfigMap", { ...waypoint.given, ...metadata }, wayOut);
  const overlay = new k8s.core.v1.ConfigMap(waypointChildren.overlay(name), { metadata: own }, childOf(parent, opts));
  const annotations = { "pulumi.com/patchForce": "true" };
  const overlayData = new k8s.core.v1.ConfigMapPatch(
    waypointChildren.overlayData(name),
    { metadata: { ...metadata, annotations }, data: waypoint.pods.apply(waypointOverlay) },
    { ...childOf(parent, opts, overlay), retainOnDelete: true },
  );
  return { overlay, overlayData };
}

/** The Gateway. One of another name is made before this one goes, so that its users are never without. */
function createGateway(
  name: string,
  args: WaypointArgs,
  writer: Writer,
  waypoint: Normalized,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const metadata = {
    name: waypoint.name,
    namespace: waypoint.namespace,
    labels: pulumi
      .all([waypoint.waypointFor, waypoint.given.labels])
      .apply(([served, labels]) => ({ ...labels, [meshLabels.waypointFor]: served })),
    annotations: pulumi
      .output(waypoint.given.annotations)
      .apply((given) => ({ ...given, "pulumi.com/waitFor": "condition=Programmed" })),
  };
  const wayOut = waypoint.name.apply((taken) =>
    anotherName(taken, `, or use that waypoint by the label ${meshLabels.useWaypoint}: ${taken}`),
  );
  const made = (["Deployment", "Service"] as const).map((kind) => ({ kind, maker: "istiod" as const, name: itself }));
  announceListeners(writer.cluster, waypoint.name, waypoint.namespace);
  return new k8s.apiextensions.CustomResource(
    waypointChildren.gateway(name),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: ownObject(writer, "Gateway", metadata, wayOut, {
        made,
        refersTo: (into) => placesOfWaypoint(args, into),
      }),
      spec: pulumi.all([waypoint.name, waypoint.overlayName]).apply(([own, overlay]) => waypointSpec(own, overlay)),
    },
    { ...opts, ...minutes(timeouts.waypoint) },
  );
}

const itself = (name: string): string => name;

/**
 * Waits until the waypoint's pods serve: the Gateway is Programmed as soon as it has a Service, also with no pod behind
 * it. The plugin waits for the rollout of a Deployment that it patches. This patch can only ever meet the Deployment
 * that istiod has made: without a selector and a template the API server refuses to create one.
 */
function awaitPods(
  name: string,
  waypoint: Normalized,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.DeploymentPatch {
  return new k8s.apps.v1.DeploymentPatch(
    waypointChildren.pods(name),
    {
      metadata: {
        name: waypoint.name,
        namespace: waypoint.namespace,
        annotations: { "istio-ambient/awaited": waypoint.name },
      },
    },
    // The Deployment goes with its Gateway: there is nothing to give back, and where it is gone already that would fail.
    { ...opts, ...minutes(timeouts.waypoint), retainOnDelete: true },
  );
}

/**
 * Puts one user behind the waypoint. The label comes after the waypoint serves and goes before the waypoint does: a
 * label without its waypoint lets requests through, past every rule that the waypoint would have enforced.
 */
function labelUser(
  parent: pulumi.ComponentResource,
  name: string,
  writer: Writer,
  user: WaypointUserArgs,
  index: number,
  waypoint: Normalized,
  serving: pulumi.Resource & { id: pulumi.Output<string> },
): pulumi.CustomResource {
  const { what, cluster, opts } = writer;
  const path = `for[${index}]`;
  const wayOut = () => ({ path, fix: 'for: [{ namespace: "other" }]' });
  const given = waypoint.users.apply((users) => users[index]!);
  const namespace = given.apply((each) => each.namespace);
  const labels = pulumi
    .all([given, waypoint.name, waypoint.namespace])
    .apply(([each, own, at]) => behindWaypoint(own, at, each.namespace, each.ingress !== false));
  const child = waypointChildren.user(name, index);
  if (user.service !== undefined) {
    // A Service needs ports, so this patch creates none either. Nothing about its endpoints has to be waited for.
    const annotations = { "pulumi.com/skipAwait": "true" };
    const metadata = { name: given.apply((each) => each.service!), namespace, labels, annotations };
    const labelled = labelledObject(writer, "Service", metadata, child, wayOut);
    return new k8s.core.v1.ServicePatch(child, { metadata: labelled }, childOf(parent, opts, serving));
  }
  const afterwards = pulumi.all([namespace, serving.id]).apply(([each]) => each);
  const seen = existingNamespace(what, afterwards, `${path}.namespace`, cluster);
  const dependencies = [serving, seen.apply(() => serving)];
  return new k8s.core.v1.NamespacePatch(
    child,
    { metadata: labelledObject(writer, "Namespace", { name: namespace, labels }, child, wayOut) },
    childOf(parent, opts, ...dependencies),
  );
}
