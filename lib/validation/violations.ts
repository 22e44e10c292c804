// One formula for every message: `path`: got "value"; rule; fix as code.

/** Stands for a value that is not known yet (a Pulumi Output): every rule lets it pass, it is checked again once known. */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** What helps: code to write, an argument to remove, or a command to run. */
export type Remedy = string | { remove: string } | { run: string };

/** Something the user gave that cannot work. */
export interface Violation {
  /** Property path as the user would write it, such as `gateway.httpNodePort`. */
  path: string;
  /** The value found there; undefined where there is none and has to be one. */
  got: unknown;
  /** What must be true, as a clause: "must be a whole number from 30000 to 32767". */
  rule: string;
  /** What to write instead, as code: "httpNodePort: 30081"; or what to remove or run. */
  fix: Remedy;
}

/** A value as text: text as it is, everything else as JSON. What of it is not known yet is shown as "...". */
export function textOf(value: unknown): string {
  const shown = (_: string, item: unknown) => (item === UNKNOWN ? "..." : item);
  return typeof value === "string" ? value : (JSON.stringify(value, shown) ?? "undefined");
}

/** The value as it stands in a message: in double quotes, shortened. */
export function quoted(value: unknown): string {
  const text = textOf(value);
  return `"${text.length > 120 ? `${text.slice(0, 117)}...` : text}"`;
}

/** What the value breaks and how to fix it, without the path. */
export function violationReason({ got, rule, fix }: Violation): string {
  const found = got === undefined ? "missing" : got === UNKNOWN ? "got a value not known yet" : `got ${quoted(got)}`;
  return `${found}; ${rule}; ${remedyText(fix)}`;
}

/** One whole line of a report. */
export function violationLine(violation: Violation): string {
  return `\`${violation.path}\`: ${violationReason(violation)}`;
}

function remedyText(fix: Remedy): string {
  if (typeof fix === "string") return `write \`${fix}\``;
  return "remove" in fix ? `remove \`${fix.remove}\`` : `run \`${fix.run}\``;
}
