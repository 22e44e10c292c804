// By what the objects that a migration writes are known.
import type { Labels } from "../istio/labels";

/** Annotation of what a migration writes: the object that it stands for. */
export const originMark = "istio-ambient/migrated-from";

/** How the name of a policy ends that ztunnel alone enforces, until its workload is restarted. */
export const interimSuffix = "without-sidecar";

/** Whether a policy is one of these: what ztunnel drops of it is dropped on purpose. */
export function isInterim({ name, annotations }: { name: string; annotations: Labels }): boolean {
  return originMark in annotations && name.endsWith(`-${interimSuffix}`);
}
