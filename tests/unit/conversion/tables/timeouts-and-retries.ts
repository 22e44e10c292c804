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
  [{ "proxy-read-timeout": "3600" }, "proxy-read-timeout: mapped → EnvoyFilter with per_try_idle_timeout"],
  [
    { "proxy-read-timeout": "5" },
    "proxy-read-timeout: changed → EnvoyFilter with per_try_idle_timeout (a WebSocket ends after 60 s of silence)",
  ],
  [{ "proxy-read-timeout": "1m" }, "proxy-read-timeout: converted (not a whole number, so NGINX uses its default, 60)"],
  [
    { "proxy-send-timeout": "120" },
    "proxy-send-timeout: mapped → EnvoyFilter with idle_timeout (in the middle of a large body the gateway answers 408, where NGINX answers 504)",
  ],
  [
    { "proxy-send-timeout": "3" },
    "proxy-send-timeout: changed → EnvoyFilter with idle_timeout (a backend that stops reading has 60 s, the longest of both timeouts and 60 s)",
  ],
  [
    { "proxy-next-upstream": "error timeout" },
    "proxy-next-upstream: mapped → EnvoyFilter with retry_on (a request with a body of more than 1 MiB is sent once)",
  ],
  [{ "proxy-next-upstream": "off" }, "proxy-next-upstream: mapped → EnvoyFilter with num_retries"],
  [
    { "proxy-next-upstream": "error http_502" },
    "proxy-next-upstream: changed → EnvoyFilter with retry_on (a request is tried again where a backend stays silent too; a request with a body of more than 1 MiB is sent once)",
  ],
  [{ "proxy-next-upstream-tries": "3" }, "proxy-next-upstream-tries: converted → the gateway's own retries"],
  [{ "proxy-next-upstream-tries": "1" }, "proxy-next-upstream-tries: mapped → EnvoyFilter with num_retries"],
  [{ "proxy-next-upstream-timeout": "0" }, "proxy-next-upstream-timeout: converted (this is the default)"],
  [
    { "proxy-next-upstream-timeout": "10" },
    "proxy-next-upstream-timeout: refused (the gateway's retries have no time limit of their own) way out: timeouts.request in the HTTPRoute",
  ],
];
