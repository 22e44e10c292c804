// The page on `convert`, from the data on annotations.
import { families, foreign } from "../lib/conversion/annotations";
import { prefix } from "../lib/conversion/annotations/family";
import { certificateAnnotations } from "../lib/conversion/certificates/annotations";

const intro = `# From ingress-nginx to the gateway

\`npx istio-ambient convert\` reads Ingresses of ingress-nginx and writes what makes the mesh's gateway answer as NGINX does:
HTTPRoutes, and where they are needed ListenerSets, Certificates, TLSRoutes, DestinationRules, BackendTLSPolicies,
AuthorizationPolicies and ReferenceGrants. On stderr it says of every host, path and annotation what became of it. What cannot be converted without a loss
is refused, with the reason and a way out; nothing is dropped silently.

This page is generated from the data that the command works with, by \`make docs\`.

\`\`\`sh
npx istio-ambient convert -f ingress.yaml > routes.yaml                  # files, directories, - for stdin
npx istio-ambient convert --namespace shop --output typescript > routes.ts
npx istio-ambient convert --all-namespaces --report json 2> report.json > routes.yaml
npx istio-ambient convert -f ingress.yaml --accept limit-rps > routes.yaml
npx istio-ambient convert -f ingress.yaml --auth-provider oauth2-proxy > routes.yaml
npx istio-ambient convert -f ingress.yaml --compare http://localhost:8080 http://localhost:8081
\`\`\`

| outcome | means |
| --- | --- |
| converted | the same, in another place; or nothing, since NGINX does nothing with it either |
| mapped | something else that does what it asks for |
| changed | something that differs in what the report says |
| accepted | skipped, as \`--accept\` says |
| refused | nothing is written, and the exit code is 1 |

Exit codes: 0 when nothing was refused, 1 when something was (with \`--compare\`: when something was answered otherwise), 64
for a call that cannot be understood, 69 when the cluster or one of the two URLs does not answer.

## What NGINX does, and what becomes of it

- **Paths.** \`ImplementationSpecific\` is \`Prefix\` to ingress-nginx, and both go by path elements. A path with a slash at its
  end redirects (301) who leaves it out: a rule of its own does that.
- **Regular expressions.** \`use-regex\`, or a \`rewrite-target\` that differs from the path, on any Ingress of a host makes
  case-insensitive expressions of all of its paths, open at their end, the longest first. They become matches of type
  RegularExpression in that order. Istio asks Exact before PathPrefix before RegularExpression, whatever their length, so where a
  rewrite needs a prefix, and the others would come too late, they become prefixes too, or are refused.
- **Redirects to https** are on as soon as the host has any \`tls:\` section, its Secret or not. They become an HTTPRoute on the
  http listener. Its Location has no port unless \`--https-port\` gives one, and keeps the last slash of a path, which NGINX takes
  away unless \`preserve-trailing-slash\` says otherwise.
- **Certificates.** Hosts with a TLS Secret get a listener in a ListenerSet beside the Ingress, so that no Secret has to move. The
  gateway must allow it: \`gateway: { allowedListeners: { from: "All" } }\` on AmbientMesh, \`allowedListeners: { from: "All" }\` on
  IngressGateway. Hosts without one are served with the Gateway's own certificate.
- **cert-manager.** Where an Ingress asks cert-manager for a certificate, a Certificate of the same name, Secret, names and issuer is
  written, beside the Ingress. cert-manager's own one belongs to the Ingress and goes with it: \`kubectl delete ingress
  --cascade=orphan\` leaves it, or apply the output once more. An ACME issuer that answers HTTP-01 by an Ingress needs a solver of
  kind \`gatewayHTTPRoute\` with the Gateway as \`parentRefs\`, and cert-manager \`config: { enableGatewayAPI: true }\`. The issuer for
  \`kubernetes.io/tls-acme\` alone is what \`--default-issuer\` names, or that of the Certificate on the cluster.
- **TLS that is passed on.** With \`ssl-passthrough\` the Service of the host's path \`/\` gets TLS as it is: a TLSRoute, and a listener of
  mode Passthrough in a ListenerSet. It is refused beside Ingresses that become AuthorizationPolicies, which on such connections know
  neither hosts nor paths; \`--gateway\` names another Gateway for it.
- **External auth.** \`auth-url\` becomes an AuthorizationPolicy of action CUSTOM with the extension provider that \`--auth-provider\` names,
  and is refused without. The report has the provider as an argument of AmbientMesh: the Service, its port, and the headers that the
  annotations name. oauth2-proxy, Authelia and authentik have a way of their own for Envoy, which the provider names. Any other service
  sees method and path of each request itself, must answer 200 rather than any 2xx, and must redirect by itself. A Gateway asks several providers only with
  \`PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS\` on istiod, which the report adds where several are named.
- **Snippets.** Lines that set headers become filters, NGINX's variables Envoy's operators (\`$remote_addr\` is
  \`%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%\`); a percent sign is doubled, since Envoy would look for an operator behind it.
- **CORS.** For a browser the CORS filter answers as NGINX does: preflight requests with 200 rather than 204, other requests with
  headers only where they have an Origin. To an origin of \`*\` browsers send no credentials; Envoy answers with the origin itself, so
  the filter allows none. A preflight answer holds for a day at most, as in every browser.
- **What is nearly an Ingress** is refused by its name: kinds and versions in another case, documents without a kind, names of
  annotations with blanks. Fields that an Ingress does not have are in the report, since an API server drops them.
- **Several Ingresses of one host.** The oldest claims a path; of one age, the last by namespace and name. Aliases, \`app-root\` and
  certificates are the host's, whichever Ingress names them.
- **Canaries** belong to the Service: every path that sends to it gets the canary, in each of its hosts. A Service has one.
- **Services.** A port goes by its number or its name, or, as with NGINX, by the port of the pods where the Service is in the input. How
  a Service is spoken to holds for all Ingresses: where they differ in TLS or in the time to connect, that is refused; how its pods
  are picked says the one that NGINX listens to.
- **Names.** Objects have the name of their Ingress, with a suffix, and a number where that name is taken. In other namespaces the
  Ingress's own one comes before it: \`shop.web-allowlist\`.
- **Hosts.** \`*\` stands for one label with NGINX, and for any number of labels with a Gateway.

What differs for every route, and is not said each time: Envoy answers with \`server: istio-envoy\`, sends X-Forwarded-For,
X-Forwarded-Proto and X-Request-Id to backends but not X-Real-IP, X-Forwarded-Host, X-Forwarded-Port and X-Scheme, waits for
backends without a limit, where NGINX answers 504 after 60 seconds of silence, and does not decode or merge slashes in paths; where that would open a guarded path, the report says how the mesh does. NGINX's ConfigMap is not read: its defaults count.

## \`--compare\`

From the Ingresses it derives requests: every host and alias, every path with and without its last slash, below it and beside it,
in upper case, with a query; paths that a snippet redirects; headers and cookies of canaries; origins and preflight requests where
there is CORS. It sends each to both URLs, and prints what differs: the status, the Location (without its port), the backend (by
\`--backend-header\`, or the name that an echo server gives in JSON) and the path that it saw, CORS headers as a browser reads them,
headers that the Ingresses set, and those of \`--header\`. GET, HEAD and OPTIONS only,
unless \`--methods\` names others; \`--max-requests\`, of which every host gets its share, and \`--rate\` bound it. \`--https\` takes two URLs of https.`;

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
    `All ${families.flatMap(({ annotations }) => annotations).length} annotations of ingress-nginx (\`${prefix}…\`) by family. The last column says where ingress-nginx itself tells of one: in the table of its page, only in the text below, or only in the code that it links to. Any other annotation of that prefix is refused.`,
    ...sections,
    "## Certificates by cert-manager",
    "What cert-manager reads from an Ingress with a `tls` section; a value that it does not take is refused.",
    certificateTable(),
    "## Annotations of other controllers",
    "They are refused by name, since ingress-nginx does not read them:",
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
