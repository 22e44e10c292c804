// Values that no template of a chart reads: Helm takes them without an error, and nothing comes of them.
import { code } from "./code";
import { meantName } from "./names";
import type { Rule } from "./rules";
import { UNKNOWN, type Violation } from "./violations";

/** What a chart reads: keys below, or anything ("free", for plain values too). */
export type Keys = Map<string, Keys | "free">;

type Values = Record<string, unknown>;

/** A chart, and what is known of it. */
export interface ReadChart {
  /** As messages call it: the chart istiod of Istio 1.31. */
  named: string;
  keys: Keys;
  /** Another chart that reads a key of this name, and the argument that takes the values of that one. */
  other?(name: string): { chart: string; argument: string } | undefined;
}

/** How many names a message lists. */
const listed = 12;

/** A rule for the values of a chart: each key is one that the chart reads. */
export function readValuesRule(chart: ReadChart): Rule {
  return (values, path) => (isMap(values) ? unknownValues({ ...chart, path }, values, chart.keys, []) : []);
}

/** Keys from their paths, as tools/chart-keys.ts writes them: `.*` is anything below, `.@` the top level once more. */
export function keysFrom(words: readonly string[]): Keys {
  const keys: Keys = new Map();
  for (const word of words.filter((each) => each !== "")) {
    const [name, below] = [word.replace(/\.[*@]$/, ""), word.endsWith(".@") ? keys : ("free" as const)];
    add(keys, name.split("."), below);
  }
  return keys;
}

/** The chart, and where its values stand. */
interface Chart extends ReadChart {
  path: string;
}

function unknownValues(chart: Chart, values: Values, keys: Keys, above: string[]): Violation[] {
  return Object.entries(values).flatMap(([name, got]): Violation[] => {
    const below = keys.get(name);
    const at = [...above, name];
    // Helm takes null for "without the default".
    if (got === undefined || got === null || (got === UNKNOWN && below !== undefined) || below === "free") {
      return [];
    }
    if (below === undefined) {
      return [unknownValue(chart, got, keys, at)];
    }
    if (isMap(got)) {
      return unknownValues(chart, got, below, at);
    }
    const fix = `${name}: { ${[...below.keys()][0]}: ... }`;
    return typeof got === "object" && !Array.isArray(got)
      ? []
      : [{ path: pathOf(chart, at), got, rule: `must be a map: ${chart.named} reads keys in it`, fix }];
  });
}

/** A key that the chart does not read: a slip of the pen, or one that belongs elsewhere. */
function unknownValue(chart: Chart, got: unknown, keys: Keys, at: string[]): Violation {
  const name = at[at.length - 1]!;
  const path = pathOf(chart, at);
  const rule = `${chart.named} reads no such value`;
  const siblings = [...keys.keys()];
  const meant = meantName(name, siblings);
  if (meant !== undefined) {
    return { path, got, rule, fix: `${meant}: ${got === UNKNOWN ? "..." : code(got)}` };
  }
  const elsewhere = find(chart.keys, name, []);
  if (elsewhere !== undefined) {
    return { path, got, rule, fix: nested(["values", ...elsewhere], got) };
  }
  const other = at.length === 1 ? chart.other?.(name) : undefined;
  if (other !== undefined) {
    const fix = nested([other.argument, "values", name], got);
    return { path, got, rule: `${rule}, that of ${other.chart} does`, fix };
  }
  const only = siblings.length <= listed ? `, only ${siblings.sort().join(", ")}` : "";
  return { path, got, rule: `${rule}${only}`, fix: { remove: name } };
}

/** Where a key of that name stands, if one does. */
function find(keys: Keys, name: string, above: string[]): string[] | undefined {
  for (const [key, below] of keys) {
    const at = [...above, key];
    if (key.toLowerCase() === name.toLowerCase()) return at;
    // A chart that takes its top level once more, as `pilot`, would lead there without end.
    const inside = below === "free" || above.length > 3 ? undefined : find(below, name, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function nested([first, ...rest]: string[], got: unknown): string {
  const value = got === UNKNOWN ? "..." : code(got);
  return `${first}: ${rest.reduceRight((inside, key) => `{ ${key}: ${inside} }`, value)}`;
}

function pathOf({ path }: Chart, at: string[]): string {
  return at.reduce((above, key) => (/^[\w-]+$/.test(key) ? `${above}.${key}` : `${above}["${key}"]`), path);
}

function add(keys: Keys, [name, ...rest]: string[], leaf: Keys | "free"): void {
  if (rest.length === 0) {
    keys.set(name!, leaf);
    return;
  }
  const there = keys.get(name!);
  if (there === "free") return;
  const below: Keys = there ?? new Map<string, Keys | "free">();
  keys.set(name!, below);
  add(below, rest, leaf);
}

/** A map that is there, rather than an Output of one. */
function isMap(value: unknown): value is Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
