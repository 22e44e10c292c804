// One text that a regular expression matches, to be asked for.
import { RE2JS } from "re2js";

const tokens = /\\.|\[(?:\\.|[^\]\\])*\]|\(\?[\w-]*:|\(\?P?<\w+>|\{\d+,?\d*\}\??|[*+?]\??|[\s\S]/g;
/** Of classes the first of these that is in them. */
const letters = [..."a1A-_.~/ "];

/** A text of the expression's first alternatives, with everything once that may be there; undefined where that is none. */
export function wordOf(pattern: string): string | undefined {
  const word = sequenceOf([...pattern.replace(/^\(\?i\)/, "").matchAll(tokens)].map(([token]) => token));
  try {
    return word !== undefined && RE2JS.matches(pattern, word) ? word : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a sequence of tokens up to the end of its first alternative. */
function sequenceOf(all: readonly string[]): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at < all.length; at++) {
    const token = all[at]!;
    if (token === "|") break;
    const [, least] = /^\{(\d+)/.exec(token) ?? [];
    if (least !== undefined) parts.push((parts.pop() ?? "").repeat(Math.max(1, Number(least))));
    if (least !== undefined || /^[*+?]/.test(token) || token === "^" || token === "$") continue;
    const end = token.startsWith("(") ? closing(all, at) : at;
    const part = end === at ? letterOf(token) : sequenceOf(all.slice(at + 1, end));
    if (part === undefined) return undefined;
    parts.push(part);
    at = end;
  }
  return parts.join("");
}

/** Where a group ends. */
function closing(all: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < all.length; at++) {
    if (all[at]!.startsWith("(")) depth++;
    if (all[at] === ")" && --depth === 0) return at;
  }
  return all.length;
}

/** A letter that a token stands for. */
function letterOf(token: string): string | undefined {
  if (/^[^\\[.]$/.test(token)) return token;
  try {
    const taken = RE2JS.compile(token);
    const own = /^\\[^a-zA-Z]$/.test(token) ? [token[1]!] : [...letters, ...token.slice(1)];
    return own.find((letter) => taken.matches(letter));
  } catch {
    return undefined;
  }
}
