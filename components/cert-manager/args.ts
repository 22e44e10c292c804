// What CertManager takes.
import * as pulumi from "@pulumi/pulumi";
import { ClusterArgs } from "../support/args";

/** Where the chart of cert-manager comes from. */
export interface CertManagerChartsArgs {
  /**
   * Chart repository, as an https:// or oci:// URL.
   * @default cert-manager's own
   * @example "oci://registry.example.com/charts"
   */
  repository?: string;
  /**
   * Directory with the chart as a .tgz file, for clusters without internet access. Without `version`, this chart
   * determines the release.
   * @default none
   * @example "./charts"
   */
  directory?: string;
}

/** The ClusterIssuer of a root CA. */
export interface RootIssuerArgs {
  /**
   * Whether to create the ClusterIssuer.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * Name of the ClusterIssuer. A change creates a new issuer with a new CA.
   * @default "root-ca-cluster-issuer"
   * @example "corporate-ca"
   */
  name?: pulumi.Input<string>;
  /**
   * An existing Secret in cert-manager's namespace with the CA as `tls.crt` and `tls.key`. Without it, the issuer gets
   * its own self-signed root, which destroy keeps.
   * @default none: the issuer gets its own root
   * @example "corporate-ca"
   */
  secretName?: pulumi.Input<string>;
  /**
   * Validity of the root, in hours, minutes and seconds; at least 24h. cert-manager renews it with the same key.
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
   * Whether to install cert-manager. Set it to false to use the cert-manager of the cluster unchanged; only the issuer
   * is created.
   * @default true
   * @example false
   */
  install?: boolean;
  /**
   * Whether to take over an existing Helm release `cert-manager` in `namespace`. It gets the version and values of this
   * component, and destroy uninstalls it.
   * @default false
   * @example true
   */
  adopt?: boolean;
  /**
   * Namespace of cert-manager, from which a ClusterIssuer reads its Secrets. It cannot change while cert-manager
   * exists.
   * @default "cert-manager"
   * @example "tls"
   */
  namespace?: string;
  /**
   * Whether to adopt an existing namespace. Destroy restores it as it was. `adopt` implies it.
   * @default false
   * @example true
   */
  adoptNamespace?: boolean;
  /**
   * Source of the chart.
   * @default cert-manager's own repository
   * @example { directory: "./charts" }
   */
  charts?: CertManagerChartsArgs;
  /**
   * Values for the chart, deep-merged over those of this component, which make the chart install its CRDs and keep
   * them. Keys that the chart does not read are rejected.
   * @default none
   * @example { replicaCount: 2 }
   */
  values?: pulumi.Input<Record<string, any>>;
  /**
   * The ClusterIssuer that signs with a root CA.
   * @default one with its own root
   * @example { secretName: "corporate-ca" }
   */
  issuer?: RootIssuerArgs;
  /**
   * The cluster of an explicit provider. Required unless an earlier component with the same provider has set it.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}
