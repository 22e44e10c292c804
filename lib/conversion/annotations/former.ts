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

/** What stands on many Ingresses, and no release has ever read. */
const neverRead = new Map<string, string>([
  ["websocket-services", "F5's controller reads nginx.org/websocket-services; the gateway passes WebSockets on"],
  ["ssl-services", "F5's controller reads nginx.org/ssl-services; here it is backend-protocol"],
  ...[
    "ssl-protocols",
    "upstream-keepalive-connections",
    "upstream-keepalive-requests",
    "upstream-keepalive-timeout",
  ].map((name) => [name, ofConfigMap] as const),
  ...["", "-window", "-burst", "-connections"].map((end) => [`rate-limit${end}`, noLimit] as const),
  ["keepalive-timeout", "keep-alive of NGINX's ConfigMap, for all hosts"],
  ...["-path", "-interval", "-timeout"].map(
    (end) => [`health-check${end}`, "NGINX asks no backend by itself; pods have readiness probes"] as const,
  ),
  ["cors-enabled", "enable-cors is what it reads"],
]);

/** The verdict on an annotation that NGINX ignores; undefined where that is not known. */
export function formerly(name: string): Verdict | undefined {
  const instead = neverRead.get(name);
  if (instead !== undefined) return inert(`no release of ingress-nginx reads it: ${instead}`);
  if (!removed.has(name) && !removedFamilies.some((family) => name.startsWith(family))) return undefined;
  const now = removed.get(name);
  return inert(`old releases of ingress-nginx read it, the last one does not${now ? `: it reads ${now}` : ""}`);
}
