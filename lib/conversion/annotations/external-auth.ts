// An authentication service that is asked about every request: an extension provider of the mesh.
import { changed, converted, inert, mapped, refused, type Verdict } from "../report";
import {
  configOf,
  escapedPath,
  faultOf,
  knownService,
  needText,
  providerOf,
  snippetHeaders,
  differencesOf,
  valueOf,
} from "./auth-request";
import {
  admittedAs,
  booleanOf,
  detailOf,
  listOf,
  type Annotation,
  type Reader,
  type Surroundings,
  type Told,
} from "./family";

const source = "authreq";
const leader = "auth-url";

const readUrl: Reader = (value, settings, around) => {
  const url = value.trim();
  const fault = faultOf(url, around);
  if (fault) return fault;
  const provider = providerOf(url, around);
  settings.authProvider = provider;
  const known = knownService(url);
  const needs =
    known?.needs ??
    "the service sees method and path of the request itself, after the path of the URL, and of its headers those of includeRequestHeadersInCheck; only 200 admits it, not every 2xx";
  const preflight =
    booleanOf(around.other("enable-cors")) === true
      ? "; it is asked about preflight requests too, and must answer 200 to them"
      : "";
  const detail = `${needText(provider, around)}; ${needs}${preflight}`;
  const to = `AuthorizationPolicy CUSTOM with provider ${provider.name}, on the Gateway`;
  const signin = `; without auth-signin NGINX answers 401, ${known?.name} sends clients to sign in`;
  const differs = !known ? "" : around.other("auth-signin") === undefined ? signin : undefined;
  return admittedAs(differs === undefined ? mapped(to, detail) : changed(`${detail}${differs}`, to), around);
};

const readResponseHeaders: Reader = (value) =>
  listOf(value).every((name) => /^[a-zA-Z\d\-_]+$/.test(name))
    ? changed(
        "a header that the service leaves out of its 200 reaches the backend as the client sent it, where NGINX removes it",
        "headersToUpstreamOnAllow of the provider",
      )
    : refused(
        "one of these names is not a header name, so NGINX answers 503",
        'auth-response-headers: "X-User, X-Email"',
      );

const additional = "includeAdditionalHeadersInCheck of the provider";

/** Headers for the service. */
function addedHeaders(headers: { [name: string]: string }, around: Surroundings): Verdict {
  const unknown = Object.entries(headers).find(([, value]) => valueOf(value, around) === undefined);
  if (unknown) return refused(`Envoy has nothing for a variable of ${unknown[0]}`, "headers with fixed values");
  return compared(Object.values(headers), around);
}

function compared(values: readonly string[], around: Surroundings): Verdict {
  const differences = differencesOf(values, around);
  return differences.length > 0 ? changed(differences.join("; "), additional) : mapped(additional);
}

const readAuthSnippet: Reader = (_, __, around) => {
  const headers = snippetHeaders(around);
  return headers === undefined
    ? refused("Envoy does not read NGINX's configuration", additional)
    : addedHeaders(headers, around);
};

const readSetHeaders: Reader = (_, __, around) => {
  const config = configOf(around);
  if (config === undefined) {
    return refused(
      "the ConfigMap is not in the input",
      `-f with ConfigMap ${around.other("auth-proxy-set-headers")?.trim()}, or --namespace to read it from a cluster`,
    );
  }
  return addedHeaders(config.data ?? {}, around);
};

/** What says more about auth-url, and is refused where that is. */
function detail(told: Told, name: string, does: string, becomes: string, read: Reader): Annotation {
  const reader: Reader = (value, settings, around) =>
    faultOf(around.other(leader) ?? "", around)
      ? refused(`it belongs to ${leader}, which is refused`, `see ${leader}`)
      : admittedAs(read(value, settings, around), around);
  return { ...detailOf(source, told, name, does, leader, reader), becomes };
}

const say =
  (verdict: Verdict): Reader =>
  () =>
    verdict;
const connections = "Envoy's own connections to the service";
const everyTime = changed("no answers are kept: the service is asked about every request");
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
      "an AuthorizationPolicy of action CUSTOM on the Gateway, for the host and its paths; what `meshConfig.extensionProviders` must have stands above the objects and in the report: for oauth2-proxy, Authelia and authentik what they themselves say of Envoy, for any other service what differs. Refused where the URL has a query or other variables than `$host`, or a host is a wildcard",
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
    "`headersToUpstreamOnAllow` of the provider; the service must send each of them with every 200, or the client's own reach the backend",
    readResponseHeaders,
  ),
  detail(
    "text",
    "auth-request-redirect",
    "the X-Auth-Request-Redirect header for the service, the request's own path by default",
    "`includeAdditionalHeadersInCheck` of the provider, with Envoy's operators for NGINX's variables",
    (value, _, around) => {
      const plain = value.replace(escapedPath, "$request_uri");
      if (valueOf(plain, around) === undefined) {
        return refused("Envoy has nothing for a variable of it", 'auth-request-redirect: "$request_uri"');
      }
      return plain === value
        ? compared([plain], around)
        : changed("the path is in the header as it is, and not escaped", additional);
    },
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
