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
} from "./objects";
import { meshDefaults, partDefaults } from "../../lib/istio/defaults";
import { ChartName, istioLine } from "../../lib/istio/releases";
import { meshRules as rules } from "./rules";
import { chartFaults, ChartSource, chartSource, createRelease, explainRelease } from "./charts";
import { meshFaults } from "../support/cluster-claims";
import { childOf } from "../support/children";
import { GatewayApi } from "../gateway-api/gateway-api";
import { IngressGateway } from "../gateway/ingress-gateway";
import { GatewayNodePorts } from "../gateway/args";
import { ParentReference } from "../gateway/args";
import { dataPlane } from "./data-plane";
import { checkArgs, componentNamed, resolved, throwFaults } from "../support/arguments";
import { ownedBy } from "../support/ownership";
import { Cluster, clusterOf } from "../support/cluster";
import { preflight } from "./preflight";
import { AmbientMeshArgs, MeshGatewayArgs, MeshResources } from "./args";

const TYPE = "istio-ambient:index:AmbientMesh";
const none = pulumi.output("");

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
