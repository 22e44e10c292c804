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
const removedFamilies = ["lua-resty-waf", "influxdb-"];

/** What only another controller reads, by another prefix, and what the gateway does about it. */
const neverRead = new Map<string, string>([
  ["websocket-services", "the gateway passes WebSockets on"],
  ["ssl-services", "backend-protocol says how a backend is spoken to"],
]);

/** The verdict on an annotation that NGINX ignores; undefined where that is not known. */
export function formerly(name: string): Verdict | undefined {
  const instead = neverRead.get(name);
  if (instead !== undefined) return inert(`only nginx.org/${name} is read, by F5's controller; ${instead}`);
  if (!removed.has(name) && !removedFamilies.some((family) => name.startsWith(family))) return undefined;
  const now = removed.get(name);
  return inert(`old releases of ingress-nginx read it, the last one does not${now ? `: it reads ${now}` : ""}`);
}
