// Annotations with ingress-nginx's prefix that its last release does not read: NGINX does nothing with them either.
import { inert, type Verdict } from "../report";

/** What older releases read, and what is read instead. */
const removed = new Map<string, string | undefined>([
  ["secure-backends", "backend-protocol"],
  ["grpc-backend", "backend-protocol"],
  ["secure-verify-ca-secret", "proxy-ssl-secret"],
  ["enable-opentracing", "enable-opentelemetry"],
  ["opentracing-trust-incoming-span", "opentelemetry-trust-incoming-span"],
  ["enable-influxdb", undefined],
  ["add-base-url", undefined],
  ["base-url-scheme", undefined],
  ["session-cookie-hash", undefined],
  ["upstream-max-fails", undefined],
  ["upstream-fail-timeout", undefined],
]);
const removedFamilies = ["lua-resty-waf", "influxdb-", "global-rate-limit"];

const ofConfigMap = "a key of NGINX's ConfigMap, for all hosts";
const noLimit = "NGINX limits nothing by it; limit-rps and limit-connections do";

/** Keys of NGINX's ConfigMap, as its page lists them, that are the names of no annotation. */
const configMapKeys = [
  ...["add-headers", "allow-backend-server-header", "hide-headers", "proxy-set-headers", "ignore-invalid-headers"],
  ...["enable-underscores-in-headers", "client-header-buffer-size", "client-header-timeout", "client-body-timeout"],
  ...["large-client-header-buffers", "proxy-headers-hash-max-size", "proxy-headers-hash-bucket-size"],
  ...["server-tokens", "hsts", "hsts-include-subdomains", "hsts-max-age", "hsts-preload", "use-http2"],
  ...["http2-max-concurrent-streams", "http2-max-field-size", "http2-max-header-size", "http2-max-requests"],
  ...["ssl-protocols", "ssl-ecdh-curve", "ssl-dh-param", "ssl-buffer-size", "ssl-session-cache", "enable-ocsp"],
  ...["ssl-session-cache-size", "ssl-session-tickets", "ssl-session-timeout", "ssl-reject-handshake"],
  ...["keep-alive", "keep-alive-requests", "upstream-keepalive-connections", "upstream-keepalive-requests"],
  ...["upstream-keepalive-time", "upstream-keepalive-timeout", "retry-non-idempotent", "http-redirect-code"],
  ...["use-gzip", "gzip-disable", "gzip-level", "gzip-min-length", "gzip-types", "enable-brotli", "brotli-level"],
  ...["brotli-min-length", "brotli-types", "use-geoip", "use-geoip2", "generate-request-id", "relative-redirects"],
  ...["use-forwarded-headers", "compute-full-forwarded-for", "enable-real-ip", "forwarded-for-header"],
  ...["proxy-add-original-uri-header", "proxy-real-ip-cidr", "use-proxy-protocol", "no-tls-redirect-locations"],
  ...["limit-req-status-code", "limit-conn-status-code", "proxy-stream-timeout", "proxy-stream-responses"],
  ...["log-format-upstream", "log-format-escape-json", "disable-access-log", "skip-access-log-urls"],
  ...["http-snippet", "main-snippet", "location-snippet", "default-type", "strict-validate-path-type"],
  ...["block-cidrs", "block-user-agents", "block-referers", "no-auth-locations"],
];

/** What stands on many Ingresses, and no release has ever read. */
const neverRead = new Map<string, string>([
  ["websocket-services", "F5's controller reads nginx.org/websocket-services; the gateway passes WebSockets on"],
  ["ssl-services", "F5's controller reads nginx.org/ssl-services; here it is backend-protocol"],
  ["listen-ports-ssl", "F5's controller reads nginx.org/listen-ports-ssl; here the Gateway's listeners have the ports"],
  ...configMapKeys.map((name) => [name, ofConfigMap] as const),
  ...["limit-req", "limit-req-zone", "limit-conn", "limit-burst"].map((name) => [name, noLimit] as const),
  ...["enable-websocket", "enable-websockets", "websocket", "websocket-support", "websockets"].map(
    (name) => [name, "NGINX and the gateway pass WebSockets on without it"] as const,
  ),
  ["ingress.class", "spec.ingressClassName or kubernetes.io/ingress.class is what it reads"],
  ["upgrade", "NGINX and the gateway pass WebSockets on without it"],
  ["client-max-body-size", "proxy-body-size is what it reads"],
  ["proxy-buffers", "proxy-buffers-number is what it reads"],
  ["proxy-timeout", "proxy-connect-timeout, proxy-read-timeout and proxy-send-timeout are what it reads"],
  ["server-snippets", "server-snippet is what it reads"],
  ["configuration-snippets", "configuration-snippet is what it reads"],
  ...["enable-gzip", "gzip"].map((name) => [name, "use-gzip of NGINX's ConfigMap, for all hosts"] as const),
  ["enable-http2", "use-http2 of NGINX's ConfigMap, for all hosts; the gateway speaks HTTP/2"],
  ["keepalive-timeout", "keep-alive of NGINX's ConfigMap, for all hosts"],
  ...["-path", "-interval", "-timeout"].map(
    (end) => [`health-check${end}`, "NGINX asks no backend by itself; pods have readiness probes"] as const,
  ),
  ["cors-enabled", "enable-cors is what it reads"],
]);

/** Beginnings of names that none of its annotations has. */
const neverReadFamilies: readonly (readonly [start: string, instead: string])[] = [
  ["rate-limit", noLimit],
  ["proxy-cache", "NGINX keeps no answers by an annotation"],
];

/** The verdict on an annotation that NGINX ignores; undefined where that is not known. */
export function formerly(name: string): Verdict | undefined {
  const instead = neverRead.get(name) ?? neverReadFamilies.find(([start]) => name.startsWith(start))?.[1];
  if (instead !== undefined) return inert(`no release of ingress-nginx reads it: ${instead}`);
  if (!removed.has(name) && !removedFamilies.some((family) => name.startsWith(family))) return undefined;
  const now = removed.get(name);
  return inert(`old releases of ingress-nginx read it, the last one does not${now ? `: it reads ${now}` : ""}`);
}
