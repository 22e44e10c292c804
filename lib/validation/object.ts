// Rules for objects of arguments: a rule for each of them, tied to the interface, and help with names that do not exist.
import { assignment, code } from "./code";
import { meantName } from "./names";
import { anything, below, flag, RequiredRule, Rule } from "./rules";
import { Remedy, UNKNOWN, Violation } from "./violations";

/** One rule for each argument in `Args`: a missing rule does not compile, nor does one for no argument of that name. */
export type FieldRules<Args> = { [Name in keyof Args]-?: object extends Pick<Args, Name> ? Rule : RequiredRule };

/** The arguments in `Args` as they were written. */
export type Given<Args> = { [Name in keyof Args]?: unknown };

/** Something true of several arguments together. Those that are UNKNOWN are missing from `given`, and named beside it. */
export type Together<Args> = (given: Given<Args>, path: string, unknown: readonly string[]) => Violation[];

/**
 * Names that other tools use for an argument, or that one expects here. Each leads to the argument that it means, to the
 * first of several that takes the value, or to code where the argument lies elsewhere: `canary: { percent: 10 }`. What
 * was given takes the place of the example in it.
 */
export type Synonyms<Args> = { [Name in keyof Args]?: never } & {
  [name: string]: (keyof Args & string) | (keyof Args & string)[] | Written | undefined;
};

/** Code in place of an argument that lies elsewhere. */
export interface Written {
  write: string;
  /** The part of it that is replaced by what was given, if that is of the same kind. */
  example?: string;
}

type Fields = Record<string, Rule>;
type Names = Record<string, string | string[] | Written | undefined>;

/** A rule for an object, with its parts at hand so that one of them can be checked alone. */
export interface ObjectRule extends Rule {
  fields: Fields;
  synonyms: Names;
}

/** An object whose every argument is known. `Args` has to be named: nothing else ties the rules to the interface. */
export function object<Args = never>(
  fields: FieldRules<NoInfer<Args>>,
  ...together: Together<NoInfer<Args>>[]
): ObjectRule {
  return checked(fields, {}, together as Together<Fields>[]);
}

/** The same, with other names of the arguments. */
export function objectWithSynonyms<Args = never>(
  fields: FieldRules<NoInfer<Args>>,
  synonyms: Synonyms<NoInfer<Args>>,
  ...together: Together<NoInfer<Args>>[]
): ObjectRule {
  return checked(fields, synonyms, together as Together<Fields>[]);
}

function checked(fields: Fields, synonyms: Names, together: Together<Fields>[]): ObjectRule {
  const rule = (value: unknown, path: string): Violation[] => {
    if (value === undefined || value === UNKNOWN) {
      return [];
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const at = path || "args";
      return [
        { path: at, got: value, rule: "must be an object", fix: assignment(at, objectInstead(value, path, own)) },
      ];
    }
    const given = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
    const unknown = Object.keys(given).filter((key) => !(key in fields));
    // A required argument under another name is one violation, not two.
    const meant = unknown
      .map((key) => meantBy(key, given[key], own))
      .filter((name) => name !== undefined && given[name] === undefined)
      .map((name) => below(path, name!));
    const resolved = Object.fromEntries(Object.entries(given).filter(([, item]) => item !== UNKNOWN));
    const late = Object.keys(given).filter((key) => given[key] === UNKNOWN);
    const known = Object.entries(fields).flatMap(([key, check]) => check(given[key], below(path, key)));
    // What one of several arguments would do for may be what an unknown name was meant to be.
    const common = together
      .flatMap((check) => check(resolved, path, late))
      .filter((each) => unknown.length === 0 || each.got !== undefined);
    return [
      ...unknown.map((key) => unknownArgument(below(path, key), key, given[key], own)),
      ...[...known, ...common].filter((each) => !meant.includes(each.path)),
    ];
  };
  const own: ObjectRule = Object.assign(rule, { fields, synonyms });
  return own;
}

/** The argument that a name which does not exist was meant to be. */
function meantBy(key: string, got: unknown, { fields, synonyms }: ObjectRule): string | undefined {
  const named = Object.keys(synonyms).includes(key) ? synonyms[key] : undefined;
  if (Array.isArray(named)) {
    return named.find((name) => fields[name]!(got, name).length === 0) ?? named.at(-1);
  }
  return typeof named === "object" ? undefined : (named ?? meantName(key, Object.keys(fields)));
}

/** A name that does not exist here: it leads to the argument that it means, or goes. */
export function unknownArgument(path: string, key: string, got: unknown, rule: ObjectRule): Violation {
  const meant = meantBy(key, got, rule);
  if (meant !== undefined) {
    const at = `${path.slice(0, path.length - key.length)}${meant}`;
    return { path, got, rule: "there is no such argument", fix: renamed(meant, at, got, rule.fields[meant]!) };
  }
  const written = rule.synonyms[key];
  if (typeof written === "object" && "write" in written) {
    return { path, got, rule: "there is no such argument", fix: writtenWith(got, written) };
  }
  const list = Object.keys(rule.fields).join(", ");
  return { path, got, rule: `there is no such argument, only ${list}`, fix: { remove: key } };
}

/** The argument that was meant with the value that was given, or with the one that its own rule proposes. */
function renamed(meant: string, at: string, got: unknown, rule: Rule): Remedy {
  const [violation, ...more] = rule(got, at);
  if (violation === undefined) {
    return `${meant}: ${got === UNKNOWN ? "..." : code(got)}`;
  }
  // Otherwise what the rule proposes in place of nothing at all.
  return more.length === 0 && violation.path === at ? violation.fix : (rule(null, at)[0]?.fix ?? `${meant}: ...`);
}

/** The code with the value that was given, where that can stand in place of the example. */
function writtenWith(got: unknown, { write, example }: Written): string {
  const isAlike = example !== undefined && typeof got === (example.startsWith('"') ? "string" : "number");
  return isAlike ? write.replace(example, () => code(got)) : write;
}

/** An object in place of a value that is none: the first argument that takes the value, or the object out of a list. */
function objectInstead(got: unknown, path: string, rule: ObjectRule): string {
  if (Array.isArray(got) && got.length === 1 && rule(got[0], path).length === 0) {
    return code(got[0]);
  }
  const { fields } = rule;
  const names = Object.keys(fields);
  const flagged = /^(on|off|yes|no)$/i.test(String(got)) ? names.find((key) => fields[key] === flag) : undefined;
  if (flagged !== undefined) {
    return `{ ${flagged}: ${/^(on|yes)$/i.test(String(got))} }`;
  }
  const takes = (key: string) => fields[key] !== anything && fields[key]!(got, below(path, key)).length === 0;
  const taking = path !== "" && ["string", "number", "boolean"].includes(typeof got) ? names.find(takes) : undefined;
  const written = taking === undefined ? {} : { [taking]: got };
  const first = taking === undefined ? [] : [`${taking}: ${code(got)}`];
  const missing = path === "" ? [] : [...first, ...missingCode(rule, written, path)];
  return `{ ${missing.length === 0 ? `${names[0] ?? ""}: ...` : missing.join(", ")} }`;
}

/** Code for the arguments that have to be there as well. */
function missingCode(rule: ObjectRule, written: object, path: string): string[] {
  return rule(written, path).flatMap(({ got, fix }) => (got === undefined && typeof fix === "string" ? [fix] : []));
}
