// What Envoy can do and neither Gateway API nor Istio's own kinds can say: EnvoyFilters on the Gateway, for the routes of an
// Ingress.
import { isIPv6 } from "node:net";
import { defined } from "../json";
import { limitedTo } from "./body-limit";
import { interceptionPatches, type InterceptedRule } from "./interceptions";
import { luaContexts, retryPolicy } from "./lua-filters";
import { foreignName, ruleName } from "./names";
import type { Written } from "./objects";
import type { Sessions } from "./policies";
import type { GatewayOptions } from "./routes";
import { sessionKey } from "./rules";
import type { ReadIngress } from "./servers";
import type { RegexRewrite, RequestLimits, SessionCookie } from "./settings";
import {
  insertion,
  luaOfRoute,
  manager,
  sessionOfRoute,
  sharedFilters,
  sharedName,
  type SharedObject,
} from "./shared-filters";

/** Envoy's filter that counts requests: those of all routes of the Ingress together. */
function rateLimit(owner: ReadIngress): string {
  return `istio-ambient.${foreignName(owner, "rate-limit")}`;
}

/** An Ingress and its routes. */
interface Routed {
  owner: ReadIngress;
  routes: Written[];
}

/** What Envoy makes of the path, by the names of rules. */
type Captured = ReadonlyMap<string, RegexRewrite>;

/** One EnvoyFilter for each Ingress that needs it, after those with the filters that Ingresses share. */
export function envoyFilters(
  routed: readonly Routed[],
  gateway: GatewayOptions,
  sessions: Sessions,
  captured: Captured,
  reusedBy: (owner: ReadIngress) => readonly string[],
): Written[] {
  const own = routed.flatMap((one) => {
    const misdirected = reusedBy(one.owner).map(answering421);
    const patches = [
      ...routePatches(one, sessions, captured),
      ...clusterPatches(one),
      ...serverPatches(one),
      ...underscorePatches(one),
      ...misdirected,
    ];
    if (patches.length === 0) return [];
    const { owner } = one;
    const { requests } = owner.settings.envoy;
    // NGINX counts before it looks at who asks.
    const inserted = requests ? [insertion("INSERT_FIRST", rateLimit(owner), counting(requests))] : [];
    return [{ name: foreignName(owner, "envoy"), patches: [...inserted, ...patches] }];
  });
  const named = own.flatMap(({ patches }) => patches.flatMap(filtersOf));
  return [...sharedFilters(named, gateway.name), ...own].map(({ name, patches, ...more }) =>
    gatewayFilter(name, gateway, patches, more),
  );
}

/** The filters that a patch turns on for a route. */
function filtersOf(patch: object): string[] {
  const { value } = (patch as { patch: { value: { typed_per_filter_config?: object } } }).patch;
  return Object.keys(value.typed_per_filter_config ?? {});
}

const managerType =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** A patch for the connection manager of every listener, and so for all routes of the Gateway. */
const managing = (value: object) => ({
  applyTo: "NETWORK_FILTER",
  match: { context: "GATEWAY", listener: { filterChain: { filter: { name: manager } } } },
  patch: { operation: "MERGE", value: { typed_config: { "@type": managerType, ...value } } },
});

/** Answers what no host of a listener is for, so that a browser asks by a connection of its own. */
const answering421 = (routes: string) => ({
  applyTo: "VIRTUAL_HOST",
  match: { context: "GATEWAY", routeConfiguration: { name: routes } },
  patch: {
    operation: "ADD",
    value: {
      name: "istio-ambient.misdirected",
      domains: ["*"],
      routes: [{ match: { prefix: "/" }, direct_response: { status: 421 } }],
    },
  },
});

/** Drops headers with underscores, which no route can. */
function underscorePatches({ owner, routes }: Routed): object[] {
  const isServing = rulesOf(routes).some(({ backendRefs }) => backendRefs);
  return owner.settings.envoy.plainHeaders === true && isServing
    ? [managing({ common_http_protocol_options: { headers_with_underscores_action: "DROP_HEADER" } })]
    : [];
}

