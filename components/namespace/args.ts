// What AmbientNamespace takes.
import * as pulumi from "@pulumi/pulumi";
import { DataplaneMode, MtlsMode } from "../../lib/validation/closed-sets";
import { ClusterArgs } from "../support/args";

/** A namespace, and whether it is in the mesh. */
export interface AmbientNamespaceArgs {
  /**
   * Name of the namespace. A change replaces the namespace and everything in it.
   * @default the component's name
   * @example "shop"
   */
  name?: pulumi.Input<string>;
  /**
   * True: labels an existing namespace, or one that the same program creates. Its name must be known at preview: pass
   * `other.metadata.name`, not `other.id`. Destroy removes only those labels.
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
   * strict: a PeerAuthentication refuses clients without mTLS, that is, outside the mesh. permissive: such clients are
   * admitted.
   * @default "permissive"
   * @example "strict"
   */
  mtls?: MtlsMode;
  /**
   * The waypoint for all traffic to the namespace. A Waypoint whose `for` names this namespace sets the label itself;
   * use this for one that is created elsewhere, or `none`.
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
   * True: ingress gateways use the waypoint too; otherwise they bypass it.
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
   * True: accepts a system namespace (kube-…, istio-…, openshift…).
   * @default false
   * @example true
   */
  allowSystemNamespace?: boolean;
  /**
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
