// A directory with the chart of cert-manager: which file it is, and its release.
import type { Violation } from "../../lib/validation/violations";
import { certManagerChart, defaultCertManagerVersion } from "../../lib/istio/releases";

/** Where the chart is, and its release. */
export interface CertManagerChartFile {
  version: string;
  file: string;
}

const { chart } = certManagerChart;
const fix = 'charts: { directory: "./charts" }';

/** `helm pull` writes the version as the chart has it, with a v. */
const named = new RegExp(`^${chart}-v?(\\d.*)\\.tgz$`);

/** Finds the chart among the file names of a directory, which are undefined where it is none. */
export function findCertManagerChart(
  directory: string,
  listing?: string[],
  version?: string,
): CertManagerChartFile | Violation {
  const path = "charts.directory";
  if (listing === undefined) {
    return { path, got: directory, rule: "must be an existing directory, relative to the program", fix };
  }
  const held = listing.flatMap((file) => {
    const [, release] = named.exec(file) ?? [];
    return release === undefined ? [] : [{ version: release, file }];
  });
  const versions = [...new Set(held.map((each) => each.version))].sort();
  if (version === undefined && versions.length > 1) {
    const rule = `the directory holds the charts of ${versions.join(" and ")}, so \`version\` must name one of them`;
    return { path, got: directory, rule, fix: `version: "${versions[versions.length - 1]!}"` };
  }
  const found = held.find((each) => version === undefined || each.version === version);
  if (found === undefined) {
    const rule = `must contain ${chart}-v${version ?? defaultCertManagerVersion}.tgz`;
    return { path, got: directory, rule, fix: versions.length === 1 ? `version: "${versions[0]!}"` : fix };
  }
  return found;
}
