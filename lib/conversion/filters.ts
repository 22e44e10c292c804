// The filters of a rule: what happens to a request and its answer on their way.
import { isForEveryOrigin } from "./annotations/cors";
import { withPathValues } from "./annotations/variables";
import type { Piece } from "./pieces";
import { rewrites, type Location } from "./servers";
import type { ClientCertificateSettings, HeaderChanges, Settings } from "./settings";

/** Where a redirect leads. */
export interface RedirectTo {
  scheme?: string;
  hostname?: string;
  port?: number;
  path?: string;
  code: number;
}

/** A redirect. */
export function redirectFilter({ scheme, hostname, port, path, code }: RedirectTo): object {
  return {
    type: "RequestRedirect",
    requestRedirect: {
      ...(scheme === undefined ? {} : { scheme }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(port === undefined ? {} : { port }),
      ...(path === undefined ? {} : { path: { type: "ReplaceFullPath", replaceFullPath: path } }),
      statusCode: code,
    },
  };
}

/** Variables of NGINX that say which Service a path sends to. */
export const serviceVariables = /\$\{?(service_name|namespace)\}?/g;

/** The filters of a location. */
export function filtersOf(location: Location, piece: Piece): object[] {
  const { settings } = location.owner;
  const { service, namespace } = location.upstream;
  const values = { service_name: service, namespace: namespace ?? "" };
  const named = (text: string) => withPathValues(text, values);
  const vhost = settings.vhost?.replace(serviceVariables, (_, name: keyof typeof values) => values[name]);
  const { cors, mirror, redirect, forwardedPrefix } = settings;
  const request = { ...settings.requestHeaders, set: { ...settings.requestHeaders.set } };
  if (forwardedPrefix !== undefined && rewrites(location)) request.set["X-Forwarded-Prefix"] = forwardedPrefix;
  const response = { ...settings.responseHeaders, remove: [...settings.responseHeaders.remove] };
  // Envoy answers with the origin itself, not with `*`: then a browser would heed what the backend says of credentials.
  if (cors && isForEveryOrigin(cors)) response.remove.push("Access-Control-Allow-Credentials");
  const path = piece.rewrite
    ? "full" in piece.rewrite
      ? { type: "ReplaceFullPath", replaceFullPath: piece.rewrite.full }
      : { type: "ReplacePrefixMatch", replacePrefixMatch: piece.rewrite.prefix }
    : undefined;
  const urlRewrite = { ...(vhost === undefined ? {} : { hostname: vhost }), ...(path ? { path } : {}) };
  return [
    ...(cors ? [{ type: "CORS", cors: corsFilter(cors) }] : []),
    ...headerFilter("RequestHeaderModifier", "requestHeaderModifier", request, named),
    ...headerFilter("ResponseHeaderModifier", "responseHeaderModifier", response, named),
    ...(redirect ? [redirectFilter(redirect)] : []),
    ...(mirror && !redirect ? [{ type: "RequestMirror", requestMirror: { backendRef: mirrorRef(mirror) } }] : []),
    ...(Object.keys(urlRewrite).length > 0 && !redirect ? [{ type: "URLRewrite", urlRewrite }] : []),
  ];
}

function mirrorRef({ service, namespace, port }: NonNullable<Settings["mirror"]>): object {
  return { name: service, ...(namespace === undefined ? {} : { namespace }), port };
}

function corsFilter(cors: NonNullable<Settings["cors"]>): object {
  return {
    allowOrigins: cors.origins,
    allowCredentials: cors.credentials && !isForEveryOrigin(cors),
    allowMethods: cors.methods,
    allowHeaders: cors.headers,
    ...(cors.exposeHeaders.length > 0 ? { exposeHeaders: cors.exposeHeaders } : {}),
    maxAge: cors.maxAge,
  };
}

function headerFilter(
  type: string,
  field: string,
  { set, add, remove }: HeaderChanges,
  named: (text: string) => string,
): object[] {
  const list = (values: { [name: string]: string }) =>
    Object.entries(values).map(([name, value]) => ({ name, value: named(value) }));
  // Envoy removes first, and would put nothing in for the header's own value.
  const written = new Set(Object.keys(set).map((header) => header.toLowerCase()));
  const removed = [...new Set(remove)].filter((header) => !written.has(header.toLowerCase()));
  const changes = {
    ...(Object.keys(set).length > 0 ? { set: list(set) } : {}),
    ...(Object.keys(add).length > 0 ? { add: list(add) } : {}),
    ...(removed.length > 0 ? { remove: removed } : {}),
  };
  return Object.keys(changes).length > 0 ? [{ type, [field]: changes }] : [];
}

interface Header {
  name: string;
  value: string;
}

interface Modifier {
  set?: Header[];
  remove?: string[];
}

const fields = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
} as const;

