// Rules for what a user may write, as data: each rule looks at one value and adds what it breaks to a list of violations.
import { closest, distance } from "fastest-levenshtein";
import { Violation, quoted, textOf } from "./violations";

/** Stands for a value that is not known yet (a Pulumi Output): every rule lets it pass, it is checked again once known. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** What is wrong with `value`, found at `path`. */
export type Rule = (value: unknown, path: string) => Violation[];

/** A rule for an object, with its fields at hand so that one of them can be checked alone. */
export interface ObjectRule extends Rule {
  fields: Record<string, Rule>;
}

/** Something true of several fields together. Fields that are UNKNOWN are missing from `value`. */
export type Together = (value: Record<string, unknown>, path: string) => Violation[];

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
  const rule = (value: unknown, path: string): Violation[] => {
    if (value === undefined || value === UNKNOWN) {
      return [];
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const at = path || "args";
      const fix = assignment(at, objectInstead(value, path, fields));
      return [{ path: at, got: value, rule: "it is an object of settings", fix }];
    }
    const given = value as Record<string, unknown>;
    const unknown = Object.keys(given).filter((key) => !(key in fields));
    // A required field under a name with a slip in it is one violation, not two.
    const meant = new Set(
      unknown.map((key) => meantField(key, Object.keys(fields))).filter((key) => !given[key ?? ""]),
    );
    const resolved = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== UNKNOWN));
    const known = Object.entries(fields).flatMap(([key, check]) => check(given[key], below(path, key)));
    return [
      ...unknown.map((key) => unknownField(below(path, key), key, given[key], fields)),
      ...[...known, ...together.flatMap((check) => check(resolved, path))].filter(
        (violation) => ![...meant].some((key) => key !== undefined && violation.path === below(path, key)),
      ),
    ];
  };
  return Object.assign(rule, { fields });
}

/** A violation for a name that does not exist here: a slip of the pen names its neighbour, all else lists what there is. */
export function unknownField(path: string, key: string, got: unknown, fields: Record<string, Rule>): Violation {
  const given = got === UNKNOWN ? "" : got;
  const meant = meantField(key, Object.keys(fields));
  if (meant === undefined) {
    const rule = `there is no such setting, only ${Object.keys(fields).join(", ")}`;
    return { path, got: given, rule, fix: `${key}: undefined` };
  }
  const at = `${path.slice(0, path.length - key.length)}${meant}`;
  const [violation, ...more] = fields[meant]!(got, at);
  const fix =
    violation && more.length === 0 && violation.path === at
      ? violation.fix
      : `${meant}: ${violation ? "..." : code(got)}`;
  return { path, got: given, rule: "there is no such setting", fix };
}

/** The field that a name which does not exist was meant to be, if it is near enough to one. */
function meantField(key: string, known: string[]): string | undefined {
  const closest = nearest(key, known);
  if (distance(key.toLowerCase(), closest.toLowerCase()) <= Math.max(1, Math.min(3, key.length / 3))) {
    return closest;
  }
  // Also the beginning of one name alone, as `repo` is, or the same word in another form, as `retry` is of `retries`.
  const [word, names] = [key.toLowerCase(), known.filter(() => key.length > 2)];
  const related = names.filter((name) => {
    const other = name.toLowerCase();
    return other.startsWith(word) || (other.slice(0, 4) === word.slice(0, 4) && distance(other, word) <= 3);
  });
  return related[0];
}

/** A value as one writes it in a program, unless it is long or not known yet. */
function code(got: unknown): string {
  const entries = typeof got === "object" && got !== null ? Object.entries(got) : [];
  const key = (name: string) => (/^\w+$/.test(name) ? name : JSON.stringify(name));
  const fields = entries.map(([name, item]) => (Array.isArray(got) ? code(item) : `${key(name)}: ${code(item)}`));
  const joined = fields.join(", ");
  const text =
    fields.length === 0 ? (JSON.stringify(got) ?? "...") : Array.isArray(got) ? `[${joined}]` : `{ ${joined} }`;
  return text.length > 100 ? "..." : text;
}

/** An object in place of a value that is none: the first setting that takes the value, or the object out of a list. */
function objectInstead(got: unknown, path: string, fields: Record<string, Rule>): string {
  if (Array.isArray(got) && got.length === 1 && object(fields)(got[0], path).length === 0) {
    return code(got[0]);
  }
  const names = Object.keys(fields);
  const flagged = /^(on|off|yes|no)$/i.test(String(got)) ? names.find((key) => fields[key] === flag) : undefined;
  const takes = (key: string) => fields[key] !== anything && fields[key]!(got, below(path, key)).length === 0;
  const taking = path !== "" && ["string", "number", "boolean"].includes(typeof got) ? names.find(takes) : undefined;
  if (flagged !== undefined) {
    return `{ ${flag(got, flagged)[0]!.fix} }`;
  }
  return `{ ${taking === undefined ? `${names[0] ?? ""}: ...` : `${taking}: ${code(got)}`} }`;
}

/** A list whose items all keep a rule. */
export function list(item: Rule, example: string): Rule {
  return present((value, path) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(entry, `${path}[${index}]`))
      : [{ path, got: value, rule: "it is a list", fix: `${fieldOf(path)}: [${listed(value, path, item, example)}]` }],
  );
}

/** The only item of the list that was meant, where the value can be one. */
function listed(got: unknown, path: string, item: Rule, example: string): string {
  return got !== null && got !== "" && item(got, `${path}[0]`).length === 0 ? code(got) : example;
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
  const fits = (got: unknown) => typeof got === "number" && Number.isInteger(got) && got >= first && got <= last;
  const rule = `${what} is a whole number from ${first} to ${last}`;
  const usual = typeof fix === "number" ? String(fix) : fix;
  return (got, path) =>
    typeof got === "string" && /^\d+$/.test(got) && fits(Number(got))
      ? [{ path, got, rule: `${rule}, without quotes`, fix: assignment(path, String(Number(got))) }]
      : value(fits, rule, usual)(got, path);
}

/** One of a few words; the fix is the nearest, or the first where there is nothing to be near to. */
export function oneOf(words: readonly string[]): Rule {
  return value(
    (got) => typeof got === "string" && words.includes(got),
    `it is one of ${words.map(quoted).join(", ")}`,
    (got) => quoted(got === null || got === "" ? words[0] : nearest(textOf(got), words)),
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

/** Several rules of one value: each that is broken speaks. */
export function every(...rules: Rule[]): Rule {
  return (given, path) => rules.flatMap((rule) => rule(given, path));
}

/** Several rules of one value: the first that is broken speaks. */
export function first(...rules: Rule[]): Rule {
  return (given, path) => {
    for (const rule of rules) {
      const violations = rule(given, path);
      if (violations.length > 0) {
        return violations;
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
  const entry = /\[("[^"]*")\]$/.exec(path);
  if (entry) {
    return `${entry[1]}: ${fix}`;
  }
  return /\[\d+\]$/.test(path) ? `${fieldOf(path)}: [${fix}]` : `${fieldOf(path)}: ${fix}`;
}

/** The known word that is closest to what was written, upper and lower case alike. */
export function nearest(word: string, words: readonly string[]): string {
  const lowered = words.map((candidate) => candidate.toLowerCase());
  return words[lowered.indexOf(closest(word.toLowerCase(), lowered))] ?? word;
}
