// What an adoption changes, written down before the first change: by it a killed run goes on, and all of it is undone.
import type { JsonMap, ObjectKey } from "../drift";
import { textsOf, type LiveObject } from "./facts";

/** Name of the Secret that holds the journal, in the namespace of the mesh. */
export const journalName = "istio-ambient-adoption";

/** A label or an annotation, before and after; null where it is not set. */
export interface Change {
  before: string | null;
  after: string | null;
}

/** Changes by key. */
export type Changes = { [key: string]: Change };

/** Metadata of an object that changes. Nothing else of it does. */
export interface MetadataStep {
  do: "mark";
  key: ObjectKey;
  uid: string;
  labels: Changes;
  annotations: Changes;
}

/** A Secret that is created: the record of a Helm release. */
export interface CreateStep {
  do: "create";
  namespace: string;
  name: string;
  release: string;
  revision: number;
  body: JsonMap;
}

/** One write. */
export type Step = MetadataStep | CreateStep;

/** All of an adoption. */
export interface Journal {
  /** The stack that gets the mesh: "<project>/<stack>". */
  stack: string;
  namespace: string;
  /** In the order of their writes. */
  steps: Step[];
}

/** Which way the steps are gone. */
export type Direction = "apply" | "undo";

/** How far a step on an object has got. */
export type StepState =
  | { state: "pending" | "done" | "gone" }
  /** Another writer has given the keys values that are neither those from before nor those from after. */
  | {
      state: "changed";
      fields: { field: "labels" | "annotations"; key: string; got: string | null; wanted: Change }[];
    };

const fields = ["labels", "annotations"] as const;

/** Compares a step with the object as it is by now. */
export function stateOf(step: MetadataStep, live: LiveObject | undefined, direction: Direction): StepState {
  if (live?.metadata.uid !== step.uid) return { state: "gone" };
  const all = fields.flatMap((field) =>
    Object.entries(step[field]).map(([key, wanted]) => ({
      field,
      key,
      wanted,
      got: textsOf(live, field)[key] ?? null,
    })),
  );
  const changed = all.filter(({ got, wanted }) => got !== wanted.before && got !== wanted.after);
  if (changed.length > 0) return { state: "changed", fields: changed };
  const goal = direction === "apply" ? "after" : "before";
  return { state: all.every(({ got, wanted }) => got === wanted[goal]) ? "done" : "pending" };
}

/** The merge patch of a step. It fails where the object has changed since `live` was read. */
export function patchOf(step: MetadataStep, live: LiveObject, direction: Direction): object {
  const goal = direction === "apply" ? "after" : "before";
  const texts = (changes: Changes) =>
    Object.fromEntries(Object.entries(changes).map(([key, change]) => [key, change[goal]]));
  const { uid, resourceVersion } = live.metadata;
  return { metadata: { uid, resourceVersion, labels: texts(step.labels), annotations: texts(step.annotations) } };
}

/** The changes that lead to these texts; what has them already is none. */
export function changesTo(texts: Record<string, string>, goal: { [key: string]: string | null }): Changes {
  const changes = Object.entries(goal).map(([key, after]) => [key, { before: texts[key] ?? null, after }] as const);
  return Object.fromEntries(changes.filter(([, { before, after }]) => before !== after));
}
