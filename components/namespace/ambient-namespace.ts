// A namespace whose pods are in the mesh: one of the program's own, or a part in one that exists.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { namespaceLabels } from "../../lib/istio/labels";
import { namespaceChildren } from "./children";
import { ambientNamespaceRules as rules, labelSettings } from "./rules";
import { childOf } from "../support/children";
import { existingNamespace } from "../support/existing-namespace";
import { checkedInputs, componentNamed, resolved } from "../support/arguments";
import { clusterOf } from "../support/cluster";
import { childrenOf, keepChildren } from "../support/made";
import { announceNamespace } from "../support/program";
import { labelledObject, ownObject, Writer } from "../support/ownership";
import { namedWaypoint, ownPlace } from "./references";
import { checkedReferences } from "../support/references";
import { AmbientNamespaceArgs } from "./args";

/** The resources of an AmbientNamespace. */
export interface AmbientNamespaceChildren {
  /** The namespace, or the patch of an adopted one. */
  namespace: k8s.core.v1.Namespace | k8s.core.v1.NamespacePatch;
  /** The PeerAuthentication of `mtls: "strict"`. */
  peerAuthentication?: k8s.apiextensions.CustomResource;
}

/**
 * A namespace in the mesh. Create it after the mesh: without a running ztunnel, its pods lose all traffic.
 *
 * ```ts
 * const shop = new AmbientNamespace("shop", { mtls: "strict" }, { dependsOn: mesh });
 * ```
 */
export class AmbientNamespace extends pulumi.ComponentResource {
  /** Name of the namespace. Available once it exists with its labels. */
  public readonly name: pulumi.Output<string>;

  constructor(name: string, args: AmbientNamespaceArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:AmbientNamespace", name, checkedInputs("AmbientNamespace", name, args, rules), opts);
    const settings = normalize(name, args);
    const cluster = clusterOf(this, "AmbientNamespace", name, args.cluster);
    const writer = { what: componentNamed("AmbientNamespace", name), cluster, opts };
    const namespace = createNamespace(this, name, args, writer, settings);
    const after = childOf(this, opts, namespace);
    const strict = args.mtls === "strict" ? [requireMtls(name, writer, settings.name, after)] : [];
    keepChildren<AmbientNamespaceChildren>(this, { namespace, peerAuthentication: strict[0] });

    // Known at preview, unlike an id: the plugin refuses to preview a patch of something that has no name yet.
    this.name = pulumi
      .all([namespace.metadata, ...strict.map((each) => each.metadata)])
      .apply(([known]) => known!.name!);
    announceNamespace(this.name, settings.name);
    this.registerOutputs({ name: this.name });
  }

  /** The raw resources: `namespace`, and `peerAuthentication` if mTLS is strict. */
  public get children(): AmbientNamespaceChildren {
    return childrenOf(this);
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

/** A namespace of one's own, or labels on one that exists. To the engine these are one resource: see `known`. */
function createNamespace(
  parent: pulumi.ComponentResource,
  name: string,
  args: AmbientNamespaceArgs,
  writer: Writer,
  settings: ReturnType<typeof normalize>,
): k8s.core.v1.Namespace | k8s.core.v1.NamespacePatch {
  const child = namespaceChildren.namespace(name);
  // A namespace of one's own that is adopted from now on must not be deleted with everything in it.
  const known = (type: string) => ({
    ...childOf(parent, writer.opts),
    aliases: [{ type: `kubernetes:core/v1:${type}` }],
  });
  if (args.adopt !== true) {
    const wayOut = settings.name.apply((got) => ({
      path: "name",
      got,
      advice: "adopt it, so that destroy leaves it in place, or choose another name",
      fix: "adopt: true",
    }));
    const refersTo = (_: string, own: string) => [...ownPlace(own), ...namedWaypoint(args, own)];
    const own = ownObject(writer, "Namespace", settings, wayOut, { labelsWayOut, refersTo });
    return new k8s.core.v1.Namespace(child, { metadata: own }, known("NamespacePatch"));
  }
  const { what, cluster } = writer;
  const existing = existingNamespace(what, settings.name, "name", cluster, !pulumi.Output.isInstance(args.name));
  const checked = checkedReferences(writer, settings.name, ownPlace);
  // Without the labels that it is about to get, a namespace may seem to be none that the waypoint serves.
  const labelled = pulumi.all([settings.name, settings.labels]);
  const served = checkedReferences(writer, labelled, ([own]) => namedWaypoint(args, own));
  const metadata = { name: settings.name, labels: settings.labels };
  const seen = pulumi.all([existing, checked]).apply(([own]) => own);
  const labels = pulumi.all([settings.labels, served]).apply(([set]) => set);
  const patch = { ...labelledObject(writer, "Namespace", metadata, child, labelsWayOut), name: seen, labels };
  return new k8s.core.v1.NamespacePatch(child, { metadata: patch }, known("Namespace"));
}

function labelsWayOut(label: string, value: string): { path: string; fix: string } {
  const setting = labelSettings[label];
  return setting === undefined
    ? { path: `labels["${label}"]`, fix: `"${label}": "${value}"` }
    : { path: setting, fix: `${setting}: "${value}"` };
}

function requireMtls(
  name: string,
  writer: Writer,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const advice = "its owner decides there who needs mTLS";
  const wayOut = { path: "mtls", got: "strict", advice, fix: 'mtls: "permissive"' };
  return new k8s.apiextensions.CustomResource(
    namespaceChildren.mtls(name),
    {
      apiVersion: "security.istio.io/v1",
      kind: "PeerAuthentication",
      metadata: ownObject(writer, "PeerAuthentication", { name: "default", namespace }, wayOut),
      spec: { mtls: { mode: "STRICT" } },
    },
    opts,
  );
}
