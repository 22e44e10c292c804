// Memory limits with which a part of the mesh cannot live.
import { parseQuantity } from "../validation/quantity";

/**
 * Memory limits below which a part is killed sooner or later, and a limit that is enough. The ztunnel's is twice the limit
 * at which it was killed in a measurement, after a restart of the node with forty pods: docs/footprint.md.
 */
export const memoryLimitFloors = {
  controlPlane: { least: "256Mi", or: "istiod is killed", write: "512Mi" },
  dataplane: { least: "64Mi", or: "ztunnel is killed when all pods of a node connect at once", write: "256Mi" },
} as const;

/** Parts whose memory limit has a floor. */
export type LimitedPart = keyof typeof memoryLimitFloors;

/** True for a quantity below the floor; what is none is refused as such. */
export function isBelowFloor(part: LimitedPart, limit: unknown): boolean {
  const bytes = typeof limit === "string" || typeof limit === "number" ? parseQuantity(String(limit)) : undefined;
  return bytes !== undefined && bytes < parseQuantity(memoryLimitFloors[part].least)!;
}
