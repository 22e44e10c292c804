// A namespace whose pods are in the mesh: one of the program's own, or a part in one that exists.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { namespaceLabels } from "../../lib/istio/labels";
import { ambientNamespaceRules as rules } from "./rules";
import { childOf } from "../support/children";
import { existingNamespace } from "../support/existing-namespace";
import { checkedInputs, componentNamed, resolved } from "../support/arguments";
import { Cluster, clusterOf } from "../support/cluster";
import { AmbientNamespaceArgs } from "./args";

/**
 * A namespace in the mesh. Pods are cut off where ztunnel is not there yet, so it comes after the mesh.
 *
 * ```ts
 * const shop = new AmbientNamespace("shop", { mtls: "strict" }, { dependsOn: mesh });
 * ```
 */
export class AmbientNamespace extends pulumi.ComponentResource {
  /** Name of the namespace, once it exists with its labels. */
  public readonly name: pulumi.Output<string>;

  constructor(name: string, args: AmbientNamespaceArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:AmbientNamespace", name, checkedInputs("AmbientNamespace", name, args, rules), opts);
    const settings = normalize(name, args);
    const cluster = clusterOf(this, "AmbientNamespace", name, args.cluster);
    const namespace = createNamespace(this, name, args, cluster, settings, opts);
    const strict = args.mtls === "strict" ? [requireMtls(name, settings.name, childOf(this, opts, namespace))] : [];

    // Known at preview, unlike an id: the plugin refuses to preview a patch of something that has no name yet.
    this.name = pulumi
      .all([namespace.metadata, ...strict.map((each) => each.metadata)])
      .apply(([known]) => known!.name!);
    this.registerOutputs({ name: this.name });
  }
}

function normalize(name: string, args: AmbientNamespaceArgs) {
  const what = componentNamed("AmbientNamespace", name);
  const { allowSystemNamespace, dataplaneMode, mtls, labels, stack, app } = args;
  const { useWaypoint, useWaypointNamespace, ingressUseWaypoint } = args;
  const waypoint = { useWaypoint, useWaypointNamespace, ingressUseWaypoint };
  // What is true of several settings together is checked together, also where they arrive late.
  return {
    name: resolved(what, "", { name: args.name, allowSystemNamespace }, rules).apply((given) => given.name ?? name),
    labels: resolved(what, "", { ...waypoint, dataplaneMode, mtls, stack, app, labels }, rules).apply(namespaceLabels),
  };
}

/** A namespace of one's own, or labels on one that exists. */
function createNamespace(
  parent: pulumi.ComponentResource,
  name: string,
  args: AmbientNamespaceArgs,
  cluster: Cluster,
  settings: ReturnType<typeof normalize>,
  opts: pulumi.ComponentResourceOptions | undefined,
): k8s.core.v1.Namespace | k8s.core.v1.NamespacePatch {
  if (args.adopt !== true) {
    const metadata = { name: settings.name, labels: settings.labels };
    return new k8s.core.v1.Namespace(`${name}-namespace`, { metadata }, childOf(parent, opts));
  }
  const existing = existingNamespace(
    componentNamed("AmbientNamespace", name),
    settings.name,
    "name",
    cluster,
    !pulumi.Output.isInstance(args.name),
  );
  const metadata = { name: existing, labels: settings.labels };
  return new k8s.core.v1.NamespacePatch(`${name}-namespace`, { metadata }, childOf(parent, opts));
}

function requireMtls(
  name: string,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  return new k8s.apiextensions.CustomResource(
    `${name}-mtls`,
    {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      metadata: { name: "default", namespace },
      spec: { mtls: { mode: "STRICT" } },
    },
    opts,
  );
}
