// What the charts of a mesh may be given: a directory that holds them, and the values that they read. Who knows better about
// the values waives it.
import { chartValuesRule } from "../../lib/istio/chart-values";
import { defaultIstioVersion, istioLine, istioLines, nearestLine, type ChartName } from "../../lib/istio/releases";
import { chartValuesCheck } from "../../lib/preflight";
import { every, type Rule } from "../../lib/validation/rules";
import { violationLine, type Violation } from "../../lib/validation/violations";
import type { AmbientMeshArgs } from "./args";
import { findChartFiles, type ChartFiles } from "./chart-files";
import { istioRelease, meshRules } from "./rules";

/** The arguments that take values, and the chart of each. */
const charts = { controlPlane: "istiod", cni: "cni", dataplane: "ztunnel" } as const satisfies Partial<
  Record<keyof AmbientMeshArgs, ChartName>
>;

type Part = keyof typeof charts;

/** The arguments that decide about charts and their values. */
type ChartArgs = Pick<AmbientMeshArgs, "allowUnlistedRelease" | "version" | "charts" | "preflight" | Part>;

/** Names of the files in a directory; undefined where it is none. */
export type Listing = (directory: string) => string[] | undefined;

/** The charts in a directory, or what is wrong with it. */
export function chartsIn(directory: string, version: string | undefined, list: Listing): ChartFiles | Violation {
  return findChartFiles(directory, list(directory), version);
}

/** What is wrong with a directory of charts, if one is named, and with the values for the charts of its release. */
export function chartViolations(args: ChartArgs | null, list: Listing): Violation[] {
  const release = istioRelease(args?.allowUnlistedRelease === true);
  // Charts of a release that cannot be are not looked for.
  if (typeof args !== "object" || args === null || release(args.version, "version").length > 0) {
    return [];
  }
  const directory: unknown = args.charts?.directory;
  if (typeof directory !== "string" || directory === "") {
    return valueViolations(args, args.version ?? defaultIstioVersion);
  }
  const found = chartsIn(directory, args.version, list);
  if (!("files" in found)) {
    return [found];
  }
  const violations = release(found.version, "version");
  return violations.length > 0 ? violations : valueViolations(args, found.version);
}

function waiver(args: ChartArgs): string | undefined {
  return args.preflight?.ignore?.[chartValuesCheck.id];
}

/** What is wrong with the values that are plain, unless the user has waived it. */
function valueViolations(args: ChartArgs, version: string): Violation[] {
  return waiver(args) === undefined ? unknownValues(args, version) : [];
}

function unknownValues(args: ChartArgs, version: string): Violation[] {
  return (Object.keys(charts) as Part[]).flatMap((part) =>
    chartValuesRule(charts[part], version)(args[part]?.values, `${part}.values`),
  );
}

/** The rule of an argument, with that for the values in it. */
export function partRule(field: string, args: ChartArgs, version: string): Rule {
  const rule = meshRules.fields[field]!;
  if (!Object.keys(charts).includes(field) || waiver(args) !== undefined) {
    return rule;
  }
  const values = chartValuesRule(charts[field as Part], version);
  return every(rule, (part, path) => values((part as { values?: unknown } | undefined)?.values, `${path}.values`));
}

/** What the user has been warned of before and is told at every run: a release that is not listed, values that are waived. */
export function allowances(args: ChartArgs, version: string): string[] {
  const lines = istioLines.map(({ minor }) => minor).join(" and ");
  const unlisted = `Istio ${version} is of none of the release lines that this package lists (${lines}); the mesh is judged by ${nearestLine(version).minor}`;
  const reason = waiver(args);
  const waived = reason === undefined ? [] : unknownValues(args, version);
  const waivedLines = waived.map((each) => `  ${violationLine(each)} [${chartValuesCheck.id}], waived: ${reason}`);
  return [
    ...(istioLine(version) === undefined ? [unlisted] : []),
    ...(waived.length > 0 ? [`waived by \`preflight.ignore\`:\n${waivedLines.join("\n")}`] : []),
  ];
}
