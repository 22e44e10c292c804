// Where the four charts come from, and the Helm release of each.
import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { chartsIn, chartViolations as violationsOf } from "./chart-rules";
import { Values } from "./objects";
import { timeouts } from "../../lib/istio/defaults";
import { Violation, violationLine } from "../../lib/validation/violations";
import { chartRepository, charts, ChartName, defaultIstioVersion } from "../../lib/istio/releases";
import type { Cluster } from "../support/cluster";
import { fromProject } from "../support/own-command";
import { explainWait } from "../support/explain-wait";
import { AmbientMeshArgs, ChartsArgs } from "./args";

/** Images are there by then as a rule; what keeps a pod from starting is known. */
const slowReleaseSeconds = 60;

/** Where each chart is, and the release that all four are. */
export interface ChartSource {
  version: string;
  locate(name: ChartName): { chart: string; repositoryOpts?: { repo: string } };
}

/** Finds the charts; `chartViolations` has told before whether they are there. */
export function chartSource(args: ChartsArgs = {}, version?: string): ChartSource {
  const { directory, repository } = args;
  if (directory === undefined) {
    return { version: version ?? defaultIstioVersion, locate: (name) => inRepository(repository, name) };
  }
  const found = chartsIn(directory, version, listing);
  if (!("files" in found)) {
    throw new pulumi.RunError(violationLine(found));
  }
  const chart = (name: ChartName) => fromProject(path.resolve(directory, found.files[name]));
  return { version: found.version, locate: (name) => ({ chart: chart(name) }) };
}

/** What is wrong with a directory of charts, if one is named, and with the values for the charts of its release. */
export function chartViolations(args: AmbientMeshArgs | null): Violation[] {
  return violationsOf(args, listing);
}

function listing(directory: string): string[] | undefined {
  const isDirectory = fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true;
  return isDirectory ? fs.readdirSync(directory) : undefined;
}

function inRepository(repository: string | undefined, name: ChartName) {
  const { chart } = charts[name];
  return repository?.startsWith("oci://")
    ? { chart: `${repository.replace(/\/+$/, "")}/${chart}` }
    : { chart, repositoryOpts: { repo: repository ?? chartRepository } };
}

/** Of a Release that is not ready the plugin is silent for minutes, and then only that time was up. */
export function explainRelease(
  parent: pulumi.ComponentResource,
  cluster: Cluster,
  resource: k8s.helm.v3.Release,
  chart: ChartName,
  namespace: pulumi.Output<string>,
): void {
  const { workload } = charts[chart];
  if (workload === undefined) {
    return;
  }
  const { kind, name } = workload;
  const awaited = namespace.apply((into) => ({
    kind,
    path: `/apis/apps/v1/namespaces/${into}/${kind.toLowerCase()}s`,
    namespace: into,
    name,
    condition: kind === "Deployment" ? "Available" : "Ready",
  }));
  explainWait(parent, cluster, resource, awaited, slowReleaseSeconds);
}

/** Installs one chart under the release name that Istio's tools look for, and waits until it is ready. */
export function createRelease(
  name: string,
  source: ChartSource,
  chart: ChartName,
  namespace: pulumi.Input<string>,
  values: pulumi.Output<Values>,
  opts: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
  return new k8s.helm.v3.Release(
    name,
    {
      ...source.locate(chart),
      name: charts[chart].release,
      version: source.version,
      namespace,
      values,
      timeout: timeouts.release * 60,
    },
    opts,
  );
}
