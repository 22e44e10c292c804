// The way out of one finding: its id with a reason, in the arguments of a mesh or on the command line. A waived finding
// is shown every time.
import { meantName } from "../validation/names";
import type { Rule } from "../validation/rules";
import { UNKNOWN, type Violation } from "../validation/violations";

/** Reasons by the ids of what they waive. */
export type Waivers = Readonly<Record<string, string>>;

/** What to write to waive a finding of the preflight. */
export function waiverOf(id: string): string {
  return `preflight: { ignore: { "${id}": "<reason>" } }`;
}

const reasonRule = "must be the reason why the finding does not matter here";

/** A reason, rather than nothing or the placeholder of a message. */
export function isReason(got: unknown): got is string {
  return typeof got === "string" && /[^\W_]/.test(got) && !/^\s*<[^>]*>\s*$/.test(got);
}

/** Reasons by ids that exist. */
export function waiverRule(ids: readonly string[]): Rule {
  return (given, path) => {
    if (given === undefined) {
      return [];
    }
    if (given === UNKNOWN) {
      // The preflight stops the program where it stands, before any Output has arrived.
      const rule = "must be known when the program runs, so it cannot be an Output";
      return [{ path, got: given, rule, fix: `ignore: { "${ids[0]}": "<reason>" }` }];
    }
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      const rule = "must be a map from the ids of findings to reasons";
      return [{ path, got: given, rule, fix: `ignore: { "${ids[0]}": "<reason>" }` }];
    }
    return Object.entries(given).flatMap(([id, reason]) => waiverViolations(id, reason, ids, `${path}["${id}"]`));
  };
}

function waiverViolations(id: string, reason: unknown, ids: readonly string[], path: string): Violation[] {
  const shown = isReason(reason) ? JSON.stringify(reason) : '"<reason>"';
  if (!ids.includes(id)) {
    const meant = meantName(id, [...ids]);
    const rule = "must be the id of a finding";
    return [
      meant === undefined
        ? { path, got: reason, rule: `${rule}, only ${ids.join(", ")}`, fix: { remove: `"${id}"` } }
        : { path, got: reason, rule, fix: `"${meant}": ${shown}` },
    ];
  }
  return isReason(reason) ? [] : [{ path, got: reason, rule: reasonRule, fix: `"${id}": "<reason>"` }];
}
