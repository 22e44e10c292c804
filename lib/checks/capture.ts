// Which pods istio-cni can capture: not those on nodes that run no DaemonSet of Linux, nor those with a network stack of
// their own inside of a sandbox.
import type { ClusterSnapshot, NodeState, PodState } from "../cluster-state/snapshot";

/** What of a snapshot tells it. */
export type CaptureFacts = Pick<ClusterSnapshot, "nodes" | "runtimeClasses">;

const taint = "virtual-kubelet.io/provider";
/** Handlers of container runtimes whose pods do not use the network stack that istio-cni sets up. */
const sandboxes: [RegExp, string][] = [
  [/kata|rund/i, "in Kata Containers"],
  [/runsc|gvisor/i, "in gVisor"],
];

/** Tells of a pod why it cannot be captured: "on a Windows node", "in gVisor"; undefined where it can. */
export function captureBarriers({ nodes, runtimeClasses }: CaptureFacts): (pod: PodState) => string | undefined {
  const byNode = new Map(nodes.map((node) => [node.name, nodeBarrier(node)]));
  const handlers = new Map(runtimeClasses.map(({ name, handler }) => [name, handler]));
  return (pod) => byNode.get(pod.node) ?? podBarrier(pod) ?? sandboxBarrier(pod, handlers);
}

function nodeBarrier({ labels, taints = [] }: NodeState): string | undefined {
  if (labels["kubernetes.io/os"] === "windows") return "on a Windows node";
  if (labels["eks.amazonaws.com/compute-type"] === "fargate") return "on AWS Fargate";
  const isVirtual = labels["type"] === "virtual-kubelet" || taints.includes(taint);
  const isTencents = labels["node.kubernetes.io/instance-type"] === "eklet";
  return isVirtual || isTencents ? "on a virtual node" : undefined;
}

/** What the pod says itself, where its node may not be read. */
function podBarrier(pod: PodState): string | undefined {
  const { labels, windows } = pod;
  if (windows) return "on a Windows node";
  if (isVirtualMachine(pod)) return "in virtual machines of KubeVirt";
  return "eks.amazonaws.com/fargate-profile" in labels ? "on AWS Fargate" : undefined;
}

/**
 * A guest of KubeVirt, which does not support ambient (kubevirt#18871): through its masquerade no connection gets in, and a
 * bridge bypasses ztunnel. passt opens the guest's connections as a process of the pod.
 */
export function isVirtualMachine({ labels, annotations }: PodState): boolean {
  const networks = annotations["k8s.v1.cni.cncf.io/networks"] ?? "";
  return labels["kubevirt.io"] === "virt-launcher" && !networks.includes("passt");
}

/** A RuntimeClass that may not be read is judged by its name. */
function sandboxBarrier({ runtimeClass }: PodState, handlers: Map<string, string>): string | undefined {
  if (runtimeClass === undefined) return undefined;
  const handler = handlers.get(runtimeClass) ?? runtimeClass;
  return sandboxes.find(([name]) => name.test(handler))?.[1];
}
