// What AmbientMesh takes: its parts, and what each of them may be given.
import * as pulumi from "@pulumi/pulumi";
import { Footprint, OnDestroy, Platform } from "../../lib/validation/closed-sets";
import { GatewayArgs } from "../gateway/args";
import { ClusterArgs } from "../support/args";
import { Requests } from "./objects";

/** Source of the images. */
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
   * @example "1.31.4"
   */
  tag?: pulumi.Input<string>;
  /**
   * Image pull secrets in the mesh's namespace.
   * @default none
   * @example ["registry-credentials"]
   */
  pullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Whether and which Gateway API CRDs are installed. */
export interface MeshGatewayApiArgs {
  /**
   * Whether to install the CRDs. Set it to false if something else installs them.
   * @default true
   * @example false
   */
  install?: boolean;
  /**
   * Exact Gateway API release. If the cluster has a newer one, that is kept, with a warning.
   * @default the release that the Istio line was built against (1.6.0 for 1.31, 1.5.1 for 1.30)
   * @example "1.6.0"
   */
  version?: string;
  /**
   * URL, file or directory with the CRDs as YAML.
   * @default the release file of the Gateway API project
   * @example "./gateway-api-1.6.0.yaml"
   */
  source?: string;
}

/** Resources and chart values of istiod. */
export interface ControlPlaneArgs {
  /**
   * CPU request of an istiod pod.
   * @default "100m" (Istio 1.31: 500m)
   * @example "500m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory request of an istiod pod.
   * @default "128Mi" (Istio 1.31: 2048Mi)
   * @example "512Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Memory limit of an istiod pod; at least 256Mi.
   * @default none
   * @example "1Gi"
   */
  memoryLimit?: pulumi.Input<string>;
  /**
   * Number of istiod pods. With more than one, the chart adds a PodDisruptionBudget.
   * @default 1
   * @example 2
   */
  replicas?: pulumi.Input<number>;
  /**
   * Values for the chart `istiod`, deep-merged over all others. Keys that the chart does not read are rejected.
   * @default none
   * @example { pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: "true" } } }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** Resources and chart values of the CNI agent on each node. */
export interface CniArgs {
  /**
   * CPU request of the CNI agent on each node.
   * @default "100m" (as Istio 1.31)
   * @example "50m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory request of the CNI agent on each node.
   * @default "128Mi" (Istio 1.31: 100Mi)
   * @example "256Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Values for the chart `cni`, deep-merged over all others. Keys that the chart does not read are rejected.
   * @default none
   * @example { cniBinDir: "/opt/cni/bin" }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** Resources and chart values of the ztunnel on each node. */
export interface DataplaneArgs {
  /**
   * CPU request of the ztunnel on each node.
   * @default "50m" (Istio 1.31: 200m)
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory request of the ztunnel on each node.
   * @default "64Mi" (Istio 1.31: 512Mi)
   * @example "512Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * Memory limit of the ztunnel on each node; at least 64Mi. A ztunnel that reaches it is killed, which stops all traffic of
   * its node. It uses several times as much memory as usual when all pods connect at once, after a restart of the node.
   * @default none
   * @example "1Gi"
   */
  memoryLimit?: pulumi.Input<string>;
  /**
   * Values for the chart `ztunnel`, deep-merged over all others. Keys that the chart does not read are rejected.
   * @default none
   * @example { terminationGracePeriodSeconds: 60 }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** The shared gateway of a mesh. */
export interface MeshGatewayArgs extends GatewayArgs {
  /**
   * Whether the mesh has an ingress gateway.
   * @default true
   * @example false
   */
  enabled?: boolean;
}

/** The check of the cluster before anything is written. */
export interface PreflightArgs {
  /**
   * Whether to run the check. Without it, conflicts show up only during `pulumi up`.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * Findings to waive: the id of each, as messages show it in brackets, and the reason. A waived finding is a warning
   * in every preview.
   * @default none
   * @example { "kubernetes-untested": "our staging cluster is one minor ahead" }
   */
  ignore?: { [finding: string]: string };
}
/** Arguments of a mesh. All are optional. */
export interface AmbientMeshArgs {
  /**
   * Exact Istio release of all four charts. A change upgrades in place: istio-base, istiod, istio-cni, ztunnel.
   * @default the newest supported one (1.31.4)
   * @example "1.31.4"
   */
  version?: string;
  /**
   * Whether to accept a `version` of a release line that this package does not list. The mesh is then checked against
   * the nearest listed line, with a warning.
   * @default false
   * @example true
   */
  allowUnlistedRelease?: boolean;
  /**
   * Namespace of the mesh. It cannot change while the mesh exists: destroy the mesh first.
   * @default "istio-system"
   * @example "mesh"
   */
  namespace?: pulumi.Input<string>;
  /**
   * Whether to adopt an existing namespace. Destroy restores it as it was.
   * @default false
   * @example true
   */
  adoptNamespace?: boolean;
  /**
   * Kind of cluster, for the settings that the charts need on it: aks, docker-desktop, eks, gke, k3d, k3s, kind,
   * microk8s, minikube, openshift.
   * @default none
   * @example "kind"
   */
  platform?: Platform;
  /**
   * Resource usage of the mesh: standard, or lean for development clusters. lean has smaller requests, and makes istiod,
   * istio-cni and the agents in gateways and waypoints use less memory; docs/footprint.md lists what it saves and how far it
   * scales. A change rolls all parts of the mesh, in place.
   * @default "standard"
   * @example "lean"
   */
  footprint?: Footprint;
  /**
   * Source of the charts.
   * @default Istio's own repository
   * @example { directory: "./charts" }
   */
  charts?: ChartsArgs;
  /**
   * Source of the images.
   * @default Istio's own
   * @example { hub: "registry.example.com/istio" }
   */
  images?: ImagesArgs;
  /**
   * The Gateway API CRDs.
   * @default installed unless the cluster has newer ones
   * @example { install: false }
   */
  gatewayApi?: MeshGatewayApiArgs;
  /**
   * Resources, replicas and chart values of istiod.
   * @default 100m, 128Mi, no limit, one pod
   * @example { memory: "512Mi", replicas: 2 }
   */
  controlPlane?: ControlPlaneArgs;
  /**
   * Resources and chart values of the CNI agent.
   * @default 100m, 128Mi
   * @example { memory: "256Mi" }
   */
  cni?: CniArgs;
  /**
   * Resources and chart values of ztunnel.
   * @default 50m, 64Mi, no limit
   * @example { memory: "512Mi" }
   */
  dataplane?: DataplaneArgs;
  /**
   * Whether Envoy reports Istio's metrics and ztunnel is scraped.
   * @default false
   * @example true
   */
  telemetry?: pulumi.Input<boolean>;
  /**
   * Whether Envoy and ztunnel log every connection.
   * @default true
   * @example false
   */
  accessLogs?: pulumi.Input<boolean>;
  /**
   * The shared ingress gateway.
   * @default one for every hostname, on NodePorts 30081 and 30444
   * @example { replicas: 2 }
   */
  gateway?: MeshGatewayArgs;
  /**
   * What happens to enrolled workloads when the mesh is destroyed: unenroll (removes their labels and records them; a
   * few requests fail within a second), drain (first rolls Deployments out of the mesh; no request to them fails),
   * refuse (the destroy fails while anything is enrolled) or ignore (workloads lose all traffic until their pods are
   * recreated).
   * @default "unenroll"
   * @example "drain"
   */
  onDestroy?: OnDestroy;
  /**
   * The cluster of an explicit provider.
   * @default the cluster of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
  /**
   * The check of the cluster before anything is written.
   * @default on
   * @example { enabled: false }
   */
  preflight?: PreflightArgs;
}
/** Requested resources by component: all pods of a Deployment, one pod of a DaemonSet. */
export interface MeshResources {
  /** Requests of all istiod pods. */
  istiod: Requests;
  /** Requests of the CNI agent on one node. */
  istioCni: Requests;
  /** Requests of the ztunnel on one node. */
  ztunnel: Requests;
  /** Requests of all gateway pods. */
  gateway: Requests;
  /** The sum, on a cluster with one node. */
  total: Requests;
}
/** Source of the charts. */
export interface ChartsArgs {
  /**
   * Chart repository, as an https:// or oci:// URL.
   * @default Istio's own
   * @example "oci://registry.example.com/istio/charts"
   */
  repository?: string;
  /**
   * Directory with the four charts as .tgz files, for clusters without internet access. Without `version`, these charts
   * determine the release.
   * @default none
   * @example "./charts"
   */
  directory?: string;
}
