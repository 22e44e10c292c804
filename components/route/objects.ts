// Specs of the objects behind a route: the HTTPRoute, and the grants for backends in other namespaces.
import type { Match } from "../../lib/references/requests";
import { defined } from "../../lib/json";
import type { ReferencedGateway } from "../../lib/gateway-api/reference";

/** What a route attaches to: a Gateway unless it says otherwise. */
export interface Parent extends ReferencedGateway {
  kind?: string;
  name: string;
  namespace?: string;
}

/** A Service that gets requests. */
export interface Backend {
  service: string;
  port: number;
  namespace?: string;
  weight?: number;
}

/** Two versions and how many percent of the requests the new one gets. */
export interface Canary {
  stable: Backend;
  candidate: Backend;
  percent: number;
}

/** Changes to headers. */
export interface HeaderChanges {
  set?: { [name: string]: string };
  add?: { [name: string]: string };
  remove?: string[];
}

/** Where a request is sent instead. */
export interface Redirect {
  scheme?: string;
  hostname?: string;
  port?: number;
  path?: string;
  prefix?: string;
  status?: number;
}

/** What a backend sees instead of what was asked for. */
export interface Rewrite {
  hostname?: string;
  path?: string;
  prefix?: string;
}

/** A copy of requests for another backend. */
export interface Mirror {
  backend: Backend;
  percent?: number;
}

/** Who may call from a page of another origin. */
export interface Cors {
  origins: string[];
  methods?: string[];
  headers?: string[];
  exposeHeaders?: string[];
  credentials?: boolean;
  maxAge?: number;
}

/** Time limits for requests. */
export interface Timeouts {
  request?: string;
  backendRequest?: string;
}

/** Retries of failed requests. */
export interface Retries {
  attempts: number;
  codes?: number[];
  backoff?: string;
}

/** One rule of a route. */
export interface RouteRule {
  matches?: Match[];
  backends?: Backend[];
  canary?: Canary;
  redirect?: Redirect;
  rewrite?: Rewrite;
  requestHeaders?: HeaderChanges;
  responseHeaders?: HeaderChanges;
  mirror?: Mirror;
  cors?: Cors;
  timeouts?: Timeouts;
  retries?: Retries;
}

/** Two weighted backends, the stable one first: both stay listed at 0 and at 100 percent, so only weights ever change. */
export function canaryBackends(canary: Canary): Backend[] {
  return [
    { ...canary.stable, weight: 100 - canary.percent },
    { ...canary.candidate, weight: canary.percent },
  ];
}

/** The backends of a rule, however they were written. */
export function backendsOf(rule: RouteRule): Backend[] {
  return rule.canary ? canaryBackends(rule.canary) : (rule.backends ?? []);
}

/** The HTTPRoute's spec. */
export function routeSpec(parents: Parent[], hostnames: string[] | undefined, rules: RouteRule[]): object {
  return {
    parentRefs: parents.map(parentRef),
    ...(hostnames && hostnames.length > 0 ? { hostnames } : {}),
    rules: rules.map(ruleSpec),
  };
}

function parentRef(parent: Parent): object {
  const kind = parent.kind ?? "Gateway";
  return defined({
    group: kind === "Gateway" ? "gateway.networking.k8s.io" : "",
    kind,
    name: parent.name,
    namespace: parent.namespace,
    sectionName: parent.section,
    port: parent.port,
  });
}

function ruleSpec(rule: RouteRule): object {
  const backends = backendsOf(rule);
  const filters = filtersOf(rule);
  return defined({
    matches: rule.matches?.map(matchSpec) ?? [matchSpec({})],
    filters: filters.length > 0 ? filters : undefined,
    backendRefs: backends.length > 0 ? backends.map((backend) => backendRef(backend)) : undefined,
    timeouts: rule.timeouts ? defined({ ...rule.timeouts }) : undefined,
    retry: rule.retries
      ? defined({ attempts: rule.retries.attempts, codes: rule.retries.codes, backoff: rule.retries.backoff })
      : undefined,
  });
}

/** A match with its path, since the API server would fill in the default. */
function matchSpec(match: Match): object {
  const path =
    match.exact !== undefined
      ? { type: "Exact", value: match.exact }
      : match.regex !== undefined
        ? { type: "RegularExpression", value: match.regex }
        : { type: "PathPrefix", value: match.prefix ?? "/" };
  return defined({
    path,
    method: match.method,
    headers: match.headers ? exactValues(match.headers) : undefined,
    queryParams: match.query ? exactValues(match.query) : undefined,
  });
}

function exactValues(values: { [name: string]: string }): object[] {
  return Object.entries(values).map(([name, value]) => ({ type: "Exact", name, value }));
}

function backendRef(backend: Backend): object {
  return defined({
    group: "",
    kind: "Service",
    name: backend.service,
    namespace: backend.namespace,
    port: backend.port,
    weight: backend.weight ?? 1,
  });
}

function filtersOf(rule: RouteRule): object[] {
  const { redirect, rewrite, requestHeaders, responseHeaders, mirror, cors } = rule;
  return [
    ...(cors ? [{ type: "CORS", cors: corsFilter(cors) }] : []),
    ...(requestHeaders ? [{ type: "RequestHeaderModifier", requestHeaderModifier: headerFilter(requestHeaders) }] : []),
    ...(responseHeaders
      ? [{ type: "ResponseHeaderModifier", responseHeaderModifier: headerFilter(responseHeaders) }]
      : []),
    ...(mirror ? [{ type: "RequestMirror", requestMirror: mirrorFilter(mirror) }] : []),
    ...(rewrite
      ? [{ type: "URLRewrite", urlRewrite: defined({ hostname: rewrite.hostname, path: newPath(rewrite) }) }]
      : []),
    ...(redirect ? [{ type: "RequestRedirect", requestRedirect: redirectFilter(redirect) }] : []),
  ];
}

function mirrorFilter(mirror: Mirror): object {
  const { service, namespace, port } = mirror.backend;
  return defined({
    backendRef: defined({ group: "", kind: "Service", name: service, namespace, port }),
    percent: mirror.percent,
  });
}

function corsFilter(cors: Cors): object {
  return defined({
    allowOrigins: cors.origins,
    allowMethods: cors.methods,
    allowHeaders: cors.headers,
    exposeHeaders: cors.exposeHeaders,
    allowCredentials: cors.credentials,
    maxAge: cors.maxAge,
  });
}

function headerFilter(changes: HeaderChanges): object {
  const list = (values: { [name: string]: string } | undefined) =>
    values ? Object.entries(values).map(([name, value]) => ({ name, value })) : undefined;
  return defined({ set: list(changes.set), add: list(changes.add), remove: changes.remove });
}

function redirectFilter(redirect: Redirect): object {
  return defined({
    scheme: redirect.scheme,
    hostname: redirect.hostname,
    port: redirect.port,
    path: newPath(redirect),
    statusCode: redirect.status ?? (redirect.scheme === "https" ? 301 : 302),
  });
}

function newPath(change: { path?: string; prefix?: string }): object | undefined {
  if (change.path !== undefined) {
    return { type: "ReplaceFullPath", replaceFullPath: change.path };
  }
  return change.prefix === undefined ? undefined : { type: "ReplacePrefixMatch", replacePrefixMatch: change.prefix };
}

/** The spec of a grant in the backends' namespace, for routes of another one. */
export function grantSpec(routeNamespace: string, services: string[]): object {
  return {
    from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: routeNamespace }],
    to: services.map((name) => ({ group: "", kind: "Service", name })),
  };
}
