// Which cluster a component works on beside the plugin, so that nothing is ever read from, or done to, another one.
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../../cluster/connection";
import { throwViolations } from "./arguments";
import { ClusterArgs } from "./args";
import { identity, ofThisRun } from "./program";

/** A cluster as components use it. */
export interface Cluster {
  /** The same for the same cluster of a program. Two clusters have two providers. */
  id: string;
  /** Known as soon as the program runs; undefined where it comes from another resource. */
  now?: ClusterTarget;
  target: pulumi.Output<ClusterTarget>;
}

const clusters = new WeakMap<object, Map<string, Cluster>>();

const defaultCluster = "default";

/** Tells the clusters of a program apart. */
export function clusterId(component: pulumi.ComponentResource): string {
  const provider = component.getProvider("kubernetes::");
  return provider ? identity(provider.urn) : defaultCluster;
}

/** A provider, as the SDK tells providers apart. */
type Provider = pulumi.ProviderResource & { getPackage(): string };

/** The same of a component that is still to be made with these options: before the engine hears of it. */
export function clusterIdOf({ provider, providers = {}, parent }: pulumi.ComponentResourceOptions = {}): string {
  const given = [provider, ...Object.values(providers)].filter((each) => each !== undefined) as Provider[];
  const own = given.find((each) => each.getPackage() === "kubernetes") ?? parent?.getProvider("kubernetes::");
  return own ? identity(own.urn) : defaultCluster;
}

/**
 * The cluster that the component's provider writes to: of the default provider what the plugin takes, of an explicit
 * one what was named for it, here or at an earlier component with the same provider.
 */
export function clusterOf(
  component: pulumi.ComponentResource,
  type: string,
  name: string,
  args: ClusterArgs | undefined,
): Cluster {
  const provider = component.getProvider("kubernetes::");
  if (provider === undefined) {
    refuseBesideDefault(type, name, args);
    return fixed(defaultCluster, defaultTarget());
  }
  const id = clusterId(component);
  const named = ofThisRun(clusters, () => new Map<string, Cluster>());
  const cluster = args === undefined ? named.get(id) : namedCluster(id, args);
  if (cluster === undefined) {
    const rule = "the kubeconfig of an explicit provider cannot be read; must be set next to it";
    throwViolations(type, name, [{ path: "cluster", got: undefined, rule, fix: 'cluster: { context: "kind-kind" }' }]);
  }
  named.set(id, cluster!);
  return cluster!;
}

function refuseBesideDefault(type: string, name: string, args: ClusterArgs | undefined): void {
  if (args !== undefined) {
    const rule =
      "must not be set without a provider: the config keys kubernetes:kubeconfig and kubernetes:context choose the cluster";
    const fix = "{ provider: new kubernetes.Provider(...) }";
    throwViolations(type, name, [{ path: "cluster", got: `{ ${Object.keys(args).join(", ")} }`, rule, fix }]);
  }
}

/** What the plugin's default provider takes. */
function defaultTarget(): ClusterTarget {
  const config = new pulumi.Config("kubernetes");
  return {
    kubeconfig: config.get("kubeconfig"),
    context: config.get("context"),
    cluster: config.get("cluster"),
  };
}

function namedCluster(id: string, { kubeconfig, context }: ClusterArgs): Cluster {
  if ([kubeconfig, context].every((value) => value === undefined || typeof value === "string")) {
    return fixed(id, { kubeconfig, context } as ClusterTarget);
  }
  // A kubeconfig may be secret. What is read with it is not.
  return { id, target: pulumi.unsecret(pulumi.output({ kubeconfig, context })) };
}

function fixed(id: string, target: ClusterTarget): Cluster {
  return { id, now: target, target: pulumi.output(target) };
}
