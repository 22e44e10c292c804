// What the rules of an HttpRoute take.
import * as pulumi from "@pulumi/pulumi";

/** A Service that requests go to. */
export interface RouteVersionArgs {
  /** Its name. */
  service: pulumi.Input<string>;
  /** Its port. */
  port: pulumi.Input<number>;
  /**
   * Its namespace. For another one than the route's a ReferenceGrant is made there.
   * @default the route's
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
/** Two versions of an application, and how many percent of the requests the new one gets. */
export interface CanaryArgs {
  /** The version that gets the rest. */
  stable: RouteVersionArgs;
  /** The version on trial. */
  candidate: RouteVersionArgs;
  /** From 0 to 100. A change updates the route and nothing else. */
  percent: pulumi.Input<number>;
}
/** What a request has to look like; all of it together. */
export interface RouteMatchArgs {
  /**
   * The path begins with these segments.
   * @default "/"
   * @example "/api"
   */
  prefix?: pulumi.Input<string>;
  /**
   * The path is this one.
   * @default any
   * @example "/health"
   */
  exact?: pulumi.Input<string>;
  /**
   * The whole path matches this regular expression of RE2.
   * @default any
   * @example "/items/[0-9]+"
   */
  regex?: pulumi.Input<string>;
  /**
   * The method.
   * @default any
   * @example "GET"
   */
  method?: pulumi.Input<string>;
  /**
   * Headers with exactly these values.
   * @default any
   * @example { "x-version": "2" }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Parameters of the query with exactly these values.
   * @default any
   * @example { beta: "yes" }
   */
  query?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
}
/** Changes to the headers of a request or response. */
export interface HeaderChangesArgs {
  /**
   * Headers that get this value, whatever they had.
   * @default none
   * @example { "x-frame-options": "DENY" }
   */
  set?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Values that headers get beside those that they have.
   * @default none
   * @example { "x-seen": "gateway" }
   */
  add?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Headers that are taken away.
   * @default none
   * @example ["server"]
   */
  remove?: pulumi.Input<pulumi.Input<string>[]>;
}
/** Where the client is sent instead. */
export interface RedirectArgs {
  /**
   * http or https. A redirect to https must attach to the http listeners only: otherwise it is a redirect loop.
   * @default as requested
   * @example "https"
   */
  scheme?: pulumi.Input<string>;
  /**
   * Another host.
   * @default as requested
   * @example "www.example.com"
   */
  hostname?: pulumi.Input<string>;
  /**
   * Another port.
   * @default for https the port of the gateway's URL, such as 8444; otherwise that of the scheme
   * @example 8444
   */
  port?: pulumi.Input<number>;
  /**
   * Another path as a whole.
   * @default as requested
   * @example "/login"
   */
  path?: pulumi.Input<string>;
  /**
   * What stands in place of the matched prefix.
   * @default as requested
   * @example "/v2"
   */
  prefix?: pulumi.Input<string>;
  /**
   * Status of the answer: 301, 302, 303, 307 or 308.
   * @default 301 for https, otherwise 302
   * @example 308
   */
  status?: pulumi.Input<number>;
}
/** What the backend sees instead of what was asked for. */
export interface RewriteArgs {
  /**
   * Another host.
   * @default as requested
   * @example "internal.example.com"
   */
  hostname?: pulumi.Input<string>;
  /**
   * Another path as a whole.
   * @default as requested
   * @example "/index.html"
   */
  path?: pulumi.Input<string>;
  /**
   * What stands in place of the matched prefix.
   * @default as requested
   * @example "/"
   */
  prefix?: pulumi.Input<string>;
}
/** A copy of each request for another backend, whose answers are thrown away. */
export interface MirrorArgs {
  /** Who gets the copies. */
  backend: RouteVersionArgs;
  /**
   * How many percent of the requests are copied.
   * @default 100
   * @example 10
   */
  percent?: pulumi.Input<number>;
}
/** Which pages of other origins may call. The installed Gateway API has to know it: 1.5 and newer do. */
export interface CorsArgs {
  /** Origins, such as https://shop.example.com. */
  origins: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Methods.
   * @default those that need no permission
   * @example ["GET", "PUT"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Headers of the request.
   * @default those that need no permission
   * @example ["x-token"]
   */
  headers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Headers of the response that the page may read.
   * @default those that need no permission
   * @example ["x-total"]
   */
  exposeHeaders?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * True: with cookies.
   * @default false
   * @example true
   */
  credentials?: pulumi.Input<boolean>;
  /**
   * Seconds for which the browser remembers the permission.
   * @default 5
   * @example 3600
   */
  maxAge?: pulumi.Input<number>;
}
/** How long a request may take. */
export interface RouteTimeoutsArgs {
  /**
   * The whole request, with all retries.
   * @default none
   * @example "10s"
   */
  request?: pulumi.Input<string>;
  /**
   * One try.
   * @default none
   * @example "2s"
   */
  backendRequest?: pulumi.Input<string>;
}
/**
 * How often a request is tried again. Only the experimental channel of Gateway API has this; where the cluster's
 * HTTPRoute does not know it, the route fails instead of losing it without an error. TrafficPolicy retries everywhere.
 */
export interface RouteRetriesArgs {
  /** Number of tries after the first. */
  attempts: pulumi.Input<number>;
  /**
   * Statuses after which it is tried again.
   * @default those of the proxy
   * @example [502, 503]
   */
  codes?: pulumi.Input<pulumi.Input<number>[]>;
  /**
   * Time between two tries.
   * @default that of the proxy
   * @example "100ms"
   */
  backoff?: pulumi.Input<string>;
}
/** Which requests go where. */
export interface RouteRuleArgs {
  /**
   * What requests look like: one of these is enough.
   * @default every request
   * @example [{ prefix: "/api" }]
   */
  matches?: RouteMatchArgs[];
  /**
   * Services that share the requests by weight.
   * @default none: a canary or a redirect stands in their place
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions of one application, in place of backends.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * Sends the client elsewhere, in place of backends.
   * @default none
   * @example { scheme: "https" }
   */
  redirect?: RedirectArgs;
  /**
   * Changes what the backend sees.
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
   * Lets pages of other origins call.
   * @default none
   * @example { origins: ["https://shop.example.com"] }
   */
  cors?: CorsArgs;
  /**
   * How long a request may take.
   * @default no limit
   * @example { request: "10s" }
   */
  timeouts?: RouteTimeoutsArgs;
  /**
   * How often a request is tried again.
   * @default as the proxy does: twice
   * @example { attempts: 3 }
   */
  retries?: RouteRetriesArgs;
}
