// Enrolling a namespace by hand: what is in the way, and the patch. AmbientNamespace checks the same.
import type { Named } from "../cluster-state/snapshot";
import { meshLabels, sidecarLabel, systemNamespaces } from "../istio/labels";
import { stackMark } from "../ownership/marks";
import { refreshCommand, stackOfLabel } from "../ownership/stacks";
import type { Remedy, Violation } from "../validation/violations";
import { restorePatch, type MetadataPatch } from "./enrollment";

const mode = meshLabels.dataplaneMode;

/** A namespace that asks for sidecars, and how it stops: a stack takes its own label away. */
export function sidecarViolation(
  path: string,
  label: string,
  { name, annotations }: Pick<Named, "name" | "annotations">,
): Violation {
  const rule = `must not have the label ${label}: ztunnel never captures a pod with a sidecar`;
  const setter = stackOfLabel({ annotations }, label);
  const stack = setter ?? annotations[stackMark];
  const what = setter === undefined ? "Namespace" : "label";
  return stack === undefined
    ? { path, got: name, rule, fix: { run: `kubectl label namespace ${name} ${label}-` } }
    : {
        path,
        got: name,
        rule: `${rule}; the ${what} belongs to the stack ${stack}`,
        fix: { run: refreshCommand(stack) },
      };
}

/** What stands in the way of enrolling a namespace. */
export function enrollViolations(namespace: Named, allowSystemNamespace = false): Violation[] {
  const { name, labels, annotations } = namespace;
  const violation = (rule: string, fix: Remedy): Violation => ({ path: "--namespace", got: name, rule, fix });
  if (labels[mode] === "ambient") {
    return [];
  }
  const stack = stackOfLabel(namespace, mode) ?? annotations[stackMark];
  const sidecars = sidecarLabel(labels);
  return [
    ...(systemNamespaces.test(name) && !allowSystemNamespace
      ? [
          violation(
            "must not be a system namespace: enrolling one can break the cluster's own networking",
            `--namespace ${name} --allow-system-namespace`,
          ),
        ]
      : []),
    ...(sidecars === undefined ? [] : [sidecarViolation("--namespace", sidecars, namespace)]),
    ...(labels[mode] === undefined
      ? []
      : stack === undefined
        ? [
            violation(`must not have the label ${mode}: ${labels[mode]}`, {
              run: `kubectl label namespace ${name} ${mode}-`,
            }),
          ]
        : [
            violation(
              `must be enrolled by its stack, ${stack}, which sets ${mode}: ${labels[mode]}`,
              'dataplaneMode: "ambient"',
            ),
          ]),
  ];
}

/** The label; of a namespace that `unenroll` has taken out also what it had before. Nothing where it is enrolled. */
export function enrollPatch({ labels, annotations }: Named): MetadataPatch | undefined {
  if (labels[mode] === "ambient") {
    return undefined;
  }
  const patch = restorePatch(annotations) ?? { metadata: { labels: {}, annotations: {} } };
  return { metadata: { ...patch.metadata, labels: { ...patch.metadata.labels, [mode]: "ambient" } } };
}
