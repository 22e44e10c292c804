// What CertManager takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs } from "../support/args";

/** Where the chart of cert-manager comes from. */
export interface CertManagerChartsArgs {
  /**
   * A chart repository, as an https:// or oci:// URL.
   * @default cert-manager's own
   * @example "oci://registry.example.com/charts"
   */
  repository?: string;
  /**
   * A directory with the chart as .tgz, for clusters without internet access. Without `version`, the release is that of
   * the chart in it.
   * @default none
   * @example "./charts"
   */
  directory?: string;
}

/** The ClusterIssuer of a root CA. */
export interface RootIssuerArgs {
  /**
   * False: cert-manager alone, without an issuer.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * Name of the ClusterIssuer. A change makes another issuer and another CA.
   * @default "root-ca-cluster-issuer"
   * @example "corporate-ca"
   */
  name?: pulumi.Input<string>;
  /**
   * An existing Secret in cert-manager's namespace that holds the CA as `tls.crt` and `tls.key`. Without it the issuer gets
   * a self-signed root of its own, which stays on the cluster at destroy.
   * @default none: a root of its own
   * @example "corporate-ca"
   */
  secretName?: pulumi.Input<string>;
  /**
   * How long the root is valid, in hours, minutes and seconds; at least 24h. cert-manager renews it with the same key.
   * @default "87600h"
   * @example "43800h"
   */
  duration?: pulumi.Input<string>;
}

/** Arguments of cert-manager. All are optional. */
export interface CertManagerArgs {
  /**
   * Exact release of cert-manager. A change upgrades in place.
   * @default the newest that this package was tested with (1.21.2)
   * @example "1.21.2"
   */
  version?: string;
  /**
   * False: cert-manager is on the cluster already and stays as it is; only the issuer is made.
   * @default true
   * @example false
   */
  install?: boolean;
  /**
   * True: takes over the Helm release `cert-manager` that is in `namespace` already. It gets the version and the values of
   * this component, and is uninstalled with it.
   * @default false
   * @example true
   */
  adopt?: boolean;
  /**
   * Namespace of cert-manager, where a ClusterIssuer finds its Secrets. It cannot change while cert-manager exists.
   * @default "cert-manager"
   * @example "tls"
   */
  namespace?: string;
  /**
   * True: adopts an existing namespace, which destroy leaves as it was before. `adopt` includes it.
   * @default false
   * @example true
   */
  adoptNamespace?: boolean;
  /**
   * Where the chart comes from.
   * @default cert-manager's own repository
   * @example { directory: "./charts" }
   */
  charts?: CertManagerChartsArgs;
  /**
   * Values for the chart, deep-merged over those of this component, which has the chart install its CRDs and keep them. A
   * key that the chart does not read is refused.
   * @default none
   * @example { replicaCount: 2 }
   */
  values?: pulumi.Input<Record<string, any>>;
  /**
   * The ClusterIssuer that signs with a root CA.
   * @default one with a root of its own
   * @example { secretName: "corporate-ca" }
   */
  issuer?: RootIssuerArgs;
  /**
   * The cluster of an explicit provider, unless another component of the program has set it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
