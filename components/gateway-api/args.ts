// What GatewayApi takes.
import { ClusterArgs } from "../support/args";

/** Where the Gateway API CRDs come from. */
export interface GatewayApiArgs {
  /**
   * Exact Gateway API release. A change upgrades in place. If the cluster has a newer one, that is kept, with a
   * warning.
   * @default the release that the newest Istio line was built against (1.6.0 for Istio 1.31)
   * @example "1.6.0"
   */
  version?: string;
  /**
   * URL, file or directory with the CRDs as YAML, for clusters without internet access. Files are read at every
   * preview, which therefore shows changes in them; a URL is read only during `pulumi up`.
   * @default the release file of the Gateway API project
   * @example "./gateway-api-1.6.0.yaml"
   */
  source?: string;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
