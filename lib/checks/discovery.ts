// Namespaces that istiod does not discover: it tells ztunnel nothing of their pods, whatever istio-cni has captured there.
// Source: istio#54969, istio#52057.
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { matches, type LabelSelector } from "./enablement";
import { ambientIstiods, podsToCapture, ztunnelDaemonSets } from "./mesh";
import { meshConfig, meshConfigName } from "./mesh-config";

export const discoveryCheck: Check = {
  id: "discovered",
  category: "enrollment",
  claim: "istiod discovers every namespace of the mesh",
  severity: "error",
  hint: "Pods elsewhere are captured all the same, and their connections time out because ztunnel learns nothing about them.",
  needs: ["namespaces", "pods", "deployments"],
  also: ["daemonSets"],
  run(snapshot) {
    const found = ambientIstiods(snapshot).map((istiod) => ({ istiod, selectors: selectorsOf(snapshot, istiod) }));
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

function selectorsOf(snapshot: ClusterSnapshot, istiod: WorkloadState): LabelSelector[] {
  return meshConfig(snapshot, istiod)?.discoverySelectors ?? [];
}

function undiscovered(name: string, istiod: WorkloadState): Finding {
  const got = `not selected by the discoverySelectors of ConfigMap ${istiod.namespace}/${meshConfigName(istiod)}`;
  const rule = "they select the namespaces of all that ztunnel serves, and ztunnel's own";
  const write = `meshConfig: { discoverySelectors: [..., { matchLabels: { kubernetes.io/metadata.name: ${name} } }] }`;
  return finding("Namespace", { namespace: "", name }, got, rule, { write });
}
