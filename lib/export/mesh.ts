// A mesh as data: all that its arguments come to, for the files of other tools.
import type { ManifestObject } from "../gateway-api/bundle";
import type { ChartName } from "../istio/releases";

/** An object of Kubernetes as it stands in a file. */
export interface FileObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: { [key: string]: string };
    annotations?: { [key: string]: string };
  };
  spec?: unknown;
  data?: { [key: string]: string };
}

/** One of the four charts, as a release. */
export interface ExportedRelease {
  chart: ChartName;
  /** The name that Istio's own tools look for. */
  release: string;
  namespace: string;
  values: { [key: string]: unknown };
}

/** What the arguments of a mesh come to. */
export interface MeshManifest {
  /** Istio release of all four charts. */
  version: string;
  namespace: FileObject;
  /** In the order of installation. */
  releases: ExportedRelease[];
  /** The Gateway API bundle; missing where the cluster brings its own. */
  gatewayApi?: { version?: string; source?: string };
  /** Issuers and Certificates for cert-manager; empty where none is issued. */
  certificates: FileObject[];
  /** The overlay and the Gateway; empty without one. */
  gateway: FileObject[];
}

/** A mesh with what lies outside of its arguments. */
export interface ExportedMesh extends MeshManifest {
  /** The CRDs of the Gateway API; empty where the cluster brings its own. */
  definitions: ManifestObject[];
  /** The repository of the charts, as an https:// or oci:// URL. */
  repository: string;
}

/** A file that is written. */
export interface OutputFile {
  /** Below the output directory, with slashes. */
  path: string;
  text: string;
}
