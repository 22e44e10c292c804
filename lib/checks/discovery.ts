// Namespaces that istiod does not discover: it tells ztunnel nothing of their pods, whatever istio-cni has captured there.
// Source: istio#54969, istio#52057.
import { parse } from "yaml";
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { matches, type LabelSelector } from "./enablement";
import { istiods, podsToCapture, ztunnelDaemonSets } from "./mesh";

export const discoveryCheck: Check = {
  id: "discovered",
  category: "enrollment",
  claim: "istiod discovers every namespace of the mesh",
  severity: "error",
  hint: "Pods elsewhere are captured all the same, and their connections time out because ztunnel learns nothing about them.",
  needs: ["namespaces", "pods", "deployments"],
  also: ["daemonSets"],
  run(snapshot) {
    const found = istiods(snapshot).map((istiod) => ({ istiod, selectors: selectorsOf(snapshot, istiod) }));
    const [first] = found;
    // Without selectors an istiod discovers all.
    if (!first || found.some(({ selectors }) => selectors.length === 0)) return [];
    const labels = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace.labels]));
    const needed = [...podsToCapture(snapshot), ...ztunnelDaemonSets(snapshot)].map(({ namespace }) => namespace);
    return [...new Set(needed)]
      .filter((name) => !found.some(({ selectors }) => selectors.some((each) => matches(each, labels.get(name) ?? {}))))
      .sort()
      .map((name) => undiscovered(name, first.istiod));
  },
};

/** Name of the ConfigMap that holds an istiod's mesh configuration. */
export function meshConfigName({ labels }: WorkloadState): string {
  const revision = labels["istio.io/rev"] ?? "default";
  return revision === "default" ? "istio" : `istio-${revision}`;
}

/** What checks look at of a mesh's configuration. */
export interface MeshConfig {
  discoverySelectors?: LabelSelector[];
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

function meshConfig({ configMaps }: ClusterSnapshot, istiod: WorkloadState): MeshConfig | undefined {
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

function selectorsOf(snapshot: ClusterSnapshot, istiod: WorkloadState): LabelSelector[] {
  return meshConfig(snapshot, istiod)?.discoverySelectors ?? [];
}

function undiscovered(name: string, istiod: WorkloadState): Finding {
  const got = `not selected by the discoverySelectors of ConfigMap ${istiod.namespace}/${meshConfigName(istiod)}`;
  const rule = "they select the namespaces of all that ztunnel serves, and ztunnel's own";
  const write = `meshConfig: { discoverySelectors: [..., { matchLabels: { kubernetes.io/metadata.name: ${name} } }] }`;
  return finding("Namespace", { namespace: "", name }, got, rule, { write });
}
