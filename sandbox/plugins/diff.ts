// What changes between recorded state and new inputs: merge patches, and the detailed difference the engine shows.
// Lists are compared by position, as the official plugin does.
import type { DiffKind, Difference } from "./serve";
import { equal, isObject, isUnknown, type Json, type JsonObject } from "./values";

type Path = (string | number)[];
type Detail = NonNullable<Difference["detail"]>;
/** Stands for a value that is not there, where null is a value. */
const absent = undefined;

/** The JSON merge patch (RFC 7386) that makes `news` of `olds`; null deletes, and stands for unknown values too. */
export function mergePatch(olds: JsonObject, news: JsonObject): JsonObject {
  return { ...changes(olds, news), ...removals(olds, news) };
}

/** Changes against what is recorded, and removals of what was asked for before and no longer is. */
export function threeWayPatch(oldInputs: JsonObject, news: JsonObject, state: JsonObject): JsonObject {
  return merged(changes(state, news, false), removals(oldInputs, news, true));
}

function changes(olds: JsonObject, news: JsonObject, remove = true): JsonObject {
  const patch: JsonObject = {};
  for (const [key, value] of Object.entries(news)) {
    const old = olds[key];
    if (isObject(old) && isObject(value)) {
      const nested = remove ? mergePatch(old, value) : changes(old, value, false);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    } else if (isUnknown(value)) patch[key] = null;
    else if (!(key in olds) || !equal(old, value)) patch[key] = value;
  }
  return patch;
}

function removals(olds: JsonObject, news: JsonObject, deep = false): JsonObject {
  const patch: JsonObject = {};
  for (const [key, old] of Object.entries(olds)) {
    const value = news[key];
    if (!(key in news)) patch[key] = null;
    else if (deep && isObject(old) && isObject(value)) {
      const nested = removals(old, value, true);
      if (Object.keys(nested).length > 0) patch[key] = nested;
    }
  }
  return patch;
}

function merged(one: JsonObject, other: JsonObject): JsonObject {
  const result = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const mine = result[key];
    result[key] = isObject(mine) && isObject(value) ? merged(mine, value) : value;
  }
  return result;
}

/** Both sides of a comparison: `state` and `news` are compared; the two inputs say who asked for a value. */
export interface Sides {
  state: JsonObject;
  news: JsonObject;
  oldInputs: JsonObject;
}

/** Turns a merge patch into changes by path; `forceNew` lists the paths (`.spec.selector`) that need a replacement. */
export function detailedDiff(patch: JsonObject, sides: Sides, forceNew: string[]): Detail {
  const detail: Detail = new Map();
  const patterns = forceNew.map((pattern) => pattern.slice(1).split("."));

  function walkObject(
    path: Path,
    value: JsonObject,
    old: Json,
    news: Json | undefined,
    inputs: Json | undefined,
  ): void {
    for (const [key, item] of Object.entries(value))
      walk([...path, key], item, pick(old, key), pick(news, key), pick(inputs, key));
    // Inside a list the patch holds whole elements, so what it leaves out is removed.
    if (path.some((step) => typeof step === "number") && isObject(old))
      for (const [key, item] of Object.entries(old))
        if (!(key in value)) walk([...path, key], null, item, pick(news, key), pick(inputs, key));
  }

  function walkList(path: Path, value: Json[], old: Json[], news: Json | undefined, inputs: Json | undefined): void {
    for (let index = 0; index < Math.max(value.length, old.length); index++)
      walk([...path, index], value[index] ?? null, old[index], element(news, index), element(inputs, index));
  }

  function walk(
    path: Path,
    value: Json,
    old: Json | undefined,
    news: Json | undefined,
    inputs: Json | undefined,
  ): void {
    if (news === absent && (value !== null || inputs === absent)) return;
    let kind: DiffKind;
    if (value === null) kind = !isUnknown(news) ? "delete" : old === absent ? "add" : "update";
    else if (old === absent) kind = "add";
    else if (isObject(value) && isObject(old)) return walkObject(path, value, old, news, inputs);
    else if (Array.isArray(value) && Array.isArray(old)) return walkList(path, value, old, news, inputs);
    else if (equal(value, old)) return;
    else kind = "update";
    const input = kind === "delete";
    if (patterns.some((pattern) => touches(path, value, pattern))) kind = `${kind}-replace` as DiffKind;
    detail.set(pathText(path), { kind, input });
  }

  for (const [key, value] of Object.entries(patch))
    walk([key], value, sides.state[key], sides.news[key], sides.oldInputs[key]);
  return detail;
}

function pick(value: Json | undefined, key: string): Json | undefined {
  return isObject(value) ? value[key] : absent;
}

function element(value: Json | undefined, index: number): Json | undefined {
  return Array.isArray(value) ? (value[index] ?? null) : null;
}

/** Whether a change at `path` reaches the pattern: below it, at it, or above it with a value that goes that far. */
function touches(path: Path, value: Json, pattern: string[]): boolean {
  const shared = Math.min(path.length, pattern.length);
  for (let index = 0; index < shared; index++) if (path[index] !== pattern[index]) return false;
  let below: Json | undefined = value;
  for (const key of pattern.slice(shared)) below = pick(below, key);
  return below !== absent;
}

function pathText(path: Path): string {
  let result = "";
  for (const step of path) {
    if (typeof step === "number") result += `[${step}]`;
    else if (/[."[\]]/.test(step)) result += `["${step.replaceAll('"', '\\"')}"]`;
    else result += result === "" ? step : `.${step}`;
  }
  return result;
}

/** The paths whose change needs a replacement, as the engine wants them listed. */
export function replacing(detail: Detail): string[] {
  return [...detail].filter(([, { kind }]) => kind.endsWith("-replace")).map(([path]) => path);
}
