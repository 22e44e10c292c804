// The lean footprint: what makes the parts smaller on a cluster for development. docs/footprint.md has what it saves, and what
// was measured and left alone.
import { Footprint } from "../validation/closed-sets";
import { partDefaults } from "./defaults";

/** Requests of a pod. */
interface PodRequests {
  cpu: string;
  memory: string;
}

/** Requests of the parts that a mesh deploys. */
export interface PartRequests {
  controlPlane: PodRequests;
  cni: PodRequests;
  dataplane: PodRequests;
  gateway: PodRequests;
}

/**
 * What was measured with forty enrolled pods and after the churn of 1,000, and headroom. Of CPU the data plane requests what it does otherwise: on a busy
 * node a request is its share, and half of it would cost speed.
 */
const leanRequests: PartRequests = {
  controlPlane: { cpu: "50m", memory: "96Mi" },
  cni: { cpu: "25m", memory: "96Mi" },
  dataplane: { cpu: partDefaults.dataplane.cpu, memory: "32Mi" },
  gateway: { cpu: partDefaults.gateway.cpu, memory: "48Mi" },
};

/** What each part requests where its own argument does not say. */
export function partRequests(footprint: string | undefined): PartRequests {
  return footprint === Footprint.Lean ? leanRequests : partDefaults;
}

/**
 * Environment of every Go program of the mesh: istiod, istio-cni, and the agent beside each Envoy. Go collects garbage whenever
 * the heap has grown by this share, in percent, of what was alive before; by itself by 100. On heaps of some ten megabytes
 * collecting more often costs little CPU. The profile of the heap is a table for debugging Istio itself.
 */
export const leanEnvironment = { GOGC: "10", GODEBUG: "memprofilerate=0" };

/** Environment of istiod. */
export const leanIstiodEnvironment = {
  ...leanEnvironment,
  // The profile of locks, which istiod alone takes.
  MUTEX_PROFILE_FRACTION: "0",
  // A gateway gets the clusters that its routes, filters and providers name, instead of one for each Service of the mesh.
  PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
};
