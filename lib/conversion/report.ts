// What became of every part of every Ingress: typed, so that it can be counted, printed and compared.
import { defined } from "../json";
import { keyOf, sharedLabel, type Written } from "./objects";

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

/** What is said of a part before all that is said of it stands together. */
export interface Saying extends Entry {
  /** The host for which it has no effect. */
  without?: string;
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

/**
 * One entry for each part, with the worst outcome of all that is said of it. Beside a refusal nothing else matters, nor does
 * what it would become where it has no effect for any host; `hostsOf` gives the hosts of an Ingress.
 */
export function together(sayings: readonly Saying[], hostsOf: (ingress: string) => readonly string[]): Entry[] {
  const parts = new Map<string, Saying[]>();
  for (const saying of sayings) {
    const key = JSON.stringify([saying.ingress, saying.part, saying.name]);
    parts.set(key, [...(parts.get(key) ?? []), saying]);
  }
  return [...parts.values()].map((all) => {
    const without = all.filter((saying) => saying.without !== undefined);
    const hosts = without.length > 0 ? hostsOf(all[0]!.ingress) : [];
    const isIdle = without.length > 0 && hosts.every((host) => without.some((saying) => saying.without === host));
    const refusals = all.filter(({ outcome }) => outcome === "refused");
    return entryOf(all, refusals.length > 0 ? refusals : isIdle ? without : mainFirst(all));
  });
}

/** What the annotation itself becomes before what else there is to say. */
function mainFirst(all: readonly Saying[]): Saying[] {
  const isMain = ({ value }: Saying) => value !== undefined;
  return [...all.filter(isMain), ...all.filter((saying) => !isMain(saying))];
}

/** All that is said of a part, as one. */
function entryOf(all: readonly Saying[], said: readonly Saying[]): Entry {
  const [first] = all as [Saying];
  const worst = [...outcomes].reverse().find((outcome) => said.some((saying) => saying.outcome === outcome))!;
  const texts = (field: "to" | "detail" | "fix") => {
    const different = [...new Set(said.flatMap((saying) => saying[field] ?? []))];
    return different.length > 0 ? different.join("; ") : undefined;
  };
  const value = all.find((saying) => saying.value !== undefined)?.value;
  const { ingress, part, name } = first;
  return defined({
    ingress,
    part,
    name,
    value,
    outcome: worst,
    to: texts("to"),
    detail: texts("detail"),
    fix: texts("fix"),
  });
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

/** The EnvoyFilters among the objects, by namespace and name. */
export function envoyFilterNames(objects: readonly Written[]): string[] {
  return objects.filter(({ kind }) => kind === "EnvoyFilter").map(({ metadata }) => keyOf(metadata));
}

/** What whoever applies EnvoyFilters has to know of them; nothing where there are none. */
function envoyFilterLines(objects: readonly Written[]): string[] {
  const names = envoyFilterNames(objects);
  const [first] = names;
  if (first === undefined) return [];
  const namespace = first.includes("/") ? ` ${first.split("/")[0]}` : "";
  const [what, it] = names.length === 1 ? ["1 EnvoyFilter", "it"] : [`${names.length} EnvoyFilters`, "them"];
  const depends = names.length === 1 ? "it depends" : "they depend";
  const shared = objects.filter(({ metadata }) => metadata.labels?.[sharedLabel] !== undefined).length;
  const some = shared === 0 ? "" : `, ${shared} of them shared with other conversions (label ${sharedLabel})`;
  return [
    `${what} in the Gateway's namespace${namespace}${some}: you need rights there to apply ${it}, and ${depends} on the gateway's version of Envoy, so try ${it} before you upgrade Istio; --no-envoy-filters writes none`,
  ];
}

/** The report for people: a block an Ingress, a line that counts, what holds for all, and a line on EnvoyFilters if there are any. */
export function reportText(
  entries: readonly Entry[],
  objects: readonly Written[],
  notes: readonly string[] = [],
): string {
  const ingresses = [...new Set(entries.map(({ ingress }) => ingress))];
  const blocks = ingresses.map((ingress) =>
    [`Ingress ${ingress}`, ...entries.filter((entry) => entry.ingress === ingress).flatMap(entryLines)].join("\n"),
  );
  const numbers = count(entries);
  const counted = outcomes.filter((outcome) => numbers[outcome] > 0).map((outcome) => `${numbers[outcome]} ${outcome}`);
  const total = counted.length > 0 ? counted.join(", ") : "no Ingress of that class";
  return `${[...blocks, [total, ...notes, ...envoyFilterLines(objects)].join("\n")].join("\n\n")}\n`;
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
