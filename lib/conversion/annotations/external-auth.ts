// An authentication service that is asked about every request: an extension provider of the mesh, named by --auth-provider.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import { defined } from "../../json";
import { oneLine } from "../literals";
import { authServiceOf, unknownService, type AuthService } from "./auth-services";
import { directives, wordsOf } from "./directives";
import { headerValue } from "./variables";
import { booleanOf, detailOf, listOf, type Annotation, type Reader, type Surroundings, type Told } from "./family";

const source = "authreq";
const leader = "auth-url";

/** Where the service is that an auth-url names, as far as it can be told. */
interface Place {
  service: string;
  port: number;
  /** The path of the URL, absent for the root. */
  path?: string;
}

const urlForm = /^(https?):\/\/([^/:?#\s]+)(?::(\d+))?(\/[^?#\s]*)?([?#]\S*)?$/;
const serviceForm = /^([a-z]([-a-z0-9]*[a-z0-9])?)\.([a-z0-9]([-a-z0-9]*[a-z0-9])?)\.svc(\.cluster\.local)?$/;

const readUrl: Reader = (value, settings, around) => {
  const url = value.trim();
  const parts = urlForm.exec(url);
  if (!parts || url.includes("..")) {
    return refused("not an http or https URL, so NGINX answers 503", `${leader}: "https://auth.example.com/check"`);
  }
  const provider = around.authProvider(url);
  if (provider === undefined) {
    return refused(
      "the gateway asks an extension provider of the mesh, and no --auth-provider names one for this URL",
      `--auth-provider my-auth, and in the arguments of AmbientMesh ${providerText("my-auth", url, around)}`,
    );
  }
  if (Array.isArray(provider)) {
    const each = provider.map((one) => `--auth-provider "${one}=<name>"`).join(" ");
    return refused(`one --auth-provider cannot stand for several services: ${provider.join(", ")}`, each);
  }
  settings.authProvider = provider;
  const known = knownService(url);
  const preflight =
    booleanOf(around.other("enable-cors")) === true
      ? "; it is asked about preflight requests too, and must answer 200 to them"
      : "";
  const needs =
    known?.needs ??
    "the service sees method and path of the request itself, after the path of the URL, and only 200 admits it, not every 2xx";
  const detail = `the mesh must have the provider: ${providerText(provider, url, around)}; ${needs}${preflight}`;
  const to = `AuthorizationPolicy CUSTOM with provider ${provider}, on the Gateway`;
  return known ? mapped(to, detail) : changed(detail, to);
};

/** The service that the URL is of, where it answers Envoy as it answers NGINX. */
function knownService(url: string | undefined): AuthService | undefined {
  return authServiceOf(urlForm.exec(url?.trim() ?? "")?.[4] ?? "");
}

/** What the arguments of AmbientMesh must say for the provider to exist. */
function providerText(name: string, url: string, around: Surroundings): string {
  const found = placeOf(url, around);
  const { settings } = knownService(url) ?? { settings: { ...unknownService, pathPrefix: found?.path } };
  const upstream = [...new Set([...settings.headersToUpstreamOnAllow, ...upstreamHeaders(around)])];
  const additional = { ...settings.includeAdditionalHeadersInCheck, ...additionalHeaders(around) };
  const envoyExtAuthzHttp = defined({
    service: found?.service ?? `<Service that answers ${url}>`,
    port: found?.port ?? 80,
    pathPrefix: settings.pathPrefix,
    statusOnError: "500",
    includeRequestHeadersInCheck: settings.includeRequestHeadersInCheck,
    includeAdditionalHeadersInCheck: Object.keys(additional).length > 0 ? additional : undefined,
    headersToUpstreamOnAllow: upstream.length > 0 ? upstream : undefined,
    headersToDownstreamOnAllow: ["set-cookie"],
    headersToDownstreamOnDeny: settings.headersToDownstreamOnDeny,
  });
  return meshText(name, envoyExtAuthzHttp, around);
}

/** The provider in the arguments of AmbientMesh. */
export function meshText(name: string, envoyExtAuthzHttp: object, { authProviders }: Surroundings): string {
  const env = authProviders > 1 ? { pilot: { env: { PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: "true" } } } : {};
  const meshConfig = { extensionProviders: [{ name, envoyExtAuthzHttp }] };
  return oneLine({ controlPlane: { values: { ...env, meshConfig } } }).slice(2, -2);
}

/** From a URL of a Service, or of a host and path that an Ingress of the input sends to one. */
function placeOf(url: string, around: Surroundings): Place | undefined {
  const [, scheme, host = "", port, path = "/"] = urlForm.exec(url) ?? [];
  const rest = path === "/" ? {} : { path: path.replace(/\/$/, "") };
  const [, name, , namespace] = serviceForm.exec(host) ?? [];
  if (name !== undefined) {
    const service = `${name}.${namespace}.svc.cluster.local`;
    return { service, port: Number(port ?? (scheme === "https" ? 443 : 80)), ...rest };
  }
  const own = (around.ingress.spec.rules ?? [])[0]?.host ?? "";
  const behind = around.serviceAt(/^\$(http_)?host$/.test(host) ? own : host, path);
  return behind && { ...behind, ...rest };
}

/** Headers of the service's answer that the backend gets. */
function upstreamHeaders({ other }: Surroundings): string[] {
  return listOf(other("auth-response-headers") ?? "").map((name) => name.toLowerCase());
}

/** Headers for the service, as far as Envoy has their values. */
function additionalHeaders(around: Surroundings): { [name: string]: string } {
  const redirect = around.other("auth-request-redirect")?.trim();
  const given = {
    ...(redirect === undefined ? {} : { "X-Auth-Request-Redirect": redirect }),
    ...configOf(around)?.data,
    ...snippetHeaders(around),
  };
  const values = Object.entries(given).map(([name, text]) => [name, valueOf(text, around)] as const);
  return Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** A value as the provider has it; undefined for variables that Envoy has nothing for. */
function valueOf(text: string, { ingress }: Surroundings): string | undefined {
  const value = headerValue(text, ingress.metadata.name)?.text;
  // A provider is not one for a Service.
  return value?.includes("$") ? undefined : value;
}

function configOf(around: Surroundings) {
  const key = around.other("auth-proxy-set-headers")?.trim();
  const own = around.ingress.metadata.namespace;
  if (key === undefined) return undefined;
  return around.configMap(key.includes("/") || own === undefined ? key : `${own}/${key}`);
}

const readResponseHeaders: Reader = (value) =>
  listOf(value).every((name) => /^[a-zA-Z\d\-_]+$/.test(name))
    ? mapped("headersToUpstreamOnAllow of the provider")
    : refused(
        "one of these names is not a header name, so NGINX answers 503",
        'auth-response-headers: "X-User, X-Email"',
      );

/** The headers that an auth-snippet sets; undefined where it does anything else. */
function snippetHeaders({ other }: Surroundings): { [name: string]: string } | undefined {
  const lines = directives(other("auth-snippet") ?? "")?.map(wordsOf);
  return lines?.every(([name, ...words]) => name === "proxy_set_header" && words.length === 2 && words[1] !== "")
    ? Object.fromEntries(lines.map(([, header, value]) => [header!, value!]))
    : undefined;
}

const readAuthSnippet: Reader = (_, __, around) => {
  const headers = snippetHeaders(around);
  const fix = "includeAdditionalHeadersInCheck of the provider";
  if (headers === undefined) return refused("Envoy does not read NGINX's configuration", fix);
  const unknown = Object.entries(headers).find(([, value]) => valueOf(value, around) === undefined);
  return unknown
    ? refused(`Envoy has nothing for a variable of ${unknown[0]}`, "headers with fixed values")
    : mapped(fix);
};

const readSetHeaders: Reader = (_, __, around) => {
  const config = configOf(around);
  if (config === undefined) {
    return refused(
      "the ConfigMap is not in the input",
      `-f with ConfigMap ${around.other("auth-proxy-set-headers")?.trim()}, or --namespace to read it from a cluster`,
    );
  }
  const unknown = Object.entries(config.data ?? {}).find(([, value]) => valueOf(value, around) === undefined);
  return unknown
    ? refused(`Envoy has nothing for a variable of ${unknown[0]}`, "headers with fixed values")
    : mapped("includeAdditionalHeadersInCheck of the provider");
};

/** What says more about auth-url; without a provider it is refused as auth-url is. */
function detail(told: Told, name: string, does: string, becomes: string, read: Reader): Annotation {
  const reader: Reader = (value, settings, around) =>
    typeof around.authProvider(around.other(leader)?.trim() ?? "") === "string"
      ? read(value, settings, around)
      : refused(`it belongs to ${leader}, which is refused`, `see ${leader}`);
  return { ...detailOf(source, told, name, does, leader, reader), becomes };
}

const say =
  (verdict: Verdict): Reader =>
  () =>
    verdict;
const connections = "Envoy's own connections to the service";
const everyTime = mapped("no answers that are kept: the service is asked about every request");
/** A service that has its own way for Envoy; of any other one, what differs. */
const ofService =
  (differs: string, does: string): Reader =>
  (_, __, { other }) => {
    const known = knownService(other(leader));
    return known ? mapped(`what ${known.name} does: ${does}`) : changed(differs);
  };

export const externalAuth: Annotation[] = [
  {
    name: leader,
    told: "table",
    does: "asks this URL whether a request may pass",
    becomes:
      "with `--auth-provider`, an AuthorizationPolicy of action CUSTOM on the Gateway, for the host and its paths; the report says what `meshConfig.extensionProviders` must have: for oauth2-proxy, Authelia and authentik what they themselves say of Envoy, for any other service what differs. Refused without, and where a host is a wildcard",
    source,
    read: readUrl,
  },
  detail(
    "table",
    "auth-cache-key",
    "what answers of the service are kept by",
    "nothing: none are kept",
    say(everyTime),
  ),
  detail("table", "auth-cache-duration", "how long they are kept", "nothing: none are kept", say(everyTime)),
  ...(
    [
      ["auth-keepalive", "connections to the service that stay open"],
      ["auth-keepalive-share-vars", "shares NGINX's variables with the request to the service"],
      ["auth-keepalive-requests", "requests for each of these connections"],
      ["auth-keepalive-timeout", "how long they stay open without any"],
    ] as const
  ).map(([name, does]) => detail("table", name, does, `nothing: ${connections} stay open`, say(mapped(connections)))),
  detail(
    "table",
    "auth-proxy-set-headers",
    "headers for the service, in a ConfigMap",
    "`includeAdditionalHeadersInCheck` of the provider, with Envoy's operators for NGINX's variables",
    readSetHeaders,
  ),
  detail(
    "table",
    "auth-snippet",
    "NGINX configuration for the request to the service",
    "`includeAdditionalHeadersInCheck` of the provider where every line sets a header; refused otherwise",
    readAuthSnippet,
  ),
  detail(
    "text",
    "auth-method",
    "the method of the request to the service, GET by default",
    "nothing: the service sees the method of the request itself",
    ofService("the service sees the method of the request itself", "it takes every method"),
  ),
  detail(
    "text",
    "auth-signin",
    "where clients are sent whom the service refuses",
    "nothing: the service's answer reaches the client, so the service has to redirect, as oauth2-proxy, Authelia and authentik do",
    (value, _, { other }) => {
      const known = knownService(other(leader));
      const path = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*)?/.exec(value.trim())?.[1] ?? "/";
      return known?.signin.test(path)
        ? mapped(`what ${known.name} does: it sends clients to sign in, and back to the URL that they asked for`)
        : changed(
            `the service itself must answer with the redirect to ${value.trim()}: its answer reaches the client as it is`,
          );
    },
  ),
  detail(
    "text",
    "auth-signin-redirect-param",
    "the parameter of that URL with the first one",
    "goes with `auth-signin`",
    (_, __, around) =>
      around.other("auth-signin") === undefined
        ? inert("without auth-signin NGINX ignores it")
        : ofService(
            "the service itself must write the parameter into its redirect",
            "it knows where clients came from",
          )(_, __, around),
  ),
  detail(
    "text",
    "auth-response-headers",
    "headers of the service's answer for the backend",
    "`headersToUpstreamOnAllow` of the provider",
    readResponseHeaders,
  ),
  detail(
    "text",
    "auth-request-redirect",
    "the X-Auth-Request-Redirect header for the service, the request's own path by default",
    "`includeAdditionalHeadersInCheck` of the provider, with Envoy's operators for NGINX's variables",
    (value, _, around) =>
      valueOf(value, around) === undefined
        ? refused("Envoy has nothing for a variable of it", 'auth-request-redirect: "$request_uri"')
        : mapped("includeAdditionalHeadersInCheck of the provider"),
  ),
  detail(
    "text",
    "auth-always-set-cookie",
    "passes the service's cookie on for every status, not only for answers without an error",
    "`headersToDownstreamOnAllow` of the provider, for every status",
    (value) =>
      booleanOf(value) === true
        ? converted("headersToDownstreamOnAllow of the provider")
        : changed("the service's cookie is passed on for every status"),
  ),
];
