// The rules of routes, and the names of those that an EnvoyFilter has to find.
import { ruleName } from "./names";
import { upstreamKey, type ReadIngress } from "./servers";

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
 * with sessions that Envoy keeps, and the first one where something of the host comes before it.
 */
export function withRuleNames(
  spec: object,
  owner: ReadIngress,
  route: string,
  isOtherHost: boolean,
  sessions: Pick<ReadonlySet<string>, "has">,
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
  const named = ({ name, ...rule }: NamedRule, index: number) => {
    if (name === queryless || (isNamed && rule.backendRefs) || sessions.has(sessionKey(rule, owner))) {
      return { name: ruleName(owner, route, index), ...rule };
    }
    return isIntercepted && index === 0 ? { name: ruleName(owner, route, index, anchor), ...rule } : rule;
  };
  return { ...rest, rules: rules.map(named) };
}