/** A rule that sets these headers too, and removes those, unless it sets them to something else. */
function withHeaders(rule: object, type: keyof typeof fields, set: Header[], remove: string[] = []): object {
  const {
    matches,
    filters = [],
    ...others
  } = rule as {
    matches: object;
    filters?: ({ type: string } & { [field in (typeof fields)[keyof typeof fields]]?: Modifier })[];
  };
  const field = fields[type];
  const present = filters.find((filter) => filter.type === type);
  const before = present?.[field];
  const isFree = (name: string) => !before?.set?.some((one) => one.name.toLowerCase() === name.toLowerCase());
  const removed = [...new Set([...(before?.remove ?? []), ...remove.filter(isFree)])];
  const changes = {
    ...before,
    set: [...(before?.set ?? []), ...set.filter(({ name }) => isFree(name))],
    ...(removed.length > 0 ? { remove: removed } : {}),
  };
  const modifier = { type, [field]: changes };
  return { matches, filters: [...filters.filter((filter) => filter !== present), modifier], ...others };
}

/** Adds what NGINX sends over https by default. */
export function withHsts(rule: object): object {
  const header = { name: "Strict-Transport-Security", value: "max-age=31536000; includeSubDomains" };
  return withHeaders(rule, "ResponseHeaderModifier", [header]);
}

/** What NGINX writes anew for every request to a backend, and what it takes from clients. */
const ofNginx = [
  { name: "X-Real-IP", value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" },
  { name: "X-Forwarded-For", value: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%" },
  { name: "X-Forwarded-Host", value: "%REQ(:AUTHORITY)%" },
  { name: "X-Forwarded-Port", value: "%DOWNSTREAM_LOCAL_PORT%" },
  { name: "X-Forwarded-Scheme", value: "%REQ(:SCHEME)%" },
  { name: "X-Scheme", value: "%REQ(:SCHEME)%" },
];
const dropped = ["X-Original-Forwarded-For", "X-Original-Forwarded-Host", "Proxy"];

/** Adds what NGINX sends to every backend, in place of what the client sends. */
export function withNginxHeaders(rule: object): object {
  return "backendRefs" in rule ? withHeaders(rule, "RequestHeaderModifier", ofNginx, dropped) : rule;
}

const ofClient = { cert: "ssl-client-cert", subject: "ssl-client-subject-dn", issuer: "ssl-client-issuer-dn" };
const verification = "ssl-client-verify";

/** Adds what NGINX sends to the backend of a client's certificate; over http there is none, and what is judged says it. */
export function withClientCertificate(
  rule: object,
  scheme: "http" | "https",
  { pass, judged }: ClientCertificateSettings,
): object {
  if (!("backendRefs" in rule) || (judged && scheme === "https")) return rule;
  const type = "RequestHeaderModifier";
  const { cert, subject, issuer } = ofClient;
  if (scheme === "http") {
    const none = [{ name: verification, value: "NONE" }];
    return withHeaders(rule, type, none, [...(pass ? [cert] : []), subject, issuer]);
  }
  return withHeaders(rule, type, [
    ...(pass ? [{ name: cert, value: "%DOWNSTREAM_PEER_CERT%" }] : []),
    { name: verification, value: "SUCCESS" },
    { name: subject, value: "%DOWNSTREAM_PEER_SUBJECT%" },
    { name: issuer, value: "%DOWNSTREAM_PEER_ISSUER%" },
  ]);
}
