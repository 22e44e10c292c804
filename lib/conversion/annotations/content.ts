// What is put into requests and answers, copied, logged or filtered.
import { changed, converted, inert, mapped, refused } from "../report";
import { answers } from "./answers";
import { boolean, booleanOf, detailOf, noWay, type Family, type Reader } from "./family";
import { isServer, serverHeader } from "./server-header";
import { readServerSnippet, readSnippet, summary } from "./snippet";

const telemetry = "a Telemetry resource for the Gateway";

/** `http://service.namespace[.svc[.cluster.local]][:port]$request_uri`, the one form that a RequestMirror can take. */
const mirrorForm =
  /^http:\/\/([a-z]([-a-z0-9]*[a-z0-9])?)\.([a-z0-9]([-a-z0-9]*[a-z0-9])?)(\.svc(\.cluster\.local)?)?(?::(\d+))?(\$request_uri)?\/?$/;

const readMirror: Reader = (value, settings, around) => {
  const [, service, , namespace, , svc, , port, uri] = mirrorForm.exec(value.trim()) ?? [];
  const own = around.ingress.metadata.namespace;
  if (service === undefined || uri === undefined || (svc === undefined && namespace !== own)) {
    return refused(
      "a RequestMirror takes a Service of the cluster and keeps the request's path",
      "http://service.namespace.svc:80$request_uri, or a Service for the other one",
    );
  }
  if (around.other("mirror-request-body")?.trim() === "off") {
    return refused("a RequestMirror copies the body too", 'mirror-request-body: "on"');
  }
  settings.mirror = { service, port: Number(port ?? 80), ...(namespace === own ? {} : { namespace }) };
  return changed("the copy has -shadow after its host", "RequestMirror");
};

const readHeaders: Reader = (value, settings, around) => {
  const key = value.trim();
  const own = around.ingress.metadata.namespace;
  const config = around.configMap(key.includes("/") || own === undefined ? key : `${own}/${key}`);
  if (config === undefined) {
    return refused(
      "the ConfigMap is not in the input",
      `-f with ConfigMap ${key}, or --namespace to read it from a cluster`,
    );
  }
  const headers = Object.entries(config.data ?? {});
  const to = "ResponseHeaderModifier";
  const server = headers.some(([name]) => isServer(name)) ? serverHeader(settings, around) : undefined;
  for (const [name, text] of headers) {
    if (isServer(name) && server?.outcome === "changed") continue;
    // NGINX takes a header without a value away, and sends what looks like a variable as it is.
    if (text.trim() === "") settings.responseHeaders.remove.push(name);
    else settings.responseHeaders.set[name] = text.replace(/%/g, "%%");
  }
  const later = "later changes of the ConfigMap do not reach the route";
  return summary([converted(to, later), ...(server ? [server] : [])]);
};

export const content: Family = {
  title: "Headers, copies, logs and filters",
  annotations: [
    {
      name: "custom-headers",
      told: "table",
      does: "adds the headers of a ConfigMap to answers",
      becomes: "`ResponseHeaderModifier` with what the ConfigMap says when it is converted",
      source: "customheaders",
      read: readHeaders,
    },
    {
      name: "configuration-snippet",
      told: "table",
      does: "NGINX configuration for the paths; off by default",
      becomes:
        "`RequestHeaderModifier` and `ResponseHeaderModifier` where lines set or take away headers, with Envoy's operators for NGINX's variables; `RequestRedirect` for `return` with a URL, for `rewrite` of all paths to another host and of one path with redirect or permanent; `URLRewrite` for `rewrite` of all below a path with break; an AuthorizationPolicy DENY for `allow` and `deny`, for paths that `location` or `if ($uri …)` close to all clients, and for the methods beside those of `limit_except`; an EnvoyFilter for `add_header` without always, which leaves errors out, for the Server header, for `if` on the path, a header or the method with `return`, and for `rewrite` with groups; nothing for lines that only tune NGINX. Refused where a line says anything else",
      source: "snippet",
      read: readSnippet,
    },
    {
      name: "server-snippet",
      told: "table",
      does: "NGINX configuration for the host; off by default",
      becomes:
        "as for `configuration-snippet` where no other Ingress has paths of the host, and `RequestRedirect` for `location = …` with `return`; an EnvoyFilter for other locations that answer by themselves; nothing for lines that every path of NGINX has of its own",
      source: "serversnippet",
      read: readServerSnippet,
    },
    noWay(
      "streamsnippet",
      "table",
      "stream-snippet",
      "NGINX configuration for TCP; off by default",
      "Envoy does not read NGINX's configuration",
      "a TCPRoute on a listener of its own",
    ),
    {
      name: "mirror-target",
      told: "table",
      does: "sends a copy of every request to this URL",
      becomes: "`RequestMirror` for a Service of the cluster with the request's own path; refused otherwise",
      source: "mirror",
      read: readMirror,
    },
    detailOf("mirror", "table", "mirror-request-body", "off: copies without the body", "mirror-target", (value) =>
      value.trim() === "off"
        ? refused("a RequestMirror copies the body too", 'mirror-request-body: "on"')
        : inert("this is the default"),
    ),
    detailOf("mirror", "table", "mirror-host", "the Host header of the copy", "mirror-target", () =>
      changed("the copy has the request's own host with -shadow after it"),
    ),
    ...answers,
    {
      name: "enable-access-log",
      told: "table",
      does: "logs requests, on by default",
      becomes: `nothing; false is what the mesh's own setting or ${telemetry} says`,
      source: "log",
      read: boolean(true, (on) =>
        on
          ? inert("this is the default")
          : changed(
              "requests are logged where the mesh logs them; a Telemetry resource for the Gateway can leave the host out",
            ),
      ),
    },
    {
      name: "enable-opentelemetry",
      told: "table",
      does: "traces requests",
      becomes: `nothing; ${telemetry} says it, for all routes`,
      source: "opentelemetry",
      read: boolean(false, (on) =>
        on
          ? changed("requests are traced as the mesh's Telemetry says")
          : mapped("what the gateway does unless a Telemetry resource says otherwise"),
      ),
    },
    detailOf(
      "opentelemetry",
      "table",
      "opentelemetry-trust-incoming-span",
      "goes on with the client's trace",
      "enable-opentelemetry",
      (value) =>
        value.trim() === "false" ? changed("Envoy goes on with the client's trace") : mapped("what Envoy does"),
    ),
    detailOf("opentelemetry", "code", "opentelemetry-operation-name", "name of the spans", "enable-opentelemetry", () =>
      changed("spans have Envoy's own names"),
    ),
    {
      name: "enable-modsecurity",
      told: "table",
      does: "puts a web application firewall before the paths",
      becomes:
        "nothing for false; refused otherwise: Istio has none; way out: a WasmPlugin such as Coraza on the Gateway",
      source: "modsecurity",
      read: boolean(false, (on) =>
        on
          ? refused("Istio has no web application firewall", "a WasmPlugin such as Coraza on the Gateway")
          : inert("this is the default"),
      ),
    },
    ...["enable-owasp-core-rules", "modsecurity-transaction-id", "modsecurity-snippet"].map((name) =>
      detailOf("modsecurity", "table", name, "says more about the firewall", "enable-modsecurity", (_, __, around) =>
        booleanOf(around.other("enable-modsecurity")) === true
          ? refused("it belongs to enable-modsecurity, which is refused", "see enable-modsecurity")
          : inert("the firewall is off"),
      ),
    ),
  ],
};
