// What TrafficPolicy takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { WaypointReferenceArgs } from "../waypoint/args";

/** How often a request is retried. */
export interface TrafficRetriesArgs {
  /** Number of retries; 0 turns them off. */
  attempts: pulumi.Input<number>;
  /**
   * Time limit for one attempt.
   * @default the timeout of the whole request
   * @example "2s"
   */
  perTryTimeout?: pulumi.Input<string>;
  /**
   * When to retry: Envoy's retry conditions, or status codes.
   * @default failed or refused connections, and 503
   * @example ["5xx", "reset"]
   */
  retryOn?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Limits on connections and requests to a Service. */
export interface ConnectionPoolArgs {
  /**
   * Maximum number of connections from one waypoint pod.
   * @default no limit
   * @example 100
   */
  maxConnections?: pulumi.Input<number>;
  /**
   * Time limit for opening a connection.
   * @default "10s"
   * @example "1s"
   */
  connectTimeout?: pulumi.Input<string>;
  /**
   * Maximum number of requests that wait for a connection.
   * @default no limit
   * @example 50
   */
  maxPendingRequests?: pulumi.Input<number>;
  /**
   * Maximum number of requests in flight.
   * @default no limit
   * @example 1000
   */
  maxRequests?: pulumi.Input<number>;
  /**
   * Number of requests after which a connection is closed.
   * @default no limit
   * @example 100
   */
  maxRequestsPerConnection?: pulumi.Input<number>;
}

/** When a failing endpoint is ejected temporarily. */
export interface OutlierDetectionArgs {
  /**
   * Number of consecutive 5xx responses after which an endpoint is ejected.
   * @default 5
   * @example 3
   */
  consecutive5xxErrors?: pulumi.Input<number>;
  /**
   * Interval between checks of the endpoints.
   * @default "10s"
   * @example "5s"
   */
  interval?: pulumi.Input<string>;
  /**
   * How long an endpoint is ejected. The time is multiplied by the number of its ejections so far.
   * @default "30s"
   * @example "1m"
   */
  baseEjectionTime?: pulumi.Input<string>;
  /**
   * Percentage of the endpoints that may be ejected at the same time.
   * @default 10
   * @example 50
   */
  maxEjectionPercent?: pulumi.Input<number>;
}

/** A delay before requests are forwarded. */
export interface FaultDelayArgs {
  /** Length of the delay. */
  duration: pulumi.Input<string>;
  /** Percentage of requests that get the fault. */
  percent: pulumi.Input<number>;
}

/** An error response instead of forwarding the request. */
export interface FaultAbortArgs {
  /** Status code of the response. */
  status: pulumi.Input<number>;
  /** Percentage of requests that get the fault. */
  percent: pulumi.Input<number>;
}

/** Injected delays and errors, for tests. */
export interface FaultArgs {
  /**
   * A delay before requests are forwarded.
   * @default none
   * @example { duration: "2s", percent: 10 }
   */
  delay?: FaultDelayArgs;
  /**
   * An error response instead of forwarding the request.
   * @default none
   * @example { status: 503, percent: 1 }
   */
  abort?: FaultAbortArgs;
}

/** A version of a Service. */
export interface TrafficVersionArgs {
  /** Name of the version, for `routes`. */
  name: pulumi.Input<string>;
  /** Labels of the version's pods, in addition to the selector of the Service. */
  labels: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
}

/** A destination, and its share of the requests. */
export interface TrafficDestinationArgs {
  /**
   * One of the policy's versions.
   * @default all pods of the Service
   * @example "v2"
   */
  version?: pulumi.Input<string>;
  /**
   * Another Service in the same namespace.
   * @default the policy's Service
   * @example "web-next"
   */
  service?: pulumi.Input<string>;
  /**
   * Port of the Service.
   * @default the port of the request
   * @example 8080
   */
  port?: pulumi.Input<number>;
  /**
   * Share of the requests, relative to the sum of all weights.
   * @default 1
   * @example 10
   */
  weight?: pulumi.Input<number>;
}

/** Which requests go where. */
export interface TrafficRouteArgs {
  /**
   * Headers with these exact values.
   * @default all requests that no other route matches
   * @example { "x-beta": "yes" }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /** Versions or Services that share the requests. */
  to: TrafficDestinationArgs[];
}
/** Retries, timeouts, limits, faults and versions for requests to one Service. */
export interface TrafficPolicyArgs extends ObjectMetadataArgs {
  /**
   * Name of the VirtualService and DestinationRule. A change replaces them.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the Service. A change replaces the policy's objects. */
  namespace: pulumi.Input<string>;
  /** The Service. A Service can have one TrafficPolicy. */
  service: pulumi.Input<string>;
  /** The waypoint that enforces the policy, as the Waypoint or its `reference`. The Service must use it. */
  waypoint: pulumi.Input<WaypointReferenceArgs>;
  /**
   * How often a request is retried.
   * @default twice, if the Service cannot be reached or responds with 503
   * @example { attempts: 3, perTryTimeout: "2s" }
   */
  retries?: TrafficRetriesArgs;
  /**
   * Time limit for a request, including retries.
   * @default no limit
   * @example "10s"
   */
  timeout?: pulumi.Input<string>;
  /**
   * Limits on connections and requests; requests beyond them get 503.
   * @default no limit
   * @example { maxConnections: 100, maxPendingRequests: 50 }
   */
  connectionPool?: ConnectionPoolArgs;
  /**
   * When a failing endpoint is ejected temporarily.
   * @default never
   * @example { consecutive5xxErrors: 5, baseEjectionTime: "30s" }
   */
  outlierDetection?: OutlierDetectionArgs;
  /**
   * Injected delays and errors, to test how clients handle them.
   * @default none
   * @example { delay: { duration: "2s", percent: 10 } }
   */
  fault?: FaultArgs;
  /**
   * Versions of the Service, distinguished by pod labels.
   * @default none
   * @example [{ name: "v1", labels: { version: "v1" } }, { name: "v2", labels: { version: "v2" } }]
   */
  versions?: TrafficVersionArgs[];
  /**
   * Which requests go to which versions or other Services. Routes with more headers come first; other requests go to
   * the Service.
   * @default all requests go to the Service
   * @example [{ headers: { "x-beta": "yes" }, to: [{ version: "v2" }] }]
   */
  routes?: TrafficRouteArgs[];
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
