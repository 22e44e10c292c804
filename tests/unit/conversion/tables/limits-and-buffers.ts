// Annotations on limits and buffers: what is given, and the whole verdict on each of them.
import { needsAddress } from "../../../../lib/conversion/annotations/ranges";
import type { Case } from "../cases";

const counted = `EnvoyFilter with envoy.filters.http.local_ratelimit (requests over http and over https are counted apart; each pod of the gateway counts by itself, as each of NGINX's does; ${needsAddress})`;

export const limitsAndBuffers: Case[] = [
  [
    { "limit-connections": "5" },
    "limit-connections: refused (Envoy counts no requests of an address that are under way) way out: limit-rps, or a limit in the application",
  ],
  [{ "limit-connections": "0" }, "limit-connections: converted (it sets no limit)"],
  [
    { "limit-connections": "5", "limit-whitelist": "10.0.0.0/8" },
    "limit-connections: refused (Envoy counts no requests of an address that are under way) way out: limit-rps, or a limit in the application",
    "limit-whitelist: refused (it belongs to limit-connections, which is refused) way out: see limit-connections",
  ],
  [
    { "limit-rps": "10", "limit-burst-multiplier": "2", "limit-whitelist": "10.0.0.0/8" },
    "limit-burst-multiplier: mapped → max_tokens of the EnvoyFilter",
    `limit-rps: changed → ${counted}`,
    "limit-whitelist: mapped → EnvoyFilter, which counts no requests from there",
  ],
  [
    { "limit-rpm": "10", "limit-allowlist": "10.0.0.0/8", "limit-whitelist": "10.0.0.0/16" },
    "limit-allowlist: mapped → EnvoyFilter, which counts no requests from there",
    `limit-rpm: changed → ${counted}`,
    "limit-whitelist: converted (NGINX uses limit-allowlist)",
  ],
  [
    {
      "limit-connections": "5",
      "limit-rate": "100",
      "limit-rps": "5",
      "limit-whitelist": "10.0.0.0/8",
      "permanent-redirect": "https://other.example.com/$request_uri",
    },
    ...["limit-connections", "limit-rate", "limit-rps", "limit-whitelist"].map(
      (name) => `${name}: converted (the Ingress redirects every request before NGINX looks at who sends it)`,
    ),
    "permanent-redirect: converted → RequestRedirect",
  ],
  [
    { "limit-burst-multiplier": "2" },
    "limit-burst-multiplier: converted (without limit-rps or limit-rpm NGINX ignores it)",
  ],
  [{ "limit-whitelist": "10.0.0.0/8" }, "limit-whitelist: converted (without a limit NGINX ignores it)"],
  [
    { "limit-rate": "100", "limit-rate-after": "100" },
    ...["limit-rate", "limit-rate-after"].map(
      (name) =>
        `${name}: refused (Envoy limits the rate of all answers together, and not of each) way out: a limit in the application`,
    ),
  ],
  [{ "limit-rate-after": "100" }, "limit-rate-after: converted (it sets no limit)"],
  [{ "proxy-body-size": "0" }, "proxy-body-size: mapped → bodies of any size, which the gateway streams"],
  [
    { "proxy-body-size": "50m" },
    "proxy-body-size: mapped → EnvoyFilter that answers 413 (without a Content-Length the backend gets the body as it comes, until there is too much of it; an answer that it gives before stays)",
  ],
  [{ "proxy-body-size": "big" }, "proxy-body-size: converted (not a size, so NGINX uses its default, 1m)"],
  [{ "client-body-buffer-size": "1m" }, "client-body-buffer-size: mapped → Envoy streams bodies in both directions"],
  [
    { "proxy-buffering": "on" },
    "proxy-buffering: changed → Envoy streams bodies in both directions (the client gets the answer while the backend sends it, so a slow client keeps it busy)",
  ],
  [{ "proxy-buffers-number": "4" }, "proxy-buffers-number: mapped → Envoy streams bodies in both directions"],
  [{ "proxy-buffer-size": "16k" }, "proxy-buffer-size: mapped → Envoy takes headers of up to 80 KiB"],
  [{ "proxy-buffer-size": "80k" }, "proxy-buffer-size: mapped → Envoy takes headers of up to 80 KiB"],
  [
    {
      "backend-protocol": "GRPC",
      "proxy-buffer-size": "128k",
      "proxy-buffering": "on",
      "proxy-cookie-domain": "a b",
      "proxy-cookie-path": "/a /b",
      "proxy-http-version": "1.0",
      "proxy-next-upstream": "http_502",
      "proxy-next-upstream-timeout": "5",
      "proxy-next-upstream-tries": "1",
      "proxy-redirect-from": "http://a",
      "proxy-redirect-to": "http://b",
      "proxy-request-buffering": "on",
    },
    "backend-protocol: mapped → DestinationRule connectionPool.http.h2UpgradePolicy UPGRADE",
    ...[
      ...["proxy-buffer-size", "proxy-buffering", "proxy-cookie-domain", "proxy-cookie-path", "proxy-http-version"],
      ...["proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries", "proxy-redirect-from"],
      ...["proxy-redirect-to", "proxy-request-buffering"],
    ].map((name) => `${name}: converted (NGINX speaks gRPC to the backend, where it has no effect)`),
  ],
  [
    { "proxy-buffer-size": "128k" },
    "proxy-buffer-size: mapped → EnvoyFilter with max_response_headers_kb (it replaces connectionPool.http of other DestinationRules for the Service)",
  ],
  [{ "proxy-busy-buffers-size": "32k" }, "proxy-busy-buffers-size: mapped → Envoy streams bodies in both directions"],
  [
    { "proxy-max-temp-file-size": "1024m" },
    "proxy-max-temp-file-size: mapped → Envoy streams bodies in both directions",
  ],
  [{ "proxy-request-buffering": "off" }, "proxy-request-buffering: mapped → Envoy streams bodies in both directions"],
  [
    { "proxy-request-buffering": "on" },
    "proxy-request-buffering: changed (the backend gets the body while the client sends it, so a slow client keeps it busy)",
  ],
];
