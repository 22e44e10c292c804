// The whole mesh: namespace, Gateway API, the four charts in order, and the shared ingress gateway.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  baseValues,
  chartRequests,
  cniValues,
  istiodValues,
  nodeNamespace,
  Requests,
  sumRequests,
  timesRequests,
  ztunnelValues,
} from "../lib/chart-values";
import { meshDefaults, partDefaults } from "../lib/defaults";
import { ChartName, istioLine } from "../lib/releases";
import { meshRules as rules } from "../lib/mesh-rules";
import { chartFaults, ChartsArgs, ChartSource, chartSource, createRelease, explainRelease } from "./charts";
import { meshFaults } from "./cluster-claims";
import { childOf } from "./children";
import { GatewayApi } from "./gateway-api";
import { GatewayNodePorts, IngressGateway, ParentReference } from "./ingress-gateway";
import { dataPlane } from "./data-plane";
import { checkArgs, componentNamed, resolved, throwFaults } from "./inputs";
import { ownedBy } from "./ownership";
import { Cluster, ClusterArgs, clusterOf } from "./support/cluster";
import { preflight } from "./preflight";
import {
  CniArgs,
  ControlPlaneArgs,
  DataplaneArgs,
  ImagesArgs,
  MeshGatewayApiArgs,
  MeshGatewayArgs,
  PreflightArgs,
} from "./mesh-parts";

const TYPE = "istio-ambient:index:AmbientMesh";
const none = pulumi.output("");

/** What a mesh is made of. Everything has a default. */
export interface AmbientMeshArgs {
  /**
   * Exact Istio release of all four charts. A change upgrades in place: istio-base, istiod, istio-cni, ztunnel.
   * @default the newest that this package knows (1.31.1)
   * @example "1.31.1"
   */
  version?: string;
  /**
   * Namespace of the mesh. It cannot change while the mesh is there: destroy it first.
   * @default "istio-system"
   * @example "mesh"
   */
  namespace?: pulumi.Input<string>;
  /**
   * True: takes over a namespace that exists, which then survives destroy as it was before.
   * @default false
   * @example true
   */
  adoptNamespace?: boolean;
  /**
   * Kind of cluster, where the charts have to know it: aks, docker-desktop, eks, gke, k3d, k3s, kind, microk8s,
   * minikube, openshift.
   * @default none
   * @example "kind"
   */
  platform?: string;
  /**
   * Where the charts come from.
   * @default Istio's own repository
   * @example { directory: "./charts" }
   */
  charts?: ChartsArgs;
  /**
   * Whose images are run.
   * @default Istio's own
   * @example { hub: "registry.example.com/istio" }
   */
  images?: ImagesArgs;
  /**
   * The Gateway API CRDs.
   * @default installed where the cluster has no newer ones
   * @example { install: false }
   */
  gatewayApi?: MeshGatewayApiArgs;
  /**
   * Requests, limit, number and values of istiod.
   * @default 100m, 128Mi, no limit, one pod
   * @example { memory: "512Mi", replicas: 2 }
   */
  controlPlane?: ControlPlaneArgs;
  /**
   * Requests and values of the CNI agent.
   * @default 100m, 128Mi
   * @example { memory: "256Mi" }
   */
  cni?: CniArgs;
  /**
   * Requests, limit and values of ztunnel.
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
   * @default one for every host on NodePorts 30081 and 30444
   * @example { replicas: 2 }
   */
  gateway?: MeshGatewayArgs;
  /**
   * What becomes of enrolled workloads when the mesh is destroyed: unenroll (their labels are taken off and remembered;
   * within that second a few requests fail), drain (Deployments are rolled out of the mesh first: no request fails),
   * refuse (the destroy fails while anything is enrolled) or ignore (they lose all traffic until their pods restart).
   * @default "unenroll"
   * @example "drain"
   */
  onDestroy?: string;
  /**
   * The cluster of an explicit provider.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
  /**
   * The look at the cluster before anything is written.
   * @default on
   * @example { enabled: false }
   */
  preflight?: PreflightArgs;
}

/** What the parts of a mesh request: a part's pods together; of a DaemonSet the pod of one node. */
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

/**
 * An Istio ambient mesh with an HTTPS ingress.
 *
 * ```ts
 * const mesh = new AmbientMesh("mesh");
 * export const url = mesh.httpsUrl;
 * ```
 */
