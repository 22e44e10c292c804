// Label selectors of Kubernetes, on plain labels.
import type { LabelExpression, LabelSelector } from "../cluster-state/snapshot";

/** Whether a selector selects what has these labels. */
export function selects({ labels: wanted, expressions }: LabelSelector, labels: Record<string, string>): boolean {
  return (
    Object.entries(wanted).every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => holds(expression, labels[expression.key]))
  );
}

/** A label that is not there is in no list of values. */
function holds({ operator, values }: LabelExpression, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    default:
      return value === undefined;
  }
}
