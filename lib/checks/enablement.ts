// Which pods istio-cni takes into the mesh: by the settings that its chart has given it, or by the labels alone.
import { parse } from "yaml";
import type { LabelExpression, Named, PodState } from "../cluster-state/snapshot";

/** A label selector as Kubernetes has it. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: (Omit<LabelExpression, "values"> & { values?: string[] })[];
}

/** One of the pairs of `ambient.enablementSelectors`: both have to hold. */
interface EnablementSelector {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
}

type Labels = Record<string, string>;

/** Tells of a pod whether it is asked into the mesh, by its labels and those of its namespace. */
export type Enrolls = (pod: Pick<PodState, "namespace" | "labels">) => boolean;

const mode = "istio.io/dataplane-mode";

/** By the pod's own label, or its namespace's: the chart's default. */
export function enrollsByLabel(namespaces: Named[]): Enrolls {
  const ambient = new Set(namespaces.filter(({ labels }) => labels[mode] === "ambient").map(({ name }) => name));
  return ({ namespace, labels }) => {
    const own = labels[mode];
    return own === "ambient" || (own !== "none" && ambient.has(namespace));
  };
}

/** By the selectors of istio-cni's settings; undefined where these are not ones that can be read. */
export function enrollsBySelectors(text: string, namespaces: Named[]): Enrolls | undefined {
  const selectors = parsed(text);
  if (!selectors) return undefined;
  const labelsOf = new Map(namespaces.map(({ name, labels }) => [name, labels]));
  return ({ namespace, labels }) =>
    selectors.some(
      ({ podSelector, namespaceSelector }) =>
        matches(podSelector, labels) && matches(namespaceSelector, labelsOf.get(namespace) ?? {}),
    );
}

function parsed(text: string): EnablementSelector[] | undefined {
  try {
    const value: unknown = parse(text);
    return Array.isArray(value) && value.length > 0 ? (value as EnablementSelector[]) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether labels are what the selector asks for; one that asks for nothing takes all. */
export function matches({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const isListed = value !== undefined && values.includes(value);
      return operator === "In" ? isListed : !isListed;
    })
  );
}