export class AmbientMesh extends pulumi.ComponentResource {
  /** Namespace of the mesh. */
  public readonly namespace: pulumi.Output<string>;
  /** Istio release of the mesh. */
  public readonly version: pulumi.Output<string>;
  /** Name and namespace of the gateway, for the `parentRefs` of routes; empty without a gateway, as all that follows. */
  public readonly parentRef: pulumi.Output<ParentReference>;
  /** Where http answers from outside. */
  public readonly httpUrl: pulumi.Output<string>;
  /** Where https answers from outside; empty without a certificate. */
  public readonly httpsUrl: pulumi.Output<string>;
  /** The ports that the nodes open. */
  public readonly nodePorts: pulumi.Output<GatewayNodePorts>;
  /** Name of the gateway's Service. */
  public readonly serviceName: pulumi.Output<string>;
  /** Name of the Secret with the gateway's certificate. */
  public readonly secretName: pulumi.Output<string>;
  /** The CA that signed it, as PEM, for clients. */
  public readonly caCertificate: pulumi.Output<string>;
  /** What the mesh requests of its cluster. */
  public readonly resources: pulumi.Output<MeshResources>;

  constructor(name: string, args: AmbientMeshArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(TYPE, name, checkArgs("AmbientMesh", name, args, rules, chartFaults(args)), opts);
    throwFaults("AmbientMesh", name, meshFaults(this, name));
    const cluster = clusterOf(this, "AmbientMesh", name, args.cluster);
    const source = chartSource(args.charts, args.version);
    const mesh = normalize(componentNamed("AmbientMesh", name), args, source.version);
    const release = releaseInto(this, cluster, source, mesh);
    const seen = preflight(this, name, args, cluster, { ...mesh, version: source.version }, opts);
    const after = (...others: pulumi.Input<pulumi.Resource>[]) => ownedBy(seen.own, childOf(this, opts, ...others));

    const namespace = createNamespace(name, args, seen.namespace, after());
    const gatewayApi = createGatewayApi(name, args, source.version, after(namespace));
    const base = release(`${name}-base`, "base", after(namespace));
    const istiod = release(`${name}-istiod`, "istiod", after(base));
    const cni = release(`${name}-cni`, "cni", after(istiod));
    const ztunnel = release(`${name}-ztunnel`, "ztunnel", after(cni));
    const ready = dataPlane(name, cluster, args, mesh, [istiod, cni, ztunnel], seen.repair, after(ztunnel));
    const gateway = createGateway(name, args, mesh.namespace, gatewayAfter(after(namespace), [ready, ...gatewayApi]));

    this.namespace = mesh.namespace;
    this.version = ready.id.apply(() => source.version);
    this.parentRef = gateway?.parentRef ?? pulumi.output({ name: "", namespace: "" });
    this.httpUrl = gateway?.httpUrl ?? none;
    this.httpsUrl = gateway?.httpsUrl ?? none;
    this.nodePorts = gateway?.nodePorts ?? pulumi.output({});
    this.serviceName = gateway?.serviceName ?? none;
    this.secretName = gateway?.secretName ?? none;
    this.caCertificate = gateway?.caCertificate ?? none;
    this.resources = mesh.resources;
    this.registerOutputs({
      namespace: this.namespace,
      version: this.version,
      parentRef: this.parentRef,
      httpUrl: this.httpUrl,
      httpsUrl: this.httpsUrl,
      nodePorts: this.nodePorts,
      serviceName: this.serviceName,
      secretName: this.secretName,
      caCertificate: this.caCertificate,
      resources: this.resources,
    });
  }
}

/** The arguments with their defaults, as the values of the four charts and what these request. */
function normalize(what: string, args: AmbientMeshArgs, version: string) {
  const part = <T>(field: keyof AmbientMeshArgs & string, value: T) =>
    resolved(what, field, value, rules.fields[field]!);
  const namespace = part("namespace", args.namespace).apply((given) => given ?? meshDefaults.namespace);
  const shared = pulumi
    .all([
      namespace,
      part("telemetry", args.telemetry),
      part("accessLogs", args.accessLogs),
      part("images", args.images),
    ])
    .apply(([into, telemetry, accessLogs, images]) => ({
      version,
      namespace: into,
      platform: args.platform,
      telemetry,
      accessLogs,
      images,
    }));
  const base = shared.apply(baseValues);
  const istiod = pulumi
    .all([shared, part("controlPlane", args.controlPlane ?? {})])
    .apply(([all, own]) => istiodValues(all, own));
  const cni = pulumi.all([shared, part("cni", args.cni ?? {})]).apply(([all, own]) => cniValues(all, own));
  const ztunnel = pulumi
    .all([shared, part("dataplane", args.dataplane ?? {})])
    .apply(([all, own]) => ztunnelValues(all, own));
  const gateway = part("gateway", pick(args.gateway ?? {})).apply(gatewayRequests);
  const resources = pulumi.all([istiod, cni, ztunnel, gateway]).apply(([i, c, z, g]) => {
    const parts = { istiod: chartRequests(i), istioCni: chartRequests(c), ztunnel: chartRequests(z), gateway: g };
    return { ...parts, total: sumRequests(Object.values(parts)) };
  });
  return {
    namespace,
    nodeNamespace: namespace.apply((n) => nodeNamespace(args.platform, n)),
    base,
    istiod,
    cni,
    ztunnel,
    resources,
  };
}

