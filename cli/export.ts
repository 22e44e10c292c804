// `istio-ambient export`: the files that put the same mesh on a cluster by Flux, by kubectl or by Argo CD.
import * as path from "node:path";
import { Command } from "commander";
import { BundleError, readBundle } from "../cluster/gateway-api";
import { meshManifest } from "../components/mesh/manifest";
import { exportFiles, formats, type ExportedMesh, type Format, type Rendered, type Target } from "../lib/export";
import { platformKubeVersion } from "../lib/istio/platforms";
import { chartRepository, gatewayApiUrl, type ChartName } from "../lib/istio/releases";
import { nearest } from "../lib/validation/names";
import { violationLine, type Remedy } from "../lib/validation/violations";
import { exit, UsageError } from "./exit";
import { readMesh, type InputFiles, type MeshInput } from "./export-input";
import { HelmError, renderChart } from "./helm";
import { writeFiles } from "./output-files";
import { documentation } from "./package-file";
import type { Terminal } from "./terminal";

interface Options extends InputFiles {
  format?: string;
  output?: string;
  repository?: string;
  overwrite?: boolean;
}

/** The subcommand; `finish` takes its exit code. */
export function exportCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return new Command("export")
    .description("Write files that install the same mesh with Flux, kubectl or Argo CD, without Pulumi.")
    .option("--stack-file <file>", "read the mesh from this stack file, such as Pulumi.dev.yaml")
    .option("--args <file>", "read the arguments of AmbientMesh from this JSON or YAML file")
    .option("--format <tool>", `tool to write the files for: ${formats.join(", ")}`)
    .option("--output <directory>", "directory for the files")
    .option("--repository <url>", "with argocd: Git repository of the files, for the root Application")
    .option("--overwrite", "overwrite existing files")
    .action(async (options: Options) => finish(await run(options, terminal)));
}

async function run(options: Options, terminal: Terminal): Promise<number> {
  const { format, output, repository } = checked(options);
  const input = readMesh(options, format);
  input.warnings.forEach((text) => terminal.err(`${text}\n`));
  try {
    const mesh = await exported(input);
    const target = format === "kustomize" ? { format, rendered: await rendered(mesh, input) } : ({ format } as Target);
    const page = documentation("docs/gitops.md");
    const files = exportFiles(target, mesh, { directory: output, path: inRepository(output), repository, page });
    const { written, left } = writeFiles(output, files, options.overwrite === true);
    terminal.out(written.map((name) => `wrote ${path.join(output, name)}\n`).join(""));
    left.forEach((name) => terminal.err(`no part of this export any more: ${path.join(output, name)}\n`));
    return exit.good;
  } catch (error) {
    if (!(error instanceof BundleError || error instanceof HelmError)) throw error;
    terminal.err(`${error.message}\n`);
    return exit.failed;
  }
}

/** The options, all of which are reported where several are wrong. */
function checked({ stackFile, args, format = "", output = "", repository }: Options) {
  const wrong: string[] = [];
  const refuse = (at: string, got: string | undefined, rule: string, fix: Remedy) =>
    wrong.push(violationLine({ path: at, got, rule, fix }));
  if (stackFile === undefined && args === undefined) {
    const fix = "--stack-file Pulumi.dev.yaml";
    refuse("--stack-file", undefined, "must name the stack file of the mesh, or --args a file of its arguments", fix);
  }
  if (stackFile !== undefined && args !== undefined) {
    refuse("--args", args, "must not be given with --stack-file", { remove: "--args" });
  }
  if (!(formats as readonly string[]).includes(format)) {
    const fix = `--format ${format === "" ? formats[0] : nearest(format, formats)}`;
    refuse("--format", format || undefined, `must be one of ${formats.join(", ")}`, fix);
  }
  if (output === "") {
    refuse("--output", undefined, "must name the directory for the files", "--output mesh");
  }
  if (repository !== undefined && format !== "argocd") {
    refuse("--repository", repository, "must come with --format argocd", { remove: "--repository" });
  } else if (repository !== undefined && !/^([a-z+]+:\/\/|[\w.-]+@[\w.-]+:)\S+$/.test(repository)) {
    const fix = "--repository https://git.example.com/fleet.git";
    refuse("--repository", repository, "must be the URL of a Git repository", fix);
  }
  if (wrong.length > 0) throw new UsageError(wrong.join("\n"));
  return { format: format as Format, output, repository };
}

/** The mesh with the CRDs that its arguments name. */
async function exported({ args, version, bundleSource }: MeshInput): Promise<ExportedMesh> {
  const manifest = meshManifest(args, version);
  const { gatewayApi } = manifest;
  const source = bundleSource ?? gatewayApiUrl(gatewayApi?.version ?? "");
  const definitions = gatewayApi === undefined ? [] : await readBundle(source);
  return { ...manifest, definitions, repository: args.charts?.repository ?? chartRepository };
}

/** The manifests of the four charts. */
async function rendered(mesh: ExportedMesh, { args, version, chartFile }: MeshInput): Promise<Rendered> {
  const { repository, releases } = mesh;
  const kubeVersion = platformKubeVersion(args.platform, version);
  const texts: [ChartName, string][] = [];
  // One after the other: the first that fails is the one that is told of.
  for (const release of releases) {
    const place = { file: chartFile(release.chart), repository, version, kubeVersion };
    texts.push([release.chart, await renderChart(release, place)]);
  }
  return Object.fromEntries(texts) as Rendered;
}

/** The directory as seen from the root of its repository, where the command is run as a rule. */
function inRepository(output: string): string {
  const relative = path.relative(process.cwd(), path.resolve(output));
  const isBelow = !relative.startsWith("..") && !path.isAbsolute(relative);
  return `./${(isBelow ? relative : path.basename(output)).split(path.sep).join("/")}`;
}
