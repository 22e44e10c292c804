// Property values as the engine sends them: plain JSON in which secrets are marked objects and unknowns marked strings.
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** Marks an object that stands for another kind of value; under it stands which kind. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/** Stands for a string that only an update knows. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same value without any mark of secrecy. */
export function revealed(value: Json): Json {
  if (Array.isArray(value)) return value.map(revealed);
  if (!isObject(value)) return value;
  return value[signature] === secret ? revealed(value["value"] ?? null) : revealedObject(value);
}

export function revealedObject(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, revealed(value)]));
}

/** The paths at which two values differ, as the engine writes them; lists are compared by position. */
export function differences(one: Json | undefined, other: Json | undefined, at = ""): string[] {
  if (one === other) return [];
  if (Array.isArray(one) && Array.isArray(other))
    return [...Array(Math.max(one.length, other.length)).keys()].flatMap((index) =>
      differences(one[index], other[index], `${at}[${index}]`),
    );
  if (isObject(one) && isObject(other))
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].flatMap((key) =>
      differences(one[key], other[key], below(at, key)),
    );
  return [at];
}

function below(at: string, key: string): string {
  if (/[."[\]]/.test(key)) return `${at}["${key.replaceAll('"', '\\"')}"]`;
  return at === "" ? key : `${at}.${key}`;
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

export function fromStruct(struct: Struct | undefined): JsonObject {
  return (struct?.toJavaScript() as JsonObject | undefined) ?? {};
}

export function toStruct(object: JsonObject): Struct {
  return Struct.fromJavaScript(object as { [key: string]: JavaScriptValue });
}
