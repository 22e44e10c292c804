// Annotations on canaries: what is given, and the whole verdict on each of them.
import type { Case } from "../cases";

export const canaries: Case[] = [
  [{ canary: "true" }, "canary: converted → rules of the route of the other Ingress"],
  [{ canary: "false" }, "canary: converted (this is the default)"],
  [{ canary: "maybe" }, "canary: converted (not a boolean, so NGINX uses its default, false)"],
  [
    { canary: "true", "canary-weight": "10" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-weight: converted → weights of backendRefs",
  ],
  [
    { canary: "true", "canary-weight": "ten" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-weight: converted (not a whole number, so NGINX uses its default, 0)",
  ],
  [{ "canary-weight": "10" }, "canary-weight: converted (the Ingress is not a canary, so NGINX ignores it)"],
  [
    { canary: "true", "canary-weight": "10", "canary-weight-total": "1000" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-weight: converted → weights of backendRefs",
    "canary-weight-total: converted → weights of backendRefs",
  ],
  [
    { canary: "true", "canary-weight-total": "50" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-weight-total: converted (NGINX takes no total below 100)",
  ],
  [
    { canary: "true", "canary-weight-total": "2000000" },
    "canary: converted → rules of the route of the other Ingress",
    'canary-weight-total: refused (HTTPRoute weights go from 0 to 1000000) way out: canary-weight-total: "1000000"',
  ],
  [
    { canary: "true", "canary-by-header": "X-Next" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
  ],
  [
    { canary: "true", "canary-by-header": "X-Next", "canary-by-header-value": "yes" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-value: converted → the value of the header match",
  ],
  [
    { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "^v[0-9]+" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-pattern: mapped → a header match of type RegularExpression",
  ],
  [
    { canary: "true", "canary-by-header": "X-Next", "canary-by-header-pattern": "(?=v)" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-pattern: refused (Envoy takes regular expressions of RE2 only) way out: write it without lookaround and backreferences",
  ],
  [
    { canary: "true", "canary-by-cookie": "next" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-cookie: mapped → rules that match the Cookie header",
  ],
  [
    { canary: "true", "canary-by-header": "X-User", "canary-by-header-value": "eva@example.com" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-value: converted (NGINX ignores a value with these characters)",
  ],
  [
    { canary: "true", "canary-by-header": "X-User", "canary-by-header-pattern": "^[0-9]{1,3}$" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-pattern: converted (NGINX ignores a value with these characters)",
  ],
  [
    { canary: "true", "canary-by-header": "X-User", "canary-by-header-pattern": "^(Chrome|Firefox) .*" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-header: converted → rules that match the header",
    "canary-by-header-pattern: converted (NGINX ignores a value with these characters)",
  ],
  [
    { canary: "true", "canary-by-header": "X-Next!", "canary-by-cookie": "next;" },
    "canary: converted → rules of the route of the other Ingress",
    "canary-by-cookie: converted (NGINX ignores a value with these characters)",
    "canary-by-header: converted (NGINX ignores a value with these characters)",
  ],
  [
    {
      canary: "true",
      "rewrite-target": "/next",
      "limit-rps": "5",
      "load-balance": "ewma",
      "upstream-hash-by": "$http_x",
      affinity: "cookie",
      "session-cookie-name": "next",
      "no-such-annotation": "1",
    },
    "affinity: mapped → DestinationRule loadBalancer.consistentHash.httpCookie (sessions that NGINX has begun land on another pod once, since the hash is Envoy's)",
    "canary: converted → rules of the route of the other Ingress",
    "limit-rps: converted (the Ingress is a canary, so NGINX uses the annotations of the other Ingress of its host and path)",
    "load-balance: converted (NGINX uses the hash)",
    "no-such-annotation: refused (ingress-nginx has no such annotation in its last release) way out: remove it, or --accept it",
    "rewrite-target: converted (the Ingress is a canary, so NGINX uses the annotations of the other Ingress of its host and path)",
    "session-cookie-name: mapped → DestinationRule httpCookie.name",
    "upstream-hash-by: converted (NGINX uses the cookie)",
  ],
];
