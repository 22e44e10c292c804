// What keeps the pods of a workload from being replaced when its template changes.
import { selects } from "../network-policies/selectors";
import type { MigrationFacts } from "./facts";
import type { Workload } from "./objects";

/** Why, and what to do about it. */
export interface RolloutObstacle {
  why: string;
  fix: string;
}

/** Nothing where its rollout gets through. */
export function rolloutObstacle(workload: Workload, { budgets }: MigrationFacts): RolloutObstacle | undefined {
  const { kind, namespace, name, partition = 0, desired } = workload;
  if (workload.paused) {
    return {
      why: "it is paused, so its pods cannot be replaced",
      fix: `kubectl rollout resume ${kind.toLowerCase()} ${name} --namespace ${namespace}`,
    };
  }
  if (workload.strategy === "OnDelete") {
    return {
      why: "its strategy OnDelete keeps the old pods",
      fix: "spec: { updateStrategy: { type: RollingUpdate } }",
    };
  }
  if (partition > 0 && desired > 0) {
    return {
      why: `its partition keeps the old pods with numbers below ${partition}`,
      fix: "spec: { updateStrategy: { rollingUpdate: { partition: 0 } } }",
    };
  }
  const budget = budgets.find(({ selector, allowed }) => allowed === 0 && selects(selector, workload.podLabels));
  if (budget === undefined || workload.surges || desired === 0) return undefined;
  return {
    why: `PodDisruptionBudget ${budget.name} allows no eviction of its pods, and its rollout ends pods before new ones are up`,
    fix: `kubectl describe poddisruptionbudget ${budget.name} --namespace ${namespace}`,
  };
}
