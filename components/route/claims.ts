// Which requests a route claims of its parent: two routes that claim the same ones would share them by their age.
import { Violation } from "../../lib/validation/violations";
import { ownClash } from "../../lib/references/own-routes";
import { comparableMatch, type Match, shownRequest } from "../../lib/references/requests";
import { below } from "../../lib/validation/rules";
import type { Claimant, Claims } from "../support/program";
import type { RouteRule } from "./objects";

/** One hostname and match, comparable as text, and where it was written. */
export interface Claim {
  request: string;
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
        request: JSON.stringify([host, comparableMatch(match)]),
        path: rule.matches ? `${rulesAt}[${index}].matches[${at}]` : hostnames ? "hostnames" : "parent",
        shown: shownRequest(host, match),
        matchAt: rule.matches ? matchField(match) : hostnames ? "hostnames" : "parent",
      })),
    ),
  );
}

/** The route that claims. */
export interface ClaimingRoute {
  name: string;
  cluster: string;
  /** Where it claims: the listeners of its parent, in words that are the same for the same listener. */
  listeners: string[];
  /** It answers nothing itself and redirects every request to https. */
  redirects: boolean;
}

/** The requests of one program that routes have claimed. */
export type ClaimedRequests = Pick<Claims<{ cluster: string; listener: string; request: string }>, "holder" | "claim">;

/** Claims requests on every listener of the route; a violation for each that another component has claimed before. */
export function claimRequests(claims: Claim[], route: ClaimingRoute, claimed: ClaimedRequests): Violation[] {
  const { name, cluster, listeners, redirects } = route;
  return claims.flatMap((claim) => {
    const requests = listeners.map((listener) => ({ cluster, listener, request: claim.request }));
    // Two redirects to https answer the same: those of two routes for https only.
    const before = requests
      .map((request) => claimed.holder(request))
      .find((holder) => holder !== undefined && !(redirects && holder.redirects));
    if (before === undefined) {
      for (const request of requests) claimed.claim(request, { shown: `HttpRoute "${name}"`, name, redirects });
      return [];
    }
    const path = ["hostnames", "parent"].includes(claim.matchAt) ? claim.path : below(claim.path, claim.matchAt);
    return [{ path, got: claim.shown, ...clash(claim, before, route) }];
  });
}

function clash(claim: Claim, before: Claimant, { name, redirects }: ClaimingRoute): { rule: string; fix: string } {
  const shown = before.name === name ? "this route" : before.shown;
  return ownClash({ ...before, shown }, { redirects }, !["hostnames", "parent"].includes(claim.matchAt));
}

function matchField(match: Match): string {
  return match.exact !== undefined ? "exact" : match.regex !== undefined ? "regex" : "prefix";
}
