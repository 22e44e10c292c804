// Property values as the engine sends them: plain JSON in which secrets are marked objects and unknowns marked
// strings. The provider works on that form directly, so that nothing is lost on the way through.
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The engine marks an unknown by the kind of value it expects there. */
const UNKNOWNS = new Set([
  UNKNOWN,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export const unknown: Json = UNKNOWN;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isUnknown(value: Json | undefined): boolean {
  return typeof value === "string" && UNKNOWNS.has(value);
}

export function isSecret(value: Json | undefined): value is JsonObject {
  return isObject(value) && value[SIGNATURE] === SECRET;
}

export function secret(value: Json): Json {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** What the engine marks and no plugin here takes: assets, archives, references to resources. */
function isForeign(value: JsonObject): boolean {
  return SIGNATURE in value && value[SIGNATURE] !== SECRET;
}

export function plainObject(value: Json | undefined): value is JsonObject {
  return isObject(value) && !(SIGNATURE in value);
}

function anywhere(value: Json | undefined, test: (value: Json) => boolean): boolean {
  if (value === undefined) return false;
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((item) => anywhere(item, test));
  return isObject(value) && Object.values(value).some((item) => anywhere(item, test));
}

export function hasUnknown(value: Json | undefined): boolean {
  return anywhere(value, isUnknown);
}

export function hasSecret(value: Json | undefined): boolean {
  return anywhere(value, isSecret);
}

export function hasForeign(value: Json | undefined): boolean {
  return anywhere(value, (item) => isObject(item) && isForeign(item));
}

/** The same value without any mark of secrecy. */
export function revealed(value: Json): Json {
  if (Array.isArray(value)) return value.map(revealed);
  if (isSecret(value)) return revealed(value["value"] ?? null);
  if (isObject(value)) return mapValues(value, revealed);
  return value;
}

export function revealedObject(value: JsonObject): JsonObject {
  return mapValues(value, revealed);
}

export function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

export function clone<T extends Json>(value: T): T {
  return structuredClone(value);
}

export function equal(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  if (isObject(one) && isObject(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]))
    );
  }
  return false;
}

/** Reads a value under nested keys; undefined where the way ends early. */
export function at(value: Json | undefined, ...keys: string[]): Json | undefined {
  let found = value;
  for (const key of keys) found = isObject(found) ? found[key] : undefined;
  return found;
}

export function text(value: Json | undefined): string {
  return typeof value === "string" && !isUnknown(value) ? value : "";
}

/** Marks in `outs` what is secret in `ins`; a list with any secret in it becomes secret as a whole. */
export function copySecrets(outs: JsonObject, ins: JsonObject): JsonObject {
  const marked = { ...outs };
  if (marked["kind"] === "Secret") {
    for (const key of ["data", "stringData"]) if (marked[key] !== undefined) marked[key] = secret(marked[key]);
    return marked;
  }
  for (const [key, given] of Object.entries(ins)) {
    const out = marked[key];
    if (out === undefined) continue;
    if (plainObject(out) && plainObject(given)) marked[key] = copySecrets(out, given);
    else if (hasSecret(given)) marked[key] = secret(out);
  }
  return marked;
}

export function fromStruct(struct: Struct | undefined): JsonObject {
  return (struct?.toJavaScript() as JsonObject | undefined) ?? {};
}

export function toStruct(object: JsonObject): Struct {
  return Struct.fromJavaScript(object as { [key: string]: JavaScriptValue });
}
