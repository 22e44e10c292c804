// The record of a migration: a ConfigMap in the namespace, written before each step. It stays until the namespace goes back,
// or until it is deleted by hand because it never will.
import { originMark } from "./marks";
import type { KubeObject } from "./objects";
import { ordered, type Direction, type Step } from "./steps";

/** Name of the ConfigMap. */
export const recordName = "istio-ambient-migration";

/** How far a migration has got. */
export const recordStates = {
  /** A run is at work, or was killed. */
  running: "running",
  /** A run has stopped at a step that did not work. */
  stopped: "stopped",
  done: "done",
} as const;

/** One of them. */
export type RecordState = (typeof recordStates)[keyof typeof recordStates];

/** All of a migration. */
export interface MigrationRecord {
  namespace: string;
  waypoint: string;
  /** When it was begun; also the mark of its pods. */
  stamp: string;
  steps: Step[];
  direction: Direction;
  /** The step that is next, by its place in that direction. */
  next: number;
  state: RecordState;
  /** On the way back: how many steps were reached on the way there. Records of earlier releases have none: all. */
  reached?: number;
  /** Workloads that were not ready before the way back began: "Deployment shop/web". */
  unready?: string[];
}

/** The data of the ConfigMap. */
export function recordData({ steps, next, unready, reached, ...rest }: MigrationRecord): { [key: string]: string } {
  const noted: { [key: string]: string } = {
    ...(unready ? { unready: JSON.stringify(unready) } : {}),
    ...(reached === undefined ? {} : { reached: String(reached) }),
  };
  return { ...rest, ...noted, next: String(next), steps: JSON.stringify(steps) };
}

/** Reads it; nothing where the ConfigMap is none of ours. */
export function readRecord(data: { [key: string]: string | undefined } = {}): MigrationRecord | undefined {
  const { namespace, waypoint, stamp, steps, direction, next, state, unready, reached } = data;
  const isRecord = [namespace, waypoint, stamp, steps, next, state].every((field) => field !== undefined);
  if (!isRecord || (direction !== "apply" && direction !== "rollback")) return undefined;
  return {
    namespace: namespace!,
    waypoint: waypoint!,
    stamp: stamp!,
    steps: JSON.parse(steps!) as Step[],
    direction,
    next: Number(next),
    state: state as RecordState,
    ...(unready === undefined ? {} : { unready: JSON.parse(unready) as string[] }),
    ...(reached === undefined ? {} : { reached: Number(reached) }),
  };
}

/** The steps of a record in its direction. */
export function stepsOf({ steps, direction, reached }: MigrationRecord): Step[] {
  return ordered(steps, direction, reached);
}

/**
 * The record with its way back before it. The step that it is at may be half done, or may have met an object of others that has
 * the name of the one that it creates: it was not created then.
 */
export function turnedBack(record: MigrationRecord, live: KubeObject | undefined): MigrationRecord {
  if (record.direction === "rollback") return record;
  const { steps, state, next } = record;
  const at = state === recordStates.done ? undefined : steps[next];
  const isOthers =
    at?.do === "create" && live !== undefined && !isAsWritten(live, at.object) && !isMarked(live, at.object);
  const reached = at === undefined ? steps.length : next + (isOthers ? 0 : 1);
  return { ...record, direction: "rollback", next: 0, reached };
}

function isMarked(live: KubeObject, written: KubeObject): boolean {
  const mark = written.metadata.annotations?.[originMark];
  return mark !== undefined && live.metadata.annotations?.[originMark] === mark;
}

/** What became of a label or an object since it was last written by a migration. */
export type FoundState = "before" | "after" | "other";

/** Where labels stand: as they were, as the step makes them, or as others have made them. */
export function labelState(
  changes: { [key: string]: { before: string | null; after: string | null } },
  live: { [key: string]: string },
): FoundState {
  const all = Object.entries(changes).map(([key, change]) => ({ ...change, got: live[key] ?? null }));
  if (all.every(({ got, after }) => got === after)) return "after";
  if (all.every(({ got, before }) => got === before)) return "before";
  return all.every(({ got, before, after }) => got === before || got === after) ? "before" : "other";
}

/** Whether a live object is as it was written. Policies are to the letter: what is added to one changes what it means. */
export function isAsWritten(live: KubeObject, written: KubeObject): boolean {
  const isThere = contains(live.spec, written.spec);
  return written.kind === "Gateway" ? isThere : isThere && contains(written.spec, live.spec);
}

/** Whether everything that is wanted is there; what the API server adds does not count. */
function contains(live: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((each, index) => contains(live[index], each))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return live === wanted;
  if (typeof live !== "object" || live === null) return false;
  const there = live as { [key: string]: unknown };
  // The API server drops what is empty.
  return Object.entries(wanted).every(
    ([key, value]) => contains(there[key], value) || (value === "" && there[key] === undefined),
  );
}
