// Which workloads of an enrolled namespace draining rolls out of the mesh, in which order, and which keep their pods.
import { marks } from "./checks/mesh";
import { drainedMark } from "./enrollment";

type Labels = Record<string, string>;

/** What owns an object. */
interface Controller {
  kind: string;
  name: string;
}

/** A Deployment, as far as draining asks. */
export interface DrainCandidate {
  name: string;
  labels: Labels;
  annotations: Labels;
  paused: boolean;
  /** Of its pods. */
  podLabels: Labels;
  hostNetwork: boolean;
}

/** A pod that runs. */
export interface RunningPod {
  name: string;
  labels: Labels;
  annotations: Labels;
  hostNetwork: boolean;
  controller?: Controller;
}

/** What runs in one namespace. */
export interface NamespaceWorkloads<D extends DrainCandidate> {
  namespace: string;
  deployments: D[];
  /** Selectors of its Services. */
  selectors: Labels[];
  replicaSets: { name: string; controller?: Controller }[];
  pods: RunningPod[];
}

/** What becomes of a namespace's workloads. */
export interface DrainOrder<D extends DrainCandidate> {
  /** To be rolled, those that serve others first. */
  rolled: D[];
  /** Workloads in the mesh that are not rolled: "StatefulSet shop/db". */
  kept: string[];
}

/** Labels of what istiod makes for a Gateway or a waypoint; a rollout of those would be undone, and drop connections. */
const madeByIstiod = ["gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed"];

/** A pod outside of the mesh cannot reach one inside that demands mTLS: servers leave before their clients. */
export function drainOrder<D extends DrainCandidate>(workloads: NamespaceWorkloads<D>): DrainOrder<D> {
  const { namespace, deployments, selectors, replicaSets, pods } = workloads;
  const serves = ({ podLabels }: D) =>
    selectors.some((selector) => {
      const wanted = Object.entries(selector);
      return wanted.length > 0 && wanted.every(([key, value]) => podLabels[key] === value);
    });
  const rolled = deployments
    .filter((deployment) => !isIstiods(deployment.labels) && !(drainedMark in deployment.annotations))
    .filter(({ paused }) => !paused)
    .filter(({ podLabels, hostNetwork }) => isCapturable({ labels: podLabels, annotations: {}, hostNetwork }))
    .sort((a, b) => Number(serves(b)) - Number(serves(a)));
  const workloadOf = ({ name, controller }: RunningPod): Controller => {
    const set = replicaSets.find((each) => controller?.kind === "ReplicaSet" && each.name === controller.name);
    return set?.controller ?? controller ?? { kind: "Pod", name };
  };
  const kept = pods
    .filter(isCapturable)
    .map(workloadOf)
    .filter(({ kind, name }) => kind !== "Deployment" || !rolled.some((deployment) => deployment.name === name))
    .map(({ kind, name }) => `${kind} ${namespace}/${name}`);
  return { rolled, kept: [...new Set(kept)].sort() };
}

function isIstiods(labels: Labels): boolean {
  return madeByIstiod.some((label) => label in labels);
}

/** Whether ambient takes such a pod in an enrolled namespace. */
function isCapturable({ labels, annotations, hostNetwork }: Omit<RunningPod, "name">): boolean {
  return (
    labels[marks.dataplaneMode] !== "none" &&
    !hostNetwork &&
    !isIstiods(labels) &&
    !("sidecar.istio.io/status" in annotations)
  );
}
