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
   * Whether to label an existing namespace, or one that the same program creates. Its name must be known at preview:
   * pass `other.metadata.name`, not `other.id`. Destroy removes only these labels.
   * @default false
   * @example true
   */
  adopt?: boolean;
  /**
   * ambient enrolls the namespace's pods in the mesh; none keeps them out.
   * @default "ambient"
   * @example "none"
   */
  dataplaneMode?: pulumi.Input<DataplaneMode>;
  /**
   * strict adds a PeerAuthentication that rejects clients without mTLS, that is, clients outside the mesh; permissive
   * admits them.
   * @default "permissive"
   * @example "strict"
   */
  mtls?: MtlsMode;
  /**
   * Name of the waypoint for all traffic to the namespace, or `none`. Set it only for a waypoint that is created
   * elsewhere: a Waypoint whose `for` names this namespace sets the label itself.
   * @default none
   * @example "waypoint"
   */
  useWaypoint?: pulumi.Input<string>;
  /**
   * Namespace of the waypoint.
   * @default this namespace
   * @example "infra"
   */
  useWaypointNamespace?: pulumi.Input<string>;
  /**
   * Whether ingress gateways use the waypoint too. Otherwise they bypass it.
   * @default false
   * @example true
   */
  ingressUseWaypoint?: pulumi.Input<boolean>;
  /**
   * The HostK8s stack that the namespace belongs to (label `hostk8s.stack`).
   * @default none
   * @example "shop"
   */
  stack?: pulumi.Input<string>;
  /**
   * The HostK8s application that the namespace belongs to (label `hostk8s.app`).
   * @default none
   * @example "web"
   */
  app?: pulumi.Input<string>;
  /**
   * Additional labels.
   * @default none
   * @example { team: "checkout" }
   */
  labels?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * Whether to accept a system namespace (kube-…, openshift-…, Istio's own).
   * @default false
   * @example true
   */
  allowSystemNamespace?: boolean;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
