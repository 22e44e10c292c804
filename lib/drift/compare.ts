// What a release says of an object and the live one does not, and the patch that would repair it.
// Fields that only the live object has do not count here: defaults, labels of others, status.
import type { Json } from "../json";
import { isEmpty, isMap, isSameValue, mergeKey, rivalFields, spelledOut, type JsonMap, type Place } from "./merging";

/** A field on which release and live object differ; the side that does not have it is absent. */
export interface DriftedField {
  /** "spec.template.spec.containers[istio-proxy].image" */
  path: string;
  wanted?: Json;
  live?: Json;
}

/** All such fields of an object, and what to patch. */
export interface Difference {
  fields: DriftedField[];
  patch: JsonMap;
}

interface Part {
  fields: DriftedField[];
  patch: Json | undefined;
}

const none: Part = { fields: [], patch: undefined };

/** Compares what is wanted with what is there; `merging` where a patch merges lists by their keys. */
export function difference(wanted: JsonMap, live: JsonMap, merging: boolean): Difference {
  const { fields, patch } = compareMap(wanted, live, { path: "", field: "", parent: "", merging });
  return { fields, patch: isMap(patch) ? patch : {} };
}

function compare(wanted: Json, live: Json | undefined, place: Place): Part {
  if (isSameValue(wanted, live, place)) return none;
  if (isMap(wanted) && (isMap(live) || isEmpty(live))) return compareMap(wanted, isMap(live) ? live : {}, place);
  if (Array.isArray(wanted) && Array.isArray(live)) {
    const key = mergeKey(place, wanted);
    return key === undefined ? compareWhole(wanted, live, place) : compareByKey(wanted, live, key, place);
  }
  return { fields: [field(place.path, wanted, live)], patch: wanted };
}

function compareMap(said: JsonMap, live: JsonMap, place: Place): Part {
  const wanted = spelledOut(place, said);
  const parts = Object.entries(wanted)
    // A chart's empty `key:` sets nothing.
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ({ key, ...compare(value, live[key], below(place, key)) }));
  const foreign = rivalFields(place, wanted, live);
  const fields = [
    ...parts.flatMap((part) => part.fields),
    ...foreign.map((key) => field(below(place, key).path, undefined, live[key])),
  ];
  if (fields.length === 0) return none;
  const patched = parts.flatMap(({ key, patch }) => (patch === undefined ? [] : [[key, patch] as const]));
  const patch: JsonMap = foreign.length > 0 ? { ...wanted } : Object.fromEntries(patched);
  for (const key of foreign) patch[key] = null;
  return { fields, patch };
}

/** A list that is replaced whole: it differs where one of its items does. */
function compareWhole(wanted: Json[], live: Json[], place: Place): Part {
  const items =
    wanted.length === live.length
      ? wanted.flatMap((item, index) => compare(item, live[index], itemOf(place, String(index), false)).fields)
      : [field(place.path, wanted, live)];
  return items.length === 0 ? none : { fields: items, patch: wanted };
}

function compareByKey(wanted: Json[], live: Json[], key: string, place: Place): Part {
  const keyOf = (item: Json) => (isMap(item) ? String(item[key] as string | number) : "");
  // Of two items with the same key the last one counts.
  const last = new Map(wanted.map((item) => [keyOf(item), item]));
  const parts = [...last].map(([name, item]): Part => {
    const found = live.find((other) => keyOf(other) === name);
    const at = itemOf(place, name, true);
    if (!isMap(found) || !isMap(item)) return { fields: [field(at.path, item, undefined)], patch: item };
    const part = compareMap(item, found, at);
    return isMap(part.patch) ? { ...part, patch: { ...part.patch, [key]: item[key] ?? name } } : none;
  });
  const patch = parts.flatMap((part) => (part.patch === undefined ? [] : [part.patch]));
  return patch.length === 0 ? none : { fields: parts.flatMap(({ fields }) => fields), patch };
}

function field(path: string, wanted: Json | undefined, live: Json | undefined): DriftedField {
  return {
    path,
    ...(wanted === undefined ? {} : { wanted }),
    ...(live === undefined || live === null ? {} : { live }),
  };
}

function below({ path, field: parent, merging }: Place, key: string): Place {
  const step = /^[A-Za-z0-9_-]+$/.test(key) ? `${path === "" ? "" : "."}${key}` : `["${key}"]`;
  return { path: `${path}${step}`, field: key, parent, merging };
}

function itemOf({ path, field: list, parent, merging }: Place, name: string, keyed: boolean): Place {
  return { path: `${path}[${name}]`, field: `${list}[]`, parent, merging: merging && keyed };
}
