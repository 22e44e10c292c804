// Values that no template of a chart reads: Helm takes them without an error, and nothing comes of them.
import { chartKeys } from "./chart-keys";
import { istioLines, nearestLine, type ChartName } from "./releases";
import { code } from "../validation/code";
import { meantName } from "../validation/names";
import type { Rule } from "../validation/rules";
import { UNKNOWN, type Violation } from "../validation/violations";

/** What a chart reads: keys below, or anything ("free", for plain values too). */
type Keys = Map<string, Keys | "free">;

type Values = Record<string, unknown>;

/** The argument of a mesh that takes the values of a chart. */
const owners: Partial<Record<ChartName, string>> = { istiod: "controlPlane", cni: "cni", ztunnel: "dataplane" };

/** How many names a message lists. */
const listed = 12;

/** A rule for the values of a chart of one release: each key is one that the chart reads. */
export function chartValuesRule(chart: ChartName, version: string): Rule {
  const keys = keysOf(chart, version);
  return (values, path) => (isMap(values) ? unknownValues({ chart, version, top: keys, path }, values, keys, []) : []);
}

/** The chart, what it reads, and where its values stand. */
interface Chart {
  chart: ChartName;
  version: string;
  top: Keys;
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
      : [{ path: pathOf(chart, at), got, rule: `must be a map: ${named(chart)} reads keys in it`, fix }];
  });
}

/** A key that the chart does not read: a slip of the pen, or one that belongs elsewhere. */
function unknownValue(chart: Chart, got: unknown, keys: Keys, at: string[]): Violation {
  const name = at[at.length - 1]!;
  const path = pathOf(chart, at);
  const rule = `${named(chart)} reads no such value`;
  const siblings = [...keys.keys()];
  const meant = meantName(name, siblings);
  if (meant !== undefined) {
    return { path, got, rule, fix: `${meant}: ${got === UNKNOWN ? "..." : code(got)}` };
  }
  const elsewhere = find(chart.top, name, []);
  if (elsewhere !== undefined) {
    return { path, got, rule, fix: nested(["values", ...elsewhere], got) };
  }
  for (const [other, owner] of Object.entries(owners)) {
    if (other !== chart.chart && keysOf(other as ChartName, chart.version).has(at[0]!) && at.length === 1) {
      return { path, got, rule: `${rule}, that of ${other} does`, fix: nested([owner, "values", name], got) };
    }
  }
  const only = siblings.length <= listed ? `, only ${siblings.sort().join(", ")}` : "";
  return { path, got, rule: `${rule}${only}`, fix: { remove: name } };
}

/** Where a key of that name stands, if one does. */
function find(keys: Keys, name: string, above: string[]): string[] | undefined {
  for (const [key, below] of keys) {
    const at = [...above, key];
    if (key.toLowerCase() === name.toLowerCase()) return at;
    // A chart that takes its top level once more, as `pilot`, would lead there for ever.
    const inside = below === "free" || above.length > 3 ? undefined : find(below, name, at);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function nested([first, ...rest]: string[], got: unknown): string {
  const value = got === UNKNOWN ? "..." : code(got);
  return `${first}: ${rest.reduceRight((inside, key) => `{ ${key}: ${inside} }`, value)}`;
}

function named({ chart, version }: Chart): string {
  return `the chart ${chart} of Istio ${nearestLine(version).minor}`;
}

function pathOf({ path }: Chart, at: string[]): string {
  return at.reduce((above, key) => (/^[\w-]+$/.test(key) ? `${above}.${key}` : `${above}["${key}"]`), path);
}

/** What a chart of a release reads. Keys of newer lines count: they are brought to older ones by patches. */
function keysOf(chart: ChartName, version: string): Keys {
  const index = istioLines.indexOf(nearestLine(version));
  const keys: Keys = new Map();
  const words = istioLines.slice(0, index + 1).flatMap(({ minor }) => (chartKeys[minor]?.[chart] ?? "").split(/\s+/));
  for (const word of words.filter((each) => each !== "")) {
    const [name, below] = [word.replace(/\.[*@]$/, ""), word.endsWith(".@") ? keys : ("free" as const)];
    add(keys, name.split("."), below);
  }
  return keys;
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
