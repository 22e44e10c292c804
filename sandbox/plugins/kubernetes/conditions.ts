// What `pulumi.com/waitFor` may say: one expression or a JSON list of them, each `condition=Type[=Status]` or
// `jsonpath={.path}[=value]`.
import { at, text, type Json, type JsonObject } from "../values";
import { compile } from "./jsonpath";

export type Condition = (live: JsonObject) => boolean;

function isCurrent(live: JsonObject, observed: Json | undefined): boolean {
  const generation = at(live, "metadata", "generation");
  return typeof generation !== "number" || typeof observed !== "number" || observed >= generation;
}

/** The status of a condition as far as it speaks of the present generation. */
export function conditionStatus(live: JsonObject, type: string): string | undefined {
  const conditions = at(live, "status", "conditions");
  const wanted = type.toLowerCase();
  const found = (Array.isArray(conditions) ? conditions : []).find(
    (entry) => text(at(entry, "type")).toLowerCase() === wanted,
  );
  const observed = at(found, "observedGeneration") ?? at(live, "status", "observedGeneration");
  return found !== undefined && isCurrent(live, observed) ? text(at(found, "status")) : undefined;
}

function statusCondition(expression: string): Condition {
  const [type = "", status = "True"] = expression.split(/=(.*)/s);
  return (live) => conditionStatus(live, type)?.toLowerCase() === status.toLowerCase();
}

function pathCondition(expression: string): Condition {
  const [, path, , value] = /^\{\s*(.*?)\s*\}(=(.*))?$/s.exec(expression) ?? [];
  if (path === undefined || value === "")
    throw new Error(`"jsonpath=${expression}" has to read jsonpath={.path} or jsonpath={.path}=value`);
  const select = compile(path.replace(/^\$/, ""));
  return (live) => {
    if (!isCurrent(live, at(live, "status", "observedGeneration"))) return false;
    const [found] = select(live);
    if (found === undefined || value === undefined) return found !== undefined;
    if (typeof found === "object" && found !== null)
      throw new Error(`"${path}" has to select a single value to compare, not ${JSON.stringify(found)}`);
    return String(found) === value;
  };
}

function expressions(annotation: string): string[] {
  if (!annotation.startsWith("[")) return [annotation];
  const list = JSON.parse(annotation) as Json;
  if (!Array.isArray(list) || list.length === 0) throw new Error("at least one condition must be specified");
  return list.map((entry) => text(entry));
}

/** Reads the annotation; the result holds when every expression in it does. */
export function conditions(annotation: string): Condition {
  const all = expressions(annotation).map((expression) => {
    const [kind, rest = ""] = expression.split(/=(.*)/s);
    if (kind === "condition") return statusCondition(rest);
    if (kind === "jsonpath") return pathCondition(rest);
    throw new Error(`expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
  });
  return (live) => all.every((holds) => holds(live));
}
