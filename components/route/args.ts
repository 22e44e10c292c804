// What HttpRoute takes.
import * as pulumi from "@pulumi/pulumi";
import { HttpMethod, ParentKind, RedirectScheme } from "../../lib/validation/closed-sets";
import { ClusterArgs } from "../support/args";

/** What a route attaches to, such as the output `parentRef` of a mesh or gateway. */
export interface RouteParentArgs {
  /**
   * Gateway or Service. A route for a Service needs a waypoint.
   * @default "Gateway"
   * @example "Service"
   */
  kind?: pulumi.Input<ParentKind>;
  /** Its name. */
  name: pulumi.Input<string>;
  /**
   * Its namespace.
   * @default the route's
   * @example "istio-system"
   */
  namespace?: pulumi.Input<string>;
  /**
   * The listener of the Gateway.
   * @default every listener; for redirects to https, the http listeners of a gateway in the same program
   * @example "http"
   */
  section?: pulumi.Input<string>;
  /**
   * The port of the Gateway or Service.
   * @default every port
   * @example 80
   */
  port?: pulumi.Input<number>;
}

/** A Service that requests go to. */
export interface RouteVersionArgs {
  /** Its name. */
  service: pulumi.Input<string>;
  /** Its port. */
  port: pulumi.Input<number>;
  /**
   * Its namespace. If it is not the route's, a ReferenceGrant is created there.
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

/** Two versions of an application, and the percentage of requests for the new one. */
export interface CanaryArgs {
  /** The version that gets all other requests. */
  stable: RouteVersionArgs;
  /** The version on trial. */
  candidate: RouteVersionArgs;
  /** From 0 to 100. A change updates the route and nothing else. */
  percent: pulumi.Input<number>;
}

/** Conditions on a request; all must hold. */
export interface RouteMatchArgs {
  /**
   * The path begins with these segments.
   * @default "/"
   * @example "/api"
   */
  prefix?: pulumi.Input<string>;
  /**
   * The whole path.
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
  method?: pulumi.Input<HttpMethod>;
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
   * Headers to set, whatever their value was.
   * @default none
   * @example { "x-frame-options": "DENY" }
   */
  set?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /**
   * Header values to add to existing ones.
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

/** A redirect for the client. */
export interface RedirectArgs {
  /**
   * http or https. A redirect to https attaches to the http listeners only; anything else is a redirect loop.
   * @default as requested
   * @example "https"
   */
  scheme?: pulumi.Input<RedirectScheme>;
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
   * Replaces the whole path.
   * @default as requested
   * @example "/login"
   */
  path?: pulumi.Input<string>;
  /**
   * Replaces the matched prefix.
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

/** Changes to the request before it reaches the backend. */
export interface RewriteArgs {
  /**
   * Another host.
   * @default as requested
   * @example "internal.example.com"
   */
  hostname?: pulumi.Input<string>;
  /**
   * Replaces the whole path.
   * @default as requested
   * @example "/index.html"
   */
  path?: pulumi.Input<string>;
  /**
   * Replaces the matched prefix.
   * @default as requested
   * @example "/"
   */
  prefix?: pulumi.Input<string>;
}

/** A copy of requests for another backend, whose responses are dropped. */
export interface MirrorArgs {
  /** The Service that gets the copies. */
  backend: RouteVersionArgs;
  /**
   * Percentage of requests to copy.
   * @default 100
   * @example 10
   */
  percent?: pulumi.Input<number>;
}

/** Which origins may call. Requires Gateway API 1.5 or newer. */
export interface CorsArgs {
  /** Origins, such as https://shop.example.com. */
  origins: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Methods.
   * @default those that CORS allows by default
   * @example ["GET", "PUT"]
   */
  methods?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Headers of the request.
   * @default those that CORS allows by default
   * @example ["x-token"]
   */
  headers?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Response headers that the page may read.
   * @default those that CORS allows by default
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
   * Seconds that the browser may cache the permission.
   * @default 5
   * @example 3600
   */
  maxAge?: pulumi.Input<number>;
}

/** How long a request may take. */
export interface RouteTimeoutsArgs {
  /**
   * Timeout of the whole request, with all retries.
   * @default none
   * @example "10s"
   */
  request?: pulumi.Input<string>;
  /**
   * Timeout of one try.
   * @default none
   * @example "2s"
   */
  backendRequest?: pulumi.Input<string>;
}

/**
 * How often a request is retried. Only the experimental channel of Gateway API has this; if the cluster's
 * HTTPRoute lacks the field, the route fails rather than dropping it. TrafficPolicy retries with every channel.
 */
export interface RouteRetriesArgs {
  /** Number of tries after the first. */
  attempts: pulumi.Input<number>;
  /**
   * Statuses after which it is retried.
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

/** Which requests go to which backends. */
export interface RouteRuleArgs {
  /**
   * Matching requests: one of these must hold.
   * @default every request
   * @example [{ prefix: "/api" }]
   */
  matches?: RouteMatchArgs[];
  /**
   * Services that share the requests by weight.
   * @default none: set `canary` or `redirect` instead
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
   * Changes requests before they reach the backend.
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
   * Allows calls from other origins.
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
   * How often a request is retried.
   * @default the proxy's: twice
   * @example { attempts: 3 }
   */
  retries?: RouteRetriesArgs;
}
/** Which requests go to which backends. */
export interface HttpRouteArgs {
  /**
   * Name of the HTTPRoute. A change replaces it.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the route, which is usually that of its backends. A change replaces the route. */
  namespace: pulumi.Input<string>;
  /** The Gateway or Service that it attaches to: `mesh.parentRef`, or a name and namespace. */
  parent: pulumi.Input<RouteParentArgs>;
  /**
   * Hostnames to match. The gateway must listen for them, and its certificate must include them.
   * @default every hostname of the gateway
   * @example ["shop.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * True: attaches the route to the https listeners, and redirects http to https with a second HTTPRoute. For gateways
   * in the same program.
   * @default false: attaches to every listener
   * @example true
   */
  httpsOnly?: boolean;
  /**
   * Which requests go where; the most specific match wins.
   * @default one rule for every request, with `backends` or `canary`
   * @example [{ matches: [{ prefix: "/api" }], backends: [{ service: "api", port: 80 }] }]
   */
  rules?: RouteRuleArgs[];
  /**
   * Services that share every request by weight.
   * @default none
   * @example [{ service: "web", port: 80 }]
   */
  backends?: RouteBackendArgs[];
  /**
   * Two versions that share every request.
   * @default none
   * @example { stable: { service: "web", port: 80 }, candidate: { service: "web-next", port: 80 }, percent: 10 }
   */
  canary?: CanaryArgs;
  /**
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
