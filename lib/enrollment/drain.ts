// Which workloads of an enrolled namespace a drain rolls out of the mesh, in which order, and which keep their pods.
import { marks } from "../checks/mesh";
import { drainedMark } from "./enrollment";

type Labels = Record<string, string>;

/** The controller that owns an object. */
interface Controller {
  kind: string;
  name: string;
}

/** A Deployment that a drain may roll. */
export interface DrainCandidate {
  name: string;
  labels: Labels;
  annotations: Labels;
  paused: boolean;
  /** Labels of its pods. */
  podLabels: Labels;
  hostNetwork: boolean;
}

/** A running pod. */
export interface RunningPod {
  name: string;
  labels: Labels;
  annotations: Labels;
  hostNetwork: boolean;
  controller?: Controller;
}

/** The workloads of one namespace. */
export interface NamespaceWorkloads<D extends DrainCandidate> {
  namespace: string;
  deployments: D[];
  /** Selectors of the Services there. */
  selectors: Labels[];
  replicaSets: { name: string; controller?: Controller }[];
  pods: RunningPod[];
}

/** What a drain does with them. */
export interface DrainOrder<D extends DrainCandidate> {
  /** Rolled in this order, servers before their clients. */
  rolled: D[];
  /** Enrolled workloads that are not rolled: "StatefulSet shop/db". */
  kept: string[];
}

/** Labels of the Deployments that istiod manages for gateways and waypoints: it would undo a patch. */
const madeByIstiod = ["gateway.networking.k8s.io/gateway-name", "gateway.istio.io/managed"];

/** A pod outside the mesh cannot reach one inside that requires mTLS, so servers leave before their clients. */
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

/** Whether such a pod is captured in an enrolled namespace. */
function isCapturable({ labels, annotations, hostNetwork }: Omit<RunningPod, "name">): boolean {
  return (
    labels[marks.dataplaneMode] !== "none" &&
    !hostNetwork &&
    !isIstiods(labels) &&
    !("sidecar.istio.io/status" in annotations)
  );
}
