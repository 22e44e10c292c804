// Which prefixes a rule of a route can replace.
import type { Together } from "../../lib/validation/object";
import type { Violation } from "../../lib/validation/violations";
import { below } from "../../lib/validation/rules";
import type { RouteRuleArgs } from "./rule-args";

/** Istio puts the new prefix where the slash of the path was: in a rewrite always, in a redirect unless it ends with one. */
const joined = (given: Record<string, unknown>, at: string): Violation[] =>
  (["redirect", "rewrite"] as const).flatMap((field) => {
    const { prefix, path: whole } = (given[field] ?? {}) as { prefix?: unknown; path?: unknown };
    const isKept = field === "redirect" && String(prefix).endsWith("/");
    if (typeof prefix !== "string" || whole !== undefined || prefix === "/" || isKept) return [];
    const bare = prefix.replace(/\/$/, "");
    const why = `where every path is matched: Istio makes ${bare}x of ${bare} and /x`;
    const [rule, fix] =
      field === "redirect"
        ? [`must end with "/" ${why}`, `prefix: "${bare}/"`]
        : [`must be "/" ${why}`, { remove: "prefix" }];
    return [{ path: below(at, `${field}.prefix`), got: prefix, rule, fix }];
  });

/** A prefix can only be replaced where one prefix was matched, and in Istio that of all paths only by none. */
export const prefixMatched: Together<RouteRuleArgs> = (given, at) => {
  const all = Array.isArray(given["matches"]) ? (given["matches"] as Record<string, unknown>[]) : [{ prefix: "/" }];
  const matched = all.length === 1 && all[0]?.["exact"] === undefined && all[0]?.["regex"] === undefined;
  if (matched && (all[0]!["prefix"] ?? "/") === "/") return joined(given, at);
  return (["redirect", "rewrite"] as const)
    .filter((field) => !matched && (given[field] as { prefix?: unknown } | undefined)?.prefix !== undefined)
    .map((field) => ({
      path: below(at, `${field}.prefix`),
      got: (given[field] as { prefix?: unknown }).prefix,
      rule: "must have exactly one matched prefix to replace",
      fix: 'matches: [{ prefix: "/" }]',
    }));
};
