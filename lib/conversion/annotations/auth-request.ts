// What Envoy asks an authentication service, and by which extension provider: of an auth-url and what says more about it.
import { argumentsFor, derivedName, type ExtensionProvider } from "../extension-providers";
import { defined } from "../../json";
import { refused, type Verdict } from "../report";
import { authServiceOf, unknownService, type AuthService } from "./auth-services";
import { directives, wordsOf } from "./directives";
import { listOf, type Surroundings } from "./family";
import { headerValue } from "./variables";

const leader = "auth-url";
const urlForm = /^(https?):\/\/([^/:?#\s]+)(?::(\d+))?(\/[^?#\s]*)?([?#]\S*)?$/;
const serviceForm = /^([a-z]([-a-z0-9]*[a-z0-9])?)\.([a-z0-9]([-a-z0-9]*[a-z0-9])?)\.svc(\.cluster\.local)?$/;
const ownHost = /^\$(http_)?host$/;

/** The parts of an auth-url. */
interface Parts {
  scheme: string;
  host: string;
  port?: string;
  path: string;
  query: string;
}

function partsOf(url: string): Parts | undefined {
  const [, scheme, host, port, path = "/", query = ""] = urlForm.exec(url.trim()) ?? [];
  if (scheme === undefined || host === undefined || url.includes("..")) return undefined;
  return { scheme, host, path, query, ...(port === undefined ? {} : { port }) };
}

/** The service that the URL is of, where it answers Envoy as it answers NGINX. */
export function knownService(url: string | undefined): AuthService | undefined {
  return authServiceOf(partsOf(url ?? "")?.path ?? "");
}

/** Why Envoy cannot ask what NGINX asks. */
export function faultOf(url: string, around: Surroundings): Verdict | undefined {
  const parts = partsOf(url);
  if (!parts)
    return refused("not an http or https URL, so NGINX answers 503", `${leader}: "https://auth.example.com/check"`);
  const { host, path, query } = parts;
  if (path.includes("$") || (host.includes("$") && !ownHost.test(host))) {
    return refused(
      "an extension provider has nothing for a variable of the URL",
      `${leader} without variables but $host`,
    );
  }
  if (query !== "" && !knownService(url)?.query?.test(query)) {
    return refused(
      `Envoy asks without the query of the URL, so the service could admit more than with ${query}`,
      "a service that checks this of every request, and its URL without a query",
    );
  }
  const named = around.authProvider(url.trim());
  if (!Array.isArray(named)) return undefined;
  const each = named.map((one) => `--auth-provider "${one}=<name>"`).join(" ");
  return refused(`one --auth-provider cannot stand for several services: ${named.join(", ")}`, each);
}

/** The provider for a URL without a fault, by the name that the command line has for it or one of its own. */
export function providerOf(url: string, around: Surroundings): ExtensionProvider {
  const named = around.authProvider(url.trim());
  const envoyExtAuthzHttp = definitionOf(url, around);
  const { host = "", path = "" } = partsOf(url) ?? {};
  const words = knownService(url)?.name ?? `${host}${path}`;
  const name = typeof named === "string" ? named : derivedName(words, envoyExtAuthzHttp);
  return { name, envoyExtAuthzHttp };
}

/** What the mesh must have, and what is refused until it has. */
export function needText(provider: ExtensionProvider, around: Surroundings): string {
  const text = argumentsFor(provider, around.authProviders);
  return `the mesh must have the provider, or the Gateway refuses (403) every request for the paths: ${text}`;
}

function definitionOf(url: string, around: Surroundings): ExtensionProvider["envoyExtAuthzHttp"] {
  const { path } = partsOf(url)!;
  const place = placeOf(url, around);
  const { settings } = knownService(url) ?? { settings: unknownService };
  const upstream = [...new Set([...settings.headersToUpstreamOnAllow, ...upstreamHeaders(around)])];
  const additional = { ...settings.includeAdditionalHeadersInCheck, ...wayBack(around), ...additionalHeaders(around) };
  return defined({
    service: place?.service ?? `<Service that answers ${url.trim()}>`,
    port: place?.port ?? 80,
    // Below the URL's own path, so that no path of a request is one that the service answers without a session.
    pathPrefix: settings.pathPrefix ?? (path === "/" ? undefined : path.replace(/\/$/, "")),
    statusOnError: "500",
    includeRequestHeadersInCheck: settings.includeRequestHeadersInCheck,
    includeAdditionalHeadersInCheck: Object.keys(additional).length > 0 ? additional : undefined,
    headersToUpstreamOnAllow: upstream.length > 0 ? upstream : undefined,
    headersToDownstreamOnAllow: ["set-cookie"],
    headersToDownstreamOnDeny: settings.headersToDownstreamOnDeny,
  });
}

/** From a URL of a Service, or of a host and path that an Ingress of the input sends to one. */
function placeOf(url: string, around: Surroundings): { service: string; port: number } | undefined {
  const { scheme, host, port, path } = partsOf(url)!;
  const [, name, , namespace] = serviceForm.exec(host) ?? [];
  if (name !== undefined) {
    const service = `${name}.${namespace}.svc.cluster.local`;
    return { service, port: Number(port ?? (scheme === "https" ? 443 : 80)) };
  }
  const hosts = (around.ingress.spec.rules ?? []).map((rule) => rule.host ?? "");
  if (ownHost.test(host)) return around.serviceAt(hosts[0] ?? "", path, true);
  return around.serviceAt(host, path, hosts.includes(host));
}

/** Headers of the service's answer that the backend gets. */
function upstreamHeaders({ other }: Surroundings): string[] {
  return listOf(other("auth-response-headers") ?? "").map((name) => name.toLowerCase());
}

/** Where a sign-in that is served at the host itself sends clients back to: the path alone, which needs no leave. */
function wayBack({ other }: Surroundings): { [name: string]: string } {
  const isOwn = /[?&]rd=\$(escaped_)?request_uri$/.test(other("auth-signin")?.trim() ?? "");
  return isOwn && knownService(other(leader))?.needsWayBack ? { "X-Auth-Request-Redirect": "%REQ(:PATH)%" } : {};
}

/** The request's own path, in the form that it has in a query. */
export const escapedPath = /\$escaped_request_uri\b/g;

/** Headers for the service, as far as Envoy has their values. */
function additionalHeaders(around: Surroundings): { [name: string]: string } {
  const redirect = around.other("auth-request-redirect")?.trim().replace(escapedPath, "$request_uri");
  const given = {
    ...(redirect === undefined ? {} : { "X-Auth-Request-Redirect": redirect }),
    ...configOf(around)?.data,
    ...snippetHeaders(around),
  };
  const values = Object.entries(given).map(([name, text]) => [name, valueOf(text, around)] as const);
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** A value as the provider has it; undefined for variables that Envoy has nothing for. */
export function valueOf(text: string, { ingress }: Surroundings): string | undefined {
  const value = headerValue(text, ingress.metadata.name);
  // A provider is not one for a Service.
  return value?.ofPath || value?.text.includes("$") ? undefined : value?.text;
}

/** What of these values Envoy has otherwise than NGINX. */
export function differencesOf(texts: readonly string[], { ingress }: Surroundings): string[] {
  const all = texts.flatMap((text) => headerValue(text, ingress.metadata.name)?.differences ?? []);
  return [...new Set(all)];
}

/** The ConfigMap with headers for the service. */
export function configOf(around: Surroundings) {
  const key = around.other("auth-proxy-set-headers")?.trim();
  const own = around.ingress.metadata.namespace;
  if (key === undefined) return undefined;
  return around.configMap(key.includes("/") || own === undefined ? key : `${own}/${key}`);
}

/** The headers that an auth-snippet sets; undefined where it does anything else. */
export function snippetHeaders({ other }: Surroundings): { [name: string]: string } | undefined {
  const lines = directives(other("auth-snippet") ?? "")?.map(wordsOf);
  return lines?.every(([name, ...words]) => name === "proxy_set_header" && words.length === 2 && words[1] !== "")
    ? Object.fromEntries(lines.map(([, header, value]) => [header!, value!]))
    : undefined;
}
