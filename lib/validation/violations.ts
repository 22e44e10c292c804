// One formula for every message: `path`: got "value"; rule; fix as code.

/** Something the user gave that cannot work. */
export interface Violation {
  /** Property path as the user would write it, such as `gateway.httpNodePort`. */
  path: string;
  /** The value found there; undefined where there is none and has to be one. */
  got: unknown;
  /** What is true of every value that works, as a clause: "a NodePort is a whole number from 30000 to 32767". */
  rule: string;
  /** What to write instead, as code: "httpNodePort: 30081". */
  fix: string;
}

/** A value as text: text as it is, everything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");
}

/** The value as it stands in a message: in double quotes, shortened. */
export function quoted(value: unknown): string {
  const text = textOf(value);
  return `"${text.length > 120 ? `${text.slice(0, 117)}...` : text}"`;
}

/** What the value breaks and how to mend it, without the path. */
export function violationReason(violation: Violation): string {
  const got = violation.got === undefined ? "missing" : `got ${quoted(violation.got)}`;
  return `${got}; ${violation.rule}; write \`${violation.fix}\``;
}

/** One whole line of a report. */
export function violationLine(violation: Violation): string {
  return `\`${violation.path}\`: ${violationReason(violation)}`;
}
