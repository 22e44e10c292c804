// Blocks of a snippet that turn away whatever comes to a path, or comes by a method.
import { changed, mapped, type Verdict } from "../report";
import type { ClosedPath, Settings } from "../settings";
import { blocksOf, type Part, type Scope } from "./blocks";
import { directives, wordsOf } from "./directives";
import type { Surroundings } from "./family";
import { answerBeside } from "./interceptions";

/** What a path that is written otherwise is, to NGINX and to Envoy. */
export const openOtherwise = (path: string) =>
  `NGINX decodes and merges slashes before it looks for a path: /${path} is open here, unless controlPlane.values.meshConfig.pathNormalization.normalization of AmbientMesh is DECODE_AND_MERGE_SLASHES`;

/** The snippet without its comments and without the blocks that are read here, and what became of these. */
export function withoutClosed(
  snippet: string,
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): { rest: string; said: Verdict[] } {
  const said: Verdict[] = [];
  const rest = (blocksOf(snippet) ?? [{ line: snippet }]).filter((part) => {
    if ("line" in part) return true;
    const verdict = readMethods(part, scope, settings) ?? readPath(part, scope, settings, around);
    if (verdict) said.push(verdict);
    return verdict === undefined;
  });
  return { rest: rest.map((part) => ("line" in part ? part.line : `${part.head} {${part.body}}`)).join("\n"), said };
}

/** The status that a block answers everything with, and whether NGINX has redirected to https before. */
function statusOf(body: string): { status: number; late: boolean } | undefined {
  const lines = (directives(body) ?? [""])
    .map(wordsOf)
    .filter(([name]) => !/^(access_log|log_not_found)$/.test(name ?? ""));
  const returned = lines.map(([name, code = "", ...text]) =>
    name === "return" && text.length === 0 && /^[45]\d\d$/.test(code) ? Number(code) : undefined,
  );
  const status = returned.find((code) => code !== undefined);
  const isDenial = (words: string[]) => words.join(" ") === "deny all";
  if (lines.length === 0 || !lines.every((words, index) => isDenial(words) || returned[index] !== undefined))
    return undefined;
  return { status: status ?? 403, late: status === undefined };
}

function readMethods(
  { head, body }: Exclude<Part, { line: string }>,
  scope: Scope,
  settings: Settings,
): Verdict | undefined {
  const [name, ...methods] = wordsOf(head);
  if (name !== "limit_except" || scope === "server" || methods.length === 0 || settings.methods) return undefined;
  if (statusOf(body)?.late !== true || !methods.every((method) => /^[A-Z]+$/.test(method))) return undefined;
  settings.methods = [...new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods)];
  return { outcome: "mapped", to: "AuthorizationPolicy DENY with notMethods, on the Gateway" };
}

function readPath(
  { head, body }: Exclude<Part, { line: string }>,
  scope: Scope,
  settings: Settings,
  around: Surroundings,
): Verdict | undefined {
  const found = locationOf(head) ?? conditionOf(head);
  const answer = statusOf(body);
  if (!found || !answer || (found.rank === "condition" && answer.late)) return undefined;
  const { paths, rank, differs } = found;
  const late = answer.late && scope === "location";
  settings.closed.push(...paths.map((path) => ({ ...path, rank, scope, late })));
  const shown = paths[0]!.path;
  const status = answer.status === 403 ? [] : [`the answer is 403, where NGINX sends ${answer.status}`];
  const to = "AuthorizationPolicy DENY with paths, on the Gateway";
  if (!answerBeside({ head, body }, shown, scope, settings, around)) {
    return changed([openOtherwise(shown), ...differs, ...status].join("; "), to);
  }
  return status.length > 0 ? changed(status.join("; "), to) : mapped(to);
}

/** Paths that are closed, how NGINX ranks them among others, and what differs. */
interface Found {
  paths: Pick<ClosedPath, "path" | "reach">[];
  rank: ClosedPath["rank"];
  differs: string[];
}

const plain = /^\/[-\w./~@:+]+$/;

function locationOf(head: string): Found | undefined {
  const [name, first = "", second, ...rest] = wordsOf(head);
  if (name !== "location" || rest.length > 0) return undefined;
  if (second === undefined) return plain.test(first) ? literal(first, "string", "prefix") : undefined;
  if (first === "=") return plain.test(second) ? literal(second, "exact", "exact") : undefined;
  if (first === "^~") return plain.test(second) ? literal(second, "string", "firm") : undefined;
  return expression(first, second, "expression");
}

function conditionOf(head: string): Found | undefined {
  const [, operator = "", text = ""] = /^if\s*\(\s*\$uri\s*(=|~\*?)\s*(\S+|"[^"]*"|'[^']*')\s*\)$/.exec(head) ?? [];
  const [value = ""] = wordsOf(text);
  if (operator === "=") return plain.test(value) ? literal(value, "exact", "condition") : undefined;
  return expression(operator, value, "condition");
}

function literal(path: string, reach: ClosedPath["reach"], rank: Found["rank"]): Found {
  return { paths: [{ path, reach }], rank, differs: [] };
}

/** An expression that is bound to the beginning, of literals and alternatives among them. */
function expression(operator: string, text: string, rank: Found["rank"]): Found | undefined {
  if (!/^~\*?$/.test(operator) || !text.startsWith("^/")) return undefined;
  const [, middle = "", tail = ""] =
    /^\^(.*?)(\(\.\*\)\$?|\.\*\$?|\/\?\$|\(\/\|\$\)|\(\?:\/\|\$\)|\$)?$/.exec(text) ?? [];
  const tokens = [...middle.matchAll(/\\([-./+@~])|\((?:\?:)?([^()]*)\)|([-\w./~@:])|([\s\S])/g)];
  if (tokens.length === 0 || tokens.some(([, , , , unknown]) => unknown !== undefined)) return undefined;
  let written = [""];
  for (const [, escaped, alternatives, letter] of tokens) {
    const next =
      alternatives === undefined
        ? [escaped ?? letter ?? ""]
        : alternatives.split("|").map((one) => one.replace(/\\([-./+@~])/g, "$1"));
    written = written.flatMap((before) => next.map((one) => before + one));
  }
  if (written.length > 50 || !written.every((path) => /^\/[-\w./~@:+]+$/.test(path))) return undefined;
  const paths = written.flatMap((path): Found["paths"] => {
    if (tail === "$") return [{ path, reach: "exact" }];
    if (tail === "/?$")
      return [
        { path, reach: "exact" },
        { path: `${path}/`, reach: "exact" },
      ];
    if (/^\(.*\/\|\$\)$/.test(tail))
      return [
        { path, reach: "exact" },
        { path: `${path}/`, reach: "string" },
      ];
    return [{ path, reach: "string" }];
  });
  const dots = /(^|[^\\])\./.test(middle) ? ["a dot stands for itself, which NGINX takes as any character"] : [];
  const letters = operator === "~*" ? ["upper and lower case are told apart, which NGINX does not"] : [];
  return { paths, rank, differs: [...dots, ...letters] };
}
