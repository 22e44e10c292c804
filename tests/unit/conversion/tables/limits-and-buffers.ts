// Annotations on limits and buffers: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const limitsAndBuffers: Case[] = [
  [
    { "limit-connections": "5" },
    "limit-connections: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
  ],
  [{ "limit-connections": "0" }, "limit-connections: converted (it sets no limit)"],
  [
    { "limit-rps": "10", "limit-burst-multiplier": "2", "limit-whitelist": "10.0.0.0/8" },
    "limit-burst-multiplier: refused (it belongs to limit-rps and limit-rpm, which are refused) way out: see limit-rps",
    "limit-rps: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
    "limit-whitelist: refused (it belongs to the limits, which are refused) way out: see limit-rps",
  ],
  [
    { "limit-rpm": "10", "limit-allowlist": "10.0.0.0/8" },
    "limit-allowlist: refused (it belongs to the limits, which are refused) way out: see limit-rps",
    "limit-rpm: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
  ],
  [
    { "limit-burst-multiplier": "2" },
    "limit-burst-multiplier: converted (without limit-rps or limit-rpm NGINX ignores it)",
  ],
  [{ "limit-whitelist": "10.0.0.0/8" }, "limit-whitelist: converted (without a limit NGINX ignores it)"],
  [
    { "limit-rate": "100" },
    "limit-rate: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
  ],
  [
    { "limit-rate-after": "100" },
    "limit-rate-after: refused (neither Gateway API nor Istio's API has rate limits) way out: an EnvoyFilter with envoy.filters.http.local_ratelimit on the Gateway, or a rate limit service",
  ],
  [{ "proxy-body-size": "0" }, "proxy-body-size: mapped → bodies of any size, which the gateway streams"],
  [
    { "proxy-body-size": "50m" },
    "proxy-body-size: changed → bodies of any size, which the gateway streams (a body of more than 50m passes too, where NGINX answers 413; --envoy-filters limits it)",
  ],
  [
    { "proxy-body-size": "1m" },
    "proxy-body-size: changed → bodies of any size, which the gateway streams (a body of more than 1m passes too, where NGINX answers 413; --envoy-filters limits it)",
  ],
  [
    { "proxy-body-size": "8k" },
    "proxy-body-size: refused (a gateway takes bodies of any size, and a limit below the default of 1m is there to protect something) way out: --envoy-filters, or a limit in the application",
  ],
  [{ "proxy-body-size": "big" }, "proxy-body-size: converted (not a size, so NGINX uses its default, 1m)"],
  [{ "client-body-buffer-size": "1m" }, "client-body-buffer-size: mapped → Envoy streams bodies in both directions"],
  [
    { "proxy-buffering": "on" },
    "proxy-buffering: changed → Envoy streams bodies in both directions (the client gets the answer while the backend sends it, so a slow client keeps it busy)",
  ],
  [{ "proxy-buffers-number": "4" }, "proxy-buffers-number: mapped → Envoy streams bodies in both directions"],
  [{ "proxy-buffer-size": "16k" }, "proxy-buffer-size: mapped → Envoy takes headers of up to 60 KiB"],
  [
    { "proxy-buffer-size": "128k" },
    "proxy-buffer-size: changed (Envoy takes headers of up to 60 KiB in all, and fails an answer with more)",
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
