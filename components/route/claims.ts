// Which requests a route claims of its parent: two routes that claim the same ones would share them by their age.
import { Violation } from "../../lib/validation/violations";
import { below } from "../../lib/validation/rules";
import type { Match, RouteRule } from "./objects";

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

/** The route that claims. */
export interface Claimant {
  name: string;
  /** Where it claims: the listeners of its parent, in words that are the same for the same listener. */
  listeners: string[];
  /** It answers nothing itself and sends everybody to https. */
  redirects: boolean;
}

/** Violations for claims that somebody else has made before; `taken` gives the holder of a key. */
export function claimViolations(
  claims: Claim[],
  { name, listeners, redirects }: Claimant,
  taken: Map<string, string>,
): Violation[] {
  if (redirects) taken.set(redirectKey(name), name);
  return claims.flatMap((claim) => {
    const keys = listeners.map((listener) => `${listener} ${claim.key}`);
    const before = keys.map((key) => taken.get(key)).find((holder) => holder !== undefined);
    if (before === undefined) {
      for (const key of keys) taken.set(key, name);
      return [];
    }
    const path = ["hostnames", "parent"].includes(claim.matchAt) ? claim.path : below(claim.path, claim.matchAt);
    return [{ path, got: claim.shown, ...clash(claim, before, name, redirects, taken.has(redirectKey(before))) }];
  });
}

function clash(claim: Claim, before: string, name: string, redirects: boolean, redirectsBefore: boolean) {
  const other = before === name ? "this route" : `HttpRoute "${before}"`;
  if (redirects && !redirectsBefore) {
    const rule = `${other} serves the same host and path over http; set \`httpsOnly\` there instead of this redirect`;
    return { rule, fix: `new HttpRoute("${before}", { httpsOnly: true })` };
  }
  if (redirectsBefore && !redirects) {
    const rule = `${other} redirects the same host and path over http already; set \`httpsOnly\` on this route instead`;
    return { rule, fix: "httpsOnly: true" };
  }
  const fix = claim.matchAt === "hostnames" ? 'hostnames: ["other.example.com"]' : 'prefix: "/other"';
  return { rule: `must not have the host and path of ${other}`, fix };
}

const redirectKey = (name: string): string => `redirect of ${name}`;

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