/** What istiod has a gateway call itself. */
const ownServer = { header: { key: "server", value: "istio-envoy" }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" };

/** Leaves the Server header to the routes, and has all of them send Envoy's own unless they say otherwise. */
function serverPatches({ owner, routes }: Routed): object[] {
  if (owner.settings.envoy.serverHeader !== true || routes.length === 0) return [];
  return [
    managing({ server_header_transformation: "PASS_THROUGH" }),
    {
      applyTo: "ROUTE_CONFIGURATION",
      match: { context: "GATEWAY" },
      patch: {
        operation: "MERGE",
        value: {
          most_specific_header_mutations_wins: true,
          response_headers_to_remove: ["server"],
          response_headers_to_add: [ownServer],
        },
      },
    },
  ];
}

/**
 * The cookie as Envoy sets it. Its lifetime is an attribute: Envoy would check a `ttl` by the clock of the node, of which
 * each pod of the gateway has another one.
 */
function keeping({ name, path, ttl = "0s", attributes = [] }: SessionCookie): object {
  const seconds = ttl === "0s" ? [] : [{ name: "Max-Age", value: ttl.replace("s", "") }];
  const all = [...seconds, ...attributes];
  return {
    "@type": sessionOfRoute,
    stateful_session: {
      session_state: {
        name: "envoy.http.stateful_session.cookie",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState",
          cookie: defined({ name, path, attributes: all.length > 0 ? all : undefined }),
        },
      },
    },
  };
}

const address = "remote_address";
/** As many addresses as NGINX's zone of 5 MB has room for. */
const addresses = 40_960;
const always = { default_value: { numerator: 100, denominator: "HUNDRED" } };

/**
 * NGINX's count as a bucket of tokens: the first request and the burst at once, and the rate from then on. A key of its own
 * keeps the seconds apart from the minutes.
 */
function counting({ perSecond, perMinute, burst, exempt }: RequestLimits): object {
  const buckets = [
    { name: "second", limit: perSecond, interval: "1s" },
    { name: "minute", limit: perMinute, interval: "60s" },
  ].filter(({ limit }) => limit > 0);
  const bucket = (limit: number, interval: string) => ({
    max_tokens: limit * burst + 1,
    tokens_per_fill: limit,
    fill_interval: interval,
  });
  const counted = exempt.length === 0 ? { remote_address: {} } : { remote_address_match: from(exempt) };
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
    stat_prefix: "istio-ambient.rate-limit",
    status: { code: "ServiceUnavailable" },
    filter_enabled: always,
    filter_enforced: always,
    // Of what no descriptor is for, nothing is limited.
    token_bucket: { max_tokens: 4_294_967_295, tokens_per_fill: 4_294_967_295, fill_interval: "1s" },
    always_consume_default_token_bucket: false,
    max_dynamic_descriptors: addresses,
    descriptors: buckets.map(({ name, limit, interval }) => ({
      entries: [{ key: "generic_key", value: name }, { key: address }],
      token_bucket: bucket(limit, interval),
    })),
    rate_limits: buckets.map(({ name }) => ({ actions: [{ generic_key: { descriptor_value: name } }, counted] })),
  };
}

/** The address of a client that is in none of the ranges. */
const from = (exempt: readonly string[]) => ({
  descriptor_key: address,
  descriptor_value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  address_matcher: { ranges: exempt.map(cidr), invert_match: true },
});

function cidr(range: string): object {
  const [prefix = "", length] = range.split("/");
  return { address_prefix: prefix, prefix_len: length === undefined ? (isIPv6(prefix) ? 128 : 32) : Number(length) };
}

/** An EnvoyFilter on the Gateway. */
export function gatewayFilter(
  name: string,
  { name: gateway, namespace }: GatewayOptions,
  configPatches: object[],
  { labels, priority }: Pick<SharedObject, "labels" | "priority"> = {},
): Written {
  const targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway }];
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: defined({ name, namespace, labels }),
    spec: defined({ targetRefs, priority, configPatches }),
  };
}

/** A patch for each rule with a name, and what comes before it. */
function routePatches({ owner, routes }: Routed, sessions: Sessions, captured: Captured): object[] {
  return routes.flatMap(({ metadata, spec }) => {
    const { rules } = spec as { rules: Rule[] };
    const merged = rules.flatMap(({ name, backendRefs }, index) => {
      const session = sessions.get(sessionKey(defined({ backendRefs }), owner));
      const value = backendRefs
        ? routeValue(owner, session, captured.get(name ?? ""))
        : { redirect: { strip_query: true } };
      const route = { name, action: backendRefs ? "ROUTE" : "REDIRECT" };
      return name !== ruleName(owner, metadata.name, index) || Object.keys(value).length === 0
        ? []
        : [
            {
              applyTo: "HTTP_ROUTE",
              match: { context: "GATEWAY", routeConfiguration: { vhost: { route } } },
              patch: { operation: "MERGE", value },
            },
          ];
    });
    const all = routes.filter((other) => hostsOf(other) === hostsOf({ spec })).flatMap((other) => rulesOf([other]));
    return [...merged, ...interceptionPatches(owner, rules, all, successFilter(owner))];
  });
}

