// The part of JSONPath (RFC 9535) that conditions to wait for are written in: names, positions, wildcards and
// filters that compare one path with one literal.
import { refusal } from "../serve";
import { equal, isObject, type Json } from "../values";

type Step = (value: Json) => Json[];

const name: RegExp = /^\.([A-Za-z_$][\w$-]*)/;
const quotedName: RegExp = /^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/;
const position: RegExp = /^\[\s*(-?\d+)\s*\]/;
const wildcard: RegExp = /^(?:\.\*|\[\s*\*\s*\])/;
const filter: RegExp = /^\[\s*\?\s*(?:\((.*?)\)|(.*?))\s*\]/;
const comparison: RegExp = /^@([^=!<>&|]*?)\s*(?:(==|!=)\s*('[^']*'|"[^"]*"|-?\d+(?:\.\d+)?|true|false|null))?$/;

function children(value: Json): Json[] {
  return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
}

function child(key: string): Step {
  return (value) => (isObject(value) && value[key] !== undefined ? [value[key]] : []);
}

function item(index: number): Step {
  return (value) => {
    const found = Array.isArray(value) ? value.at(index) : undefined;
    return found === undefined ? [] : [found];
  };
}

function literal(written: string): Json {
  return written.startsWith("'") || written.startsWith('"') ? written.slice(1, -1) : (JSON.parse(written) as Json);
}

function filtered(expression: string): Step {
  const [, path, operator, written] = comparison.exec(expression.trim()) ?? [];
  if (path === undefined) throw refusal(`the JSONPath filter "${expression}"`, "kubernetes");
  const select = compile(path);
  return (value) =>
    children(value).filter((candidate) => {
      const found = select(candidate);
      if (operator === undefined || written === undefined) return found.length > 0;
      const same = found.length > 0 && equal(found[0], literal(written));
      return operator === "==" ? same : !same;
    });
}

function nextStep(rest: string): [step: Step, length: number] {
  let match: RegExpExecArray | null;
  if ((match = wildcard.exec(rest))) return [children, match[0].length];
  if ((match = name.exec(rest))) return [child(match[1] ?? ""), match[0].length];
  if ((match = quotedName.exec(rest))) return [child(match[1] ?? match[2] ?? ""), match[0].length];
  if ((match = position.exec(rest))) return [item(Number(match[1])), match[0].length];
  if ((match = filter.exec(rest))) return [filtered(match[1] ?? match[2] ?? ""), match[0].length];
  throw refusal(`the JSONPath "${rest}"`, "kubernetes");
}

/** Compiles a path without its leading `$` into a function that lists what it selects. */
export function compile(path: string): (value: Json) => Json[] {
  const steps: Step[] = [];
  for (let rest = path; rest !== "";) {
    const [step, length] = nextStep(rest);
    steps.push(step);
    rest = rest.slice(length);
  }
  return (value) => steps.reduce<Json[]>((values, step) => values.flatMap(step), [value]);
}
