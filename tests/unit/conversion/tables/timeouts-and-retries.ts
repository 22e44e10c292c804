// Annotations on timeouts and retries: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const timeoutsAndRetries: Case[] = [
  [
    { "proxy-connect-timeout": "10" },
    "proxy-connect-timeout: mapped → DestinationRule connectionPool.tcp.connectTimeout",
  ],
  [
    { "proxy-connect-timeout": "10s" },
    "proxy-connect-timeout: converted (not a whole number, so NGINX uses its default, 5)",
  ],
  [
    { "proxy-connect-timeout": "0" },
    'proxy-connect-timeout: refused (a DestinationRule takes 1 ms and more) way out: proxy-connect-timeout: "5"',
  ],
  [
    { "proxy-read-timeout": "3600" },
    "proxy-read-timeout: changed → no limit between two reads from the backend (what NGINX ends with 504 after 3600 s of silence goes on; --envoy-filters ends it)",
  ],
  [
    { "proxy-read-timeout": "5" },
    'proxy-read-timeout: refused (a gateway limits whole requests, and not the time between two reads from the backend) way out: --envoy-filters, or timeouts.request: "5s" in the HTTPRoute, where no request may take longer as a whole',
  ],
  [{ "proxy-read-timeout": "1m" }, "proxy-read-timeout: converted (not a whole number, so NGINX uses its default, 60)"],
  [
    { "proxy-send-timeout": "120" },
    "proxy-send-timeout: changed → no limit between two writes to the backend (what NGINX ends with 504 after 120 s of silence goes on; --envoy-filters ends it)",
  ],
  [
    { "proxy-send-timeout": "3" },
    'proxy-send-timeout: refused (a gateway limits whole requests, and not the time between two writes to the backend) way out: --envoy-filters, or timeouts.request: "3s" in the HTTPRoute, where no request may take longer as a whole',
  ],
  [
    { "proxy-next-upstream": "error timeout" },
    "proxy-next-upstream: changed → the gateway's own retries, 2 more (a request is tried again where the gateway could not connect or was refused, and not where the connection breaks or stays silent afterwards)",
  ],
  [
    { "proxy-next-upstream": "off" },
    "proxy-next-upstream: refused (the gateway tries a request again when it could not connect, which HTTPRoute cannot turn off) way out: --envoy-filters, or a TrafficPolicy of this package with retries, on a waypoint",
  ],
  [
    { "proxy-next-upstream": "error http_502" },
    "proxy-next-upstream: refused (the gateway does not try again on http_502) way out: a TrafficPolicy of this package with retries, on a waypoint",
  ],
  [{ "proxy-next-upstream-tries": "3" }, "proxy-next-upstream-tries: converted → the gateway's own retries"],
  [
    { "proxy-next-upstream-tries": "1" },
    "proxy-next-upstream-tries: refused (the gateway tries three times, which HTTPRoute cannot change) way out: --envoy-filters, or a TrafficPolicy of this package with retries, on a waypoint",
  ],
  [{ "proxy-next-upstream-timeout": "0" }, "proxy-next-upstream-timeout: converted (this is the default)"],
  [
    { "proxy-next-upstream-timeout": "10" },
    "proxy-next-upstream-timeout: refused (the gateway's retries have no time limit of their own) way out: timeouts.request in the HTTPRoute",
  ],
];
