// Who owns which field of an object, as server-side apply records it in managedFields.
import { at, isObject, mapValues, text, type Json, type JsonObject } from "../values";

/** Managers, by how their names begin, whose fields an update takes over: those of a create of ours, and kubectl's. */
const takenOver = [
  { prefix: "kubectl", operation: "Apply" },
  { prefix: "kubectl", operation: "Update" },
  { prefix: "before-first-apply", operation: "Update" },
  { prefix: "pulumi-kubernetes", operation: "Update" },
  { prefix: "pulumi-resource-kubernetes", operation: "Update" },
];

/** The manager under which objects are created: an update by server-side apply then takes its fields over. */
export const CREATOR = "pulumi-kubernetes";

function entries(live: JsonObject): JsonObject[] {
  const list = at(live, "metadata", "managedFields");
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isTakenOver(entry: JsonObject): boolean {
  const main = entry["subresource"] === undefined;
  const manager = text(entry["manager"]);
  return main && takenOver.some((one) => manager.startsWith(one.prefix) && one.operation === entry["operation"]);
}

function union(one: JsonObject, other: JsonObject): JsonObject {
  const result = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const mine = result[key];
    result[key] = isObject(mine) && isObject(value) ? union(mine, value) : value;
  }
  return result;
}

function fieldsOf(entry: JsonObject): JsonObject {
  const fields = entry["fieldsV1"];
  return isObject(fields) ? fields : {};
}

/** The JSON patch that gives the fields of earlier managers to `manager`; undefined where there is nothing to give. */
export function takeover(live: JsonObject, manager: string): Json | undefined {
  const all = entries(live);
  const given = all.filter(isTakenOver);
  const first = given[0];
  if (!first) return undefined;
  const isOurs = (entry: JsonObject): boolean => entry["manager"] === manager && entry["operation"] === "Apply";
  const ours = all.find(isOurs);
  const fields = [...(ours ? [ours] : []), ...given].map(fieldsOf).reduce(union, {});
  const merged = { ...(ours ?? first), manager, operation: "Apply", fieldsV1: fields };
  const rest = all.filter((entry) => !isTakenOver(entry) && !isOurs(entry));
  return [
    { op: "replace", path: "/metadata/managedFields", value: [merged, ...rest] },
    { op: "replace", path: "/metadata/resourceVersion", value: at(live, "metadata", "resourceVersion") ?? "" },
  ];
}

/** Whether an object was last written by a create of ours, whose fields a dry run has to be allowed to overwrite. */
export function isCreatedByUs(live: JsonObject): boolean {
  const creators = [CREATOR, "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"];
  return entries(live).some((entry) => entry["operation"] === "Update" && creators.includes(text(entry["manager"])));
}

export function isUnmanaged(live: JsonObject): boolean {
  return entries(live).length === 0;
}

/** `spec.template["a.b"]` → its keys. */
function keys(path: string): string[] {
  return [...path.matchAll(/\["([^"]*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? "",
  );
}

function owns(entry: JsonObject, path: string[]): boolean {
  return at(fieldsOf(entry), ...path.map((key) => `f:${key}`)) !== undefined;
}

function withValue(object: JsonObject, path: string[], value: Json | undefined): JsonObject {
  const [key = "", ...rest] = path;
  if (rest.length > 0) {
    const inner = object[key];
    if (isObject(inner)) return { ...object, [key]: withValue(inner, rest, value) };
    return value === undefined ? object : { ...object, [key]: withValue({}, rest, value) };
  }
  if (value !== undefined) return { ...object, [key]: value };
  return Object.fromEntries(Object.entries(object).filter(([other]) => other !== key));
}

/** Inputs in which ignored paths are left to whoever owns them, or keep the value they have. */
export function withoutIgnored(inputs: JsonObject, live: JsonObject, ignored: string[], manager: string): JsonObject {
  let result = mapValues(inputs, (value) => value);
  for (const path of ignored.map(keys)) {
    const owners = entries(live).filter((entry) => owns(entry, path));
    const isOurs = owners.some((entry) => entry["manager"] === manager);
    const value = at(live, ...path);
    if (owners.length > 0 && !isOurs) result = withValue(result, path, undefined);
    else if (value !== undefined) result = withValue(result, path, value);
  }
  return result;
}

/** Whether an ignored path covers a path of a difference. */
export function covers(ignored: string, path: string): boolean {
  const outer = keys(ignored);
  const inner = keys(path);
  return outer.every((key, index) => key === inner[index]);
}
