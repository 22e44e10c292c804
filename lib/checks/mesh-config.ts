// The mesh's configuration, as each istiod reads it from its ConfigMap.
import { parse } from "yaml";
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import type { LabelSelector } from "./enablement";
import { ambientIstiods, istiods, meshNamespace } from "./mesh";

/** Name of the ConfigMap that holds an istiod's mesh configuration. */
export function meshConfigName({ labels }: WorkloadState): string {
  const revision = labels["istio.io/rev"] ?? "default";
  return revision === "default" ? "istio" : `istio-${revision}`;
}

/** What checks look at of a mesh's configuration. */
export interface MeshConfig {
  discoverySelectors?: LabelSelector[];
  rootNamespace?: string;
  trustDomain?: string;
  extensionProviders?: { name?: string }[];
  accessLogFile?: string;
  defaultProviders?: Partial<Record<"tracing" | "metrics" | "accessLogging", string[]>>;
}

/** The configuration of each istiod's mesh; undefined where it may not be read, or comes from elsewhere too. */
export function meshConfigs(snapshot: ClusterSnapshot): (MeshConfig | undefined)[] {
  return istiods(snapshot).map((istiod) =>
    "SHARED_MESH_CONFIG" in istiod.env ? undefined : meshConfig(snapshot, istiod),
  );
}

/** The configuration of one istiod. */
export function meshConfig({ configMaps }: ClusterSnapshot, istiod: WorkloadState): MeshConfig | undefined {
  const name = meshConfigName(istiod);
  const config = configMaps.find((found) => found.namespace === istiod.namespace && found.name === name);
  if (!config) return undefined;
  try {
    return (parse(config.data["mesh"] ?? "") as MeshConfig | null) ?? {};
  } catch {
    // Not YAML: istiod keeps to what it had before.
    return undefined;
  }
}

/** The namespace whose policies are for the whole mesh: istiod's own, unless the configuration names another one. */
export function rootNamespace(snapshot: ClusterSnapshot): string {
  const [istiod] = ambientIstiods(snapshot);
  const named = istiod && meshConfig(snapshot, istiod)?.rootNamespace;
  return named || meshNamespace(snapshot);
}

/** The trust domain of the mesh's identities; undefined where the configuration may not be read. */
export function trustDomain(snapshot: ClusterSnapshot): string | undefined {
  const [istiod] = ambientIstiods(snapshot);
  const config = istiod && meshConfig(snapshot, istiod);
  return config && (config.trustDomain ?? "cluster.local");
}
