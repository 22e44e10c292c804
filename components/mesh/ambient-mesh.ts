// The whole mesh: namespace, Gateway API, the four charts in order, and the shared ingress gateway.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  baseValues,
  chartRequests,
  cniValues,
  istiodValues,
  namespaceLabels,
  nodeNamespace,
  Requests,
  sumRequests,
  timesRequests,
  ztunnelValues,
} from "./objects";
import { meshChildren } from "./children";
import { gatewayApiOf, sharedGateway } from "./manifest";
import { meshDefaults, partDefaults } from "../../lib/istio/defaults";
import { partRequests } from "../../lib/istio/lean";
import { componentMark, stackMark } from "../../lib/ownership/marks";
import type { ChartName } from "../../lib/istio/releases";
import type { Violation } from "../../lib/validation/violations";
import { meshRules as rules } from "./rules";
import { allowances, partRule } from "./chart-rules";
import { chartViolations, ChartSource, chartSource, createRelease, explainRelease } from "./charts";
import { claimNodePorts } from "../support/node-ports";
import { announceParts } from "../support/parts";
import { registry, stackName } from "../support/program";
import { childOf } from "../support/children";
import { GatewayApi } from "../gateway-api/gateway-api";
import { IngressGateway } from "../gateway/ingress-gateway";
import { GatewayNodePorts, GatewayReference } from "../gateway/args";
import { dataPlane } from "./data-plane";
import { leftovers } from "./leftovers";
import { checkArgs, componentNamed, resolved, throwViolations } from "../support/arguments";
import { afterJudgement, importing } from "../support/ownership";
import { Cluster, clusterId, clusterOf } from "../support/cluster";
import { announceReference } from "../support/given-resources";
import { childrenOf, keepChildren } from "../support/made";
import { warnOfOutsideUpgrades } from "./outside-upgrades";
import { preflight } from "./preflight";
import { AmbientMeshArgs, MeshGatewayArgs, MeshResources } from "./args";

const TYPE = "istio-ambient:index:AmbientMesh";
const none: pulumi.Output<string | undefined> = pulumi.output(undefined);

/** The resources of an AmbientMesh. */
export interface AmbientMeshChildren {
  /** The namespace, or the patch of an adopted one. */
  namespace: pulumi.CustomResource;
  /** The Gateway API CRDs; absent with `gatewayApi: { install: false }`. */
  gatewayApi?: GatewayApi;
  /** The Helm release `istio-base`. */
  base: k8s.helm.v3.Release;
  /** The Helm release `istiod`. */
  istiod: k8s.helm.v3.Release;
  /** The Helm release `istio-cni`. */
  cni: k8s.helm.v3.Release;
  /** The Helm release `ztunnel`. */
  ztunnel: k8s.helm.v3.Release;
  /** The Command that waits until every node carries traffic. */
  dataPlane: pulumi.CustomResource;
  /** The Command that deletes the remains of istiod at destroy. */
  leftovers: pulumi.CustomResource;
  /** The shared gateway; absent with `gateway: { enabled: false }`. */
  gateway?: IngressGateway;
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
  /**
   * The gateway, for the `parent` of routes and for policies, in this stack and others; absent with `gateway: {
   * enabled: false }`.
   */
  public readonly gateway: pulumi.Output<GatewayReference>;
  /** URL of the gateway for HTTP; absent without a gateway. */
  public readonly httpUrl: pulumi.Output<string | undefined>;
  /** URL of the gateway for HTTPS; absent without a certificate. */
  public readonly httpsUrl: pulumi.Output<string | undefined>;
  /** The NodePorts of the gateway. */
  public readonly nodePorts: pulumi.Output<GatewayNodePorts>;
  /** Name of the gateway's Service; absent without a gateway. */
  public readonly serviceName: pulumi.Output<string | undefined>;
  /** Name of the Secret with the gateway's certificate; absent without one. */
  public readonly secretName: pulumi.Output<string | undefined>;
  /** The CA that signed the certificate, as PEM, for clients; absent if the issuer does not provide it. */
  public readonly caCertificate: pulumi.Output<string | undefined>;
  /** CPU and memory requests of the mesh. */
  public readonly resources: pulumi.Output<MeshResources>;

