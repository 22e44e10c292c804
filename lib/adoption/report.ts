// A plan as text: what is there, who has it, what will be written, and what the next `pulumi up` changes.
import { findingLine } from "../checks/check";
import { count } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import { charts, type ChartName } from "../istio/releases";
import { argLines, lostLimits } from "./args";
import { namespaceOf, type LiveObject } from "./facts";
import type { Change, MetadataStep } from "./journal";
import type { AdoptionPlan, FoundPart } from "./plan";
import type { OldInstall } from "./values";

/** The plan, line by line. */
export function planLines(plan: AdoptionPlan): string[] {
  const { args, install, server, parts, missing, refusals, left, journal } = plan;
  if (parts.length === 0) return refusalLines(plan);
  const records = journal.steps.filter((step) => step.do === "create");
  const marked = journal.steps.length - records.length;
  const changes = upLines(install, missing);
  return [
    `Istio ${install.version} in ${install.namespace} on ${server}:`,
    ...table(parts.map((part) => partCells(part))),
    "",
    "Will be written:",
    ...records.map(({ namespace, name }) => `  Secret ${namespace}/${name}: the record of a Helm release`),
    `  labels and annotations of ${count(marked, "object")}; nothing else of them, so nothing restarts`,
    ...(left.length === 0
      ? []
      : [
          "",
          "Stays as it is, and belongs to no release:",
          ...left.map((one) => `  ${objectName(one.kind, placeOf(one))}`),
        ]),
    "",
    "Arguments that keep what differs from the defaults of AmbientMesh:",
    ...argLines(args).map((line) => `  ${line}`),
    ...install.unread.map((text) => `  not known: ${text}`),
    ...(changes.length === 0 ? [] : ["", "What the next `pulumi up` changes with these arguments:", ...changes]),
    ...(refusals.length === 0 ? [] : ["", ...refusalLines(plan)]),
  ];
}

/** What keeps the Istio from being adopted. */
export function refusalLines({ refusals }: AdoptionPlan): string[] {
  return refusals.length === 0 ? [] : ["It cannot be adopted:", ...refusals.map((found) => `  ${findingLine(found)}`)];
}

function partCells({ chart, owner, release, namespace, objects }: FoundPart): string[] {
  const after = `Helm release ${namespace}/${release}`;
  const how = owner === after ? "as before" : `becomes ${after}`;
  return [charts[chart].chart, owner, count(objects, "object"), how];
}

function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd());
}

/** What no argument keeps. */
function upLines(install: OldInstall, missing: ChartName[]): string[] {
  const { running } = install;
  const installs = missing.filter((chart) => chart !== "base").map((chart) => charts[chart].release);
  const name = running.istiod?.podLabels["app.kubernetes.io/instance"];
  // Without a ztunnel no istiod serves one.
  const ambient = running.ztunnel !== undefined;
  return [
    ...(installs.length === 0 ? [] : [`  installs ${installs.join(" and ")}`]),
    ...(ambient ? [] : ["  istiod restarts with ambient mode on; pods with sidecars keep running as they are"]),
    ...(!ambient || name === undefined || name === charts.istiod.release
      ? []
      : [
          `  istiod restarts once: its chart writes the release's name on its pods (app.kubernetes.io/instance: ${name})`,
        ]),
    ...(running.cni?.ambient === false
      ? ["  istio-cni restarts once: ambient mode mounts the sockets of ztunnel and the pods' networks into its pods"]
      : []),
    ...lostLimits(install).map((line) => `  ${line}`),
    ...install.reordered.map(
      (chart) => `  ${charts[chart].chart} may restart: its chart writes variables in another order`,
    ),
  ];
}

/** What others have written on an object, and the commands by which the value from before comes back. */
export function changedLines(
  step: MetadataStep,
  fields: { field: "labels" | "annotations"; key: string; got: string | null; wanted: Change }[],
): string[] {
  const { key: object } = step;
  const shown = objectName(object.kind, object);
  const into = object.namespace === "" ? "" : ` --namespace ${object.namespace}`;
  return fields.map(({ field, key, got, wanted }) => {
    const verb = field === "labels" ? "label" : "annotate";
    const set = wanted.before === null ? `${key}-` : `${key}=${wanted.before} --overwrite`;
    const found = got === null ? `no ${key}` : `${key}: ${got}`;
    const rule = "must not change between plan and apply; find out what changed it, and restore the previous value";
    return findingLine({
      object: shown,
      namespace: object.namespace,
      got: found,
      rule,
      fix: { run: `kubectl ${verb} ${object.kind.toLowerCase()} ${object.name}${into} ${set}` },
    });
  });
}

function placeOf(object: LiveObject): { namespace: string; name: string } {
  return { namespace: namespaceOf(object), name: object.metadata.name };
}
