// Annotations on headers, copies, logs and filters: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const headersCopiesLogsAndFilters: Case[] = [
  [
    { "custom-headers": "shop/headers" },
    "custom-headers: refused (the ConfigMap is not in the input) way out: -f with ConfigMap shop/headers, or --namespace to read it from a cluster",
  ],
  [
    { "configuration-snippet": 'more_set_headers "X-Frame-Options: DENY";\nproxy_set_header X-Tenant shop;\n' },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "configuration-snippet": "add_header X-A b;" },
    "configuration-snippet: changed → RequestHeaderModifier and ResponseHeaderModifier (add_header without always leaves errors out; the route adds the header to every answer)",
  ],
  [
    { "configuration-snippet": "add_header X-A b always;" },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "configuration-snippet": 'proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection "upgrade";' },
    "configuration-snippet: mapped → what Envoy does",
  ],
  [
    { "configuration-snippet": "proxy_hide_header Server;\nmore_clear_headers X-Powered-By;" },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "configuration-snippet": 'more_set_headers "X-A: b"; # why\n# and how\nproxy_set_header X-C "#d";' },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [{ "configuration-snippet": 'proxy_set_header Connection "";' }, "configuration-snippet: mapped → what Envoy does"],
  [
    { "configuration-snippet": "proxy_set_header Host backend.example.com;" },
    'configuration-snippet: refused (NGINX sends a second Host header, which backends answer with 400) way out: upstream-vhost: "backend.example.com"',
  ],
  [
    { "configuration-snippet": 'more_set_headers "X-Id: $req_id";' },
    'configuration-snippet: refused (a route knows no variables, as in `more_set_headers "X-Id: $req_id"`) way out: each line as a filter of the HTTPRoute',
  ],
  [
    { "configuration-snippet": "if ($host = x) { return 403; }" },
    "configuration-snippet: refused (Envoy does not read NGINX's configuration) way out: each line as a filter of the HTTPRoute",
  ],
  [
    { "configuration-snippet": "rewrite ^/a /b break;" },
    "configuration-snippet: refused (a route cannot do what `rewrite ^/a /b break` says) way out: each line as a filter of the HTTPRoute",
  ],
  [
    { "server-snippet": "return 403;" },
    "server-snippet: refused (Envoy does not read NGINX's configuration) way out: what it does as filters of the HTTPRoute",
  ],
  [
    { "stream-snippet": "server { }" },
    "stream-snippet: refused (Envoy does not read NGINX's configuration) way out: a TCPRoute on a listener of its own",
  ],
  [
    { "mirror-target": "http://copy.shop.svc.cluster.local:8080$request_uri" },
    "mirror-target: changed → RequestMirror (the copy has -shadow after its host)",
  ],
  [
    { "mirror-target": "http://copy.other.svc$request_uri", "mirror-host": "copy", "mirror-request-body": "on" },
    "mirror-host: changed (the copy has the request's own host with -shadow after it)",
    "mirror-request-body: converted (this is the default)",
    "mirror-target: changed → RequestMirror (the copy has -shadow after its host)",
  ],
  [
    { "mirror-target": "https://copy.example.com$request_uri" },
    "mirror-target: refused (a RequestMirror takes a Service of the cluster and keeps the request's path) way out: http://service.namespace.svc:80$request_uri, or a Service for the other one",
  ],
  [
    { "mirror-target": "http://copy.shop$request_uri", "mirror-request-body": "off" },
    'mirror-request-body: refused (a RequestMirror copies the body too) way out: mirror-request-body: "on"',
    'mirror-target: refused (a RequestMirror copies the body too) way out: mirror-request-body: "on"',
  ],
  [{ "mirror-host": "copy" }, "mirror-host: converted (without mirror-target NGINX ignores it)"],
  [{ "proxy-cookie-domain": "off" }, "proxy-cookie-domain: converted (this is the default)"],
  [
    { "proxy-cookie-domain": "a.com b.com" },
    "proxy-cookie-domain: refused (no filter changes a part of a header) way out: the domain in the application's own configuration",
  ],
  [{ "proxy-cookie-path": "off" }, "proxy-cookie-path: converted (this is the default)"],
  [
    { "proxy-cookie-path": "/a /b" },
    "proxy-cookie-path: refused (no filter changes a part of a header) way out: the path in the application's own configuration",
  ],
  [{ "proxy-redirect-from": "off" }, "proxy-redirect-from: converted (this is the default)"],
  [
    { "proxy-redirect-from": "http://a/" },
    "proxy-redirect-from: converted (without proxy-redirect-to NGINX ignores it)",
  ],
  [
    { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "http://b/" },
    "proxy-redirect-from: refused (no filter changes a part of a header) way out: the public URL in the application's own configuration",
    "proxy-redirect-to: refused (no filter changes a part of a header) way out: the public URL in the application's own configuration",
  ],
  [{ "proxy-redirect-to": "http://b/" }, "proxy-redirect-to: converted (without proxy-redirect-from NGINX ignores it)"],
  [
    { "enable-access-log": "false" },
    "enable-access-log: changed (requests are logged where the mesh logs them; a Telemetry resource for the Gateway can leave the host out)",
  ],
  [{ "enable-access-log": "true" }, "enable-access-log: converted (this is the default)"],
  [
    {
      "enable-opentelemetry": "true",
      "opentelemetry-trust-incoming-span": "false",
      "opentelemetry-operation-name": "x",
    },
    "enable-opentelemetry: changed (requests are traced as the mesh's Telemetry says)",
    "opentelemetry-operation-name: changed (spans have Envoy's own names)",
    "opentelemetry-trust-incoming-span: changed (Envoy goes on with the client's trace)",
  ],
  [
    { "enable-opentelemetry": "false", "opentelemetry-trust-incoming-span": "true" },
    "enable-opentelemetry: mapped → what the gateway does unless a Telemetry resource says otherwise",
    "opentelemetry-trust-incoming-span: mapped → what Envoy does",
  ],
  [
    {
      "enable-modsecurity": "true",
      "enable-owasp-core-rules": "true",
      "modsecurity-transaction-id": "$req_id",
      "modsecurity-snippet": "SecRuleEngine On",
    },
    "enable-modsecurity: refused (Istio has no web application firewall) way out: a WasmPlugin such as Coraza on the Gateway",
    "enable-owasp-core-rules: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
    "modsecurity-snippet: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
    "modsecurity-transaction-id: refused (it belongs to enable-modsecurity, which is refused) way out: see enable-modsecurity",
  ],
  [
    { "enable-modsecurity": "false", "enable-owasp-core-rules": "true" },
    "enable-modsecurity: converted (this is the default)",
    "enable-owasp-core-rules: converted (the firewall is off)",
  ],
];
