// The page on `convert`, from the data on annotations.
import { families, foreign } from "../lib/conversion/annotations";
import { prefix } from "../lib/conversion/annotations/family";
import { certificateAnnotations } from "../lib/conversion/certificates/annotations";

const intro = `# Convert from ingress-nginx

\`npx istio-ambient convert\` reads Ingresses of ingress-nginx and writes the objects that make the mesh's gateway behave as NGINX does:
HTTPRoutes, and where they are needed ListenerSets, Certificates, Secrets with CAs, TLSRoutes, DestinationRules, BackendTLSPolicies,
AuthorizationPolicies, ReferenceGrants and EnvoyFilters. On stderr it reports the result for every host, path and annotation. What
cannot be converted without a loss is refused, with the reason and an alternative; nothing is dropped silently.

\`make docs\` generates this page from the data that the command uses.

\`\`\`sh
npx istio-ambient convert -f ingress.yaml > routes.yaml                  # files, directories, - for stdin
npx istio-ambient convert --namespace shop --output typescript > routes.ts
npx istio-ambient convert --all-namespaces --report json 2> report.json > routes.yaml
npx istio-ambient convert -f ingress.yaml --accept limit-rate > routes.yaml
npx istio-ambient convert -f ingress.yaml --auth-provider my-auth > routes.yaml
npx istio-ambient convert -f ingress.yaml --auth-provider basic:shop/users=passwords > routes.yaml
npx istio-ambient convert -f ingress.yaml --default-issuer ClusterIssuer/letsencrypt > routes.yaml
npx istio-ambient convert -f ingress.yaml --no-envoy-filters > routes.yaml
npx istio-ambient convert -f ingress.yaml --compare http://localhost:8080 http://localhost:8081
\`\`\`

| outcome | meaning |
| --- | --- |
| converted | the same setting exists elsewhere; or nothing is written, because the annotation has no effect in NGINX either |
| mapped | a different setting has the same effect |
| changed | the behavior differs as described in the report |
| accepted | skipped because of \`--accept\` |
| refused | nothing is written, and the exit code is 1 |

Routes come last: what closes paths and encrypts connections is applied before them. In a program the routes depend on all of it. If
kubectl reports an error for one of the objects, a route may be open that should be closed; apply them with the rights that all need.

Exit codes: 0 if nothing was refused, 1 if something was refused (with \`--compare\`: if a response differs), 64 for invalid usage, 69 if
the cluster or one of the two URLs does not answer.

## How NGINX behavior is converted

- **Paths.** ingress-nginx treats \`ImplementationSpecific\` as \`Prefix\`; both match by path elements. For a path with a trailing slash,
  NGINX redirects (301) requests without the slash; a separate rule does that. A \`*\` stands for itself, as in NGINX. At the end of a
  path an AuthorizationPolicy takes it for anything, so a path that a policy must name is refused.
- **Regular expressions.** \`use-regex\`, or a \`rewrite-target\` that differs from the path, on any Ingress of a host turns
  all of its paths into case-insensitive, open-ended expressions, longest first. They become RegularExpression matches in that order.
  Istio evaluates Exact before PathPrefix before RegularExpression, regardless of length. If a rewrite needs a prefix and the other
  paths would therefore be evaluated too late, they become prefixes too, or are refused. A prefix without a slash at its end that its
  own \`rewrite-target\` repeats is refused: NGINX adds the slash to the path only, and rewrites all requests below it to the target.
  \`/(.*)\` with a target such as \`/app/$1\` becomes an EnvoyFilter with \`regex_rewrite\`: Istio's own rewrite of the prefix \`/\`
  makes /appx of /x. Source: [the issue in Istio](https://github.com/istio/istio/issues/60182).
- **Redirects to HTTPS** are on if the host has any \`tls:\` section, with or without a Secret. They become an HTTPRoute on the HTTP
  listener. The Location header has no port unless you set \`--https-port\`. It keeps a trailing slash, which NGINX removes unless
  \`preserve-trailing-slash\` is set.
  A Gateway with several \`hostnames\` has a listener for each: \`--http-listener 80 --https-listener 443\` attaches routes to all of them.
- **Certificates.** Hosts with a TLS Secret get a listener in a ListenerSet in the Ingress's namespace, so the Secret stays where it is.
  The gateway must allow it: \`gateway: { allowedListeners: { from: "All" } }\` on AmbientMesh, \`allowedListeners: { from: "All" }\` on
  IngressGateway. Hosts without one are served with the Gateway's own certificate.
  A browser that is connected for one host also asks for the others of its certificate by that connection. NGINX answers, and a
  listener has the routes of its own host only: an EnvoyFilter answers 421 there, upon which the browser connects anew. It is written if
  several hosts have a Secret of one name, in whichever namespaces, and are converted together. A wildcard above other hosts
  has a ListenerSet of its own. Source, in istiod:
  [the routes of a listener](https://github.com/istio/istio/blob/master/pilot/pkg/model/gateway.go).
- **cert-manager.** If an Ingress requests a certificate from cert-manager, a Certificate with the same name, Secret, DNS names and issuer is
  written to its namespace. The one that cert-manager created is owned by the Ingress and is deleted with it: \`kubectl delete ingress
  --cascade=orphan\` leaves it, or apply the output once more. An ACME issuer that answers HTTP-01 by an Ingress needs a solver of
  kind \`gatewayHTTPRoute\` with the Gateway as \`parentRefs\`, and cert-manager \`config: { enableGatewayAPI: true }\`. Of
  \`kubernetes.io/tls-acme\` alone only cert-manager knows the issuer, and it reads that annotation from Ingresses only. The Certificate
  that it has made keeps the Secret renewed if the Ingress is deleted with \`--cascade=orphan\`. A Certificate is written if
  \`--default-issuer\` names the issuer, or if the one that cert-manager has made is in the input. Source:
  [what cert-manager reads from Ingresses only](https://github.com/cert-manager/cert-manager/blob/v1.21.2/pkg/controller/certificate-shim/sync.go).
- **TLS passthrough.** With \`ssl-passthrough\`, the Service of the host's path \`/\` receives the TLS connection unchanged: this becomes a
  TLSRoute, and a listener with mode Passthrough in a ListenerSet. It is refused together with Ingresses that become
  AuthorizationPolicies, because these cannot match hosts or paths on such connections. To convert it, choose another Gateway with
  \`--gateway\`.
- **External auth.** \`auth-url\` becomes an AuthorizationPolicy of action CUSTOM on the Gateway. It names an extension provider, which
  only the mesh can have. Without \`--auth-provider\` its name is derived from what it asks, so that it is always the same. What
  istiod's chart and AmbientMesh must have for it stands above the objects as a comment, and in the report: the Service, its port
  and the headers that the annotations name. Until the mesh has the provider, the Gateway refuses all requests for these paths with
  403: nothing is open in between. It asks below the path of the URL, since elsewhere a service may answer 200 without a session, as
  oauth2-proxy does at \`/ping\`, \`/ready\` and \`/robots.txt\`. oauth2-proxy, Authelia and authentik have a way of their own for Envoy, which the provider
  names. Any other service sees method and path of each request itself, below the path of the URL, and must answer 200 rather than
  any 2xx. What the service answers otherwise reaches the client as it is, so the service itself must redirect to
  \`auth-signin\`. A URL with a query is refused, since Envoy would ask without it. A Gateway asks several providers only with
  \`PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS\` on istiod, which the comment adds if there are several. Source:
  [a provider that the mesh does not have](https://github.com/istio/istio/blob/master/pilot/pkg/security/authz/builder/builder.go).
- **Passwords.** Istio checks none. \`auth-type: basic\` becomes an AuthorizationPolicy of action CUSTOM as well; with
  \`--auth-provider basic:<namespace>/<secret>=<name>\` its provider has that name. The service behind it answers
  200 to the users of the Secret and 401 with WWW-Authenticate to others: an NGINX with \`auth_basic\` and the Secret as its
  \`auth_basic_user_file\`, for example. The backend does not get the password, as with NGINX. Here too the Gateway refuses all requests until the mesh has the provider.
- **Client certificates.** \`auth-tls-secret\` becomes a listener of the host alone with \`gateway.istio.io/tls-terminate-mode:
  OPTIONAL_MUTUAL\`. Its routes attach to no other listener over HTTPS, so that no client reaches the host by the name of another. An
  EnvoyFilter has every handshake succeed and judges the requests, so that a client without a valid certificate gets NGINX's 400, or
  its error page. It also tells the backend what NGINX tells it: \`ssl-client-verify\`, \`ssl-client-subject-dn\`,
  \`ssl-client-issuer-dn\` and, if asked for, \`ssl-client-cert\`. TLS sessions are not resumed there, since Envoy does not verify a
  certificate anew for them. The CA is in a ConfigMap, which istiod gives to every gateway; it is a copy, to be made again when the CA
  changes. Without the EnvoyFilter the listener has no CA, and every handshake fails.
  With \`--no-envoy-filters\` the mode is MUTUAL: a client without a valid certificate fails in the handshake, and chains may be of any
  length. istiod reads the CA from a Secret with the name of the host's TLS Secret and \`-cacert\`. \`optional\` is refused then:
  without MUTUAL, istiod gives the Gateway no such Secret. Where the CA is not in the input, the report has the command that copies
  it. Sources, in istiod:
  [the options of a listener](https://github.com/istio/istio/blob/master/pilot/pkg/config/kube/gateway/conversion.go), which
  \`ssl-ciphers\` becomes too, [Secrets and ConfigMaps of CAs](https://github.com/istio/istio/blob/master/pilot/pkg/credentials/kube/secrets.go),
  [who gets them](https://github.com/istio/istio/blob/master/pilot/pkg/xds/sds.go), and in Envoy
  [sessions that are resumed](https://github.com/envoyproxy/envoy/issues/21235).
- **Snippets.** Lines that set headers become filters, NGINX's variables Envoy's operators (\`$remote_addr\` is
  \`%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%\`); a percent sign is doubled, since Envoy would look for an operator behind it.
  What a snippet answers by itself becomes a route of Envoy before those of the Ingress: NGINX asks a server-snippet first, also before
  it redirects http to https, and a configuration-snippet within its paths. It also takes
  paths that are written with several or escaped slashes, as NGINX does, unless it writes groups of them into a URL. A path
  that a snippet closes to all clients is closed by an AuthorizationPolicy, and by such a route however it is written. Expressions must be of RE2.
- **Headers for backends.** NGINX writes X-Real-IP, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Port, X-Forwarded-Scheme and
  X-Scheme anew for every request, and drops Proxy and all headers with underscores. A gateway passes them on as the client sends them,
  and appends the client's address to its X-Forwarded-For. Applications that trust one of them trust the client then, as the end of
  the report says. With \`--nginx-headers\` each rule with a backend sets these six by a RequestHeaderModifier, and removes
  Proxy, X-Original-Forwarded-For and X-Original-Forwarded-Host; in the last two NGINX sends what the client wrote. It is an option, so that
  a plain Ingress becomes a plain route. Headers with underscores can be dropped for all routes of a Gateway only, by an EnvoyFilter. It is
  written with \`--nginx-headers\`, and without it for Ingresses with \`auth-url\` or \`auth-tls-secret\` that tell a backend who its client is:
  many applications take X_User for X-User, so that a client could name itself. Sources:
  [in NGINX](https://nginx.org/en/docs/http/ngx_http_core_module.html#underscores_in_headers),
  [in Envoy](https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto).
- **EnvoyFilters.** Envoy can do more than Gateway API and Istio's own kinds can say. The conversion writes an
  EnvoyFilter on the Gateway for each Ingress that limits bodies, requests or the silence between two reads, retries less or
  more often, needs longer headers of answers, adds headers to answers that are no errors or changes them,
  keeps persistent sessions, judges certificates of clients, redirects without the query, or answers some requests itself. It finds the rules of the routes by their \`name\`. It is in the Gateway's namespace, so that you need rights there to apply it, and it
  depends on the gateway's version of Envoy: try it before you upgrade Istio. The last line of the report says how many there are;
  with \`--report json\`, \`envoyFilters\` has their names. With \`--no-envoy-filters\` none is written, and the report says what differs.
  After silence of a backend the gateway answers 504, and tries another pod before only where \`proxy-next-upstream\` says so. A Server header that a snippet or
  \`custom-headers\` sets or takes away is the whole Gateway's: its connection manager leaves the header to the routes, all of
  which send \`istio-envoy\` unless they say otherwise. Sources, in Envoy:
  [the timeouts of a route](https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts),
  [the limits of headers](https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/protocol.proto),
  [the Server header](https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#server), and in istiod
  [the names of routes](https://github.com/istio/istio/blob/master/pilot/pkg/config/kube/gateway/conversion.go).
- **Shared EnvoyFilters.** The filters that limit bodies, keep sessions, repeat requests, and add or change headers of answers stand
  in EnvoyFilters named \`istio-ambient.<gateway>-…\` with the label \`istio-ambient/shared\`. Every conversion into the Gateway writes them
  alike; those of the Ingresses only turn them on for their routes. To delete one of several conversions, leave them:
  \`kubectl delete -f routes.yaml -l '!istio-ambient/shared'\`. Without them the routes that are left have neither limits nor sessions. A
  program of \`--output typescript\` has them as patches, which other programs may have too and which stay when it is
  destroyed; delete them after the last conversion. A hundred Ingresses with certificates, five body sizes and twenty sessions add 2
  filters to each listener, where one for each Ingress would make 120; thirty such Ingresses add 2.1 MB to the gateway's
  configuration, where those would add 4.6 MB.
- **Body sizes.** Envoy's own filters must keep a body in memory to limit it. The EnvoyFilter therefore has a WebAssembly module of 1 KB
  that counts bytes as they pass, up to the limit in the metadata of the route. Its instructions are in \`lib/conversion/body-limit.ts\` of this package. It is off for all other
  routes, and takes about 2 MB in each worker of Envoy, however many limits there are. A body with a Content-Length is judged by
  it before the backend gets anything. Any other one reaches the backend as it comes, where NGINX collects it first, and ends with
  413 once there is too much of it. WebSockets are not measured. Istio's Envoy has no filter that writes bodies or answers to files, as
  NGINX does, which is why \`proxy-buffering: on\` and \`proxy-request-buffering: on\` remain changed. Sources:
  [what Envoy calls](https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1),
  [the filters of Istio's Envoy](https://github.com/istio/proxy/blob/master/bazel/extension_config/extensions_build_config.bzl).
- **Rate limits.** NGINX's \`limit_req\` with \`nodelay\` and Envoy's local rate limit admit the same requests: a bucket holds the burst and
  one request more, and is filled at the rate. Each host's listener counts for itself; the report says where that makes a
  difference. All paths of an Ingress share a count, so each Ingress with a limit has a filter of its own, of about 1 KB, on every
  listener of the Gateway: a client reaches a host by the Gateway's own listener too. A hundred of them with certificates
  are 10,000 filters, some 10 MB. Sources: [in NGINX](https://nginx.org/en/docs/http/ngx_http_limit_req_module.html),
  [in Envoy](https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter).
- **Persistent sessions.** \`affinity-mode: persistent\` becomes Envoy's stateful session: the cookie has the address of the pod, and a
  client stays on it until the pod is gone, whatever becomes of others. In the mesh that address is \`envoy://connect_originate/\` and
  the pod's own, by which Envoy finds pods as well. A client can read it in the cookie, where NGINX has a hash of it; only pods of the
  Service can be had by it. The lifetime is Max-Age alone: with a lifetime of its own Envoy compares clocks that differ between the
  nodes of a gateway. Sources, in Envoy:
  [the filter](https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/stateful_session_filter),
  [its cookie](https://github.com/envoyproxy/envoy/blob/main/source/extensions/http/stateful_session/cookie/cookie.h), and in istiod
  [the addresses of pods](https://github.com/istio/istio/blob/master/pilot/pkg/networking/util/util.go).
- **Retries.** \`proxy-next-upstream\` becomes \`retry_on\` of the route, by which Envoy repeats what it could not send. NGINX repeats any
  other request only if it is not POST, LOCK or PATCH, or with \`non_idempotent\`: a filter in Lua adds \`reset\` and the statuses to the
  requests of other methods. A try ends as \`proxy-read-timeout\` says. Envoy keeps up to 1 MiB of a body for the next try.
  \`proxy-next-upstream-timeout\` is refused: after that time NGINX begins no try, while Envoy's time limits end the one that is under way.
  Sources: [in NGINX](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_next_upstream), in Envoy
  [the conditions](https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on).
- **Headers of answers.** \`proxy-cookie-domain\`, \`proxy-cookie-path\` and \`proxy-redirect-from\` become a filter in Lua that replaces what
  NGINX replaces: a domain as a whole and in any case, and what a path, Location or the URL of Refresh begins with. A Location that
  begins with a slash then stays as it is, where NGINX adds scheme and host. Source:
  [in NGINX](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_redirect).
- **Connections.** \`limit-connections\` is refused. Envoy counts connections of a listener or of a host together, and has no count for
  each address. Sources: [of a listener](https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/connection_limit_filter),
  [of a backend](https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/circuit_breaking).
- **CORS.** For a browser the CORS filter answers as NGINX does: preflight requests with 200 rather than 204, other requests with
  headers only where they have an Origin. To an origin of \`*\` browsers send no credentials; Envoy answers with the origin itself, so
  the filter allows none. A preflight answer holds for a day at most, as in every browser. An Origin of \`null\`, as sandboxed frames and
  local files send it, is not among \`*\` for istiod. Redirects, also those to HTTPS, and what policies turn away have no CORS headers,
  which NGINX sends with every answer; with \`auth-url\` the service can send them itself if \`headersToDownstreamOnDeny\` of its provider
  has \`access-control-*\`.
- **What is nearly an Ingress** is refused by its name: kinds and versions in another case, documents without a kind, names of
  annotations with blanks. Fields that an Ingress does not have are in the report, since an API server drops them.
- **Several Ingresses for one host.** The oldest Ingress wins a path; among Ingresses of the same age, the last by namespace and name.
  Aliases, \`app-root\` and certificates apply to the whole host, regardless of which Ingress sets them. All Ingresses of a host
  must be converted together, in whichever namespaces they are. \`--namespace\` looks at the Ingresses of the others too and refuses hosts that they share;
  with \`-f\`, name the files of all.
- **Canaries** apply to a Service: every path that routes to it gets the canary, on all hosts. A Service can have one canary. NGINX
  serves nothing but the canary from a Service that a canary was the first to name; with a path of another Ingress it is refused.
  For one of another namespace a ReferenceGrant is written there. TLS settings of a canary hold for its whole host in NGINX, if no
  Ingress before has a CA: they are refused, unless the other Ingress has the same.
- **Services.** A port is matched by number or name or, as in NGINX, by target port if the Service is in the input. Backend settings
  apply to a Service across all Ingresses: differing TLS settings or connect timeouts are refused. For load balancing, the Ingress that
  NGINX uses wins. DestinationRules are for the Gateway's namespace (\`exportTo\`), so that other clients of the Service in the mesh
  keep their settings. A BackendTLSPolicy, and a DestinationRule beside it, are for every client. Where the Gateway sends through a
  waypoint, this is what speaks to the pods: the rule is for it too if the Service in the input has the label
  \`istio.io/ingress-use-waypoint\`; if its namespace has it, add the waypoint's namespace to \`exportTo\`.
  Verified TLS is for one port if the Service is in the input. Otherwise it is for the whole Service, which is refused if
  an Ingress uses another port of it.
- **NetworkPolicies** that admit ingress-nginx do not admit the Gateway. Those in the input, and those of a cluster as far as you may
  read them, are compared with the pods that the Ingresses' Services select: where none admits the Gateway's pods, the report has the
  rule to add. Policies of a network plugin's own kinds are not read.
- **Names.** Objects are named after their Ingress, with a suffix, and a number if that name is taken. In another namespace, the name
  starts with the Ingress's namespace: \`shop.web-allowlist\`. Labels of the Ingress go with them, except those by which a tool such as
  Argo CD, Flux, Helm, kapp or kubectl's ApplySets knows its own: it would delete the new objects, which are not in its input.
- **Ports of policies.** AuthorizationPolicies are for ports 80 and 443 of the gateway's pods, which is where this package's gateways
  listen. On a Gateway with other ports, such as a Service that maps 80 to 8080, they match nothing and admit everyone: change
  \`ports\` in each of them. The report says so for every \`--gateway\` but the mesh's own.
- **Hosts.** \`*\` matches one label in NGINX, and any number of labels in a Gateway.

The following differs for every route and is not repeated in the report: Envoy sets \`server: istio-envoy\`, sends X-Forwarded-For,
X-Forwarded-Proto and X-Request-Id to backends, waits for
backends without a limit, where NGINX answers 504 after 60 seconds of silence, answers 503 rather than 502 or 504 if it cannot connect
to one, passes the body of a request on as it comes, where NGINX takes 1 MiB at most and collects it first, and does not decode or merge slashes in paths; if that would expose a protected path, the report says how to configure the mesh to do so. Envoy
answers clients of HTTP/1.0 with 426; an NGINX in front is one by default (\`proxy_http_version 1.1\` there, or \`PILOT_HTTP10=1\` on
istiod). It answers \`/healthz\` for hosts of no Ingress with 404, where NGINX answers load balancers 200: have them ask for
\`/healthz/ready\` on port 15021 of the gateway. Each request gets an X-Request-Id of Envoy's own, where NGINX keeps that of the client. NGINX's ConfigMap is not read; its defaults are assumed. Envoy writes X-Forwarded-Proto and the scheme by its own connection: behind a proxy
that ends TLS, for which NGINX has \`use-forwarded-headers\`, set
\`meshConfig.defaultConfig.gatewayTopology.numTrustedProxies\` to the number of proxies in front.

## \`--compare\`

The command derives requests from the Ingresses: every host and alias, every path with and without a trailing slash, below and next to it,
in upper case, with a query; paths that a snippet redirects; headers and cookies of canaries; origins and preflight requests where
there is CORS; paths that a snippet closes. It sends each to both URLs, and prints what differs: the status, the Location (without its port), the backend (by
\`--backend-header\`, or the name that an echo server gives in JSON) and the path that it saw, CORS headers as a browser reads them,
headers that the Ingresses set, the certificate of hosts that have one of their own, and those of \`--header\`. GET, HEAD and OPTIONS only,
unless \`--methods\` names others; \`--max-requests\`, of which every host gets its share, and \`--rate\` bound it. \`--https\` takes two URLs of https. Hosts whose clients need a certificate are skipped there.`;

