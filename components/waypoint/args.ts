// What Waypoint takes, and what it gives to policies.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";

/** A namespace, or a Service in one, that is reached through a waypoint. */
export interface WaypointUserArgs {
  /** The namespace. It has to exist; for one of the same program give the `name` of its AmbientNamespace. */
  namespace: pulumi.Input<string>;
  /**
   * One Service of it.
   * @default all
   * @example "web"
   */
  service?: pulumi.Input<string>;
  /**
   * False: ingress gateways go round the waypoint, and its rules do not hold for what they bring.
   * @default true
   * @example false
   */
  ingress?: pulumi.Input<boolean>;
}
/** What a waypoint is called, whom it serves, and what it may use. */
export interface WaypointArgs extends ObjectMetadataArgs {
  /**
   * Name of its Gateway, Deployment, Service and service account. A change makes a new waypoint, moves the users over,
   * and removes the old one last.
   * @default the component's name
   * @example "shop-waypoint"
   */
  name?: pulumi.Input<string>;
  /** Its namespace. A change replaces it as a change of the name does. */
  namespace: pulumi.Input<string>;
  /** Whom it serves: these get its label, and lose it before the waypoint goes. */
  for: WaypointUserArgs[];
  /**
   * What passes through it: requests to Services (service), to pods by their own address (workload), or both (all).
   * @default "service"
   * @example "all"
   */
  waypointFor?: pulumi.Input<string>;
  /**
   * Number of waypoint pods.
   * @default 1
   * @example 2
   */
  replicas?: pulumi.Input<number>;
  /**
   * CPU that a waypoint pod requests.
   * @default "50m" (Istio 1.31: 100m)
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that a waypoint pod requests.
   * @default "64Mi" (Istio 1.31: 128Mi)
   * @example "128Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
/** A waypoint as policies refer to it. */
export interface WaypointReference {
  /** Name of its Gateway. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** The service account of its pods, which is called like the waypoint unless somebody changed it. */
  serviceAccount?: string;
}
