// What the rules of an HttpRoute take.
import * as pulumi from "@pulumi/pulumi";

/** A Service that requests go to. */
export interface RouteVersionArgs {
  /** Name of the Service. */
  service: pulumi.Input<string>;
  /** Port of the Service. */
  port: pulumi.Input<number>;
  /**
   * Namespace of the Service. If it differs from the route's, a ReferenceGrant is created in it.
   * @default the route's namespace
   * @example "payments"
   */
  namespace?: pulumi.Input<string>;
}
/** A Service that requests go to, and its share of them. */
export interface RouteBackendArgs extends RouteVersionArgs {
  /**
   * Share of the requests, relative to the sum of all weights.
   * @default 1
   * @example 90
   */
  weight?: pulumi.Input<number>;
}
/** Two versions of an application, and the percentage of requests for the new one. */
export interface CanaryArgs {
  /** The current version, which gets the remaining requests. */
  stable: RouteVersionArgs;
  /** The new version. */
  candidate: RouteVersionArgs;
  /** Percentage of requests for the candidate, from 0 to 100. A change updates only the route, in place. */
  percent: pulumi.Input<number>;
}
/** Conditions on a request, all of which must hold. */
export interface RouteMatchArgs {
  /**
   * Path prefix, by whole segments.
   * @default "/"
   * @example "/api"
   */
  prefix?: pulumi.Input<string>;
  /**
   * Exact path.
   * @default any
   * @example "/health"
   */
  exact?: pulumi.Input<string>;
  /**
   * RE2 regular expression for the whole path.
   * @default any
   * @example "/items/[0-9]+"
   */
  regex?: pulumi.Input<string>;
  /**
   * HTTP method.
   * @default any
   * @example "GET"
   */
  method?: pulumi.Input<string>;
  /**
   * Headers with these exact values.
   * @default any
   * @example { "x-version": "2" }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Query parameters with these exact values.
   * @default any
   * @example { beta: "yes" }
   */
  query?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
}
/** Changes to the headers of a request or response. */
export interface HeaderChangesArgs {
  /**
   * Headers to set, replacing existing values.
   * @default none
   * @example { "x-frame-options": "DENY" }
   */
  set?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Values to add to headers, keeping existing ones.
   * @default none
   * @example { "x-seen": "gateway" }
   */
  add?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Headers to remove.
   * @default none
   * @example ["server"]
   */
  remove?: pulumi.Input<pulumi.Input<string>[]>;
}
/** Where the client is redirected to. */
export interface RedirectArgs {
  /**
   * Scheme: http or https. A redirect to HTTPS must attach to the HTTP listeners only; otherwise it is a redirect loop.
   * @default unchanged
   * @example "https"
   */
  scheme?: pulumi.Input<string>;
  /**
   * New hostname.
   * @default unchanged
   * @example "www.example.com"
   */
  hostname?: pulumi.Input<string>;
  /**
   * New port.
   * @default for HTTPS the port of the gateway's URL, such as 8444; otherwise the port of the scheme
   * @example 8444
   */
  port?: pulumi.Input<number>;
  /**
   * New path, replacing the whole path.
   * @default unchanged
   * @example "/login"
   */
  path?: pulumi.Input<string>;
  /**
   * New prefix, replacing the matched one.
   * @default unchanged
   * @example "/v2"
   */
  prefix?: pulumi.Input<string>;
  /**
   * Status code of the response: 301, 302, 303, 307 or 308.
   * @default 301 for HTTPS, otherwise 302
   * @example 308
   */
  status?: pulumi.Input<number>;
}
/** Changes to the request before it reaches the backend. */
export interface RewriteArgs {
  /**
   * New hostname.
   * @default unchanged
   * @example "internal.example.com"
   */
  hostname?: pulumi.Input<string>;
  /**
   * New path, replacing the whole path.
   * @default unchanged
   * @example "/index.html"
   */
  path?: pulumi.Input<string>;
  /**
   * New prefix, replacing the matched one; only `/` where every path is matched.
   * @default unchanged
   * @example "/"
   */
  prefix?: pulumi.Input<string>;
}
/** Copies of requests for another backend, whose responses are discarded. */
export interface MirrorArgs {
  /** The Service that gets the copies. */
  backend: RouteVersionArgs;
  /**
   * Percentage of requests that are copied.
   * @default 100
   * @example 10
   */
  percent?: pulumi.Input<number>;
}
/** Cross-origin requests that are allowed. Requires Gateway API 1.5 or newer. */
export interface CorsArgs {
  /** Allowed origins, such as https://shop.example.com. */
  origins: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Allowed methods.
   * @default those that are CORS-safelisted
   * @example ["GET", "PUT"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Allowed request headers.
   * @default those that are CORS-safelisted
   * @example ["x-token"]
   */
  headers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Response headers that pages may read.
   * @default those that are CORS-safelisted
   * @example ["x-total"]
   */
  exposeHeaders?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Whether to allow credentials, such as cookies.
   * @default false
   * @example true
   */
  credentials?: pulumi.Input<boolean>;
  /**
   * Seconds for which browsers cache the permission.
   * @default 5
   * @example 3600
   */
  maxAge?: pulumi.Input<number>;
}
/** Time limits for requests. */
export interface RouteTimeoutsArgs {
  /**
   * Time limit for the whole request, including retries.
   * @default none
   * @example "10s"
   */
  request?: pulumi.Input<string>;
  /**
   * Time limit for one attempt.
   * @default none
   * @example "2s"
   */
  backendRequest?: pulumi.Input<string>;
}
/**
 * Retries of failed requests. Only the experimental channel of Gateway API supports them; with other CRDs the route
 * fails instead of silently dropping them. TrafficPolicy retries on any channel.
 */
export interface RouteRetriesArgs {
  /** Number of retries. */
  attempts: pulumi.Input<number>;
  /**
   * Status codes that are retried.
   * @default the proxy's
   * @example [502, 503]
   */
  codes?: pulumi.Input<pulumi.Input<number>[]>;
  /**
   * Time between attempts.
   * @default the proxy's
   * @example "100ms"
   */
  backoff?: pulumi.Input<string>;
}
/** Which requests go where. */
export interface RouteRuleArgs {
  /**
   * Matches, any of which is sufficient.
   * @default all requests
   * @example [{ prefix: "/api" }]
   */
  matches?: RouteMatchArgs[];
  /**
   * Services that share the requests by weight.
   * @default none; use a canary or a redirect instead
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions of one application, instead of backends.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * Redirects the client, instead of backends.
   * @default none
   * @example { scheme: "https" }
   */
  redirect?: RedirectArgs;
  /**
   * Rewrites the request for the backend.
   * @default nothing
   * @example { prefix: "/" }
   */
  rewrite?: RewriteArgs;
  /**
   * Changes the headers of requests.
   * @default nothing
   * @example { set: { "x-from": "gateway" } }
   */
  requestHeaders?: HeaderChangesArgs;
  /**
   * Changes the headers of responses.
   * @default nothing
   * @example { remove: ["server"] }
   */
  responseHeaders?: HeaderChangesArgs;
  /**
   * Copies requests to another backend.
   * @default none
   * @example { backend: { service: "shadow", port: 80 }, percent: 10 }
   */
  mirror?: MirrorArgs;
  /**
   * Allows cross-origin requests (CORS).
   * @default none
   * @example { origins: ["https://shop.example.com"] }
   */
  cors?: CorsArgs;
  /**
   * Time limits for requests.
   * @default no limit
   * @example { request: "10s" }
   */
  timeouts?: RouteTimeoutsArgs;
  /**
   * Retries of failed requests.
   * @default the proxy's: two retries
   * @example { attempts: 3 }
   */
  retries?: RouteRetriesArgs;
}