/** What the gateway's requests depend on, so that they are known before the rest of its arguments is. */
function pick({ enabled, replicas, cpu, memory }: MeshGatewayArgs) {
  return { enabled, replicas, cpu, memory };
}

/** What all pods of the gateway request. */
export function gatewayRequests(gateway: {
  enabled?: boolean;
  replicas?: number;
  cpu?: string;
  memory?: string;
}): Requests {
  const usual = partDefaults.gateway;
  const one = { cpu: gateway.cpu ?? usual.cpu, memory: gateway.memory ?? usual.memory };
  return timesRequests(one, gateway.enabled === false ? 0 : (gateway.replicas ?? usual.replicas));
}

/** The releases of one mesh: same charts, same namespaces. */
function releaseInto(
  parent: pulumi.ComponentResource,
  cluster: Cluster,
  source: ChartSource,
  mesh: ReturnType<typeof normalize>,
) {
  return (name: string, chart: ChartName, opts: pulumi.CustomResourceOptions) => {
    const namespace = chart === "cni" || chart === "ztunnel" ? mesh.nodeNamespace : mesh.namespace;
    const resource = createRelease(name, source, chart, namespace, mesh[chart], opts);
    explainRelease(parent, cluster, resource, chart, namespace);
    return resource;
  };
}

/** A namespace of the mesh's own, or one taken over: the labels let cni and ztunnel do what they need. */
function createNamespace(
  name: string,
  args: AmbientMeshArgs,
  namespace: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const labels = { "pod-security.kubernetes.io/enforce": "privileged" };
  // Either way it is the same namespace: a mesh that is told to adopt its own must not delete it.
  const known = (type: string) => ({ ...opts, aliases: [{ type: `kubernetes:core/v1:${type}` }] });
  return args.adoptNamespace
    ? new k8s.core.v1.NamespacePatch(
        `${name}-namespace`,
        { metadata: { name: namespace, labels, annotations: { "pulumi.com/patchForce": "true" } } },
        known("Namespace"),
      )
    : new k8s.core.v1.Namespace(
        `${name}-namespace`,
        { metadata: { name: namespace, labels } },
        known("NamespacePatch"),
      );
}

/** The CRDs, unless the cluster brings its own. */
function createGatewayApi(
  name: string,
  args: AmbientMeshArgs,
  version: string,
  opts: pulumi.ComponentResourceOptions,
): GatewayApi[] {
  const { install, ...bundle } = args.gatewayApi ?? {};
  if (install === false) {
    return [];
  }
  const usual = bundle.source === undefined ? istioLine(version)?.gatewayApi : undefined;
  return [new GatewayApi(`${name}-gateway-api`, { ...bundle, version: bundle.version ?? usual }, opts)];
}

/**
 * Options of the gateway's component: what it makes beside its Gateway, such as certificates, waits for less than the
 * Gateway itself.
 */
function gatewayAfter(
  opts: pulumi.ComponentResourceOptions,
  others: pulumi.Resource[],
): pulumi.ComponentResourceOptions {
  const transformation: pulumi.ResourceTransformation = ({ type, props, opts: given }) =>
    type.startsWith("kubernetes:gateway.networking.k8s.io/") && type.endsWith(":Gateway")
      ? { props, opts: pulumi.mergeOptions(given, { dependsOn: others }) }
      : undefined;
  return pulumi.mergeOptions(opts, { transformations: [transformation] });
}

function createGateway(
  name: string,
  args: AmbientMeshArgs,
  namespace: pulumi.Output<string>,
  opts: pulumi.ComponentResourceOptions,
): IngressGateway | undefined {
  const { enabled, ...gateway } = args.gateway ?? {};
  return enabled === false
    ? undefined
    : new IngressGateway(`${name}-gateway`, { ...gateway, namespace: gateway.namespace ?? namespace }, opts);
}
