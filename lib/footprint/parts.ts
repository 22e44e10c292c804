// The pods that a mesh costs: which part each belongs to, and which of its containers count.
import { hasSidecar, isCaptured, isWaypointPod, marks } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import type { PodState } from "../cluster-state/snapshot";
import type { ContainerUsage, Usage } from "./usage";
import { sumUsage } from "./usage";

/** The parts in the order of the report. */
export const parts = ["istiod", "istio-cni", "ztunnel", "gateways", "waypoints", "sidecars"] as const;

/** Name of a part. */
export type Part = (typeof parts)[number];

/** What a container may have: cores and bytes. */
export interface ContainerResources {
  cpu: number;
  memory: number;
  /** Memory at which it is killed; none without a limit. */
  memoryLimit?: number;
}

/** A pod of the cluster, with the resources of each container by its name. */
export interface ResourcePod extends PodState {
  resources: Record<string, ContainerResources>;
}

/** A pod of the mesh, or the sidecar in a pod of an application. */
export interface MeshPod {
  part: Part;
  namespace: string;
  name: string;
  /** Empty while it waits for a node. */
  node: string;
  /** What it belongs to, as a message names it: "DaemonSet istio-system/ztunnel". */
  owner: string;
  requested: { cpu: number; memory: number };
  memoryLimit?: number;
  /** Unknown until its node has been asked. */
  used?: Usage;
  /** A container of it was killed for its memory. */
  outOfMemory: boolean;
  /** Names of the containers that count. */
  containers: string[];
}

const proxy = "istio-proxy";

/** What follows the name of the Deployment in that of its pod. */
const podSuffix = /-[a-z0-9]+-[a-z0-9]{5}$/;

/** The pod as a part of the mesh; nothing where it is none and has no sidecar. */
export function meshPod(pod: ResourcePod): MeshPod | undefined {
  const part = partOf(pod);
  if (part === undefined) return undefined;
  const own = part === "sidecars" ? [proxy] : Object.keys(pod.resources);
  const resources = own.flatMap((name) => pod.resources[name] ?? []);
  const limits = resources.map(({ memoryLimit }) => memoryLimit);
  return {
    part,
    namespace: pod.namespace,
    name: pod.name,
    node: pod.node,
    owner: ownerOf(part, pod),
    requested: {
      cpu: resources.reduce((sum, { cpu }) => sum + cpu, 0),
      memory: resources.reduce((sum, { memory }) => sum + memory, 0),
    },
    ...(limits.length > 0 && limits.every((limit) => limit !== undefined)
      ? { memoryLimit: limits.reduce((sum, limit) => sum + limit, 0) }
      : {}),
    outOfMemory: pod.outOfMemory.some((name) => own.includes(name)),
    containers: own,
  };
}

function partOf(pod: ResourcePod): Part | undefined {
  const { labels } = pod;
  if (labels["app"] === "istiod") return "istiod";
  if (labels["k8s-app"] === "istio-cni-node") return "istio-cni";
  if (labels["app"] === "ztunnel") return "ztunnel";
  if (labels[marks.gatewayName] !== undefined && labels[marks.managed] !== undefined) {
    return isWaypointPod(pod) ? "waypoints" : "gateways";
  }
  const regular = pod.containers.filter(({ init }) => !init);
  if (regular.length === 1 && regular[0]?.name === proxy) return "gateways";
  return hasSidecar(pod) ? "sidecars" : undefined;
}

function ownerOf(part: Part, { namespace, name, labels }: ResourcePod): string {
  const gateway = labels[marks.gatewayName];
  if (part === "istiod") return objectName("Deployment", { namespace, name: name.replace(podSuffix, "") });
  if (part === "istio-cni") return objectName("DaemonSet", { namespace, name: "istio-cni-node" });
  if (part === "ztunnel") return objectName("DaemonSet", { namespace, name: "ztunnel" });
  return gateway === undefined
    ? objectName("Pod", { namespace, name })
    : objectName("Gateway", { namespace, name: gateway });
}

/** The pod with what its containers use, as far as they were measured. */
export function measured(pod: MeshPod, usages: ReadonlyMap<string, ContainerUsage[]>): MeshPod {
  const own = usages.get(podKey(pod)) ?? [];
  const counted = own.filter(({ container }) => pod.containers.includes(container));
  return counted.length === 0 ? pod : { ...pod, used: sumUsage(counted) };
}

/** By which key the usages of a pod are found. */
export function podKey({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** A running pod whose traffic goes through ztunnel. */
export function isServed(pod: PodState): boolean {
  return pod.phase === "Running" && isCaptured(pod);
}