  constructor(name: string, args: AmbientMeshArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(TYPE, name, checkArgs("AmbientMesh", name, args, rules, chartViolations(args)), opts);
    throwViolations("AmbientMesh", name, [...claimMesh(this, name), ...claimPorts(this, name, args)]);
    const cluster = clusterOf(this, "AmbientMesh", name, args.cluster);
    const source = chartSource(args.charts, args.version);
    allowances(args, source.version).forEach((text) => void pulumi.log.warn(text, this));
    const mesh = normalize(componentNamed("AmbientMesh", name), args, source.version);
    const release = releaseInto(this, name, cluster, source, mesh);
    const seen = preflight(this, name, args, cluster, { ...mesh, version: source.version }, opts);
    const after = (...others: pulumi.Input<pulumi.Resource>[]) => importing(seen.own, childOf(this, opts, ...others));

    announceParts(this, componentNamed("AmbientMesh", name), {
      [meshChildren.gateway(name)]: "gateway",
      [meshChildren.gatewayApi(name)]: "gatewayApi",
    });
    const namespace = createNamespace(name, args, afterJudgement({ cluster }, seen.namespace), after());
    const gatewayApi = createGatewayApi(name, args, source.version, after(namespace));
    const base = release("base", after(namespace));
    const left = leftovers(meshChildren.leftovers(name), cluster, after(namespace));
    const istiod = release("istiod", after(base, left));
    const cni = release("cni", after(istiod));
    const ztunnel = release("ztunnel", after(cni));
    warnOfOutsideUpgrades(this, seen.releases, [base, istiod, cni, ztunnel]);
    const ready = dataPlane(name, cluster, args, mesh, [istiod, cni, ztunnel], seen.repair, after(ztunnel));
    const gateway = createGateway(name, args, mesh.namespace, gatewayAfter(after(namespace), [ready, ...gatewayApi]));

    const releases = { base, istiod, cni, ztunnel };
    const made = { namespace, gatewayApi: gatewayApi[0], ...releases, dataPlane: ready, leftovers: left, gateway };
    keepChildren<AmbientMeshChildren>(this, made);

    this.namespace = mesh.namespace;
    this.version = ready.id.apply(() => source.version);
    this.gateway = gateway?.reference ?? absent();
    announceReference(this, this.gateway);
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
      gateway: this.gateway,
      httpUrl: this.httpUrl,
      httpsUrl: this.httpsUrl,
      nodePorts: this.nodePorts,
      serviceName: this.serviceName,
      secretName: this.secretName,
      caCertificate: this.caCertificate,
      resources: this.resources,
    });
  }

  /** The raw resources: `namespace`, the four releases, `dataPlane`, and `gatewayApi` and `gateway` if they exist. */
  public get children(): AmbientMeshChildren {
    return childrenOf(this);
  }
}

/** Claims the cluster for this mesh. */
function claimMesh(mesh: AmbientMesh, name: string): Violation[] {
  const claimant = { shown: componentNamed("AmbientMesh", name), name };
  const other = registry().meshes.claim({ cluster: clusterId(mesh) }, claimant);
  const rule = `${other?.shown} of this program is on the same cluster already; a cluster has one mesh`;
  const fix = `new AmbientMesh("${name}", {}, { provider: otherCluster })`;
  return other === undefined ? [] : [{ path: "provider", got: undefined, rule, fix }];
}

/** Claims the ports of the mesh's gateway, which comes long after everything that would have to be taken back. */
function claimPorts(mesh: AmbientMesh, name: string, { gateway = {} }: AmbientMeshArgs): Violation[] {
  const shown = `the gateway of ${componentNamed("AmbientMesh", name)}`;
  const claiming = { shown, name, opener: { name: meshChildren.gateway(name), parent: mesh }, path: "gateway" };
  return gateway.enabled === false ? [] : claimNodePorts(clusterId(mesh), claiming, gateway);
}

/** The arguments with their defaults, as the values of the four charts and what these request. */
function normalize(what: string, args: AmbientMeshArgs, version: string) {
  const part = <T>(field: keyof AmbientMeshArgs & string, value: T) =>
    resolved(what, field, value, partRule(field, args, version));
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
      footprint: args.footprint,
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
  const gateway = part("gateway", pick(args.gateway ?? {})).apply((own) => gatewayRequests(own, args.footprint));
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
export function gatewayRequests(
  gateway: { enabled?: boolean; replicas?: number; cpu?: string; memory?: string },
  footprint?: string,
): Requests {
  const usual = partRequests(footprint).gateway;
  const one = { cpu: gateway.cpu ?? usual.cpu, memory: gateway.memory ?? usual.memory };
  return timesRequests(one, gateway.enabled === false ? 0 : (gateway.replicas ?? partDefaults.gateway.replicas));
}

/** An output that does not apply. Who uses it as a parent is told so. */
function absent(): pulumi.Output<GatewayReference> {
  return pulumi.output(undefined) as unknown as pulumi.Output<GatewayReference>;
}

/** The releases of one mesh: same charts, same namespaces. */
function releaseInto(
  parent: pulumi.ComponentResource,
  name: string,
  cluster: Cluster,
  source: ChartSource,
  mesh: ReturnType<typeof normalize>,
) {
  return (chart: ChartName, opts: pulumi.CustomResourceOptions) => {
    const namespace = chart === "cni" || chart === "ztunnel" ? mesh.nodeNamespace : mesh.namespace;
    const resource = createRelease(meshChildren.release(name, chart), source, chart, namespace, mesh[chart], opts);
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
): pulumi.CustomResource {
  const labels = namespaceLabels;
  const mark = { [stackMark]: stackName(), [componentMark]: componentNamed("AmbientMesh", name) };
  // Either way it is the same namespace: a mesh that is told to adopt its own must not delete it.
  const known = (type: string) => ({ ...opts, aliases: [{ type: `kubernetes:core/v1:${type}` }] });
  return args.adoptNamespace
    ? new k8s.core.v1.NamespacePatch(
        meshChildren.namespace(name),
        { metadata: { name: namespace, labels, annotations: { ...mark, "pulumi.com/patchForce": "true" } } },
        known("Namespace"),
      )
    : new k8s.core.v1.Namespace(
        meshChildren.namespace(name),
        { metadata: { name: namespace, labels, annotations: mark } },
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
  const bundle = gatewayApiOf(args.gatewayApi ?? {}, version);
  return bundle ? [new GatewayApi(meshChildren.gatewayApi(name), bundle, opts)] : [];
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
  const gateway = sharedGateway(args.gateway ?? {}, namespace, args.footprint);
  return gateway && new IngressGateway(meshChildren.gateway(name), gateway, opts);
}
