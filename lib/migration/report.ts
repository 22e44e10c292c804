// A plan and its progress in words.
import { unknownCaller, type Calls } from "./calls";
import type { Caller } from "./facts";
import type { MigrationPlan } from "./plan";
import type { Offer } from "./sidecar-callers";
import { keyOf, type Step } from "./steps";
import { stops, verdictKinds, type Verdict, type VerdictKind } from "./verdict";

const labels: { [K in VerdictKind]: string } = {
  "carries-over": "carries over",
  "needs-waypoint": "needs a waypoint",
  rewritten: "rewritten",
  loses: "loses",
  hole: "opens a hole",
  blocks: "blocks",
};

const worstFirst = Object.values(verdictKinds).reverse();

/** "create AuthorizationPolicy shop/web-from-waypoint" */
export function stepName(step: Step): string {
  const names = { create: "create", delete: "delete", label: "label", roll: "restart", await: "wait for" };
  return `${names[step.do]} ${stepObject(step)}`;
}

/** What a step is about. */
export function stepObject(step: Step): string {
  const [first, ...others] = step.do === "await" ? step.keys : ["key" in step ? step.key : keyOf(step.object)];
  if (first === undefined) return "pods";
  const { kind, namespace, name } = first;
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}${others.length > 0 ? ` and ${others.length} more` : ""}`;
}

/** The whole plan of a namespace. */
export function planLines({ namespace, verdicts, steps, calls, order, notes, offers, ready }: MigrationPlan): string[] {
  const rows = [...verdicts].sort((one, other) => worstFirst.indexOf(one.verdict) - worstFirst.indexOf(other.verdict));
  const section = (title: string, lines: string[]) =>
    lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
  return [
    `Namespace ${namespace}: ${ready ? "can be migrated" : "cannot be migrated yet"}`,
    ...section("Result for each object:", rows.flatMap(verdictLines)),
    ...section("Calls, as far as policies, Services and traffic objects tell:", calls.map(callLine)),
    ...section("Restarted in this order:", order),
    ...section("On the way:", notes),
    ...section("What admits callers with sidecars in between:", offers.flatMap(offerLines)),
    ...section(
      "Steps, each written down in the namespace before it is done:",
      steps.map((step, index) => `${String(index + 1).padStart(2)}. ${stepName(step)}: ${step.why}`),
    ),
  ];
}

function callLine({ from, modes, to, by }: Calls): string {
  const shown =
    modes === undefined ? from : `${from} (${modes.map((mode) => modeNames[mode]).join(", ") || "no pods"})`;
  if (from !== unknownCaller) return `${shown} -> ${to}: ${by.join(", ")}`;
  return `${shown} -> ${to}: ${by.length === 0 ? "no object names its callers" : `admitted without a name by ${by.join(", ")}`}`;
}

const modeNames: { [M in Caller["mode"]]: string } = {
  sidecar: "sidecars",
  oldSidecar: "sidecars without HBONE",
  ambient: "ambient",
  gateway: "gateway",
  none: "outside the mesh",
};

function offerLines({ to, callers, policy, why }: Offer): string[] {
  const title = `${to}, for ${callers.join(", ")}: `;
  if (policy === undefined) return [`${title}no policy: ${why}`];
  return [`${title}AuthorizationPolicy ${policy.metadata.name} ${why}`, `  ${JSON.stringify(policy)}`];
}

function verdictLines(row: Verdict): string[] {
  const { object, verdict, why, fix, writes = [], accepted } = row;
  const label = accepted ? `${labels[verdict]}, accepted` : labels[verdict];
  return [
    `${label.padEnd(16)}  ${object}: ${why}`,
    ...(fix === undefined ? [] : [`${" ".repeat(18)}first: ${fix}`]),
    ...(stops(row) && row.acceptable ? [`${" ".repeat(18)}${acceptance(row)}`] : []),
    ...writes.map(({ kind, metadata }) => `${" ".repeat(18)}becomes ${kind} ${metadata.namespace}/${metadata.name}`),
  ];
}

/** Namespaces without a waypoint come first: their pods then go through those of the others. */
export function orderLine(plans: readonly MigrationPlan[]): string {
  const names = plans.map(({ namespace }) => namespace).join(", ");
  return `Namespaces in this order: ${names}; those without a waypoint first, then callers before what they call`;
}

/** What keeps a migration from starting, one line each. */
export function refusalLines({ verdicts }: MigrationPlan): string[] {
  return verdicts.filter(stops).map((row) => {
    const { object, why, fix, acceptable } = row;
    return `${object}: ${why}${fix === undefined ? "" : `; first: ${fix}`}${acceptable ? `, ${acceptance(row)}` : ""}`;
  });
}

/** A hole is closed or taken as it is. That a tool was suspended no plan can see, so that the user has to say it. */
function acceptance({ object, verdict }: Verdict): string {
  return `${verdict === verdictKinds.blocks ? "then" : "or"} run it with \`--accept "${object}"\``;
}
