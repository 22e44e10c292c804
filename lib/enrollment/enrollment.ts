// Leaving the mesh and returning: the patches, and the annotations that remember what was there.
import { marks } from "../checks/mesh";

/** Annotation with the labels that a namespace or pod was enrolled with, as JSON; present until they are restored. */
export const unenrolledMark = "istio-ambient/unenrolled";

/** Annotation with what a drain changed in a Deployment, as JSON. */
export const drainedMark = "istio-ambient/drained";

/** Seconds that a draining pod keeps serving, until no client sends to it anymore. */
export const drainSeconds = 8;

type Labels = Record<string, string>;

/** A merge patch of metadata. */
export interface MetadataPatch {
  metadata: { labels: Record<string, string | null>; annotations: Record<string, string | null> };
}

/** Removes the enrolling label and remembers it. */
export function unenrollPatch(labels: Labels): MetadataPatch {
  const label = marks.dataplaneMode;
  const remembered = JSON.stringify({ [label]: labels[label] });
  return { metadata: { labels: { [label]: null }, annotations: { [unenrolledMark]: remembered } } };
}

/** Restores the remembered labels; undefined where there are none. */
export function restorePatch(annotations: Labels): MetadataPatch | undefined {
  const remembered = annotations[unenrolledMark];
  if (remembered === undefined) {
    return undefined;
  }
  return { metadata: { labels: JSON.parse(remembered) as Labels, annotations: { [unenrolledMark]: null } } };
}

/** The parts of a Deployment that a drain changes. */
export interface DrainedDeployment {
  strategy?: object;
  labels: Labels;
  /** terminationGracePeriodSeconds of its pods. */
  grace: number;
  containers: { name: string; lifecycle?: { preStop?: object; postStart?: object } }[];
}

/**
 * Rolls a Deployment out of the mesh: new pods outside the mesh come up first, and old ones keep serving for a while. A
 * strategic merge patch.
 */
export function drainPatch({ strategy, labels, grace, containers }: DrainedDeployment): object {
  const paused = containers
    .filter(({ lifecycle }) => lifecycle?.preStop === undefined)
    .map(({ name, lifecycle }) => ({ name, bare: lifecycle === undefined }));
  const before = { strategy: strategy ?? null, label: labels[marks.dataplaneMode] ?? null, grace, paused };
  return {
    metadata: { annotations: { [drainedMark]: JSON.stringify(before) } },
    spec: {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { [marks.dataplaneMode]: "none" } },
        spec: {
          // The sleep counts against the grace period.
          terminationGracePeriodSeconds: grace + drainSeconds,
          containers: paused.map(({ name }) => ({
            name,
            lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
          })),
        },
      },
    },
  };
}

/** Undoes drainPatch; undefined for a Deployment that was not drained. */
export function undrainPatch(annotations: Labels): object | undefined {
  const remembered = annotations[drainedMark];
  if (remembered === undefined) {
    return undefined;
  }
  const { strategy, label, grace, paused } = JSON.parse(remembered) as {
    strategy: { type?: string } | null;
    label: string | null;
    grace: number;
    paused: { name: string; bare: boolean }[];
  };
  const recreate = strategy?.type === "Recreate" ? { ...strategy, rollingUpdate: null } : strategy;
  return {
    metadata: { annotations: { [drainedMark]: null } },
    spec: {
      strategy: recreate,
      template: {
        metadata: { labels: { [marks.dataplaneMode]: label } },
        spec: {
          terminationGracePeriodSeconds: grace,
          containers: paused.map(({ name, bare }) => ({ name, lifecycle: bare ? null : { preStop: null } })),
        },
      },
    },
  };
}
