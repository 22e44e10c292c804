// Annotations that become EnvoyFilters, by themselves and with others: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

const unreached = "(the Ingress redirects every request, so that none gets to a backend)";
const late = "(in the middle of a large body the gateway answers 408, where NGINX answers 504)";

const limited =
  "proxy-body-size: mapped → EnvoyFilter that answers 413 (without a Content-Length the backend gets the body as it comes, until there is too much of it; an answer that it gives before stays)";
const grpc = "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE";
const counting =
  "each pod of the gateway counts by itself, as each of NGINX's does; the gateway must see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies";
const local = "EnvoyFilter with envoy.filters.http.local_ratelimit";
const apart = "requests over http and over https are counted apart";
const strips = "RequestRedirect, and EnvoyFilter with strip_query";
const longer = "it replaces connectionPool.http of other DestinationRules for the Service";

const modifiers = "RequestHeaderModifier and ResponseHeaderModifier";

export const envoyFilters: Case[] = [
  [{ "proxy-body-size": "8k" }, limited],
  [{ "proxy-body-size": "1g" }, limited],
  [{ "proxy-body-size": "10b" }, "proxy-body-size: converted (not a size, so NGINX uses its default, 1m)"],
  [
    { "permanent-redirect": "https://other.example.com", "proxy-body-size": "8k", "proxy-read-timeout": "5" },
    `permanent-redirect: mapped → ${strips}`,
    `proxy-body-size: converted ${unreached}`,
    `proxy-read-timeout: converted ${unreached}`,
  ],
  [
    { "temporal-redirect": "https://other.example.com", "proxy-body-size": "8k", "proxy-send-timeout": "5" },
    `proxy-body-size: converted ${unreached}`,
    `proxy-send-timeout: converted ${unreached}`,
    `temporal-redirect: mapped → ${strips}`,
  ],
  [
    { "permanent-redirect": "https://other.example.com$request_uri", "proxy-buffer-size": "128k" },
    "permanent-redirect: converted → RequestRedirect",
    `proxy-buffer-size: converted ${unreached}`,
  ],
  [
    { "permanent-redirect": "https://other.example.com", "proxy-next-upstream": "off" },
    `permanent-redirect: mapped → ${strips}`,
    `proxy-next-upstream: converted ${unreached}`,
  ],
  [{ "rewrite-target": "https://other.example.com/there" }, "rewrite-target: converted → RequestRedirect"],
  [
    { "server-snippet": "location = /a { return 301 /b; }" },
    "server-snippet: mapped → RequestRedirect of the path, and EnvoyFilter with strip_query",
  ],
  [
    { "configuration-snippet": "rewrite ^/a$ /b permanent;" },
    "configuration-snippet: converted → RequestRedirect of the path",
  ],
  [
    { "proxy-body-size": "8m", "proxy-request-buffering": "off" },
    limited,
    "proxy-request-buffering: mapped → Envoy streams bodies in both directions",
  ],
  [{ "proxy-body-size": "8m", "backend-protocol": "GRPC" }, grpc, limited],
  [
    { "proxy-buffer-size": "9m" },
    "proxy-buffer-size: changed (Envoy takes headers of up to 80 KiB in all, and fails an answer with more)",
  ],
  [
    { "proxy-buffer-size": "128k", "backend-protocol": "HTTPS" },
    "backend-protocol: mapped → DestinationRule tls SIMPLE with insecureSkipVerify, since NGINX does not verify either",
    `proxy-buffer-size: mapped → EnvoyFilter with max_response_headers_kb (${longer})`,
  ],
  [
    { "configuration-snippet": 'add_header X-A "b c";\nadd_header X-D e always;' },
    `configuration-snippet: mapped → EnvoyFilter with envoy.filters.http.lua; ${modifiers}`,
  ],
  [
    { "configuration-snippet": "add_header X-A $host;" },
    `configuration-snippet: changed → ${modifiers} with %REQ(X-ENVOY-ORIGINAL-HOST?:AUTHORITY)% (add_header without always leaves errors out; the route adds the header to every answer)`,
  ],
  [
    { "configuration-snippet": "add_header X-A b;\nadd_header X-A c;" },
    "configuration-snippet: refused (a route adds X-A once) way out: one line for X-A",
  ],
  [{ "limit-rps": "5" }, `limit-rps: changed → ${local} (${apart}; ${counting})`],
  [
    {
      "enable-cors": "true",
      "force-ssl-redirect": "true",
      "limit-burst-multiplier": "many",
      "limit-rpm": "5",
      "limit-rps": "0",
      "limit-whitelist": "10.0.0.0/8",
    },
    "enable-cors: changed → the CORS filter (preflight requests are answered with 200 (NGINX: 204), and requests without an Origin get no CORS headers; answers of limit-rpm have no CORS headers, which NGINX sends: pages see a network error instead of the status)",
    "force-ssl-redirect: converted → a redirect to https",
    "limit-burst-multiplier: converted (not a whole number, so NGINX uses its default, 5)",
    `limit-rpm: changed → ${local} (preflight requests are counted too; ${counting})`,
    "limit-rps: converted (it sets no limit)",
    "limit-whitelist: mapped → EnvoyFilter, which counts no requests from there",
  ],
  [
    { "force-ssl-redirect": "true", "limit-burst-multiplier": "0", "limit-rps": "5", "limit-whitelist": "10.0.0.0/x" },
    "force-ssl-redirect: converted → a redirect to https",
    'limit-burst-multiplier: refused (NGINX does not load a burst below 1) way out: limit-burst-multiplier: "5"',
    `limit-rps: mapped → ${local} (${counting})`,
    "limit-whitelist: refused (10.0.0.0/x is neither an address nor a range, so NGINX sets no limit at all) way out: ranges such as 10.0.0.0/8, with commas between them",
  ],
  [
    { "force-ssl-redirect": "true", "limit-burst-multiplier": "3", "limit-rpm": "5", "limit-rps": "5" },
    "force-ssl-redirect: converted → a redirect to https",
    "limit-burst-multiplier: mapped → max_tokens of the EnvoyFilter",
    ...["limit-rpm", "limit-rps"].map(
      (name) =>
        `${name}: changed → ${local} (a request that one of both limits refuses counts for the other one; ${counting})`,
    ),
  ],
  [
    { "proxy-next-upstream": "off", "proxy-next-upstream-tries": "5" },
    "proxy-next-upstream: mapped → EnvoyFilter with num_retries",
    "proxy-next-upstream-tries: converted (NGINX tries a request once, since proxy-next-upstream is off)",
  ],
  [
    { "proxy-next-upstream-tries": "0" },
    "proxy-next-upstream-tries: refused (the gateway tries three times, which HTTPRoute cannot change) way out: a TrafficPolicy of this package with retries, on a waypoint",
  ],
  [{ "proxy-read-timeout": "600" }, "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout"],
  [{ "proxy-read-timeout": "60" }, "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout"],
  [
    { "proxy-read-timeout": "600", "proxy-send-timeout": "600" },
    "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout",
    `proxy-send-timeout: mapped → EnvoyFilter with idle_timeout ${late}`,
  ],
  [
    { "proxy-read-timeout": "90", "proxy-send-timeout": "120" },
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a WebSocket ends after 120 s of silence)",
    `proxy-send-timeout: mapped → EnvoyFilter with idle_timeout ${late}`,
  ],
  [
    { "proxy-read-timeout": "3600", "proxy-send-timeout": "10" },
    "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout",
    "proxy-send-timeout: changed → EnvoyFilter with idle_timeout (a backend that stops reading has 3600 s, the longest of both timeouts and 60 s)",
  ],
  [
    { "proxy-read-timeout": "600", "backend-protocol": "GRPC" },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a stream of the client ends after 600 s without anything in both directions)",
  ],
  [
    { "proxy-read-timeout": "0" },
    "proxy-read-timeout: changed → no limit between two reads from the backend (what NGINX ends with 504 after 0 s of silence goes on)",
  ],
  [
    { "proxy-read-timeout": "10m" },
    "proxy-read-timeout: converted (not a whole number, so NGINX uses its default, 60)",
  ],
];
