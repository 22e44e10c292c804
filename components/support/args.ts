// What every component takes.
import * as pulumi from "@pulumi/pulumi";

/** The cluster of an explicit provider, whose kubeconfig cannot be read. */
export interface ClusterArgs {
  /**
   * The provider's kubeconfig, as content or path.
   * @default $KUBECONFIG or ~/.kube/config
   * @example "~/.kube/config"
   */
  kubeconfig?: pulumi.Input<string>;
  /**
   * The provider's kubeconfig context.
   * @default the kubeconfig's current context
   * @example "kind-kind"
   */
  context?: pulumi.Input<string>;
}

/** Labels and annotations of a component's objects. */
export interface ObjectMetadataArgs {
  /**
   * Labels for every object of the component.
   * @default none
   * @example { team: "checkout" }
   */
  labels?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
  /**
   * Annotations for every object of the component.
   * @default none
   * @example { "example.com/owner": "checkout" }
   */
  annotations?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}
