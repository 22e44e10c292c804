// Rendering the charts: by the user's own helm, without a cluster.
import { spawn } from "node:child_process";
import type { ExportedRelease } from "../lib/export";
import { charts } from "../lib/istio/releases";
import { violationLine } from "../lib/validation/violations";
import { UsageError } from "./exit";

/** helm could not render a chart. The message is for the user. */
export class HelmError extends Error {
  override name = "HelmError";
}

/** Where a chart is, and for which Kubernetes it is rendered, where that is known. */
export interface ChartPlace {
  /** Its file; none where it comes from the repository. */
  file?: string;
  repository: string;
  version: string;
  kubeVersion?: string;
}

/** The manifest that a release would install. */
export async function renderChart(
  { chart, release, namespace, values }: ExportedRelease,
  { file, repository, version, kubeVersion }: ChartPlace,
): Promise<string> {
  const { chart: name } = charts[chart];
  const remote = repository.startsWith("oci://")
    ? [`${repository.replace(/\/+$/, "")}/${name}`, "--version", version]
    : [name, "--repo", repository, "--version", version];
  const place = file === undefined ? remote : [file];
  const kubernetes = kubeVersion === undefined ? [] : ["--kube-version", kubeVersion];
  const words = ["template", release, ...place, "--namespace", namespace, "--include-crds", ...kubernetes];
  const { status, out, err } = await run([...words, "--values", "-"], JSON.stringify(values));
  if (status !== 0) {
    throw new HelmError(`helm cannot render the chart ${name} of Istio ${version}: ${err.trim()}`);
  }
  return out;
}

function run(words: string[], input: string): Promise<{ status: number | null; out: string; err: string }> {
  const child = spawn("helm", words, { stdio: "pipe" });
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  // One that ends before it has read everything says why on its own.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? noHelm() : error));
    child.on("close", (status) => resolve({ status, ...said }));
  });
}

function noHelm(): UsageError {
  const rule = "needs `helm` on the PATH to render the charts, and there is none";
  return new UsageError(violationLine({ path: "--format", got: "kustomize", rule, fix: "--format flux" }));
}
