// What TrafficPolicy takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";
import { WaypointReference } from "../waypoint/args";

/** How often a request is tried again. */
export interface TrafficRetriesArgs {
  /** Number of tries after the first; 0 turns retries off. */
  attempts: pulumi.Input<number>;
  /**
   * How long one try may take.
   * @default the timeout of the whole request
   * @example "2s"
   */
  perTryTimeout?: pulumi.Input<string>;
  /**
   * When it is tried again: Envoy's words, or statuses.
   * @default connections that fail or are refused, and 503
   * @example ["5xx", "reset"]
   */
  retryOn?: pulumi.Input<pulumi.Input<string>[]>;
}

/** How much a Service is sent at once. */
export interface ConnectionPoolArgs {
  /**
   * Connections from one waypoint pod.
   * @default no limit
   * @example 100
   */
  maxConnections?: pulumi.Input<number>;
  /**
   * How long opening a connection may take.
   * @default "10s"
   * @example "1s"
   */
  connectTimeout?: pulumi.Input<string>;
  /**
   * Requests that wait for a connection.
   * @default no limit
   * @example 50
   */
  maxPendingRequests?: pulumi.Input<number>;
  /**
   * Requests under way.
   * @default no limit
   * @example 1000
   */
  maxRequests?: pulumi.Input<number>;
  /**
   * Requests after which a connection is closed.
   * @default no limit
   * @example 100
   */
  maxRequestsPerConnection?: pulumi.Input<number>;
}

/** When an endpoint that fails is left alone for a while. */
export interface OutlierDetectionArgs {
  /**
   * Answers of 5xx in a row.
   * @default 5
   * @example 3
   */
  consecutive5xxErrors?: pulumi.Input<number>;
  /**
   * How often endpoints are looked at.
   * @default "10s"
   * @example "5s"
   */
  interval?: pulumi.Input<string>;
  /**
   * How long it is left alone: this, times how often that has happened.
   * @default "30s"
   * @example "1m"
   */
  baseEjectionTime?: pulumi.Input<string>;
  /**
   * How many percent of the endpoints may be left alone at once.
   * @default 10
   * @example 50
   */
  maxEjectionPercent?: pulumi.Input<number>;
}

/** Requests that wait before they are passed on. */
export interface FaultDelayArgs {
  /** How long they wait. */
  duration: pulumi.Input<string>;
  /** How many percent of them. */
  percent: pulumi.Input<number>;
}

/** Requests that are answered with an error instead of being passed on. */
export interface FaultAbortArgs {
  /** The status of the answer. */
  status: pulumi.Input<number>;
  /** How many percent of them. */
  percent: pulumi.Input<number>;
}

/** Delays and errors on purpose. */
export interface FaultArgs {
  /**
   * Requests that wait.
   * @default none
   * @example { duration: "2s", percent: 10 }
   */
  delay?: FaultDelayArgs;
  /**
   * Requests that fail.
   * @default none
   * @example { status: 503, percent: 1 }
   */
  abort?: FaultAbortArgs;
}

/** A version of a Service. */
export interface TrafficVersionArgs {
  /** What routes call it. */
  name: pulumi.Input<string>;
  /** The labels of its pods, beside those that the Service selects by. */
  labels: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
}

/** Where a share of the requests goes. */
export interface TrafficDestinationArgs {
  /**
   * One of the policy's versions.
   * @default all pods of the Service
   * @example "v2"
   */
  version?: pulumi.Input<string>;
  /**
   * Another Service of the namespace.
   * @default the policy's
   * @example "web-next"
   */
  service?: pulumi.Input<string>;
  /**
   * The port of the Service.
   * @default the one that was asked for
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
   * Headers with exactly these values.
   * @default every request that no other route is for
   * @example { "x-beta": "yes" }
   */
  headers?: pulumi.Input<{ [name: string]: pulumi.Input<string> }>;
  /** Who shares them. */
  to: TrafficDestinationArgs[];
}
/** What happens to the requests to one Service. */
export interface TrafficPolicyArgs extends ObjectMetadataArgs {
  /**
   * Name of the VirtualService and DestinationRule. A change replaces them.
   * @default the component's name
   * @example "web"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the Service. A change replaces everything. */
  namespace: pulumi.Input<string>;
  /** The Service. It has one TrafficPolicy. */
  service: pulumi.Input<string>;
  /** The waypoint that carries the policy out: `waypoint.reference`. It has to serve the Service. */
  waypoint: pulumi.Input<WaypointReference>;
  /**
   * How often a request is tried again.
   * @default twice, when the Service cannot be reached or answers with 503
   * @example { attempts: 3, perTryTimeout: "2s" }
   */
  retries?: TrafficRetriesArgs;
  /**
   * How long a request may take, with all retries.
   * @default for ever
   * @example "10s"
   */
  timeout?: pulumi.Input<string>;
  /**
   * How much the Service is sent at once; what goes beyond is refused with 503.
   * @default no limit
   * @example { maxConnections: 100, maxPendingRequests: 50 }
   */
  connectionPool?: ConnectionPoolArgs;
  /**
   * When an endpoint that fails is left alone for a while.
   * @default never
   * @example { consecutive5xxErrors: 5, baseEjectionTime: "30s" }
   */
  outlierDetection?: OutlierDetectionArgs;
  /**
   * Delays and errors on purpose, to see who copes with them.
   * @default none
   * @example { delay: { duration: "2s", percent: 10 } }
   */
  fault?: FaultArgs;
  /**
   * Versions of the Service, by the labels of their pods.
   * @default none
   * @example [{ name: "v1", labels: { version: "v1" } }, { name: "v2", labels: { version: "v2" } }]
   */
  versions?: TrafficVersionArgs[];
  /**
   * Which requests go to which versions or other Services. Routes with more headers come first; requests that no route
   * is for go to the Service.
   * @default all requests go to the Service
   * @example [{ headers: { "x-beta": "yes" }, to: [{ version: "v2" }] }]
   */
  routes?: TrafficRouteArgs[];
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
