// Rules for what a user may write, as data: each rule looks at one value and adds what it breaks to a list of violations.
import { assignment, code, fieldOf } from "./code";
import { nearest } from "./names";
import { quoted, textOf, UNKNOWN, Violation } from "./violations";

/** What is wrong with `value`, found at `path`. */
export interface Rule {
  (value: unknown, path: string): Violation[];
  /** Rules that this one is made of. */
  readonly inside?: readonly Rule[];
}

/** A rule for a value that must be given. */
export interface RequiredRule extends Rule {
  readonly required: true;
}

/** The path of a field below another: `gateway` and `host` give `gateway.host`. */
export function below(path: string, field: string): string {
  return path === "" ? field : `${path}.${field}`;
}

/** A list whose items all keep a rule. */
export function list(item: Rule, example: string): Rule {
  const check = present((value, path) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => item(entry, `${path}[${index}]`))
      : [
          {
            path,
            got: value,
            rule: "must be a list",
            fix: `${fieldOf(path)}: [${listed(value, path, item, example)}]`,
          },
        ],
  );
  return composed(check, item);
}

/** The only item of the list that was meant, where the value can be one. */
function listed(got: unknown, path: string, item: Rule, example: string): string {
  return got !== null && got !== "" && item(got, `${path}[0]`).length === 0 ? code(got) : example;
}

/** A list with at least one item, all of which keep a rule. */
export function filledList(item: Rule, example: string): Rule {
  const nonEmpty = value((got) => !Array.isArray(got) || got.length > 0, "must not be empty", `[${example}]`);
  return first(nonEmpty, list(item, example));
}

/** A value that keeps a condition; `fix` is what follows the field's name. */
export function value(
  holds: (value: unknown) => boolean,
  rule: string | ((got: unknown) => string),
  fix: string | ((got: unknown) => string),
): Rule {
  const textFor = (got: unknown, text: string | ((got: unknown) => string)) =>
    typeof text === "string" ? text : text(got);
  return present((got, path) =>
    holds(got) ? [] : [{ path, got, rule: textFor(got, rule), fix: assignment(path, textFor(got, fix)) }],
  );
}

/** true or false, as a boolean. */
export const flag: Rule = value(
  (got) => typeof got === "boolean",
  "must be true or false, without quotes",
  (got) => (/^(false|no|off|0)$/i.test(String(got)) ? "false" : "true"),
);

/** A whole number in a range. */
export function whole(first: number, last: number, fix: number | ((got: unknown) => string)): Rule {
  const fits = (got: unknown) => typeof got === "number" && Number.isInteger(got) && got >= first && got <= last;
  const rule = `must be a whole number from ${first} to ${last}`;
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
    `must be one of ${words.map(quoted).join(", ")}`,
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
      : [{ path, got: given, rule: "must be a map", fix: `${fieldOf(path)}: { ${example} }` }],
  );
}

/** Anything at all: what a chart makes of it is up to the chart. */
export const anything: Rule = () => [];

/** Several rules of one value: all that are broken are reported. */
export function every(...rules: Rule[]): Rule {
  return composed((given, path) => rules.flatMap((rule) => rule(given, path)), ...rules);
}

/** Several rules of one value: only the first that is broken is reported. */
export function first(...rules: Rule[]): Rule {
  const check: Rule = (given, path) => {
    for (const rule of rules) {
      const violations = rule(given, path);
      if (violations.length > 0) {
        return violations;
      }
    }
    return [];
  };
  return composed(check, ...rules);
}

/** A value that must be given. */
export function required(rule: Rule, why: string, fix: string): RequiredRule {
  const check: Rule = (given, path) =>
    given === undefined ? [{ path, got: undefined, rule: why, fix: `${fieldOf(path)}: ${fix}` }] : rule(given, path);
  return Object.assign(composed(check, rule), { required: true as const });
}

/** A rule that is not asked about what is missing or not known yet. */
function present(rule: Rule): Rule {
  return (given, path) => (given === undefined || given === UNKNOWN ? [] : rule(given, path));
}

/** A rule with those that it is made of at hand, so that all rules of a component can be walked. */
export function composed(check: Rule, ...inside: Rule[]): Rule {
  return Object.assign((given: unknown, path: string) => check(given, path), { inside });
}
