// Annotations on headers, copies, logs and filters: what is given, and the whole verdict on each of them.
import { needsAddress } from "../../../../lib/conversion/annotations/ranges";
import type { Case } from "../cases";

const ownServer =
  "EnvoyFilter with server_header_transformation (other routes of the Gateway keep Envoy's own Server header; its 404 for a request without a route has none)";

export const headersCopiesLogsAndFilters: Case[] = [
  [
    { "configuration-snippet": "rewrite ^ https://other.example.com/there permanent;" },
    "configuration-snippet: converted → RequestRedirect",
  ],
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
    "configuration-snippet: mapped → EnvoyFilter with envoy.filters.http.lua",
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
    {
      "configuration-snippet": "proxy_set_header Authorization $http_authorization;\nproxy_pass_header Authorization;",
    },
    "configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier; what Envoy does with %REQ(AUTHORIZATION)%",
  ],
  [
    {
      "configuration-snippet":
        'if ($scheme = https) {\n  add_header  Strict-Transport-Security "max-age=0" always;\n}\n',
    },
    "configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier (the header is in answers over http too, where browsers ignore it)",
  ],
  [
    { "configuration-snippet": "if ($scheme = https) { add_header X-A b always; }" },
    "configuration-snippet: refused (a route cannot do what `if ($scheme = https)` says) way out: the snippet without this block, and its work in the application",
  ],
  [
    {
      "configuration-snippet": 'if ($scheme = https) { add_header X-A b always; }\nmore_set_headers "X-C: d";',
      "force-ssl-redirect": "true",
    },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
    "force-ssl-redirect: converted → a redirect to https",
  ],
  [
    {
      "configuration-snippet": "if ($scheme = https) { add_header X-A b always; }\nadd_header X-C d always;",
      "force-ssl-redirect": "true",
    },
    "configuration-snippet: refused (a route cannot do what `if ($scheme = https)` says) way out: the snippet without this block, and its work in the application",
    "force-ssl-redirect: converted → a redirect to https",
  ],
  [
    { "configuration-snippet": "proxy_pass_header   Server;" },
    "configuration-snippet: converted (NGINX takes the Server header away all the same, unless server-tokens is on)",
  ],
  [
    { "configuration-snippet": "proxy_hide_header X-Version;\nmore_clear_headers X-Powered-By;" },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  ...[
    "proxy_hide_header Server;\nmore_clear_headers X-Powered-By;",
    'more_set_headers "Server: shop" "X-A: b";',
    'more_set_headers "server:";\nadd_header X-A b always;',
  ].map((snippet): Case => [
    { "configuration-snippet": snippet },
    `configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier; ${ownServer}`,
  ]),
  [
    { "configuration-snippet": 'more_set_headers -s 404 "X-A: b";' },
    'configuration-snippet: refused (a route cannot do what `more_set_headers -s 404 "X-A: b"` says) way out: the snippet without this line, and its work in the application',
  ],
  [
    { "configuration-snippet": "proxy_cache shop;\nproxy_cache_lock on;\nproxy_cache_valid 200 1h;" },
    "configuration-snippet: changed (Envoy keeps no answers: every request reaches the backend, also one that fails)",
  ],
  ...["rewrite ^(.*)$ https://new.example.com$1 permanent;", "rewrite ^/(.*) https://new.example.com/$1 redirect;"].map(
    (snippet): Case => [{ "configuration-snippet": snippet }, "configuration-snippet: converted → RequestRedirect"],
  ),
  [
    { "configuration-snippet": "rewrite ^/(.*)$ https://new.example.com/b/$1 permanent;" },
    "configuration-snippet: mapped → EnvoyFilter with redirect",
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
    "configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier with %REQ(X-REQUEST-ID)%",
  ],
  [
    { "configuration-snippet": "proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Real-IP $remote_addr;" },
    "configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier with %REQ(:AUTHORITY)%, %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% (with the port of the Host header, where a client names one)",
  ],
  [
    { "configuration-snippet": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;" },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "configuration-snippet": "proxy_set_header X-Forwarded-For $remote_addr;" },
    "configuration-snippet: mapped → RequestHeaderModifier and ResponseHeaderModifier with %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  ],
  [
    { "configuration-snippet": "proxy_set_header X-Uri $uri;" },
    "configuration-snippet: refused (Envoy has nothing for a variable of `proxy_set_header X-Uri $uri`) way out: a variable that Envoy has something for, such as $host, $remote_addr, $request_uri or $http_x_name",
  ],
  [
    { "configuration-snippet": "add_header X-A a always; add_header X-A b always;" },
    "configuration-snippet: refused (a route adds X-A once) way out: one line for X-A",
  ],
  [
    { "configuration-snippet": "proxy_read_timeout 3600s;" },
    "configuration-snippet: refused (NGINX has `proxy_read_timeout` already, and loads no second one) way out: its annotation",
  ],
  [
    { "configuration-snippet": 'server_tokens off; send_timeout "2m"; access_log off;' },
    "configuration-snippet: changed → Envoy's own Server header, which has no version; no limit between two reads or writes (what NGINX ends after 2m of silence goes on; requests are logged where the mesh logs them)",
  ],
  [
    { "configuration-snippet": "send_timeout 5s;" },
    "configuration-snippet: refused (a route cannot do what `send_timeout 5s` says) way out: the snippet without this line, and its work in the application",
  ],
  [
    { "server-snippet": "underscores_in_headers on;" },
    "server-snippet: mapped → what Envoy does (unless an EnvoyFilter of another Ingress drops such headers for the whole Gateway)",
  ],
  [
    { "configuration-snippet": "large_client_header_buffers 4 32k; gzip off;" },
    "configuration-snippet: mapped → Envoy takes headers of up to 60 KiB (this is the default)",
  ],
  [
    { "configuration-snippet": "client_header_buffer_size 1m;" },
    "configuration-snippet: changed (Envoy takes headers of up to 60 KiB in all, and answers 431 to more)",
  ],
  [
    { "server-snippet": "client_header_buffer_size 64k; large_client_header_buffers 4 128k;" },
    "server-snippet: changed (Envoy takes headers of up to 60 KiB in all, and answers 431 to more)",
  ],
  [
    { "configuration-snippet": "client_header_buffer_size large;" },
    "configuration-snippet: refused (a route cannot do what `client_header_buffer_size large` says) way out: the snippet without this line, and its work in the application",
  ],
  [
    { "configuration-snippet": 'more_set_input_headers "X-From: ingress";' },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "server-snippet": "location = /a { return 301 https://other.example.com/b; }" },
    "server-snippet: mapped → EnvoyFilter with redirect",
  ],
  [
    { "server-snippet": "add_header X-A b always;", "configuration-snippet": "proxy_set_header X-C d;" },
    "configuration-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
    "server-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "configuration-snippet": "rewrite ^(/app)$ $1/ redirect;" },
    "configuration-snippet: converted → RequestRedirect of the path",
  ],
  [
    { "configuration-snippet": "rewrite ^/app/(.*)$ /$1 redirect;" },
    "configuration-snippet: mapped → EnvoyFilter with redirect",
  ],
  [
    { "configuration-snippet": "return 301 https://new.example.com$request_uri;" },
    "configuration-snippet: converted → RequestRedirect",
  ],
  [{ "configuration-snippet": "return 404;" }, "configuration-snippet: mapped → EnvoyFilter with direct_response"],
  [
    { "configuration-snippet": "allow 10.0.0.0/8; deny all;" },
    `configuration-snippet: mapped → AuthorizationPolicy DENY with notRemoteIpBlocks, on the Gateway (${needsAddress})`,
  ],
  [
    { "configuration-snippet": "deny 10.0.0.0/8; allow all;" },
    `configuration-snippet: mapped → AuthorizationPolicy DENY with remoteIpBlocks, on the Gateway (${needsAddress})`,
  ],
  [
    { "configuration-snippet": "deny all;" },
    "configuration-snippet: mapped → AuthorizationPolicy DENY with remoteIpBlocks, on the Gateway",
  ],
  ...[
    "allow 10.0.0.0/8; deny 10.1.0.0/16; deny all;",
    "allow 10.0.0.0/8;",
    "deny unix:;",
    "allow all; deny 10.0.0.0/8;",
  ].map((snippet): Case => [
    { "configuration-snippet": snippet },
    'configuration-snippet: refused (an AuthorizationPolicy takes ranges that are admitted with `deny all` after them, or ranges that are not) way out: whitelist-source-range: "10.0.0.0/8"',
  ]),
  [
    { "server-snippet": 'grpc_read_timeout "1200s"; client_max_body_size 10m; proxy_set_header A b;' },
    "server-snippet: changed → no limit between two reads or writes (what NGINX ends after 1200s of silence goes on; every path of the host has its own)",
  ],
  [
    { "server-snippet": "http2_max_header_size 256k; http2_max_field_size 256k;" },
    "server-snippet: converted (NGINX has ignored it since 1.19.7)",
  ],
  [
    { "server-snippet": "more_set_headers 'X-Frame-Options: DENY';" },
    "server-snippet: converted → RequestHeaderModifier and ResponseHeaderModifier",
  ],
  [
    { "server-snippet": "return 301 https://new.example.com$request_uri;" },
    "server-snippet: converted → RequestRedirect",
  ],
  [
    { "server-snippet": "add_header X-A b always;", "enable-cors": "true" },
    "enable-cors: mapped → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers)",
    "server-snippet: refused (a path with enable-cors has nothing of `add_header X-A b always`) way out: the line in configuration-snippet",
  ],
  [{ "server-snippet": "location ~ [.]ht { deny all; }" }, "server-snippet: mapped → EnvoyFilter with direct_response"],
  [
    { "configuration-snippet": "if ($host = x) { return 403; }" },
    "configuration-snippet: refused (it turns requests away, and Envoy, which does not read NGINX's configuration, would let them pass) way out: an AuthorizationPolicy with action DENY for what it turns away, on the Gateway",
  ],
  [
    { "configuration-snippet": "rewrite ^/a /b break;" },
    "configuration-snippet: mapped → EnvoyFilter with regex_rewrite",
  ],
  [{ "server-snippet": "return 403;" }, "server-snippet: mapped → EnvoyFilter with direct_response"],
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
  [{ "proxy-cookie-domain": "a.com b.com" }, "proxy-cookie-domain: mapped → EnvoyFilter with envoy.filters.http.lua"],
  [{ "proxy-cookie-path": "off" }, "proxy-cookie-path: converted (this is the default)"],
  [{ "proxy-cookie-path": "/a /b" }, "proxy-cookie-path: mapped → EnvoyFilter with envoy.filters.http.lua"],
  [{ "proxy-redirect-from": "off" }, "proxy-redirect-from: converted (this is the default)"],
  [
    { "proxy-redirect-from": "http://a/" },
    "proxy-redirect-from: converted (without proxy-redirect-to NGINX ignores it)",
  ],
  [
    { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "http://b/" },
    "proxy-redirect-from: mapped → EnvoyFilter with envoy.filters.http.lua",
    "proxy-redirect-to: mapped → EnvoyFilter with envoy.filters.http.lua",
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
