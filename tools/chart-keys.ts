// Writes lib/istio/chart-keys.ts: the keys that the charts of each release line read from their values; and
// lib/istio/cert-manager-keys.ts, the same of cert-manager's chart. They come from the
// charts themselves, in the Go modules that the sandbox is built from: the values file says what there is and which maps
// are free-form, the templates say what is read beside it.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import type { ChartsPart } from "../sandbox/build/part";
import { parts } from "../sandbox/build/parts";

const root = path.dirname(__dirname);
const target = path.join(root, "lib", "istio", "chart-keys.ts");
const certManagerTarget = path.join(root, "lib", "istio", "cert-manager-keys.ts");

/** What a key leads to: keys below it, anything at all, the chart's own top level once more, or a plain value. */
type Node = Map<string, Node> | "free" | "top" | "value";

/** Helm's own wrapping of the defaults, and what the charts keep for themselves. */
const internal = ["_internal_defaults_do_not_set", "_original", "defaults"];

/** The keys of a chart, each with its path; `.*` is anything below, `.@` the top level once more. */
export function chartKeys(values: unknown, templates: readonly string[]): string[] {
  const defaults = (values as Record<string, unknown>)["_internal_defaults_do_not_set"] ?? values;
  const keys = nodeOf(defaults) as Map<string, Node>;
  const texts = templates.map(unwrapped);
  for (const text of texts) {
    for (const [, reference = ""] of text.matchAll(/\$?\.Values((?:\.\w+)+)/g))
      add(keys, reference.slice(1).split("."));
    for (const [, names = ""] of text.matchAll(/index \$?\.Values((?:\s+"[\w-]+")+)/g)) add(keys, wordsIn(names));
    // dig "global" "readerServiceAccount" "name" "" .Values: all but the last are names, the last is the default.
    for (const [, names = ""] of text.matchAll(/dig((?:\s+"[\w-]+")+)\s+\S+\s+\$?\.Values\b/g)) {
      add(keys, wordsIn(names));
    }
  }
  for (const text of texts) {
    for (const action of text.matchAll(/\{\{(?!-?\s*(?:else )?if\b)([^{}]*)\}\}/g)) {
      for (const [, reference = ""] of (action[1] ?? "").matchAll(/\$?\.Values((?:\.\w+)+)(?![\w.])/g)) {
        usedAsWhole(keys, reference.slice(1).split("."));
      }
    }
  }
  const all = texts.join("\n");
  for (const [, name = ""] of all.matchAll(/mustMergeOverwrite \$\.Values \(index \$\.Values "(\w+)"\)/g)) {
    keys.set(name, "top");
  }
  // What `global` holds counts at the top of such a chart, and the other way round.
  if (/Flatten globals[^\n]*\n\{\{- if true \}\}/.test(all)) keys.set("global", "top");
  internal.forEach((name) => keys.delete(name));
  return lines(keys, "").sort();
}

function wordsIn(text: string): string[] {
  return [...text.matchAll(/"([\w-]+)"/g)].map((match) => match[1]!);
}

/** Text in which `(.Values.a).b` reads `.Values.a.b`. */
function unwrapped(text: string): string {
  const next = text.replace(/\(\s*(\$?\.Values[\w.]*)\s*\)(?=\.)/g, "$1");
  return next === text ? text : unwrapped(next);
}

function nodeOf(value: unknown): Node {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "value";
  const entries = Object.entries(value);
  return entries.length === 0 ? "free" : new Map(entries.map(([key, item]) => [key, nodeOf(item)]));
}

/** Something that a template reads. */
function add(keys: Map<string, Node>, [name, ...rest]: string[]): void {
  const there = keys.get(name!);
  if (rest.length === 0) {
    if (there === undefined) keys.set(name!, "value");
    return;
  }
  // A part of what is free-form is no reason to know the rest of it.
  if (there === "free" || there === "top") return;
  const below = there instanceof Map ? there : new Map<string, Node>();
  keys.set(name!, below);
  add(below, rest);
}

