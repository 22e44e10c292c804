// The lean footprint: requests and settings that make the parts smaller on a cluster for development. docs/footprint.md has
// what each of them saves, measured alone and together.
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

/** What was measured with forty enrolled pods, and headroom. */
const leanRequests: PartRequests = {
  controlPlane: { cpu: "50m", memory: "96Mi" },
  cni: { cpu: "25m", memory: "64Mi" },
  dataplane: { cpu: "25m", memory: "32Mi" },
  gateway: { cpu: "25m", memory: "48Mi" },
};

/** What each part requests where its own argument does not say. */
export function partRequests(footprint: string | undefined): PartRequests {
  return footprint === Footprint.Lean ? leanRequests : partDefaults;
}

/**
 * Go collects garbage whenever the heap has grown by this share, in percent, of what was alive before; by itself by 100. On
 * heaps of some ten megabytes that costs little CPU.
 */
const collectorPercent = "25";

/** Environment of the Go programs istiod and istio-cni. */
export const leanEnvironment = { GOGC: collectorPercent };

/**
 * Settings of every Envoy and its agent. Without a limit of CPU, which this package sets for none, Envoy starts a worker for
 * each core of the node, with buffers and connections of its own.
 */
export const leanProxyConfig = { concurrency: 2, proxyMetadata: { GOGC: collectorPercent } };
