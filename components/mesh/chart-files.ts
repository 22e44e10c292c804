// A directory of charts: which file is which chart, and which release of Istio they are.
import { Violation } from "../../lib/validation/violations";
import { ChartName, charts, defaultIstioVersion } from "../../lib/istio/releases";

const names = Object.keys(charts) as ChartName[];

/** Where each chart is found, and the release that all four are. */
export interface ChartFiles {
  version: string;
  files: Record<ChartName, string>;
}

/**
 * Finds the four charts of one release among the file names of a directory, which are undefined where it is none. Without
 * a version it is the one that the directory holds, as long as it holds one only.
 */
export function findChartFiles(directory: string, listing?: string[], version?: string): ChartFiles | Violation {
  if (listing === undefined) {
    const rule = "there is no such directory, seen from where the program runs";
    return { path: "charts.directory", got: directory, rule, fix: 'charts: { directory: "./charts" }' };
  }
  const held = [...new Set(listing.map(versionOf).filter((found) => found !== undefined))].sort();
  const chosen = version ?? (held.length === 1 ? held[0]! : undefined);
  if (chosen === undefined && held.length > 1) {
    const rule = `the directory holds the charts of ${held.join(" and ")}, so the release has to be named`;
    return { path: "charts.directory", got: directory, rule, fix: `version: "${held[held.length - 1]!}"` };
  }
  const missing = names
    .map((name) => fileName(name, chosen ?? defaultIstioVersion))
    .filter((f) => !listing.includes(f));
  if (missing.length > 0) {
    const fix =
      held.length === 1 && version !== undefined && version !== held[0]
        ? `version: "${held[0]!}"`
        : 'charts: { directory: "./charts" }';
    return { path: "charts.directory", got: directory, rule: `there is no ${missing.join(", no ")} in it`, fix };
  }
  const files = Object.fromEntries(names.map((name) => [name, fileName(name, chosen!)])) as Record<ChartName, string>;
  return { version: chosen!, files };
}

function fileName(name: ChartName, version: string): string {
  return `${charts[name].chart}-${version}.tgz`;
}

function versionOf(file: string): string | undefined {
  return new RegExp(`^(?:${names.map((name) => charts[name].chart).join("|")})-(\\d.*)\\.tgz$`).exec(file)?.[1];
}
