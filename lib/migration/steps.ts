// The steps of a migration: plain data that is written into the namespace before the first of them is taken, so that a run
// that was killed goes on, and a later one goes back.
import type { Changes } from "../adoption/journal";
import type { FieldOwner, KubeObject } from "./objects";

/** An object, by what names it. */
export interface Key {
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
}

/** Creates an object; the way back deletes it. */
export interface CreateStep {
  do: "create";
  object: KubeObject;
  why: string;
}

/** Deletes an object; the way back creates it again. */
export interface DeleteStep {
  do: "delete";
  object: KubeObject;
  /** Who managed these fields before the migration; none where they were not read. */
  owners?: FieldOwner[];
  why: string;
}

/** Changes labels; the way back changes them back. */
export interface LabelStep {
  do: "label";
  key: Key;
  labels: Changes;
  /** The label by which pods without sidecars are captured, or the one by which new pods get sidecars. */
  part?: "mode" | "injection";
  /** Who managed these fields before the migration; none where they were not read. */
  owners?: FieldOwner[];
  why: string;
}

/** What pods are to be once a workload was rolled. */
export type RollGoal = "hbone" | "outside" | "ambient";

/** Replaces the pods of a workload by a change of its template, and waits for the new ones. */
export interface RollStep {
  do: "roll";
  key: Key;
  goal: RollGoal;
  labels: Changes;
  annotations: Changes;
  /** Who managed these fields before the migration; none where they were not read. */
  owners?: FieldOwner[];
  why: string;
}

/** Waits for what controllers do. */
export interface AwaitStep {
  do: "await";
  /**
   * A waypoint's pods; that istiod has seen policies; that ztunnel or the waypoint holds them; that the pods of workloads are
   * captured and have no sidecar.
   */
  what: "waypoint" | "known" | "accepted" | "capture";
  keys: Key[];
  why: string;
}

/** One step. */
export type Step = CreateStep | DeleteStep | LabelStep | RollStep | AwaitStep;

/** Which way steps are gone. */
export type Direction = "apply" | "rollback";

/** Annotation of a pod template: the migration that has replaced its pods. */
export const rollMark = "istio-ambient/migrated";
/** The same for the roll before, which gave sidecars HBONE. */
export const hboneMark = "istio-ambient/hbone";

/** Names an object. */
export function keyOf({ apiVersion, kind, metadata: { namespace = "", name } }: KubeObject): Key {
  return { apiVersion, kind, namespace, name };
}

/** True for the same object. */
export function isSame(one: Key, other: Key): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

/** The steps in the order in which they are gone; back those that were reached on the way there. */
export function ordered(steps: readonly Step[], direction: Direction, reached = steps.length): Step[] {
  return direction === "apply" ? [...steps] : backwards(reachedSteps(steps, reached));
}

/**
 * Without the steps that were not reached, which have nothing to take back: but once new pods get no sidecar, any pod of a workload
 * may have been replaced before its turn, and gets its sidecar again.
 */
function reachedSteps(steps: readonly Step[], reached: number): Step[] {
  const taken = steps.slice(0, reached);
  const isSwitched = taken.some((step) => step.do === "label" && step.part === "injection");
  const left = isSwitched ? steps.slice(reached).filter((step) => step.do === "roll" && step.goal === "ambient") : [];
  return [...taken, ...left.map((step) => ({ ...step, labels: {}, annotations: {} }) as RollStep)];
}

/**
 * Backwards, with one exception: new pods get sidecars again before the old ones go, and the label that keeps these captured
 * goes last. Without it they would be open to every client.
 */
function backwards(steps: readonly Step[]): Step[] {
  const reversed = [...steps].reverse();
  const injection = reversed.filter((step) => step.do === "label" && step.part === "injection");
  const rest = reversed.filter((step) => !injection.includes(step)).map((step) => withHbone(step, steps));
  const first = rest.findIndex((step) => step.do === "roll" && step.goal === "ambient");
  const at = first < 0 ? rest.findIndex((step) => step.do === "label" && step.part === "mode") : first;
  return at < 0 ? [...rest, ...injection] : [...rest.slice(0, at), ...injection, ...rest.slice(at)];
}

/** A workload that was rolled twice goes back in one. */
function withHbone(step: Step, steps: readonly Step[]): Step {
  if (step.do !== "roll" || step.goal !== "ambient") return step;
  const before = steps.find(
    (each): each is RollStep => each.do === "roll" && each.goal === "hbone" && isSame(each.key, step.key),
  );
  return before ? { ...step, annotations: { ...before.annotations, ...step.annotations } } : step;
}
