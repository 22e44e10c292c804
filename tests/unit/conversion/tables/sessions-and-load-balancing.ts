// Annotations on sessions and load balancing: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const sessionsAndLoadBalancing: Case[] = [
  [
    { affinity: "cookie" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
  ],
  [{ affinity: "ip" }, "affinity: converted (NGINX knows the affinity cookie only, and ignores this one)"],
  [
    { affinity: "cookie", "affinity-mode": "persistent" },
    "affinity: mapped → EnvoyFilter with envoy.filters.http.stateful_session (sessions that NGINX has begun land on another pod once, since the cookie is Envoy's)",
    "affinity-mode: mapped → EnvoyFilter with envoy.filters.http.stateful_session (the cookie has the address of the pod, in base64)",
  ],
  [
    { affinity: "cookie", "affinity-mode": "balanced" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "affinity-mode: mapped → what a consistent hash does",
  ],
  [{ "affinity-mode": "balanced" }, "affinity-mode: converted (without affinity NGINX ignores it)"],
  [
    { affinity: "cookie", "affinity-canary-behavior": "legacy" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "affinity-canary-behavior: converted → weights without sessions",
  ],
  [
    { affinity: "cookie", "affinity-canary-behavior": "sticky" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "affinity-canary-behavior: changed (the weights of a canary count for every request, so a client may change between versions)",
  ],
  [
    {
      affinity: "cookie",
      "session-cookie-name": "route",
      "session-cookie-path": "/",
      "session-cookie-domain": "example.com",
      "session-cookie-samesite": "Lax",
      "session-cookie-secure": "true",
      "session-cookie-max-age": "3600",
      "session-cookie-expires": "3600",
    },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "session-cookie-domain: mapped → DestinationRule httpCookie.attributes",
    "session-cookie-expires: mapped → DestinationRule httpCookie.ttl",
    "session-cookie-max-age: mapped → DestinationRule httpCookie.ttl",
    "session-cookie-name: mapped → DestinationRule httpCookie.name",
    "session-cookie-path: mapped → DestinationRule httpCookie.path",
    "session-cookie-samesite: mapped → DestinationRule httpCookie.attributes",
    "session-cookie-secure: mapped → DestinationRule httpCookie.attributes",
  ],
  [
    { affinity: "cookie", "session-cookie-conditional-samesite-none": "true" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "session-cookie-conditional-samesite-none: changed (SameSite is the same for every browser)",
  ],
  [
    { affinity: "cookie", "session-cookie-change-on-failure": "true" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "session-cookie-change-on-failure: mapped → what a consistent hash does: a pod that is gone is replaced by the next one",
  ],
  [
    { affinity: "cookie", "session-cookie-change-on-failure": "false" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "session-cookie-change-on-failure: changed (a client whose pod is gone goes to another one; NGINX tries the same one again)",
  ],
  [{ "session-cookie-name": "route" }, "session-cookie-name: converted (without affinity NGINX ignores it)"],
  [
    { "upstream-hash-by": "$binary_remote_addr" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.useSourceIp (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$http_x_session" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$http_x_forwarded_for" },
    "upstream-hash-by: changed → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's; Envoy has added the client's address to X-Forwarded-For)",
  ],
  [
    { "upstream-hash-by": "$cookie_id" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$arg_id" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpQueryParameterName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$arg_WOPISrc" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpQueryParameterName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$host" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$request_uri" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [
    { "upstream-hash-by": "$request_uri$host" },
    'upstream-hash-by: refused (a DestinationRule hashes by one header, cookie, query parameter or the client\'s address) way out: one variable, such as upstream-hash-by: "$http_x_session"',
  ],
  [
    { "upstream-hash-by": "$request_uri", "upstream-hash-by-subset": "true", "upstream-hash-by-subset-size": "3" },
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's)",
    "upstream-hash-by-subset: changed (the hash names one pod, not one of a group)",
    "upstream-hash-by-subset-size: changed (the hash names one pod, not one of a group)",
  ],
  [
    { "upstream-hash-by-subset": "true" },
    "upstream-hash-by-subset: converted (without upstream-hash-by NGINX ignores it)",
  ],
  [
    { affinity: "cookie", "upstream-hash-by": "$host" },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "upstream-hash-by: converted (NGINX uses the cookie)",
  ],
  [{ "load-balance": "round_robin" }, "load-balance: mapped → DestinationRule loadBalancer.simple ROUND_ROBIN"],
  [
    { "load-balance": "ewma" },
    "load-balance: changed → DestinationRule loadBalancer.simple LEAST_REQUEST (the pod with fewest open requests is picked, not the one with the lowest latency)",
  ],
  [
    { "load-balance": "ewma", "upstream-hash-by": "$host" },
    "load-balance: converted (NGINX uses the hash)",
    "upstream-hash-by: mapped → DestinationRule loadBalancer.consistentHash.httpHeaderName (each value lands on another pod once, since the hash is Envoy's)",
  ],
  [{ "service-upstream": "true" }, "service-upstream: mapped → what the gateway does: it follows the pods by itself"],
  [{ "service-upstream": "false" }, "service-upstream: converted (this is the default)"],
];
