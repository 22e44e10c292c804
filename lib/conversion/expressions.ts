// NGINX's regular expressions, which it searches for in a decoded path, as expressions of RE2 that Envoy matches as a whole.
import { RE2JS } from "re2js";
import { literally } from "./objects";

/** True where RE2, and so Envoy, takes the expression. */
export function isRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

/** An expression as a snippet has it. */
export interface Expression {
  pattern: string;
  ignoresCase: boolean;
}

const tokens = /\\.|\[(?:\\.|[^\]\\])*\]|\(\?[a-zA-Z-]*:|[\s\S]/g;
/** What follows a path in Envoy's `:path`. */
const query = String.raw`(?:\?.*)?`;
/** A slash in every way that NGINX takes it for one: several, or escaped. */
const slashes = "(?:(?:/|%2[fF])+)";

const cased = ({ ignoresCase }: Expression, text: string) => (ignoresCase ? `(?i)${text}` : text);

/** The expression, where it is bound to the beginning or the end, and what is between; undefined where that cannot be told. */
function partsOf({ pattern }: Expression): { begins: boolean; ends: boolean; middle: string } | undefined {
  const begins = pattern.startsWith("^");
  const ends = /(^|[^\\])(\\\\)*\$$/.test(pattern);
  const middle = pattern.slice(begins ? 1 : 0, ends ? -1 : undefined);
  if (!isRe2(pattern) || !isRe2(middle) || /[\r\n]/.test(pattern)) return undefined;
  // Of alternatives outside of every group an anchor binds but one.
  return (begins || ends) && hasAlternatives(middle) ? undefined : { begins, ends, middle };
}

/** True for alternatives outside of every group: only the first of them is bound to the beginning. */
export function hasAlternatives(pattern: string): boolean {
  let depth = 0;
  for (const [token] of pattern.matchAll(tokens)) {
    if (token.startsWith("(")) depth++;
    if (token === ")") depth--;
    if (token === "|" && depth === 0) return true;
  }
  return false;
}

/** The whole of a text in which NGINX would find it, with its groups; undefined where RE2 has no such expression. */
export function whole(expression: Expression): string | undefined {
  const parts = partsOf(expression);
  if (!parts) return undefined;
  const middle = hasAlternatives(parts.middle) ? `(?:${parts.middle})` : parts.middle;
  return cased(
    expression,
    `${parts.begins ? "" : ".*?"}${middle}${parts.ends || /(^|[^\\])\.\*\)?$/.test(middle) ? "" : ".*"}`,
  );
}

/**
 * The same for Envoy's `:path`, which has a query after the path. NGINX searches a path in which escapes are decoded and
 * slashes merged; Envoy has decoded all escapes but those of slashes, which are `tolerated` where that matters.
 */
export function wholeOfPath(expression: Expression, tolerated: boolean): string | undefined {
  const parts = partsOf(expression);
  if (!parts) return undefined;
  const slash = tolerated ? slashes : "/";
  const ending = /\((?:\?:)?\/\|\$\)$/.exec(parts.middle);
  const found: string[] = [];
  for (const [token] of parts.middle.slice(0, ending?.index).matchAll(tokens)) {
    const one = token === "/" ? slash : inPath(token);
    if (one === undefined) return undefined;
    found.push(one);
  }
  const text = found.join("");
  const middle = hasAlternatives(text) ? `(?:${text})` : text;
  const after = ending ? `(?:${slash}.*)?${query}` : parts.ends ? query : ".*";
  return cased(expression, `${parts.begins ? "" : "[^?]*?"}${middle}${after}`);
}

/** A part of an expression that takes nothing of a query; undefined where it is bound to a place, or takes a `?` itself. */
function inPath(token: string): string | undefined {
  if (token === ".") return "[^?]";
  if (token === "^" || token === "$" || token === "\\?") return undefined;
  if (/^\\[SDW]$/.test(token)) return `[^?\\${token[1]!.toLowerCase()}]`;
  if (/^\\[bBAzZ]$/.test(token)) return undefined;
  if (token.startsWith("[^")) return `[^?${token.slice(2)}`;
  return token.startsWith("[") && /\?|\\[SDW]/.test(token) ? undefined : token;
}

/** The path itself, with any query. */
export function pathItself(path: string): string {
  return `${literally(path)}${query}`;
}

/** The path and all below it, with any query. */
export function pathAndBelow(path: string): string {
  return `${literally(path)}(?:[/?].*)?`;
}

/** What a substitution of NGINX is as one of RE2; undefined where it names a group that the expression does not have. */
export function substitution(text: string, { pattern }: Expression): string | undefined {
  const groups = new RegExp(`${pattern.replace(/\(\?P</g, "(?<")}|`).exec("")!.length - 1;
  const named = [...text.matchAll(/\$(\d)/g)].map(([, digit]) => Number(digit));
  if (named.some((group) => group === 0 || group > groups)) return undefined;
  return text.replace(/\\/g, "\\\\").replace(/\$(\d)/g, "\\$1");
}
