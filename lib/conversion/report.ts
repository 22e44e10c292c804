// What became of every part of every Ingress: typed, so that it can be counted, printed and compared.

/** What can become of a part, from best to worst. */
export const outcomes = ["converted", "mapped", "changed", "accepted", "refused"] as const;

/** What became of a part. */
export type Outcome = (typeof outcomes)[number];

/** What became of a part, and what to know or do about it. */
export interface Verdict {
  outcome: Outcome;
  /** What it is now. */
  to?: string;
  /** What differs, or why it was refused. */
  detail?: string;
  /** The way out. */
  fix?: string;
}

/** Which part of an Ingress an entry is about. */
export type Part = "ingress" | "annotation" | "host" | "path" | "tls" | "default backend";

/** One entry of the report. */
export interface Entry extends Verdict {
  /** `namespace/name` of the Ingress. */
  ingress: string;
  part: Part;
  /** Which one: the annotation's full name, the host, host and path. */
  name: string;
  /** What it said. */
  value?: string;
}

/** The same thing in another place. */
export const converted = (to: string, detail?: string): Verdict => verdict("converted", to, detail);

/** Something else that does what the part asks for. */
export const mapped = (to: string, detail?: string): Verdict => verdict("mapped", to, detail);

/** Something that differs in what `detail` says. */
export const changed = (detail: string, to?: string): Verdict => verdict("changed", to, detail);

/** Nothing, since NGINX does nothing either. */
export const inert = (detail: string): Verdict => ({ outcome: "converted", detail });

/** Nothing that keeps what NGINX does. */
export const refused = (detail: string, fix: string): Verdict => ({ outcome: "refused", detail, fix });

function verdict(outcome: Outcome, to: string | undefined, detail: string | undefined): Verdict {
  return { outcome, ...(to === undefined ? {} : { to }), ...(detail === undefined ? {} : { detail }) };
}

/** How many entries had each outcome. */
export function count(entries: readonly Entry[]): Record<Outcome, number> {
  const number = (outcome: Outcome) => entries.filter((entry) => entry.outcome === outcome).length;
  return {
    converted: number("converted"),
    mapped: number("mapped"),
    changed: number("changed"),
    accepted: number("accepted"),
    refused: number("refused"),
  };
}

/** The report for people: a block an Ingress, and a line that counts. */
export function reportText(entries: readonly Entry[]): string {
  const ingresses = [...new Set(entries.map(({ ingress }) => ingress))];
  const blocks = ingresses.map((ingress) =>
    [`Ingress ${ingress}`, ...entries.filter((entry) => entry.ingress === ingress).flatMap(entryLines)].join("\n"),
  );
  const numbers = count(entries);
  const counted = outcomes.filter((outcome) => numbers[outcome] > 0).map((outcome) => `${numbers[outcome]} ${outcome}`);
  return `${[...blocks, counted.length > 0 ? counted.join(", ") : "no Ingress of that class"].join("\n\n")}\n`;
}

function entryLines({ outcome, part, name, value, to, detail, fix }: Entry): string[] {
  const shown = value === undefined ? "" : `: "${shorten(value)}"`;
  return [
    `  ${outcome.padEnd(9)}  ${part} ${name}${shown}${to === undefined ? "" : ` → ${to}`}`,
    ...(detail === undefined ? [] : [`             ${detail}`]),
    ...(fix === undefined || outcome !== "refused" ? [] : [`             way out: ${fix}`]),
  ];
}

function shorten(value: string): string {
  const line = value.trim().replace(/\s*\n\s*/g, " ");
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
