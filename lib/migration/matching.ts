// How Istio compares: texts with wildcards at one end, addresses with blocks, paths with templates.
import { blockOf, isInBlock } from "../network-policies/addresses";

/** A text as Istio's policies match it: whole, by its beginning, by its end, or by its presence. */
export function matchesText(pattern: string, text: string): boolean {
  if (pattern === "*") return text !== "";
  if (pattern.startsWith("*")) return text.endsWith(pattern.slice(1));
  if (pattern.endsWith("*")) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

/** A path, by a pattern that may be a template: `{*}` is one segment, `{**}` any number. */
export function matchesPath(pattern: string, path: string): boolean {
  if (!pattern.includes("{")) return matchesText(pattern, path);
  const parts = pattern.split(/(\{\*\*?\})/).map((part) => {
    if (part === "{*}") return "[^/]+";
    return part === "{**}" ? ".*" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`).test(path);
}

/** A host, in which case does not count. */
export function matchesHost(pattern: string, host: string): boolean {
  return matchesText(pattern.toLowerCase(), host.toLowerCase());
}

/** An address, by itself or by its block. */
export function matchesAddress(block: string, address: string): boolean {
  const cidr = block.includes("/") ? block : blockOf(block);
  return isInBlock(address, { cidr, except: [] });
}

/** One of these holds where any are given, and none of those that must not. */
export function holds(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  test: (pattern: string) => boolean,
): boolean {
  const isWanted = wanted === undefined || wanted.length === 0 || wanted.some(test);
  return isWanted && !(unwanted ?? []).some(test);
}
