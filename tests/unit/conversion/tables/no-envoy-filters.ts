// Annotations with `--no-envoy-filters`: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

const queried =
  "(a query of the request stays in the Location, where NGINX drops it; without --no-envoy-filters it is dropped)";
const modifiers = "RequestHeaderModifier and ResponseHeaderModifier";
const always = "add_header without always leaves errors out; the route adds the header to every answer";
const anySize = "bodies of any size, which the gateway streams";
const without = "convert without --no-envoy-filters";
const noPart = "no filter changes a part of a header";
const onWaypoint = "convert without --no-envoy-filters, or a TrafficPolicy of this package with retries, on a waypoint";

export const noEnvoyFilters: Case[] = [
  [{ "app-root": "/app" }, `app-root: changed → a redirect of \`/\` ${queried}`],
  [
    { "permanent-redirect": "https://example.com/new", "permanent-redirect-code": "308" },
    `permanent-redirect: changed → RequestRedirect ${queried}`,
    "permanent-redirect-code: converted → statusCode of the redirect",
  ],
  [
    { "temporal-redirect": "http://example.com/x", "permanent-redirect": "http://example.com/y" },
    "permanent-redirect: converted (NGINX uses temporal-redirect)",
    `temporal-redirect: changed → RequestRedirect ${queried}`,
  ],
  [{ "permanent-redirect": "https://example.com$request_uri" }, "permanent-redirect: converted → RequestRedirect"],
  [
    { "server-snippet": "location = /a { return 301 /b; }" },
    `server-snippet: changed → RequestRedirect of the path ${queried}`,
  ],
  [
    { "configuration-snippet": "add_header X-A b;" },
    `configuration-snippet: changed → ${modifiers} (${always}; without --no-envoy-filters errors have none)`,
  ],
  [
    { "configuration-snippet": "add_header X-A $host;" },
    `configuration-snippet: changed → ${modifiers} with %REQ(X-ENVOY-ORIGINAL-HOST?:AUTHORITY)% (${always})`,
  ],
  ...["proxy_hide_header Server;", 'more_set_headers "Server: shop";', 'more_set_headers "server:";'].map(
    (snippet): Case => [
      { "configuration-snippet": snippet },
      "configuration-snippet: changed (Envoy's own Server header is sent; without --no-envoy-filters it is not)",
    ],
  ),
  ...[
    "rewrite ^/app/(.*)$ /$1 redirect",
    "rewrite ^/(.*)$ https://new.example.com/b/$1 permanent",
    "rewrite ^/a /b break",
  ].map((line): Case => [
    { "configuration-snippet": `${line};` },
    `configuration-snippet: refused (a route cannot do what \`${line}\` says) way out: convert without --no-envoy-filters`,
  ]),
  [
    { "server-snippet": "location ~ [.]ht { deny all; }" },
    "server-snippet: refused (`location ~ [.]ht` turns requests away) way out: convert without --no-envoy-filters",
  ],
  [
    { "server-snippet": "if ($http_a) { return 301 /b; }" },
    "server-snippet: refused (a route cannot do what `if ($http_a)` says) way out: convert without --no-envoy-filters",
  ],
  [
    { "limit-rps": "10", "limit-burst-multiplier": "2", "limit-whitelist": "10.0.0.0/8" },
    "limit-burst-multiplier: refused (it belongs to limit-rps, which is refused) way out: see limit-rps",
    "limit-rps: refused (neither Gateway API nor Istio's API has rate limits) way out: convert without --no-envoy-filters, or a rate limit service",
    "limit-whitelist: refused (it belongs to limit-rps, which is refused) way out: see limit-rps",
  ],
  [
    { "limit-rpm": "10", "limit-allowlist": "10.0.0.0/8", "limit-whitelist": "10.0.0.0/16" },
    "limit-allowlist: refused (it belongs to limit-rpm, which is refused) way out: see limit-rpm",
    "limit-rpm: refused (neither Gateway API nor Istio's API has rate limits) way out: convert without --no-envoy-filters, or a rate limit service",
    "limit-whitelist: converted (NGINX uses limit-allowlist)",
  ],
  [
    { "proxy-body-size": "1m" },
    `proxy-body-size: changed → ${anySize} (a body of more than 1m passes too, where NGINX answers 413; without --no-envoy-filters it is limited)`,
  ],
  [
    { "proxy-body-size": "8k" },
    "proxy-body-size: refused (a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something) way out: convert without --no-envoy-filters, or a limit in the application",
  ],
  [{ "proxy-body-size": "0" }, `proxy-body-size: mapped → ${anySize}`],
  [
    { "proxy-buffer-size": "128k" },
    "proxy-buffer-size: changed (Envoy takes headers of up to 80 KiB in all, and fails an answer with more; without --no-envoy-filters that is raised)",
  ],
  [
    { "proxy-buffer-size": "9m" },
    "proxy-buffer-size: changed (Envoy takes headers of up to 80 KiB in all, and fails an answer with more)",
  ],
  [
    { "proxy-read-timeout": "3600", "proxy-send-timeout": "120" },
    "proxy-read-timeout: changed → no limit between two reads from the backend (what NGINX ends with 504 after 3600 s of silence goes on; without --no-envoy-filters it ends)",
    "proxy-send-timeout: changed → no limit between two writes to the backend (what NGINX ends with 504 after 120 s of silence goes on; without --no-envoy-filters it ends)",
  ],
  [
    { "proxy-read-timeout": "5", "proxy-send-timeout": "3" },
    'proxy-read-timeout: refused (a gateway limits whole requests, and not the time between two reads from the backend) way out: convert without --no-envoy-filters, or timeouts.request: "5s" in the HTTPRoute, where no request may take longer as a whole',
    'proxy-send-timeout: refused (a gateway limits whole requests, and not the time between two writes to the backend) way out: convert without --no-envoy-filters, or timeouts.request: "3s" in the HTTPRoute, where no request may take longer as a whole',
  ],
  [
    { "proxy-read-timeout": "0" },
    "proxy-read-timeout: changed → no limit between two reads from the backend (what NGINX ends with 504 after 0 s of silence goes on)",
  ],
  [
    { "proxy-next-upstream": "off" },
    `proxy-next-upstream: refused (the gateway tries a request again when it could not connect, which HTTPRoute cannot turn off) way out: ${onWaypoint}`,
  ],
  [
    { "proxy-next-upstream-tries": "1" },
    `proxy-next-upstream-tries: refused (the gateway tries three times, which HTTPRoute cannot change) way out: ${onWaypoint}`,
  ],
  [
    { "proxy-next-upstream": "error timeout" },
    "proxy-next-upstream: changed → the gateway's own retries, 2 more (a request is tried again where the gateway could not connect or was refused, and not where the connection breaks or stays silent afterwards)",
  ],
  [
    { "proxy-next-upstream": "error http_502" },
    `proxy-next-upstream: refused (the gateway does not try again on http_502) way out: ${onWaypoint}`,
  ],
  [
    { "proxy-cookie-domain": "a.com b.com" },
    `proxy-cookie-domain: refused (${noPart}) way out: ${without}, or the domain in the application's own configuration`,
  ],
  [
    { "proxy-cookie-path": "/a /b" },
    `proxy-cookie-path: refused (${noPart}) way out: ${without}, or the path in the application's own configuration`,
  ],
  [
    { "proxy-redirect-from": "http://a/", "proxy-redirect-to": "http://b/" },
    `proxy-redirect-from: refused (${noPart}) way out: ${without}, or the public URL in the application's own configuration`,
    `proxy-redirect-to: refused (${noPart}) way out: ${without}, or the public URL in the application's own configuration`,
  ],
  [
    { affinity: "cookie", "affinity-mode": "persistent" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "affinity-mode: changed (some sessions move when pods come and go, as with `balanced`; without --no-envoy-filters they stay)",
  ],
  [
    {
      "auth-tls-secret": "shop/ca",
      "auth-tls-verify-client": "on",
      "auth-tls-verify-depth": "1",
      "auth-tls-error-page": "https://x",
      "auth-tls-pass-certificate-to-upstream": "true",
      "auth-tls-match-cn": "CN=me",
    },
    `auth-tls-error-page: refused (the TLS handshake fails before there is a request to answer) way out: ${without}, or --accept auth-tls-error-page`,
    `auth-tls-match-cn: refused (an AuthorizationPolicy cannot search the name of a certificate) way out: ${without}, or a CA of its own for these clients, or the check of ssl-client-subject-dn in the application`,
    "auth-tls-pass-certificate-to-upstream: mapped → RequestHeaderModifier with %DOWNSTREAM_PEER_CERT%",
    'auth-tls-secret: refused (shop.example.com has no certificate of its own, and so no listener of its own) way out: tls: [{ hosts: ["shop.example.com"], secretName: "web-tls" }]',
    "auth-tls-verify-client: mapped → tls-terminate-mode MUTUAL",
    "auth-tls-verify-depth: changed (the chain may be of any length)",
  ],
];
