// What Waypoint takes, and what it gives to policies.
import * as pulumi from "@pulumi/pulumi";
import { WaypointFor } from "../../lib/validation/closed-sets";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";

/** A namespace, or a Service in one, that uses a waypoint. */
export interface WaypointUserArgs {
  /** The namespace, which must exist; for one in the same program pass the `name` of its AmbientNamespace. */
  namespace: pulumi.Input<string>;
  /**
   * One Service in it.
   * @default all Services
   * @example "web"
   */
  service?: pulumi.Input<string>;
  /**
   * False: ingress gateways bypass the waypoint, and its policies do not apply to their requests.
   * @default true
   * @example false
   */
  ingress?: pulumi.Input<boolean>;
}
/** Name, users and resources of a waypoint. */
export interface WaypointArgs extends ObjectMetadataArgs {
  /**
   * Name of its Gateway, Deployment, Service and service account. A change creates a new waypoint, moves its users,
   * and then deletes the old one.
   * @default the component's name
   * @example "shop-waypoint"
   */
  name?: pulumi.Input<string>;
  /** Its namespace. A change replaces the waypoint, as a change of the name does. */
  namespace: pulumi.Input<string>;
  /** The namespaces and Services that use it. They get its label, which is removed before the waypoint is deleted. */
  for: WaypointUserArgs[];
  /**
   * Which traffic uses it: requests to Services (service), to pods by their own address (workload), or both (all).
   * @default "service"
   * @example "all"
   */
  waypointFor?: pulumi.Input<WaypointFor>;
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
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
/** A waypoint as policies are told of it: the Waypoint itself, or its `reference`, also from a StackReference. */
export interface WaypointReferenceArgs {
  /** Name of its Gateway. */
  name: pulumi.Input<string>;
  /** Its namespace. */
  namespace: pulumi.Input<string>;
  /**
   * The service account of its pods.
   * @default the waypoint's name
   * @example "waypoint"
   */
  serviceAccount?: pulumi.Input<string>;
}
/** A reference to a waypoint, for policies. */
export interface WaypointReference {
  /** Name of its Gateway. */
  name: string;
  /** Its namespace. */
  namespace: string;
  /** The service account of its pods. Its name is that of the waypoint unless it was changed. */
  serviceAccount?: string;
}
