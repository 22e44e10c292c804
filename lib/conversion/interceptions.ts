// Routes of Envoy before those of an Ingress, for what a snippet answers by itself.
import { prefix } from "./annotations/family";
import { pathAndBelow, pathItself } from "./expressions";
import type { PathMatch } from "./pieces";
import type { ReadIngress } from "./servers";
import type { Interception } from "./settings";

interface Modifier {
  set?: { name: string; value: string }[];
  add?: { name: string; value: string }[];
  remove?: string[];
}

/** A rule of a route, as far as it matters here. */
export interface InterceptedRule {
  name?: string;
  matches: { path: PathMatch }[];
  filters?: { responseHeaderModifier?: Modifier }[];
  backendRefs?: object[];
}

/**
 * A patch for each answer and each rule that it comes before. `all` are the rules of every route of the same hosts; `filters`
 * is what Envoy's filters do on their routes.
 */
export function interceptionPatches(
  owner: ReadIngress,
  rules: readonly InterceptedRule[],
  all: readonly InterceptedRule[],
  filters: object,
): object[] {
  const given = (owner.settings.envoy.interceptions ?? []).map((one, index) => ({ ...one, index }));
  const ofHost = inOrder(given.filter(({ before }) => before === "everything"));
  const ofBackends = given.filter(({ before }) => before === "backends");
  const patch = (operation: string, { answer, index }: (typeof given)[number], name: string, route: object) => ({
    applyTo: "HTTP_ROUTE",
    match: { context: "GATEWAY", routeConfiguration: { vhost: { route: { name } } } },
    patch: { operation, value: { name: `${name}-before-${index}`, ...answer, ...route } },
  });
  const added = (rule: InterceptedRule) => ({
    ...headersOf(rule),
    ...(Object.keys(filters).length > 0 ? { typed_per_filter_config: filters } : {}),
  });
  const served = all.find(({ backendRefs }) => backendRefs);
  // Headers of the paths are none of the host's.
  const notes = owner.ingress.metadata.annotations ?? {};
  const isOfHost = !["configuration-snippet", "custom-headers"].some((name) => prefix + name in notes);
  const [first] = rules;
  return [
    ...ofBackends.flatMap((one) =>
      rules
        .filter(({ backendRefs }) => backendRefs)
        .map((rule) => {
          const match = { ...pathOf(rule.matches[0]!.path), headers: one.when };
          return patch("INSERT_BEFORE", one, rule.name!, { match, ...added(rule) });
        }),
    ),
    // The last one stands first.
    ...(first?.name === undefined ? [] : [...ofHost].reverse()).map((one) => {
      const match = { prefix: "/", headers: [...one.when, ...exceptions(one, all)] };
      return patch("INSERT_FIRST", one, first!.name!, { match, ...(served && isOfHost ? added(served) : {}) });
    }),
  ];
}

/** As NGINX asks: conditions, locations for one path, firm prefixes, expressions, and the longest prefix. */
function inOrder<T extends Interception>(all: readonly T[]): T[] {
  const rank = ({ location }: Interception) =>
    location === undefined ? 0 : "exact" in location ? 1 : "expression" in location ? 3 : location.isFirm ? 2 : 4;
  const length = ({ location }: Interception) => (location && "prefix" in location ? location.prefix.length : 0);
  return [...all].sort((a, b) => rank(a) - rank(b) || length(b) - length(a));
}

/** Requests of paths that NGINX finds before a location. */
function exceptions({ location }: Interception, rules: readonly InterceptedRule[]): object[] {
  if (!location || "exact" in location) return [];
  const found = rules.flatMap(({ matches }) => {
    const { type, value } = matches[0]!.path;
    if (type === "RegularExpression" || (type === "PathPrefix" && value === "/")) return [];
    if ("prefix" in location) {
      if (!value.startsWith(location.prefix)) return [];
      return [type === "Exact" ? pathItself(value) : pathAndBelow(value)];
    }
    // NGINX has a location for the path itself beside that for all below it.
    const { pattern, ignoresCase } = location.expression;
    return new RegExp(pattern, ignoresCase ? "i" : "").test(value) ? [pathItself(value)] : [];
  });
  return [...new Set(found)].map((regex) => ({
    name: ":path",
    string_match: { safe_regex: { regex } },
    invert_match: true,
  }));
}

/** The match of a rule as istiod gives it to Envoy. */
function pathOf({ type, value }: PathMatch): object {
  if (type === "Exact") return { path: value };
  if (type === "RegularExpression") return { safe_regex: { regex: value } };
  return value === "/" ? { prefix: "/" } : { path_separated_prefix: value };
}

/** The headers of the rule's answers, which NGINX sends with these too. */
function headersOf({ filters = [] }: InterceptedRule): object {
  const modifier = filters.find((one) => one.responseHeaderModifier)?.responseHeaderModifier;
  const { set = [], add = [], remove = [] } = modifier ?? {};
  const entry = ({ name, value }: { name: string; value: string }, append_action: string) => ({
    header: { key: name, value },
    append_action,
  });
  const added = [
    ...set.map((header) => entry(header, "OVERWRITE_IF_EXISTS_OR_ADD")),
    ...add.map((header) => entry(header, "APPEND_IF_EXISTS_OR_ADD")),
  ];
  return {
    ...(added.length > 0 ? { response_headers_to_add: added } : {}),
    ...(remove.length > 0 ? { response_headers_to_remove: remove } : {}),
  };
}
