// Commands of this package as resources: what runs at `up`, and at destroy, when no program does.
import * as fs from "node:fs";
import * as path from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../../cluster/connection";
import { isHosted } from "./program";

const packageName = "istio-ambient";

/** Where the package is, for runs in which no project leads to it. */
const packageVariable = "ISTIO_AMBIENT_PACKAGE";

// An inline program has no project folder of its own. The engine that it starts inherits this variable, and finds the
// package by it on every machine that can run the program.
process.env[packageVariable] ??= packageRoot();

/**
 * Finds the package from the project's folder, where the plugin runs, and runs its command in the same process: from
 * the sources where the checkout has a loader for them, otherwise as compiled. A program in another language has no
 * `node_modules`: its Pulumi.yaml may name a path of the package, and otherwise the package is where Pulumi keeps its
 * plugins, the newest of them, or beside the plugin on the PATH. What is found in none of these stands in the message.
 * It stands in every state that was written with it and holds no path, so that neither an upgrade of the package nor
 * another machine shows as a change.
 */
export const launcher = [
  'const fs = require("fs"), path = require("path"), { createRequire, runMain } = require("module");',
  "const tried = (read) => { try { return read(); } catch (error) { return undefined; } };",
  "const named = (folder) => tried(() =>",
  `  JSON.parse(fs.readFileSync(path.join(folder, "package.json"))).name === "${packageName}" ? folder : undefined);`,
  "const above = (folder) => named(folder) ?? (path.dirname(folder) === folder ? undefined : above(path.dirname(folder)));",
  "const declared = (folder) => tried(() => {",
  '  const text = fs.readFileSync(path.join(folder, "Pulumi.yaml"), "utf8");',
  `  const source = /^\\s+["']?${packageName}["']?:\\s*(?:source:\\s*)?["']?([^\\s"']+)/m.exec(text);`,
  "  return source ? above(path.resolve(folder, source[1])) : undefined;",
  "});",
  "const below = (folder) => declared(folder)",
  `  ?? named(path.join(folder, "node_modules", "${packageName}")) ?? named(folder);`,
  "const project = (at) => below(at) ?? (path.dirname(at) === at ? undefined : project(path.dirname(at)));",
  'const home = path.join(process.env.PULUMI_HOME || path.join(require("os").homedir(), ".pulumi"), "plugins");',
  "const newest = (one, other) => other.localeCompare(one, undefined, { numeric: true });",
  "const installed = () => (tried(() => fs.readdirSync(home)) ?? [])",
  `  .filter((name) => name.includes("${packageName}")).sort(newest).map((name) => below(path.join(home, name)))`,
  "  .find(Boolean);",
  'const onPath = () => (process.env.PATH ?? "").split(path.delimiter)',
  `  .map((folder) => tried(() => above(fs.realpathSync(path.join(folder, "pulumi-resource-${packageName}")))))`,
  "  .find(Boolean);",
  `const found = process.env.${packageVariable} || (project(process.cwd()) ?? installed() ?? onPath());`,
  "if (!found) {",
  `  console.error("the package ${packageName} is not installed in " + process.cwd() + ": run \\"npm install\\" there, or " +`,
  `    "\\"pulumi install\\" for a program in another language, or set ${packageVariable} to its folder");`,
  "  process.exit(1);",
  "}",
  'const loader = path.join(found, "node_modules", "tsx");',
  'const sources = fs.existsSync(loader) && fs.existsSync(path.join(found, "cli", "main.ts"));',
  'if (sources) createRequire(path.join(found, "package.json"))("tsx/cjs");',
  'const main = sources ? path.join(found, "cli", "main.ts") : path.join(found, "dist", "cli", "main.js");',
  'process.argv = [process.argv[0], main, ...process.argv[1].split(" ").map(decodeURIComponent)];',
  "runMain();",
].join("\n");

/** What a command of this package does in the life of its resource. */
export interface OwnCommand {
  /** Words of the command line that runs when the resource is created, and when something of it changes. */
  up: pulumi.Input<string[]>;
  /** Words of the command line that runs when it is deleted; nothing runs without. */
  down?: string[];
  /** A change of any of them runs `up` again. */
  environment: Record<string, pulumi.Input<string>>;
  /** The cluster that it works on; without a name of one it is the one of the surroundings, as for the plugin. */
  target: pulumi.Input<ClusterTarget>;
  /** What the preview has found to be repaired; nothing where all is as it was made. */
  repair?: string;
}

/** What makes the command run again although nothing of the program has changed. */
const repairVariable = "ISTIO_AMBIENT_REPAIR";

/** Registers a command of this package. Its `environment` must not name the cluster: `target` does. */
export function ownCommand(
  name: string,
  { up, down, environment, target, repair }: OwnCommand,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const line = pulumi.output(up).apply(commandLine);
  return new command.local.Command(
    name,
    {
      interpreter: ["node", "-e", launcher],
      create: line,
      update: line,
      delete: down && commandLine(down),
      environment: pulumi
        .all([pulumi.output(environment), pulumi.output(target).apply(targetText)])
        .apply(([own, cluster]): Record<string, string> => ({
          ...own,
          ...(cluster === undefined ? {} : { ISTIO_AMBIENT_TARGET: cluster }),
          // The time tells one repair from the next of the same kind.
          ...(repair === undefined ? {} : { [repairVariable]: `${new Date().toISOString()} ${repair}` }),
        })),
    },
    // Without something to repair the last repair stays as it is noted, so that it does not show as a change.
    repair === undefined ? pulumi.mergeOptions(opts, { ignoreChanges: [`environment.${repairVariable}`] }) : opts,
  );
}

function commandLine(words: string[]): string {
  return words.map(encodeURI).join(" ");
}

/** The cluster, for the command to find it again at destroy; a secret where it may hold credentials. */
export function targetText(target: ClusterTarget): pulumi.Output<string | undefined> {
  const given = Object.entries(target).filter(([, value]) => value !== undefined);
  const text = given.length === 0 ? undefined : JSON.stringify(Object.fromEntries(given));
  const isPath = target.kubeconfig === undefined || /^[^\n{:]*$/.test(target.kubeconfig);
  return isPath ? pulumi.output(text) : pulumi.secret(text);
}

/** The package's folder that a search from `folder` upward leads to, as the launcher finds it. */
export function packageFrom(folder: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    const found = [path.join(at, "node_modules", packageName), at].find(isPackage);
    if (found !== undefined || at === path.dirname(at)) {
      return found;
    }
  }
}

function isPackage(folder: string): boolean {
  const file = path.join(folder, "package.json");
  return fs.existsSync(file) && (JSON.parse(fs.readFileSync(file, "utf8")) as { name?: string }).name === packageName;
}

/** Of the sources the folder above components/, of the compiled package the one above dist/. */
export function packageRoot(): string {
  const above = path.join(__dirname, "..", "..");
  return fs.existsSync(path.join(above, "package.json")) ? above : path.dirname(above);
}

/**
 * A path as it is written into the state: of what lies below the project relative to it, since plugins run there, so
 * that it holds on every machine. The plugins of an inline program run elsewhere, and need the whole path; a component
 * provider runs where all other plugins do.
 */
export function fromProject(file: string): string {
  const project = process.cwd();
  const isInline = !isHosted() && !path.isAbsolute(pulumi.runtime.getRootDirectory());
  if (isInline) {
    return path.resolve(file);
  }
  if (!path.isAbsolute(file) || !isBelow(project, file)) {
    return file;
  }
  const relative = path.relative(project, file);
  return relative === "" ? "." : `.${path.sep}${relative}`;
}

function isBelow(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}
