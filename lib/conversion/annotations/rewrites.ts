// Lines of a snippet that send requests elsewhere: return and rewrite.
import { converted, refused, type Verdict } from "../report";
import type { Settings } from "../settings";
import { rewritingOf, shapeOf } from "../shapes";
import type { Scope } from "./blocks";
import { booleanOf, type Surroundings } from "./family";
import { answersSome, redirectingRewrite, returnToAll, rewriteOfPath } from "./interceptions";
import { redirectTo, rewriteTo } from "./redirects";

/** What is known where a line is read. */
export interface Known {
  settings: Settings;
  around: Surroundings;
  scope: Scope;
}

/** The way out where neither a route nor Envoy does what a part of a snippet says. */
export const without = (part: string) => `the snippet without this ${part}, and its work in the application`;

export const cannot = (line: string): string => `a route cannot do what \`${line}\` says`;
export const impossible = (line: string): Verdict => refused(cannot(line), without("line"));

/** The way out for a path that a host looks for as another one. */
export function ofOtherPath([pattern = "", target = ""]: readonly string[]): string {
  const [, from] = /^\^(\/[-\w./~]*)\$?$/.exec(pattern) ?? [];
  return from !== undefined && /^\/[-\w./~]*$/.test(target)
    ? `an Ingress for ${from} with rewrite-target: "${target}"`
    : without("line");
}

/** `return` for all requests. */
export function readReturn(line: string, words: string[], { settings, around, scope }: Known): Verdict {
  const [code, url] =
    words.length === 1 && !/^\d+$/.test(words[0]!) ? ["302", words[0]!] : [words[0] ?? "", words[1] ?? ""];
  if (!/^30[12378]$/.test(code) || url === "" || words.length > 2 || isRedirecting(around)) {
    return returnToAll(line, words, scope, settings, around) ?? impossible(line);
  }
  const verdict = redirectTo(url.startsWith("/") ? `$scheme://$host${url}` : url, Number(code), settings, around);
  if (verdict.outcome !== "refused") return verdict;
  return returnToAll(line, words, scope, settings, around) ?? verdict;
}

/** A rewrite that puts all below one path below another one. */
function readWithin(line: string, words: readonly string[], settings: Settings, around: Surroundings): Verdict {
  const [pattern = "", target = ""] = words;
  // Of a host whose paths are expressions a prefix is none.
  const ofExpressions = booleanOf(around.other("use-regex")) && rewriteOfPath(words, settings, around);
  if (ofExpressions) return ofExpressions;
  const expression = pattern.replace(/^\^/, "");
  const shape = shapeOf(expression);
  const rewriting = rewritingOf(expression, target);
  const isPlain = /^\/[-\w./~@:+]*\$\d$/.test(target) && pattern.startsWith("^/") && shape?.dots === false;
  const isTaken = settings.pathRewrites.some(({ from }) => from === shape?.literal);
  if (!isPlain || isTaken || rewriting.kind !== "prefix" || !(shape.reach === "element" || shape.reach === "below")) {
    const rewritten = rewriteOfPath(words, settings, around);
    return rewritten ?? impossible(line);
  }
  const { path: to, itself = to } = rewriting;
  const isIncluded = shape.reach === "element";
  settings.pathRewrites.push({ from: shape.literal, to, ...(isIncluded ? { itself } : {}) });
  return converted("URLRewrite of the path");
}

/** The URL to which a rewrite sends every path; undefined where it does anything else. */
function awayFrom(pattern: string, target: string): string | undefined {
  if (!/^https?:\/\//.test(target)) return undefined;
  if (pattern === "^" || pattern === ".*" || pattern === "^.*$")
    return target.replace(/\$request_uri\?$/, "$request_uri");
  const kept = /^\^?\(\.\*\)\$?$/.test(pattern) ? "$1" : /^\^?\/\(\.\*\)\$?$/.test(pattern) ? "/$1" : undefined;
  return kept !== undefined && target.endsWith(kept) ? `${target.slice(0, -kept.length)}$request_uri` : undefined;
}

/** True where annotations redirect everything already. */
function isRedirecting({ other }: Surroundings): boolean {
  return ["permanent-redirect", "temporal-redirect"].some((name) => other(name) !== undefined);
}

/** A rewrite that redirects one path. */
export function readRewrite(line: string, words: string[], { settings, around }: Known): Verdict {
  const [pattern = "", target = "", flag = ""] = words;
  const away = awayFrom(pattern, target);
  if (away !== undefined && /^(redirect|permanent)?$/.test(flag) && words.length <= 3 && !isRedirecting(around)) {
    const verdict = rewriteTo(away, flag === "permanent" ? 301 : 302, settings);
    return verdict.outcome === "refused"
      ? (redirectingRewrite(words, "location", settings, around) ?? verdict)
      : verdict;
  }
  if (flag === "break") return readWithin(line, words, settings, around);
  const [, group, grouped, bare] = /^\^(?:(\((\/[-\w./~]*)\))|(\/[-\w./~]*))\$$/.exec(pattern) ?? [];
  const from = (grouped ?? bare)?.replace(/\\(.)/g, "$1");
  const path = group === undefined ? target : target.replace(/\$1/g, from!);
  const code = flag === "permanent" ? 301 : flag === "redirect" ? 302 : undefined;
  const isLater = answersSome(settings);
  if (from === undefined || code === undefined || words.length !== 3 || isLater || !/^\/[-\w./~]*$/.test(path)) {
    const redirected = redirectingRewrite(words, "location", settings, around);
    return redirected ?? impossible(line);
  }
  settings.pathRedirects.push({ from, to: path, code });
  return converted("RequestRedirect of the path");
}
