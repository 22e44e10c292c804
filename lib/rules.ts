// Rules for what a user may write, as data: each rule looks at one value and adds what it breaks to a list of faults.
import { closest, distance } from "fastest-levenshtein";
import { Fault, quoted } from "./faults";

/** Stands for a value that is not known yet (a Pulumi Output): every rule lets it pass, it is checked again once known. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** What is wrong with `value`, found at `path`. */
export type Rule = (value: unknown, path: string) => Fault[];

/** A rule for an object, with its fields at hand so that one of them can be checked alone. */
export interface ObjectRule extends Rule {
  fields: Record<string, Rule>;
}

/** Something true of several fields together. Fields that are UNKNOWN are missing from `value`. */
export type Together = (value: Record<string, unknown>, path: string) => Fault[];

/** The path of a field below another: `gateway` and `host` give `gateway.host`. */
export function below(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

/** The last name of a path, as it stands in a fix: `gateway.hostnames[0]` gives `hostnames`. */
export function fieldOf(path: string): string {
  return path.replace(/(\[\d+\])+$/, "").replace(/^.*\./, "");
}

/** An object whose every field is known; an unknown field names the nearest known one. */
export function object(fields: Record<string, Rule>, ...together: Together[]): ObjectRule {
  const rule = (value: unknown, path: string): Fault[] => {
    if (value === undefined || value === UNKNOWN) {
      return [];
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const fix = `${fieldOf(path)}: { ${Object.keys(fields)[0] ?? ""}: ... }`;
      return [{ path, got: value, rule: "it is an object of settings", fix }];
    }
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given)
      .filter((key) => !(key in fields))
      .map((key) => unknownField(below(path, key), key, given[key], Object.keys(fields)));
    const known = Object.entries(fields).flatMap(([key, check]) => check(given[key], below(path, key)));
    const resolved = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== UNKNOWN));
    return [...unknown, ...known, ...together.flatMap((check) => check(resolved, path))];
  };
  return Object.assign(rule, { fields });
}

/** A fault for a name that does not exist here: a slip of the pen names its neighbour, all else lists what there is. */
export function unknownField(path: string, key: string, got: unknown, known: string[]): Fault {
  const given = got === UNKNOWN ? "" : got;
  const closest = nearest(key, known);
  if (distance(key.toLowerCase(), closest.toLowerCase()) > Math.max(1, Math.min(3, key.length / 3))) {
    const rule = `there is no such setting, only ${known.join(", ")}`;
    return { path, got: given, rule, fix: `${key}: undefined` };
  }
  const value = got === UNKNOWN || typeof got === "object" ? "..." : JSON.stringify(got);
  return { path, got: given, rule: "there is no such setting", fix: `${closest}: ${value}` };
}

/** A list whose items all keep a rule. */
export function list(item: Rule, example: string): Rule {
  return present((value, path) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(entry, `${path}[${index}]`))
      : [{ path, got: value, rule: "it is a list", fix: `${fieldOf(path)}: [${example}]` }],
  );
}

/** A list with at least one item, all of which keep a rule. */
export function filledList(item: Rule, example: string): Rule {
  const nonEmpty = value((got) => !Array.isArray(got) || got.length > 0, "an empty list says nothing", `[${example}]`);
  return first(nonEmpty, list(item, example));
}

/** A value that keeps a condition; `fix` is what follows the field's name. */
export function value(
  holds: (value: unknown) => boolean,
  rule: string,
  fix: string | ((got: unknown) => string),
): Rule {
  return present((got, path) =>
    holds(got) ? [] : [{ path, got, rule, fix: assignment(path, typeof fix === "string" ? fix : fix(got)) }],
  );
}

/** true or false, as a boolean. */
export const flag: Rule = value(
  (got) => typeof got === "boolean",
  "it is true or false, without quotes",
  (got) => (/^(false|no|off|0)$/i.test(String(got)) ? "false" : "true"),
);

/** A whole number in a range. */
export function whole(first: number, last: number, what: string, fix: number | ((got: unknown) => string)): Rule {
  return value(
    (got) => typeof got === "number" && Number.isInteger(got) && got >= first && got <= last,
    `${what} is a whole number from ${first} to ${last}`,
    typeof fix === "number" ? String(fix) : fix,
  );
}

/** One of a few words; the fix is the nearest. */
export function oneOf(words: readonly string[]): Rule {
  return value(
    (got) => typeof got === "string" && words.includes(got),
    `it is one of ${words.map(quoted).join(", ")}`,
    (got) => quoted(nearest(String(got), words)),
  );
}

/** Text that keeps a pattern. */
export function text(pattern: RegExp, rule: string, fix: string | ((got: unknown) => string)): Rule {
  return value((got) => typeof got === "string" && pattern.test(got), rule, fix);
}

/** A map of any keys, whose values keep a rule. */
export function mapOf(entry: Rule, example: string): Rule {
  return present((given, path) =>
    typeof given === "object" && given !== null && !Array.isArray(given)
      ? Object.entries(given).flatMap(([key, item]) => entry(item, `${path}["${key}"]`))
      : [{ path, got: given, rule: "it is a map", fix: `${fieldOf(path)}: { ${example} }` }],
  );
}

/** Anything at all: what a chart makes of it is the chart's business. */
export const anything: Rule = () => [];

/** Several rules of one value: the first that is broken speaks. */
export function first(...rules: Rule[]): Rule {
  return (given, path) => {
    for (const rule of rules) {
      const faults = rule(given, path);
      if (faults.length > 0) {
        return faults;
      }
    }
    return [];
  };
}

/** A value that has to be there. */
export function required(rule: Rule, why: string, fix: string): Rule {
  return (given, path) =>
    given === undefined ? [{ path, got: "", rule: why, fix: `${fieldOf(path)}: ${fix}` }] : rule(given, path);
}

/** A rule that is not asked about what is missing or not known yet. */
function present(rule: Rule): Rule {
  return (given, path) => (given === undefined || given === UNKNOWN ? [] : rule(given, path));
}

function assignment(path: string, fix: string): string {
  return /\[\d+\]$/.test(path) ? `${fieldOf(path)}: [${fix}]` : `${fieldOf(path)}: ${fix}`;
}

/** The known word that is closest to what was written, upper and lower case alike. */
export function nearest(word: string, words: readonly string[]): string {
  const lowered = words.map((candidate) => candidate.toLowerCase());
  return words[lowered.indexOf(closest(word.toLowerCase(), lowered))] ?? word;
}
