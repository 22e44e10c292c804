// Plans and states as plain data; docs/migrate.schema.json describes them.
import type { MigrationPlan } from "./plan";
import { stepsOf, type MigrationRecord } from "./record";
import { stepObject } from "./report";
import { isSame, keyOf, type Step } from "./steps";

/** Grows when a field goes or changes its meaning; a new field does not count. */
const schemaVersion = 1;

/** Plans of namespaces. */
export function planData(server: string, plans: readonly MigrationPlan[]) {
  return {
    schemaVersion,
    cluster: { server },
    ready: plans.every(({ ready }) => ready),
    namespaces: plans.map(({ steps, ...plan }) => ({ ...plan, steps: steps.map((step) => stepData(step, steps)) })),
  };
}

/** What a later step deletes again is for no repository. */
function stepData(step: Step, steps: readonly Step[]) {
  const isKept =
    step.do === "create" &&
    !steps.some((each) => each.do === "delete" && isSame(keyOf(each.object), keyOf(step.object)));
  const writes = isKept ? { writes: step.object } : {};
  return { do: step.do, object: stepObject(step), why: step.why, ...writes };
}

/** Where a namespace stands. */
export interface NamespaceState {
  namespace: string;
  /** On sidecars, in the middle, ambient with a record by which it can go back, or ambient. */
  state: "sidecars" | "unfinished" | "migrated" | "ambient";
  sidecars: number;
  captured: number;
  record?: MigrationRecord;
}

/** States of namespaces, and the sidecars of the whole cluster. */
export function statusData(server: string, states: readonly NamespaceState[], all: readonly NamespaceState[]) {
  return {
    schemaVersion,
    cluster: { server },
    sidecars: all.reduce((sum, { sidecars }) => sum + sidecars, 0),
    namespaces: states.map(({ record, ...state }) => ({
      ...state,
      ...(record
        ? {
            record: {
              begun: record.stamp,
              direction: record.direction,
              state: record.state,
              next: record.next,
              steps: stepsOf(record).length,
            },
          }
        : {}),
    })),
  };
}
