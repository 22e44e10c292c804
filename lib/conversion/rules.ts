// The rules of routes, and the names of those that an EnvoyFilter has to find.
import { ruleName } from "./names";
import { upstreamKey, type ReadIngress } from "./servers";
import type { RegexRewrite } from "./settings";

/** One rule of a route, as JSON. */
export type RouteRule = object;

/** A rule as far as it matters which backends it has. */
export interface NamedRule {
  name?: string;
  backendRefs?: { name: string; port?: number }[];
}

/** Stands for the name of a redirect from which Envoy leaves the query out. */
const queryless = "queryless";

/** What has a redirect found from which Envoy leaves the query out. */
export function marked(isQueryless = false): { name?: string } {
  return isQueryless ? { name: queryless } : {};
}

/** The upstream of a rule that has one alone, by which its sessions are found; "" otherwise. */
export function sessionKey({ backendRefs = [] }: NamedRule, { ingress: { metadata } }: ReadIngress): string {
  const [only, ...others] = backendRefs;
  if (!only || others.length > 0) return "";
  const { namespace } = metadata;
  const placed = namespace === undefined ? {} : { namespace };
  return upstreamKey({ ...placed, service: only.name, port: { number: only.port } });
}

/** Of rules that nothing is done to, but that something comes before. */
const anchor = "anchor";

/**
 * The route with names for the rules that an EnvoyFilter has to find: those with backends, redirects without a query, those
 * with sessions that Envoy keeps or paths that it rewrites, and the first one where something of the host comes before it.
 */
export function withRuleNames(
  spec: object,
  owner: ReadIngress,
  route: string,
  isOtherHost: boolean,
  sessions: Pick<ReadonlySet<string>, "has">,
  /** What Envoy makes of the path, by the names of rules: filled here. */
  captured: Map<string, RegexRewrite>,
): object {
  const { bodyBytes, requests, readSeconds, idleSeconds, retries, successHeaders } = owner.settings.envoy;
  const { interceptions, pathRewrite, repeats, answers } = owner.settings.envoy;
  const ofBackends = [
    bodyBytes,
    requests,
    readSeconds,
    idleSeconds,
    retries,
    successHeaders,
    interceptions,
    pathRewrite,
    repeats,
    answers,
  ];
  const isIntercepted = !isOtherHost && interceptions?.some(({ before }) => before === "everything") === true;
  const isNamed = ofBackends.some((one) => one !== undefined);
  const { rules, ...rest } = spec as { rules: (RouteRule & NamedRule)[] };
  const named = (
    { name: mark, captured: rewrite, ...rule }: NamedRule & { captured?: RegexRewrite },
    index: number,
  ) => {
    const name = ruleName(owner, route, index);
    if (rewrite) captured.set(name, rewrite);
    const isFound = mark === queryless || rewrite !== undefined || sessions.has(sessionKey(rule, owner));
    if (isFound || (isNamed && rule.backendRefs)) return { name, ...rule };
    return isIntercepted && index === 0 ? { name: ruleName(owner, route, index, anchor), ...rule } : rule;
  };
  return { ...rest, rules: rules.map(named) };
}
