// What GatewayApi takes.
import { ClusterArgs } from "../support/args";

/** Where the Gateway API CRDs come from. */
export interface GatewayApiArgs {
  /**
   * Exact release of Gateway API. A change upgrades in place. One older than the cluster's is not
   * installed, with a warning.
   * @default the release that the newest Istio line was built against (1.6.0 for Istio 1.31)
   * @example "1.6.0"
   */
  version?: string;
  /**
   * A URL, a file or a directory of YAML that holds the CRDs, for clusters without access to the internet. Files are
   * read again at each preview, so that a change in them is seen; a URL is read only by `pulumi up`.
   * @default the release file of the Gateway API project
   * @example "./gateway-api-1.6.0.yaml"
   */
  source?: string;
  /**
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