/** A map that a template writes out, or walks: its keys are the user's. `global` is handed to other templates. */
function usedAsWhole(keys: Map<string, Node>, [name, ...rest]: string[]): void {
  const there = keys.get(name!);
  if (!(there instanceof Map)) return;
  if (rest.length > 0) usedAsWhole(there, rest);
  else if (name !== "global" && !internal.includes(name!)) keys.set(name!, "free");
}

function lines(keys: Map<string, Node>, above: string): string[] {
  return [...keys].flatMap(([name, node]) => {
    const at = `${above}${name}`;
    if (node instanceof Map) return lines(node, `${at}.`);
    return [node === "free" ? `${at}.*` : node === "top" ? `${at}.@` : at];
  });
}

function read(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ya?ml|tpl|txt)$/.test(file) && !/(^|\/)(profile-|crd-all)/.test(file))
    .map((file) => fs.readFileSync(path.join(folder, file), "utf8"));
}

function moduleFolder({ module, moduleVersion }: ChartsPart): string {
  const listed = execFileSync("go", ["mod", "download", "-json", `${module}@${moduleVersion}`], {
    cwd: os.tmpdir(),
    encoding: "utf8",
  });
  return (JSON.parse(listed) as { Dir: string }).Dir;
}

/** Words of one chart, as wide as the rest of the code. */
function wrapped(words: string[]): string[] {
  return words.reduce<string[]>((all, word) => {
    const last = all[all.length - 1];
    return last !== undefined && last.length + word.length < 112
      ? [...all.slice(0, -1), `${last} ${word}`]
      : [...all, word];
  }, []);
}

function keysOf(chart: string): string[] {
  const values = parse(fs.readFileSync(path.join(chart, "values.yaml"), "utf8")) as unknown;
  const texts = ["templates", "files"].filter((each) => fs.existsSync(path.join(chart, each)));
  return chartKeys(
    values,
    texts.flatMap((each) => read(path.join(chart, each))),
  );
}

/** The file about cert-manager's chart. */
export function certManagerKeysFile(part: ChartsPart): string {
  const keys = keysOf(path.join(moduleFolder(part), part.charts["cert-manager"] ?? ""));
  return [
    "// Written by tools/chart-keys.ts from the chart of cert-manager: the values that it reads. `.*` is anything below.",
    "",
    `/** As of ${part.version.replace(/^v/, "")}. */`,
    "export const certManagerKeys = `",
    ...wrapped(keys).map((line) => `  ${line}`),
    "`;",
    "",
  ].join("\n");
}

/** The whole file. */
export function chartKeysFile(charts: readonly ChartsPart[]): string {
  const entries = charts.flatMap((part) => {
    const folder = moduleFolder(part);
    const minor = part.version.replace(/\.\d+$/, "");
    return [
      `  // As of ${part.version}.`,
      `  "${minor}": {`,
      ...Object.entries(part.charts).flatMap(([name, where]) => {
        const keys = keysOf(path.join(folder, where));
        return [`    ${name}: \``, ...wrapped(keys).map((line) => `      ${line}`), "    `,"];
      }),
      "  },",
    ];
  });
  return [
    "// Written by tools/chart-keys.ts from the charts of each release line: the values that they read. `.*` is anything",
    "// below, `.@` the chart's top level once more.",
    'import type { ChartName } from "./releases";',
    "",
    "/** By minor and chart. */",
    "export const chartKeys: Readonly<Record<string, Readonly<Record<ChartName, string>>>> = {",
    ...entries,
    "};",
    "",
  ].join("\n");
}

if (require.main === module) {
  const all = parts.filter((part): part is ChartsPart => part.kind === "charts");
  const isIstio = ({ module }: ChartsPart) => module === "istio.io/istio";
  fs.writeFileSync(target, chartKeysFile(all.filter(isIstio)));
  for (const part of all.filter((each) => !isIstio(each))) {
    fs.writeFileSync(certManagerTarget, certManagerKeysFile(part));
  }
  console.log(`wrote ${[target, certManagerTarget].map((file) => path.relative(root, file)).join(" and ")}`);
}
