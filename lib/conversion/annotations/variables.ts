// NGINX's variables in the value of a header → what Envoy puts there, written as Envoy's own %OPERATORS%.

/** Where a header stands: those of an answer are written when the request has its new path and host already. */
export type Side = "request" | "answer";

const address = "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%";
const authority = "%REQ(:AUTHORITY)%";
const scheme = "%REQ(:SCHEME)%";
const id = "%REQ(X-REQUEST-ID)%";

const operators = new Map<string, string>([
  ...["http_host", "best_http_host", "host"].map((name) => [name, authority] as const),
  ...["remote_addr", "the_real_ip"].map((name) => [name, address] as const),
  ...["scheme", "pass_access_scheme"].map((name) => [name, scheme] as const),
  ...["request_id", "req_id"].map((name) => [name, id] as const),
  ["request_uri", "%REQ(:PATH)%"],
  ["request_method", "%REQ(:METHOD)%"],
  ["ssl_protocol", "%DOWNSTREAM_TLS_VERSION%"],
  ["ssl_cipher", "%DOWNSTREAM_TLS_CIPHER%"],
]);

/** What the client asked for, once Envoy has written something else into its request. */
const asked = new Map([
  [authority, "%REQ(X-ENVOY-ORIGINAL-HOST?:AUTHORITY)%"],
  ["%REQ(:PATH)%", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"],
]);

/** Variables whose values the conversion knows, path by path. */
const ofPath = new Set(["service_name", "namespace"]);
/** Around the name of one of them: what looks like a variable in a ConfigMap NGINX sends as it is. */
const mark = "\uE000";

/** The text with the values of these variables. */
export function withPathValues(text: string, values: { [name: string]: string }): string {
  return text.replace(new RegExp(`${mark}(\\w+)${mark}`, "g"), (_, name: string) => values[name] ?? "");
}

/** Headers that Envoy writes itself before anything reads them. */
const ofEnvoy = new Map([
  [
    "x-forwarded-proto",
    "Envoy writes X-Forwarded-Proto by its own connection, unless meshConfig.defaultConfig.gatewayTopology.numTrustedProxies counts the proxies in front",
  ],
  ["x-forwarded-for", "Envoy has added the client's address to X-Forwarded-For"],
  ["x-request-id", "Envoy writes an X-Request-Id of its own"],
]);

/** What differs where a header is read of which Envoy has another value than the client. */
export function rewrittenByEnvoy(header: string): string | undefined {
  return ofEnvoy.get(header.toLowerCase());
}

/** A value of a header. */
export interface HeaderValue {
  /** As a filter has it. */
  text: string;
  /** The operators of Envoy in it. */
  operators: string[];
  /** True where it differs from path to path. */
  ofPath: boolean;
  /** What differs from what NGINX has in its variables. */
  differences: string[];
}

/** The value of a header for Envoy; undefined where it has a variable that Envoy has nothing for. */
export function headerValue(text: string, ingress: string, side: Side = "request"): HeaderValue | undefined {
  const used: string[] = [];
  const differences: string[] = [];
  let isKnown = true;
  const written = text
    .replace(/%/g, "%%")
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (found, braced?: string, bare?: string) => {
      const name = braced ?? bare ?? "";
      if (ofPath.has(name)) return `${mark}${name}${mark}`;
      if (name === "ingress_name") return ingress;
      const ofRequest = operators.get(name) ?? headerOf(name);
      if (ofRequest === undefined) {
        isKnown = false;
        return found;
      }
      const operator = side === "answer" ? (asked.get(ofRequest) ?? ofRequest) : ofRequest;
      used.push(operator);
      differences.push(...[rewrittenByEnvoy(requestHeader(name) ?? "")].flatMap((text) => text ?? []));
      return operator;
    });
  return isKnown
    ? { text: written, operators: [...new Set(used)], ofPath: written.includes(mark), differences }
    : undefined;
}

/** The name of a header of the request in a variable. */
export function requestHeader(variable: string): string | undefined {
  return /^http_([a-z0-9_]+)$/.exec(variable)?.[1]?.replace(/_/g, "-");
}

function headerOf(name: string): string | undefined {
  const header = requestHeader(name);
  return header === undefined ? undefined : `%REQ(${header.toUpperCase()})%`;
}