function hostsOf({ spec }: Pick<Written, "spec">): string {
  return JSON.stringify((spec as { hostnames?: string[] }).hostnames ?? []);
}

/** What adds headers to answers that are no errors. */
function successFilter(owner: ReadIngress): object {
  const { successHeaders: headers } = owner.settings.envoy;
  return headers ? { [sharedName("headers")]: told({ headers }) } : {};
}

interface Rule extends InterceptedRule {
  backendRefs?: { name: string; port: number }[];
}

function rulesOf(routes: readonly Written[]): Rule[] {
  return routes.flatMap(({ spec }) => (spec as { rules: Rule[] }).rules);
}

const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** A patch for each port of a Service whose answers may have longer headers: its options take the place of others. */
function clusterPatches({ owner, routes }: Routed): object[] {
  const { answerKibibytes } = owner.settings.envoy;
  const { namespace } = owner.ingress.metadata;
  if (answerKibibytes === undefined || namespace === undefined) return [];
  // What istiod says of TLS without a name, here too.
  const { tls } = owner.settings.backend;
  const asksByHost = tls !== undefined && !("sni" in tls);
  const refs = rulesOf(routes).flatMap(({ backendRefs = [] }) => backendRefs);
  const ports = new Map(refs.map(({ name, port }) => [`${name}:${port}`, { name, port }]));
  return [...ports.values()].map(({ name, port }) => ({
    applyTo: "CLUSTER",
    match: {
      context: "GATEWAY",
      cluster: { service: `${name}.${namespace}.svc.cluster.local`, portNumber: port },
    },
    patch: {
      operation: "MERGE",
      value: {
        typed_extension_protocol_options: {
          [httpOptions]: {
            "@type": `type.googleapis.com/${httpOptions}`,
            explicit_http_config: { http_protocol_options: {} },
            common_http_protocol_options: { max_response_headers_kb: answerKibibytes },
            ...(asksByHost ? { upstream_http_protocol_options: { auto_sni: true } } : {}),
          },
        },
      },
    },
  }));
}

const regexRewrite = ({ pattern: regex, substitution }: RegexRewrite) => ({
  pattern: { regex },
  substitution,
});

/** Turns on a filter that is off for others. It has no settings of a route, but istiod takes none without a type. */
const on = {
  "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
  config: { "@type": "type.googleapis.com/google.protobuf.Empty", value: {} },
  is_optional: true,
};

/** What a route tells a filter in Lua. */
const told = (context: object) => ({ "@type": luaOfRoute, filter_context: context });

function routeValue(
  owner: ReadIngress,
  session: SessionCookie | undefined,
  captured: RegexRewrite | undefined,
): object {
  const { envoy } = owner.settings;
  const { bodyBytes, requests, readSeconds, idleSeconds } = envoy;
  const rewrite = captured ?? envoy.pathRewrite;
  const { repeats, answers } = luaContexts(envoy);
  const filters = {
    ...(repeats ? { [sharedName("repeats")]: told(repeats) } : {}),
    ...(answers ? { [sharedName("answers")]: told(answers) } : {}),
    ...(session ? { [sharedName("sessions")]: keeping(session) } : {}),
    ...successFilter(owner),
    ...(bodyBytes === undefined ? {} : { [sharedName("body-limit")]: on }),
    ...(requests ? { [rateLimit(owner)]: on } : {}),
  };
  const policy = {
    ...retryPolicy(envoy),
    ...(readSeconds === undefined ? {} : { per_try_idle_timeout: `${readSeconds}s` }),
  };
  const route = {
    ...(idleSeconds === undefined ? {} : { idle_timeout: `${idleSeconds}s` }),
    ...(rewrite === undefined ? {} : { regex_rewrite: regexRewrite(rewrite) }),
    ...(Object.keys(policy).length > 0 ? { retry_policy: policy } : {}),
  };
  return {
    ...(bodyBytes === undefined ? {} : { metadata: { filter_metadata: limitedTo(bodyBytes) } }),
    ...(Object.keys(filters).length > 0 ? { typed_per_filter_config: filters } : {}),
    ...(Object.keys(route).length > 0 ? { route } : {}),
  };
}
