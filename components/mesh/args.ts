// What AmbientMesh takes: its parts, and what each of them may be given.
import * as pulumi from "@pulumi/pulumi";
import { Footprint, OnDestroy, Platform } from "../../lib/validation/closed-sets";
import { GatewayArgs } from "../gateway/args";
import { ClusterArgs } from "../support/args";
import { Requests } from "./objects";

/** Where the images come from. */
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
   * Secrets with registry credentials, in the mesh's namespace.
   * @default none
   * @example ["registry-credentials"]
   */
  pullSecrets?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Whether and which Gateway API CRDs are installed. */
export interface MeshGatewayApiArgs {
  /**
   * False: the CRDs are installed in another way.
   * @default true
   * @example false
   */
  install?: boolean;
  /**
   * Exact release of Gateway API. One older than the cluster's is not installed, with a warning.
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

/** Resources and chart values of istiod. */
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
   * Values for the chart `istiod`, deep-merged over all others. A key that the chart does not read is refused.
   * @default none
   * @example { pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: "true" } } }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** Resources and chart values of the CNI agent on each node. */
export interface CniArgs {
  /**
   * CPU request of the agent on each node.
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
   * Values for the chart `cni`, deep-merged over all others. A key that the chart does not read is refused.
   * @default none
   * @example { cniBinDir: "/opt/cni/bin" }
   */
  values?: pulumi.Input<Record<string, any>>;
}

/** Resources and chart values of the ztunnel on each node. */
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
   * Memory at which a ztunnel is killed, which stops all traffic of its node. It takes several times its usual memory when
   * everything connects at once, after a restart of the node.
   * @default none
   * @example "1Gi"
   */
  memoryLimit?: pulumi.Input<string>;
  /**
   * Values for the chart `ztunnel`, deep-merged over all others. A key that the chart does not read is refused.
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

/** The check of the cluster before anything is created. */
export interface PreflightArgs {
  /**
   * False: skips the check; conflicts then show up during `pulumi up`.
   * @default true
   * @example false
   */
  enabled?: boolean;
  /**
   * Findings that do not matter here: the id of each, as messages show it in brackets, and the reason. A waived finding
   * is a warning in every preview.
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
   * True: `version` may be of a release line that this package does not list. The mesh is judged by the nearest line that
   * it does, with a warning.
   * @default false
   * @example true
   */
  allowUnlistedRelease?: boolean;
  /**
   * Namespace of the mesh. It cannot change while the mesh exists: destroy it first.
   * @default "istio-system"
   * @example "mesh"
   */
  namespace?: pulumi.Input<string>;
  /**
   * True: adopts an existing namespace, which destroy leaves as it was before.
   * @default false
   * @example true
   */
  adoptNamespace?: boolean;
  /**
   * Kind of cluster, where the charts need to know it: aks, docker-desktop, eks, gke, k3d, k3s, kind, microk8s,
   * minikube, openshift.
   * @default none
   * @example "kind"
   */
  platform?: Platform;
  /**
   * How much of the cluster the mesh takes: standard, or lean for a cluster for development. lean has smaller requests,
   * and istiod, istio-cni and the agents in gateways and waypoints keep less in memory; what that saves, and how far it
   * scales, is in docs/footprint.md. A change rolls all parts of the mesh, in place.
   * @default "standard"
   * @example "lean"
   */
  footprint?: Footprint;
  /**
   * Where the charts come from.
   * @default Istio's own repository
   * @example { directory: "./charts" }
   */
  charts?: ChartsArgs;
  /**
   * Where the images come from.
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
   * True: Envoy reports Istio's metrics, and ztunnel is scraped.
   * @default false
   * @example true
   */
  telemetry?: pulumi.Input<boolean>;
  /**
   * True: Envoy and ztunnel log every connection.
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
   * What happens to enrolled workloads when the mesh is destroyed: unenroll (their labels are removed and remembered; a
   * few requests fail within that second), drain (Deployments are rolled out of the mesh first; no request fails),
   * refuse (the destroy fails while anything is enrolled) or ignore (they lose all traffic until their pods restart).
   * @default "unenroll"
   * @example "drain"
   */
  onDestroy?: OnDestroy;
  /**
   * The cluster of an explicit provider.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
  /**
   * The check of the cluster before anything is created.
   * @default on
   * @example { enabled: false }
   */
  preflight?: PreflightArgs;
}
/** Requested resources by component: all pods of a Deployment, one pod of a DaemonSet. */
export interface MeshResources {
  /** All istiod pods. */
  istiod: Requests;
  /** The CNI agent of one node. */
  istioCni: Requests;
  /** The ztunnel of one node. */
  ztunnel: Requests;
  /** All gateway pods. */
  gateway: Requests;
  /** The sum, on one node. */
  total: Requests;
}
/** Where the charts come from. */
export interface ChartsArgs {
  /**
   * A chart repository, as an https:// or oci:// URL.
   * @default Istio's own
   * @example "oci://registry.example.com/istio/charts"
   */
  repository?: string;
  /**
   * A directory with the four charts as .tgz, for clusters without internet access. Without `version`, the release is
   * that of the charts in it.
   * @default none
   * @example "./charts"
   */
  directory?: string;
}
