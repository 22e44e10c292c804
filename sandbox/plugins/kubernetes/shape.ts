// The shape in which objects are compared and recorded: live objects cut down to what was asked for, inputs in the
// form in which the API server will give them back, and the record that goes into the state.
import { parseQuantity } from "../../../lib/validation/quantity";
import { at, clone, copySecrets, hasUnknown, isObject, revealedObject, type Json, type JsonObject } from "../values";
import { isBuiltIn, isCustomResourceDefinition, objectKind, withDashes, withUnderscores } from "./names";

const INPUTS = "__inputs";
const API_VERSION = "__initialApiVersion";
const MANAGER = "__fieldManager";

/** The object that properties of the engine describe, without marks of secrecy. */
export function objectOf(properties: JsonObject): JsonObject {
  return withDashes(revealedObject(properties));
}

function sort(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

/** Cuts a live object down to the fields of the inputs; lists lose what lies beyond the inputs' length. */
export function pruned(live: JsonObject, inputs: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(live)) {
    const target = inputs[key];
    if (target === undefined) continue;
    if (isObject(value) && isObject(target)) result[key] = pruned(value, target);
    else if (Array.isArray(value) && Array.isArray(target)) result[key] = prunedList(value, target);
    else result[key] = value;
  }
  return result;
}

function prunedList(live: Json[], inputs: Json[]): Json[] {
  const [first] = live;
  const [wanted] = inputs;
  if (first === undefined || wanted === undefined) return [];
  if (sort(first) !== sort(wanted)) return clone(live);
  return inputs.slice(0, live.length).map((target, index) => {
    const value = live[index] ?? null;
    if (isObject(value) && isObject(target)) return pruned(value, target);
    if (Array.isArray(value) && Array.isArray(target)) return prunedList(value, target);
    return value;
  });
}

const readOnly = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

export function without(object: JsonObject, keys: string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

/** The API server keeps a Secret's `stringData` as base64 in `data`. */
function encodedSecret(object: JsonObject): JsonObject {
  const written = object["stringData"];
  if (!isObject(written) || Object.keys(written).length === 0) return object;
  const data: JsonObject = { ...(isObject(object["data"]) ? object["data"] : {}) };
  for (const [key, value] of Object.entries(written))
    if (typeof value === "string") data[key] = Buffer.from(value, "utf8").toString("base64");
  return { ...without(object, ["stringData"]), data };
}

/** What the API server does not keep of a built-in kind when it is given, as far as the field is optional there. */
function saysNothing(value: Json): boolean {
  return value === "" || value === 0 || value === false || isEmpty(value);
}

function isEmpty(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Maps whose values are quantities: the API server writes "0.1" as "100m". */
const quantities = new Set(["limits", "requests"]);

function sameQuantity(one: Json, other: Json): boolean {
  const [first, second] = [one, other].map((value) =>
    typeof value === "string" || typeof value === "number" ? (parseQuantity(String(value)) ?? NaN) : NaN,
  ) as [number, number];
  return Math.abs(first - second) <= 1e-9 * Math.abs(first);
}

/** Inputs of a built-in kind in the words of the live object, where these mean the same. */
export function inWordsOf(live: JsonObject, inputs: JsonObject, field = ""): JsonObject {
  const kept = Object.entries(inputs).filter(([key, value]) => live[key] !== undefined || !saysNothing(value));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const found = live[key];
      if (quantities.has(field) && found !== undefined && sameQuantity(value, found)) return [key, found];
      return [key, valueInWordsOf(found, value, key)];
    }),
  );
}

function valueInWordsOf(live: Json | undefined, value: Json, field: string): Json {
  if (isObject(value) && isObject(live)) return inWordsOf(live, value, field);
  if (Array.isArray(value) && Array.isArray(live))
    return value.map((item, index) => valueInWordsOf(live[index], item, field));
  return value;
}

/** Inputs as the API server will give them back, so that what means the same compares as the same. */
export function normalized(inputs: JsonObject): JsonObject {
  let object = inputs;
  const kind = objectKind(object);
  if (isBuiltIn(kind) && !hasUnknown(object)) {
    if (kind.group === "" && kind.kind === "Secret") object = encodedSecret(object);
    if (isCustomResourceDefinition(object)) object = without(object, ["status"]);
  }
  const metadata = object["metadata"];
  return isObject(metadata) ? { ...object, metadata: without(metadata, readOnly) } : object;
}

export interface Record {
  inputs: JsonObject;
  live: JsonObject;
  /** The properties that say what of it is secret. */
  marked: JsonObject;
  apiVersion: string;
  manager: string;
}

/** The state of an object: the live object, and beside it the inputs that led to it. */
export function recorded({ inputs, live, marked, apiVersion, manager }: Record): JsonObject {
  return {
    ...copySecrets(withUnderscores(live), marked),
    [INPUTS]: copySecrets(withUnderscores(inputs), marked),
    [API_VERSION]: apiVersion,
    [MANAGER]: manager,
  };
}

/** Takes a state apart again. */
export function recalled(state: JsonObject): {
  inputs: JsonObject;
  live: JsonObject;
  apiVersion: string;
  manager: string;
} {
  const object = objectOf(state);
  const inputs = object[INPUTS];
  return {
    inputs: isObject(inputs) ? inputs : {},
    live: without(object, [INPUTS, API_VERSION, MANAGER]),
    apiVersion: (object[API_VERSION] as string | undefined) ?? "",
    manager: (object[MANAGER] as string | undefined) ?? "",
  };
}

/** Inputs for an object of which only the cluster knows: everything in it that a program could have written. */
export function inputsFromLive(live: JsonObject, inputs: JsonObject): JsonObject {
  const taken = isBuiltIn(objectKind(live)) ? without(live, ["status"]) : pruned(live, inputs);
  const metadata = taken["metadata"];
  if (!isObject(metadata)) return taken;
  const annotations = at(metadata, "annotations");
  const set = ["deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"];
  const kept = isObject(annotations) ? { ...metadata, annotations: without(annotations, set) } : metadata;
  return { ...taken, metadata: without(kept, readOnly) };
}