/** The whole page. */
export function conversionPage(): string {
  const sections = families.map(({ title, annotations }) => {
    const rows = annotations.map(
      ({ name, does, becomes, source, told }) =>
        `| \`${name}\` | ${cell(does)} | ${cell(becomes)} | [${told}](${address(source)}) |`,
    );
    return [
      `## ${title}`,
      "",
      "| annotation | NGINX | the gateway | source |",
      "| --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  const others = [...new Set(foreign.map(({ controller }) => controller))].map((controller) => {
    const prefixes = foreign.filter((one) => one.controller === controller).map((one) => `\`${one.prefix}\``);
    return `| ${controller} | ${prefixes.join(", ")} |`;
  });
  return [
    intro,
    `All ${families.flatMap(({ annotations }) => annotations).length} annotations of ingress-nginx (\`${prefix}…\`) by family. The last column shows where ingress-nginx documents it: in the table of its annotations page, in the text below that table, or only in the linked code. Any other annotation with that prefix is refused.`,
    ...sections,
    "## Certificates by cert-manager",
    "cert-manager reads these from an Ingress with a `tls` section. Values that it does not accept are refused.",
    certificateTable(),
    "## Annotations of other controllers",
    "These are refused by name, because ingress-nginx does not read them. What charts say to F5's controller too is no loss where an annotation of ingress-nginx says the same, and is not refused there:",
    ["| controller | prefix |", "| --- | --- |", ...others].join("\n"),
  ].join("\n\n");
}

function certificateTable(): string {
  const rows = certificateAnnotations.map(
    ({ name, does, becomes }) =>
      `| \`${name}\` | ${cell(does)} | ${becomes.includes("`") ? becomes : `\`${becomes}\``} |`,
  );
  return ["| annotation | cert-manager | the Certificate |", "| --- | --- | --- |", ...rows].join("\n");
}

function address(source: string): string {
  return `https://github.com/kubernetes/ingress-nginx/tree/main/internal/ingress/annotations/${source}`;
}

function cell(text: string): string {
  return text.replace(/\|/g, "\\|");
}
