// Drift in words: one line an object, with its fields, what they are and what the release says.
import type { Json } from "../json";
import { objectName } from "../cluster-state/object-name";
import type { DriftedField } from "./compare";
import type { ObjectKey } from "./kinds";
import type { KubeObject } from "./owners";

/** An object that is not as its release says. */
export interface DriftedObject extends ObjectKey {
  release: string;
  releaseNamespace: string;
  chart: string;
  chartVersion: string;
  /** None where the object is missing. */
  fields: DriftedField[];
  isMissing: boolean;
  /** Why the API server could not confirm that the fields differ for it too. */
  unconfirmed?: string;
  /** An autoscaler sets its replicas. */
  autoscaled: boolean;
  /** All that the release has of it. */
  wanted: KubeObject;
}

/** Fields that a line names. */
const shownFields = 5;
/** Characters of a value that a line shows. */
const shownCharacters = 80;

/** One line an object, for a warning. */
export function driftLines(drifted: readonly DriftedObject[]): string[] {
  return drifted.map((object) => {
    const doubt = object.unconfirmed === undefined ? "" : ` (not confirmed by the API server: ${object.unconfirmed})`;
    return `${objectName(object.kind, object)}${object.isMissing ? " is missing" : `: ${changesText(object)}${doubt}`}`;
  });
}

/** The fields of a changed object, in one line. */
export function changesText({ fields }: { fields: readonly DriftedField[] }): string {
  const more = fields.length - shownFields;
  const shown = fields.slice(0, shownFields).map(fieldText);
  return [...shown, ...(more > 0 ? [`and ${more} more field${more === 1 ? "" : "s"}`] : [])].join("; ");
}

function fieldText({ path, wanted, live }: DriftedField): string {
  if (typeof wanted === "string" && typeof live === "string" && (wanted.includes("\n") || live.includes("\n"))) {
    return linesText(path, wanted.split("\n"), live.split("\n"));
  }
  if (Array.isArray(wanted) && Array.isArray(live)) {
    return sentence(path, without(wanted, live), without(live, wanted));
  }
  return sentence(path, wanted, live);
}

function sentence(path: string, wanted: Json | undefined, live: Json | undefined): string {
  const is = live === undefined ? "is missing" : `is ${valueText(live)}`;
  return `${path} ${is}, the release has ${wanted === undefined ? "nothing" : valueText(wanted)}`;
}

/** Of a long text the first line that differs. */
function linesText(path: string, wanted: string[], live: string[]): string {
  const index = wanted.findIndex((line, at) => line !== live[at]);
  const at = index === -1 ? wanted.length : index;
  return sentence(`${path}, line ${at + 1},`, wanted[at], live[at]);
}

/** The items that the other list does not have, and a mark for those that it has. */
function without(items: Json[], others: Json[]): Json[] {
  const known = new Set(others.map((item) => JSON.stringify(item)));
  const own = items.filter((item) => !known.has(JSON.stringify(item)));
  return own.length === items.length ? items : ["…", ...own];
}

function valueText(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
