// Which requests a route claims of its parent: two routes that claim the same ones would share them by their age.
import { Fault } from "./faults";
import { below } from "./rules";
import type { Match, RouteRule } from "./route-objects";

/** One host name and match, comparable as text, and where it was written. */
export interface Claim {
  key: string;
  path: string;
  /** How a person would say it: shop.example.com/cart */
  shown: string;
  matchAt: string;
}

/** Every claim of a route. */
export function claimsOf(hostnames: string[] | undefined, rules: RouteRule[], rulesAt: string): Claim[] {
  const hosts = hostnames && hostnames.length > 0 ? hostnames : ["*"];
  return hosts.flatMap((host) =>
    rules.flatMap((rule, index) =>
      (rule.matches ?? [{}]).map((match, at) => ({
        key: JSON.stringify([host, ...comparable(match)]),
        path: rule.matches ? `${rulesAt}[${index}].matches[${at}]` : hostnames ? "hostnames" : "parent",
        shown: `${host}${match.exact ?? match.regex ?? match.prefix ?? "/"}`,
        matchAt: rule.matches ? matchField(match) : hostnames ? "hostnames" : "parent",
      })),
    ),
  );
}

/** Faults for claims that somebody else has made before; `taken` gives the holder of a key. */
export function claimFaults(claims: Claim[], holder: string, taken: Map<string, string>): Fault[] {
  return claims.flatMap((claim) => {
    const before = taken.get(claim.key);
    if (before === undefined) {
      taken.set(claim.key, holder);
      return [];
    }
    const rule = `${before === holder ? "this route" : `HttpRoute "${before}"`} claims the same host and path already`;
    const fix = claim.matchAt === "hostnames" ? 'hostnames: ["other.example.com"]' : 'prefix: "/other"';
    const path = ["hostnames", "parent"].includes(claim.matchAt) ? claim.path : below(claim.path, claim.matchAt);
    return [{ path, got: claim.shown, rule, fix }];
  });
}

function matchField(match: Match): string {
  return match.exact !== undefined ? "exact" : match.regex !== undefined ? "regex" : "prefix";
}

function comparable(match: Match): unknown[] {
  const sorted = (values: { [name: string]: string } | undefined) =>
    Object.entries(values ?? {})
      .map(([name, value]) => [name.toLowerCase(), value])
      .sort();
  const path = match.exact
    ? ["exact", match.exact]
    : match.regex
      ? ["regex", match.regex]
      : ["prefix", match.prefix ?? "/"];
  return [...path, match.method ?? "", sorted(match.headers), sorted(match.query)];
}
