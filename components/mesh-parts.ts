// What each part of a mesh may be given: images, Gateway API, istiod, the CNI agent, ztunnel, the gateway, the preflight.
import * as pulumi from "@pulumi/pulumi";
import { GatewayArgs } from "./ingress-gateway";

/** Whose images are run. */
export interface ImagesArgs {
  /**
   * Registry and path of all images. A change restarts every pod of the mesh.
   * @default Istio's own
   * @example "registry.example.com/istio"
   */
  hub?: pulumi.Input<string>;
  /**
   * Tag of all images.
   * @default the release's
   * @example "1.31.1"
   */
  tag?: pulumi.Input<string>;
  /**
   * Secrets with registry credentials, in the mesh's namespace.
   * @default none
   * @example ["registry-credentials"]
   */
  pullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Whether and which Gateway API CRDs are installed. */
export interface MeshGatewayApiArgs {
  /**
   * False: the cluster brings its own CRDs.
   * @default true
   * @example false
   */
  install?: boolean;
  /**
   * Exact release of Gateway API. One older than the cluster's is left alone with a warning.
   * @default the release that the Istio line was built against (1.6.0 for 1.31, 1.5.1 for 1.30)
   * @example "1.6.0"
   */
  version?: string;
  /**
   * A URL, a file or a directory of YAML that holds the CRDs.
   * @default the release file of the Gateway API project
   * @example "./gateway-api-1.6.0.yaml"
   */
  source?: string;
}

/** What istiod may use. */
export interface ControlPlaneArgs {
  /**
   * CPU that an istiod pod requests.
   * @default "100m" (Istio 1.31: 500m)
   * @example "500m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that an istiod pod requests.
   * @default "128Mi" (Istio 1.31: 2048Mi)
   * @example "512Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Memory at which an istiod pod is killed; at least 256Mi.
   * @default none
   * @example "1Gi"
   */
  memoryLimit?: pulumi.Input<string>;
  /**
   * Number of istiod pods. With more than one the chart adds a PodDisruptionBudget.
   * @default 1
   * @example 2
   */
  replicas?: pulumi.Input<number>;
  /**
   * Values for the chart `istiod`, merged deeply over all others.
   * @default none
   * @example { pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: "true" } } }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** What the CNI agent of each node may use. */
export interface CniArgs {
  /**
   * CPU that the agent requests on each node.
   * @default "100m" (as Istio 1.31)
   * @example "50m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that the agent requests on each node.
   * @default "128Mi" (Istio 1.31: 100Mi)
   * @example "256Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Values for the chart `cni`, merged deeply over all others.
   * @default none
   * @example { cniBinDir: "/opt/cni/bin" }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** What the ztunnel of each node may use. */
export interface DataplaneArgs {
  /**
   * CPU that a ztunnel requests on each node.
   * @default "50m" (Istio 1.31: 200m)
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that a ztunnel requests on each node.
   * @default "64Mi" (Istio 1.31: 512Mi)
   * @example "512Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Memory at which a ztunnel is killed, and the traffic of its node with it.
   * @default none
   * @example "1Gi"
   */
  memoryLimit?: pulumi.Input<string>;
  /**
   * Values for the chart `ztunnel`, merged deeply over all others.
   * @default none
   * @example { terminationGracePeriodSeconds: 60 }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** The shared gateway of a mesh. */
export interface MeshGatewayArgs extends GatewayArgs {
  /**
   * False: a mesh without ingress.
   * @default true
   * @example false
   */
  enabled?: boolean;
}

/** How the cluster is read before anything is written. */
export interface PreflightArgs {
  /**
   * False: nothing is looked at first; what stands in the way shows while things are being made.
   * @default true
   * @example false
   */
  enabled?: boolean;
}
