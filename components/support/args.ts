// What every component takes.
import * as pulumi from "@pulumi/pulumi";

/** The cluster behind an explicit provider, which does not reveal its kubeconfig. */
export interface ClusterArgs {
  /**
   * The kubeconfig that the provider was given, as text or path.
   * @default $KUBECONFIG or ~/.kube/config
   * @example "~/.kube/config"
   */
  kubeconfig?: pulumi.Input<string>;
  /**
   * The context that the provider was given.
   * @default the kubeconfig's current context
   * @example "kind-kind"
   */
  context?: pulumi.Input<string>;
}

/** Labels and annotations of what a component makes. */
export interface ObjectMetadataArgs {
  /**
   * Labels of every object that the component makes.
   * @default none
   * @example { team: "checkout" }
   */
  labels?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * Annotations of every object that the component makes.
   * @default none
   * @example { "example.com/owner": "checkout" }
   */
  annotations?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}
