// What AmbientNamespace takes.
import * as pulumi from "@pulumi/pulumi";
import { DataplaneMode, MtlsMode } from "../../lib/validation/closed-sets";
import { ClusterArgs } from "../support/args";

/** What a namespace is called, and its place in the mesh. */
export interface AmbientNamespaceArgs {
  /**
   * Name of the namespace. A change replaces it, with everything in it.
   * @default the component's name
   * @example "shop"
   */
  name?: pulumi.Input<string>;
  /**
   * True: labels a namespace that exists, or one that the same program makes. Its name has to be known at preview: give
   * `other.metadata.name`, not `other.id`. Destroy takes away only those labels.
   * @default false
   * @example true
   */
  adopt?: boolean;
  /**
   * ambient: ztunnel carries the traffic of its pods. none: it does not.
   * @default "ambient"
   * @example "none"
   */
  dataplaneMode?: pulumi.Input<DataplaneMode>;
  /**
   * strict: a PeerAuthentication refuses clients without mTLS, that is, outside the mesh. permissive: they are let in.
   * @default "permissive"
   * @example "strict"
   */
  mtls?: MtlsMode;
  /**
   * A waypoint that everything in the namespace is reached through. A Waypoint whose `for` names this namespace sets
   * the label by itself; this is for one that is made elsewhere, or `none`.
   * @default none
   * @example "waypoint"
   */
  useWaypoint?: pulumi.Input<string>;
  /**
   * Namespace of that waypoint.
   * @default this one
   * @example "infra"
   */
  useWaypointNamespace?: pulumi.Input<string>;
  /**
   * True: ingress gateways go through the waypoint too; otherwise they go round it.
   * @default false
   * @example true
   */
  ingressUseWaypoint?: pulumi.Input<boolean>;
  /**
   * The HostK8s stack it belongs to (label `hostk8s.stack`).
   * @default none
   * @example "shop"
   */
  stack?: pulumi.Input<string>;
  /**
   * The HostK8s application it belongs to (label `hostk8s.app`).
   * @default none
   * @example "web"
   */
  app?: pulumi.Input<string>;
  /**
   * Other labels.
   * @default none
   * @example { team: "checkout" }
   */
  labels?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * True: takes a system namespace (kube-…, istio-…, openshift…) too.
   * @default false
   * @example true
   */
  allowSystemNamespace?: boolean;
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
