// The values that a user gives for the charts, held against what these read: at once where they are plain, on arrival
// where they are Outputs. Who knows better waives it.
import * as pulumi from "@pulumi/pulumi";
import { chartValuesRule } from "../../lib/istio/chart-values";
import { istioLine, istioLines, nearestLine, type ChartName } from "../../lib/istio/releases";
import { chartValuesCheck } from "../../lib/preflight";
import { every, type Rule } from "../../lib/validation/rules";
import { violationLine, type Violation } from "../../lib/validation/violations";
import type { AmbientMeshArgs } from "./args";
import { meshRules } from "./rules";

/** The arguments that take values, and the chart of each. */
const charts = { controlPlane: "istiod", cni: "cni", dataplane: "ztunnel" } as const satisfies Partial<
  Record<keyof AmbientMeshArgs, ChartName>
>;

type Part = keyof typeof charts;

function waiver(args: AmbientMeshArgs): string | undefined {
  return args.preflight?.ignore?.[chartValuesCheck.id];
}

/** What is wrong with the values that are plain, unless the user has waived it. */
export function valueViolations(args: AmbientMeshArgs, version: string): Violation[] {
  return waiver(args) === undefined ? unknownValues(args, version) : [];
}

function unknownValues(args: AmbientMeshArgs, version: string): Violation[] {
  return (Object.keys(charts) as Part[]).flatMap((part) =>
    chartValuesRule(charts[part], version)(args[part]?.values, `${part}.values`),
  );
}

/** The rule of an argument, with that for the values in it. */
export function partRule(field: string, args: AmbientMeshArgs, version: string): Rule {
  const rule = meshRules.fields[field]!;
  if (!Object.keys(charts).includes(field) || waiver(args) !== undefined) {
    return rule;
  }
  const values = chartValuesRule(charts[field as Part], version);
  return every(rule, (part, path) => values((part as { values?: unknown } | undefined)?.values, `${path}.values`));
}

/** Says at every run what the user has been warned of before: a release that is not listed, and values that are waived. */
export function sayWhatIsAllowed(mesh: pulumi.Resource, args: AmbientMeshArgs, version: string): void {
  if (istioLine(version) === undefined) {
    const lines = istioLines.map(({ minor }) => minor).join(" and ");
    const text = `Istio ${version} is of none of the release lines that this package lists (${lines}); the mesh is judged by ${nearestLine(version).minor}`;
    void pulumi.log.warn(text, mesh);
  }
  const reason = waiver(args);
  const waived = reason === undefined ? [] : unknownValues(args, version);
  if (waived.length > 0) {
    const lines = waived.map((each) => `  ${violationLine(each)} [${chartValuesCheck.id}], waived: ${reason}`);
    void pulumi.log.warn(`waived by \`preflight.ignore\`:\n${lines.join("\n")}`, mesh);
  }
}
