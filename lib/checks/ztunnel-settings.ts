// What ztunnel and istiod have to agree on: the network and the cluster that they are in, and where istiod is.
// Source: networks.go in pilot/pkg/serviceregistry/ambient and getKubeClient in kubeauth/kube_jwt.go of istio/istio, releases
// 1.30 and 1.31; NETWORK and CLUSTER_ID in src/config.rs of istio/ztunnel; release note of istio#47574.
import type { ClusterSnapshot, WorkloadState } from "../cluster-state/snapshot";
import { defaultIstioVersion } from "../istio/releases";
import { finding, type Check, type Finding } from "./check";
import { ambientIstiods, helmUpgrade, istiodAddresses, istiods, istioVersion, ztunnelDaemonSets } from "./mesh";

const networkLabel = "topology.istio.io/network";
const usualCluster = "Kubernetes";

export const ztunnelSettingsCheck: Check = {
  id: "ztunnel-settings",
  category: "data-plane",
  claim: "ztunnel has the network, the cluster and the address of its istiod",
  severity: "error",
  hint: "ztunnel then knows no pod of its own network, or gets no certificates, and connections fail.",
  needs: ["daemonSets", "deployments", "namespaces", "services"],
  run(snapshot) {
    const [istiod, ...others] = ambientIstiods(snapshot);
    if (!istiod) return [];
    const isAlone = others.every(({ namespace }) => namespace === istiod.namespace);
    return ztunnelDaemonSets(snapshot).flatMap((ztunnel) => [
      ...(isAlone ? networkFindings(snapshot, ztunnel, istiod) : []),
      ...clusterFindings(snapshot, ztunnel),
      ...addressFindings(snapshot, ztunnel, istiod),
    ]);
  },
};

/** istiod takes the network of all that has no label of its own from its namespace; ztunnel has it as a setting. */
function networkFindings({ namespaces }: ClusterSnapshot, ztunnel: WorkloadState, istiod: WorkloadState): Finding[] {
  const home = namespaces.find(({ name }) => name === istiod.namespace);
  if (!home) return [];
  const wanted = home.labels[networkLabel] ?? "";
  const network = ztunnel.env["NETWORK"] ?? "";
  if (wanted === network) return [];
  const got = network === "" ? "no NETWORK" : `NETWORK=${network}`;
  if (wanted === "") {
    const rule = `must be the label ${networkLabel} of namespace ${home.name}, which has none`;
    const run = `kubectl label namespace ${home.name} ${networkLabel}=${network}`;
    return [{ ...finding("DaemonSet", ztunnel, got, rule, { run }), inProgram: inValues('network: ""') }];
  }
  const rule = `must be the label ${networkLabel} of namespace ${home.name}: ${wanted}`;
  const run = `${upgrade(ztunnel, istiod)} --set network=${wanted}`;
  return [{ ...finding("DaemonSet", ztunnel, got, rule, { run }), inProgram: inValues(`network: "${wanted}"`) }];
}

/** istiod knows tokens of its own cluster, and of those that it has credentials for. */
function clusterFindings(snapshot: ClusterSnapshot, ztunnel: WorkloadState): Finding[] {
  const all = istiods(snapshot);
  const cluster = ztunnel.env["ISTIO_META_CLUSTER_ID"] ?? ztunnel.env["CLUSTER_ID"] ?? usualCluster;
  const known = all.map(({ env }) => env["CLUSTER_ID"] ?? usualCluster);
  const [istiod] = all;
  if (!istiod || known.includes(cluster) || all.some(({ renamesCluster }) => renamesCluster)) return [];
  const rule = `istiod has CLUSTER_ID=${known[0] ?? ""}, and refuses tokens of a cluster that it does not know`;
  const name = known[0] ?? "";
  const run = `${upgrade(ztunnel, istiod)} --set multiCluster.clusterName=${name}`;
  const found = finding("DaemonSet", ztunnel, `ISTIO_META_CLUSTER_ID=${cluster}`, rule, { run });
  return [{ ...found, inProgram: inValues(`multiCluster: { clusterName: "${name}" }`) }];
}

/** A Service that is gone: of a revision that was uninstalled, as a rule. */
function addressFindings(snapshot: ClusterSnapshot, ztunnel: WorkloadState, istiod: WorkloadState): Finding[] {
  const { services } = snapshot;
  // That an istiod has no Service is istiod-endpoints' to tell.
  const own = istiods(snapshot).map(({ namespace, name }) => `${namespace}/${name}`);
  const variables = istiodAddresses(ztunnel.env)
    .filter(
      ({ namespace, name }) =>
        !own.includes(`${namespace}/${name}`) &&
        !services.some((each) => each.name === name && each.namespace === namespace),
    )
    .map(({ variable }) => variable);
  const [first] = variables;
  if (first === undefined) return [];
  const label = istiod.labels["istio.io/rev"] ?? "default";
  const revision = label === "default" ? "" : label;
  const set = variables.map((name) => (name === "CA_ADDRESS" ? "caAddress" : "xdsAddress"));
  const got = variables.map((name) => `${name}=${ztunnel.env[name] ?? ""}`).join(", ");
  const rule = "must be a Service that exists; a restarted ztunnel finds no istiod, and serves nothing";
  // An address that was set goes before the one that the chart makes of namespace and revision.
  const values = [`istioNamespace=${istiod.namespace}`, `revision=${revision}`, ...set.map((name) => `${name}=`)];
  const run = [upgrade(ztunnel, istiod), ...values.map((value) => `--set ${value}`)].join(" ");
  const found = finding("DaemonSet", ztunnel, got, rule, { run });
  return [{ ...found, inProgram: inValues(set.map((name) => `${name}: ""`).join(", ")) }];
}

/** ztunnel's values in the program of a mesh. */
function inValues(values: string): string {
  return `dataplane: { values: { ${values} } }`;
}

function upgrade(ztunnel: WorkloadState, istiod: WorkloadState): string {
  const version = istioVersion(ztunnel) ?? istioVersion(istiod);
  return helmUpgrade("ztunnel", ztunnel.namespace, version?.version ?? defaultIstioVersion);
}
