// What Waypoint takes, and what it gives to policies.
import * as pulumi from "@pulumi/pulumi";
import { WaypointFor } from "../../lib/validation/closed-sets";
import { ClusterArgs, ObjectMetadataArgs } from "../support/args";

/** A namespace, or a Service in one, that uses a waypoint. */
export interface WaypointUserArgs {
  /** The namespace, which must exist. For one in the same program, pass the `name` of its AmbientNamespace. */
  namespace: pulumi.Input<string>;
  /**
   * A single Service in it.
   * @default all Services
   * @example "web"
   */
  service?: pulumi.Input<string>;
  /**
   * Whether ingress gateways use the waypoint too. If false, they bypass it, and its policies do not apply to their
   * requests.
   * @default true
   * @example false
   */
  ingress?: pulumi.Input<boolean>;
}
/** Name, users and resources of a waypoint. */
export interface WaypointArgs extends ObjectMetadataArgs {
  /**
   * Name of the waypoint's Gateway, Deployment, Service and service account. A change creates a new waypoint, moves its
   * users, and then deletes the old one.
   * @default the component's name
   * @example "shop-waypoint"
   */
  name?: pulumi.Input<string>;
  /** Namespace of the waypoint. A change replaces the waypoint in the same way as a change of `name`. */
  namespace: pulumi.Input<string>;
  /**
   * The namespaces and Services that use the waypoint. They are labeled once it serves; the labels are removed before
   * it is deleted.
   */
  for: WaypointUserArgs[];
  /**
   * Which traffic uses the waypoint: requests to Services (service), to pods by their own address (workload), or both
   * (all).
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
   * CPU request of a waypoint pod.
   * @default "50m" (Istio 1.31: 100m)
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory request of a waypoint pod.
   * @default "64Mi" (Istio 1.31: 128Mi)
   * @example "128Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
/** A waypoint, as policies refer to it: the Waypoint itself, or its `reference`, also from a StackReference. */
export interface WaypointReferenceArgs {
  /** Name of the waypoint's Gateway. */
  name: pulumi.Input<string>;
  /** Namespace of the waypoint. */
  namespace: pulumi.Input<string>;
  /**
   * Service account of the waypoint's pods.
   * @default the waypoint's name
   * @example "waypoint"
   */
  serviceAccount?: pulumi.Input<string>;
}
/** A reference to a waypoint, for policies. */
export interface WaypointReference {
  /** Name of the waypoint's Gateway. */
  name: string;
  /** Namespace of the waypoint. */
  namespace: string;
  /** Service account of the waypoint's pods. By default it has the waypoint's name. */
  serviceAccount?: string;
}
