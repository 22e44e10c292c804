// Builds programs in Go: those of one set of modules by one command, which compiles some while it links others.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { ownSources } from "./cache";
import type { GoPart } from "./part";
import { download, run } from "./run";

/** Parts that need the same modules, in the order of the first of each group. */
export function groupsOf(parts: GoPart[]): GoPart[][] {
  const groups = new Map<string, GoPart[]>();
  for (const part of parts) {
    const key = JSON.stringify([part.requires, part.replaces]);
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()];
}

/**
 * A module of our own that requires exact versions, with the parts' own sources in a folder each: `go install pkg@version`
 * refuses modules with replacements. Go settles the versions of what else they need when it looks for the packages of all
 * of them, so that they are the same whichever of them are built, and what is compiled for one serves the others.
 */
export async function prepare(group: GoPart[], source: string, log: string): Promise<void> {
  fs.mkdirSync(source, { recursive: true });
  fs.writeFileSync(path.join(source, "go.mod"), goMod(group));
  for (const part of group) await writeSources(part, path.join(source, part.name), log);
  for (const [members, command] of commandsOf(group, { build: ["list", "-deps"], test: ["list", "-deps", "-test"] }))
    await run(["go", ...command, ...members.flatMap(packagesOf)], source, log);
}

/** The parts that are programs, and those that are tests, each with the command for them. */
function commandsOf(
  group: GoPart[],
  { build, test }: Record<"build" | "test", string[]>,
): [parts: GoPart[], command: string[]][] {
  const tests = group.filter(({ isTest }) => isTest);
  const programs = group.filter((part) => !tests.includes(part));
  const commands: [GoPart[], string[]][] = [
    [programs, build],
    [tests, test],
  ];
  return commands.filter(([parts]) => parts.length > 0);
}

async function writeSources(part: GoPart, own: string, log: string): Promise<void> {
  for (const [module, { folder, only }] of Object.entries(part.substitutes ?? {}))
    if (only) await copyModule(module, part.requires[module] ?? "", path.join(own, folder), log);
  for (const [name, text] of Object.entries(ownSources(part))) {
    fs.mkdirSync(path.dirname(path.join(own, name)), { recursive: true });
    fs.writeFileSync(path.join(own, name), text);
  }
  if (part.embeds === undefined) return;
  const { module, files } = part.embeds;
  const folder = await download(module, part.requires[module] ?? "", own, log);
  for (const file of files)
    fs.writeFileSync(path.join(own, path.basename(file)), fs.readFileSync(path.join(folder, file)));
}

/** The module cache is read-only; a copy of a module is not. */
async function copyModule(module: string, version: string, target: string, log: string): Promise<void> {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.cpSync(await download(module, version, path.dirname(target), log), target, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", target]);
}

/** The go.mod that makes a group of parts. */
export function goMod(group: GoPart[]): string {
  const [{ requires, replaces } = { requires: {} }] = group;
  const substitutes = group.flatMap(({ name, substitutes = {} }) =>
    Object.entries(substitutes).map(([module, { folder }]) => `replace ${module} => ./${name}/${folder}`),
  );
  return [
    "module sandbox.invalid/parts",
    "go 1.26.0",
    ...Object.entries(requires).map(([module, version]) => `require ${module} ${version}`),
    ...Object.entries(replaces ?? {}).map(([module, version]) => `replace ${module} => ${module} ${version}`),
    ...substitutes,
    "",
  ].join("\n");
}

function packagesOf(part: GoPart): string[] {
  return Object.values(part.binaries).map((entry) => packageOf(part, entry));
}

function packageOf(part: GoPart, entry: string): string {
  return entry === "." ? `./${part.name}` : entry;
}

/** Compiles and links parts of a group that was prepared; each program lies in the folder as soon as it is linked. */
export async function compile(wanted: GoPart[], source: string, binaries: string, log: string): Promise<void> {
  fs.mkdirSync(binaries, { recursive: true });
  const variables = wanted.flatMap((part) =>
    Object.entries(part.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`),
  );
  // The linker would drop what debuggers need; a compiler that does not write it takes a fifth less time.
  const flags = ["-gcflags=all=-dwarf=false", "-ldflags", ["-s", "-w", ...new Set(variables)].join(" ")];
  for (const [members, command] of commandsOf(wanted, { build: ["build"], test: ["test", "-c"] }))
    await run(["go", ...command, ...flags, "-o", `${binaries}/`, ...members.flatMap(packagesOf)], source, log);
}

/** Whether all programs of a part are linked. */
export function isLinked(part: GoPart, binaries: string): boolean {
  return Object.values(part.binaries).every((entry) => fs.existsSync(linked(part, entry, binaries)));
}

/** Takes a part's programs to its own folder, under their names there. */
export function collect(part: GoPart, binaries: string, result: string): void {
  for (const [binary, entry] of Object.entries(part.binaries))
    fs.renameSync(linked(part, entry, binaries), path.join(result, binary));
}

function linked(part: GoPart, entry: string, binaries: string): string {
  return path.join(binaries, `${programName(packageOf(part, entry))}${part.isTest ? ".test" : ""}`);
}

/** The file that Go makes of a package: its last element that is no version. */
export function programName(entry: string): string {
  const elements = entry.split("/");
  const last = elements.pop() ?? "";
  return /^v\d+$/.test(last) ? (elements.pop() ?? last) : last;
}
