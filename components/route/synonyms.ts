// Other names of the arguments of an HttpRoute.
import type { Synonyms } from "../../lib/validation/object";
import type { HttpRouteArgs } from "./args";
import type { RouteRuleArgs } from "./rule-args";

/** At a rule. */
export const ruleSynonyms = {
  match: "matches",
  backendRefs: "backends",
  backend: "backends",
  services: "backends",
  route: "backends",
  weight: { write: 'backends: [{ service: "web", port: 80, weight: 90 }]' },
  path: { write: 'matches: [{ exact: "/health" }]' },
  prefix: { write: 'matches: [{ prefix: "/api" }]' },
  headers: { write: 'matches: [{ headers: { "x-version": "2" } }]' },
  timeout: { write: 'timeouts: { request: "10s" }' },
  retry: "retries",
  corsPolicy: "cors",
  httpsRedirect: { write: 'redirect: { scheme: "https" }' },
} satisfies Synonyms<RouteRuleArgs>;

/** What belongs to a rule, and is often looked for at the route. */
const inRule = {
  path: { write: 'rules: [{ matches: [{ exact: "/health" }], backends: [{ service: "web", port: 80 }] }]' },
  prefix: { write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]' },
  matches: { write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]' },
  redirect: { write: 'rules: [{ redirect: { scheme: "https" } }]' },
  rewrite: { write: 'rules: [{ rewrite: { prefix: "/" }, backends: [{ service: "web", port: 80 }] }]' },
  timeout: { write: 'rules: [{ timeouts: { request: "10s" }, backends: [{ service: "web", port: 80 }] }]' },
  timeouts: { write: 'rules: [{ timeouts: { request: "10s" }, backends: [{ service: "web", port: 80 }] }]' },
  retries: { write: 'rules: [{ retries: { attempts: 3 }, backends: [{ service: "web", port: 80 }] }]' },
  cors: {
    write: 'rules: [{ cors: { origins: ["https://shop.example.com"] }, backends: [{ service: "web", port: 80 }] }]',
  },
  mirror: {
    write:
      'rules: [{ mirror: { backend: { service: "shadow", port: 80 } }, backends: [{ service: "web", port: 80 }] }]',
  },
} satisfies Synonyms<HttpRouteArgs>;

/** At the route. */
export const routeSynonyms = {
  gateway: "parent",
  parentRef: "parent",
  parentRefs: "parent",
  host: "hostnames",
  hosts: "hostnames",
  hostname: "hostnames",
  domain: "hostnames",
  domains: "hostnames",
  httpsRedirect: "httpsOnly",
  redirectToHttps: "httpsOnly",
  forceHttps: "httpsOnly",
  backend: "backends",
  backendRefs: "backends",
  services: "backends",
  service: { write: 'backends: [{ service: "web", port: 80 }]' },
  port: { write: 'backends: [{ service: "web", port: 80 }]' },
  ports: { write: 'backends: [{ service: "web", port: 80 }]' },
  weight: { write: 'backends: [{ service: "web", port: 80, weight: 90 }]' },
  percent: {
    write:
      'canary: { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }',
  },
  ...inRule,
} satisfies Synonyms<HttpRouteArgs>;
