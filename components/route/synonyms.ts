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
  weight: { write: 'backends: [{ service: "web", port: 80, weight: 90 }]', example: "90" },
  path: { write: 'matches: [{ prefix: "/api" }]', example: '"/api"' },
  prefix: { write: 'matches: [{ prefix: "/api" }]', example: '"/api"' },
  pathPrefix: { write: 'matches: [{ prefix: "/api" }]', example: '"/api"' },
  exact: { write: 'matches: [{ exact: "/health" }]', example: '"/health"' },
  regex: { write: 'matches: [{ regex: "/items/[0-9]+" }]', example: '"/items/[0-9]+"' },
  method: { write: 'matches: [{ method: "GET" }]', example: '"GET"' },
  query: { write: 'matches: [{ query: { "x-version": "2" } }]' },
  percent: {
    write:
      'canary: { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }',
    example: "10",
  },
  service: { write: 'backends: [{ service: "web", port: 80 }]', example: '"web"' },
  port: { write: 'backends: [{ service: "web", port: 80 }]', example: "80" },
  filters: { write: 'requestHeaders: { set: { "x-version": "2" } }' },
  urlRewrite: "rewrite",
  requestRedirect: "redirect",
  requestMirror: "mirror",
  requestHeaderModifier: "requestHeaders",
  responseHeaderModifier: "responseHeaders",
  headers: { write: 'matches: [{ headers: { "x-version": "2" } }]' },
  timeout: { write: 'timeouts: { request: "10s" }', example: '"10s"' },
  retry: "retries",
  corsPolicy: "cors",
  httpsRedirect: { write: 'redirect: { scheme: "https" }' },
} satisfies Synonyms<RouteRuleArgs>;

/** What belongs to a rule, and is often looked for at the route. */
const inRule = {
  path: {
    write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]',
    example: '"/api"',
  },
  prefix: {
    write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]',
    example: '"/api"',
  },
  headers: {
    write: 'rules: [{ matches: [{ headers: { "x-version": "2" } }], backends: [{ service: "web", port: 80 }] }]',
  },
  match: { write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]' },
  matches: { write: 'rules: [{ matches: [{ prefix: "/api" }], backends: [{ service: "web", port: 80 }] }]' },
  redirect: { write: 'rules: [{ redirect: { scheme: "https" } }]' },
  rewrite: { write: 'rules: [{ rewrite: { prefix: "/" }, backends: [{ service: "web", port: 80 }] }]' },
  timeout: {
    write: 'rules: [{ timeouts: { request: "10s" }, backends: [{ service: "web", port: 80 }] }]',
    example: '"10s"',
  },
  timeouts: { write: 'rules: [{ timeouts: { request: "10s" }, backends: [{ service: "web", port: 80 }] }]' },
  retry: { write: 'rules: [{ retries: { attempts: 3 }, backends: [{ service: "web", port: 80 }] }]' },
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
  listener: { write: 'parent: { name: "hostk8s-gateway", section: "http" }', example: '"http"' },
  section: { write: 'parent: { name: "hostk8s-gateway", section: "http" }', example: '"http"' },
  app: "application",
  tls: "httpsOnly",
  ssl: "httpsOnly",
  sslRedirect: "httpsOnly",
  rule: "rules",
  routes: "rules",
  paths: "rules",
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
  service: { write: 'backends: [{ service: "web", port: 80 }]', example: '"web"' },
  port: { write: 'backends: [{ service: "web", port: 80 }]', example: "80" },
  ports: { write: 'backends: [{ service: "web", port: 80 }]' },
  weight: { write: 'backends: [{ service: "web", port: 80, weight: 90 }]', example: "90" },
  percent: {
    write:
      'canary: { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }',
    example: "10",
  },
  ...inRule,
} satisfies Synonyms<HttpRouteArgs>;
