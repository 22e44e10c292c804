// Where the chart of cert-manager comes from, and its Helm release.
import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { timeouts } from "../../lib/istio/defaults";
import {
  certManagerChart,
  certManagerChartVersion,
  certManagerRepository,
  defaultCertManagerVersion,
} from "../../lib/istio/releases";
import { violationLine, type Violation } from "../../lib/validation/violations";
import type { Values } from "../mesh/objects";
import type { Cluster } from "../support/cluster";
import { explainWait } from "../support/explain-wait";
import { fromProject } from "../support/own-command";
import type { CertManagerArgs } from "./args";
import { findCertManagerChart, type CertManagerChartFile } from "./chart-files";
import { certManagerRelease, certManagerValuesRule } from "./rules";

/** Images are there by then as a rule; what keeps a pod from starting is known. */
const slowReleaseSeconds = 60;

/** The chart, and its release with and without the v. */
export interface CertManagerSource {
  version: string;
  chart: string;
  chartVersion: string;
  repositoryOpts?: { repo: string };
}

/** Finds the chart; `chartViolations` has told before whether it is there. */
export function certManagerSource({ charts = {}, version }: CertManagerArgs): CertManagerSource {
  const { directory, repository = certManagerRepository } = charts;
  const release = version ?? defaultCertManagerVersion;
  if (directory === undefined) {
    const inRepository = repository.startsWith("oci://")
      ? { chart: `${repository.replace(/\/+$/, "")}/${certManagerChart.chart}` }
      : { chart: certManagerChart.chart, repositoryOpts: { repo: repository } };
    return { ...inRepository, version: release, chartVersion: certManagerChartVersion(release) };
  }
  const found = lookInto(directory, version);
  if (!("file" in found)) {
    throw new pulumi.RunError(violationLine(found));
  }
  const chart = fromProject(path.resolve(directory, found.file));
  const [, chartVersion = release] = /-(v?\d.*)\.tgz$/.exec(found.file) ?? [];
  return { version: found.version, chart, chartVersion };
}

/** What is wrong with a directory of the chart, if one is named, and with the values for the chart in it. */
export function chartViolations(args: CertManagerArgs | null): Violation[] {
  const given = typeof args === "object" && args !== null ? args : {};
  const directory: unknown = given.charts?.directory;
  const isAsked = typeof directory === "string" && directory !== "" && given.install !== false;
  if (!isAsked || certManagerRelease(given.version, "version").length > 0) {
    return [];
  }
  const found = lookInto(directory, given.version);
  if (!("file" in found)) {
    return [found];
  }
  const violations = certManagerRelease(found.version, "version");
  const values = given.version === undefined ? certManagerValuesRule(found.version)(given.values, "values") : [];
  return violations.length > 0 ? violations : values;
}

function lookInto(directory: string, version: string | undefined): CertManagerChartFile | Violation {
  const isDirectory = fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  return findCertManagerChart(directory, isDirectory ? fs.readdirSync(directory) : undefined, version);
}

/** Installs the chart with its CRDs, and waits until its webhook answers: before that no issuer can be made. */
export function createCertManagerRelease(
  parent: pulumi.ComponentResource,
  name: string,
  cluster: Cluster,
  { chart, chartVersion, repositoryOpts }: CertManagerSource,
  { namespace, values }: { namespace: pulumi.Output<string>; values: pulumi.Output<Values> },
  opts: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
  const { release, workload } = certManagerChart;
  const resource = new k8s.helm.v3.Release(
    name,
    {
      ...{ chart, version: chartVersion, namespace, values, name: release },
      ...(repositoryOpts && { repositoryOpts }),
      timeout: timeouts.release * 60,
    },
    opts,
  );
  const awaited = namespace.apply((into) => ({
    ...workload,
    path: `/apis/apps/v1/namespaces/${into}/deployments`,
    namespace: into,
    condition: "Available",
  }));
  explainWait(parent, cluster, resource, awaited, slowReleaseSeconds);
  return resource;
}
