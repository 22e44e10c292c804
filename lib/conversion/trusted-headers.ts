// Headers that applications trust, since NGINX lets no client send them.
import type { Surroundings } from "./annotations/family";
import type { Written } from "./objects";
import { changed } from "./report";
import type { GatewayOptions } from "./routes";
import type { ReadIngress } from "./servers";
import type { Settings } from "./settings";

/** The annotation by which backends are told who their client is: of a service that is asked, or of certificates. */
export function identityAnnotations(settings: Settings, other: Surroundings["other"]): string[] {
  if (settings.redirect) return [];
  const told = settings.authProvider?.envoyExtAuthzHttp["headersToUpstreamOnAllow"] !== undefined;
  const byService = other("auth-response-headers") === undefined ? "auth-url" : "auth-response-headers";
  return [...(told ? [byService] : []), ...(settings.clientCertificates ? ["auth-tls-secret"] : [])];
}

/** What differs where no EnvoyFilter drops them. */
export const withUnderscores = changed(
  "a header with underscores, which many applications take for the one with hyphens, reaches the backend as the client sent it, where NGINX drops it; with Istio 1.31 controlPlane.values.meshConfig.defaultConfig.connectionSettings.httpHeadersWithUnderscoresAction of AmbientMesh can be HEADERS_WITH_UNDERSCORES_DROP_HEADER",
);

const written = "X-Real-IP, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Port, X-Forwarded-Scheme, X-Scheme, Proxy";

/** What holds for all routes to backends, once. */
export function headerNotes(
  objects: readonly Written[],
  read: readonly ReadIngress[],
  { nginxHeaders }: GatewayOptions,
): string[] {
  const isServing = objects.some(
    ({ kind, spec }) =>
      kind === "HTTPRoute" && (spec as { rules: object[] }).rules.some((rule) => "backendRefs" in rule),
  );
  if (!isServing) return [];
  const isDropped = read.some(({ settings }) => settings.envoy.plainHeaders);
  const names = [...(nginxHeaders ? [] : [written]), ...(isDropped ? [] : ["headers with underscores"])];
  const which = names.join(" and ");
  const fix = nginxHeaders ? "the conversion without --no-envoy-filters" : "--nginx-headers";
  return [
    ...(names.length === 0
      ? []
      : [`backends get ${which} as clients send them, where NGINX overwrites or drops them: ${fix} does so too`]),
    ...(isDropped ? ["headers with underscores are dropped for all routes of the Gateway, as NGINX drops them"] : []),
  ];
}
