// An ingress gateway that istiod deploys: its overlay, its certificate, the Gateway, and the NodePorts of its Service.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { certificateDefaults, gatewayDefaults, meshDefaults, timeouts } from "../lib/defaults";
import {
  gatewaySpec,
  listenerPorts,
  listenerServicePorts,
  overlayData,
  patchedServicePorts,
  ServiceSettings,
  url,
} from "../lib/gateway-objects";
import { ingressGatewayRules as rules } from "../lib/gateway-rules";
import type { Awaited } from "../lib/waiting";
import { createCertificate, CertificateArgs, issuedBy } from "./certificate";
import { childOf, minutes } from "./children";
import { checkArgs, componentNamed, resolved, throwFaults } from "./inputs";
import { loadBalancerHost } from "./load-balancer";
import { portFaults } from "./cluster-claims";
import { awaitPods } from "./gateway-pods";
import { Cluster, ClusterArgs, clusterOf } from "./support/cluster";
import { beforeTheEnd, explainWait } from "./waiting";
import { announceGateway, GatewayFacts, plain } from "./program";

/** From which namespaces routes may attach to a gateway. */
export interface AllowedRoutesArgs {
  /**
   * All, Same (the gateway's own namespace) or Selector (namespaces with the labels of `selector`). With All every
   * namespace can claim any host name.
   * @default "All"
   * @example "Selector"
   */
  from?: pulumi.Input<string>;
  /**
   * Labels that a namespace must have.
   * @default none
   * @example { "hostk8s.stack": "shop" }
   */
  selector?: pulumi.Input<{ [label: string]: pulumi.Input<string> }>;
}

/** What an ingress gateway is called, how it is reached, and what it may use. */
export interface GatewayArgs {
  /**
   * Name of the Gateway. istiod calls its Deployment and Service `<name>-istio`. A change replaces the Gateway.
   * @default "hostk8s-gateway"
   * @example "public"
   */
  name?: pulumi.Input<string>;
  /**
   * Namespace of the Gateway, which has to exist. A change replaces the Gateway.
   * @default the mesh's
   * @example "ingress"
   */
  namespace?: pulumi.Input<string>;
  /**
   * Kind of the Service in front of the gateway pods: NodePort, LoadBalancer or ClusterIP.
   * @default "NodePort"
   * @example "LoadBalancer"
   */
  serviceType?: string;
  /**
   * Port that every node opens for http: 30000 to 32767.
   * @default 30081
   * @example 31080
   */
  httpNodePort?: pulumi.Input<number>;
  /**
   * Port that every node opens for https: 30000 to 32767. The default lies outside the band that Kubernetes keeps free
   * for named ports (30000 to 30085), so another Service may have been given it.
   * @default 30444
   * @example 31443
   */
  httpsNodePort?: pulumi.Input<number>;
  /**
   * Port under which `httpNodePort` is reached from outside, such as that of kind's port map. For URLs and redirects.
   * @default 8081
   * @example 80
   */
  httpHostPort?: pulumi.Input<number>;
  /**
   * Port under which `httpsNodePort` is reached from outside.
   * @default 8444
   * @example 443
   */
  httpsHostPort?: pulumi.Input<number>;
  /**
   * Name or address of the machine whose ports those are.
   * @default "localhost"
   * @example "192.168.1.20"
   */
  host?: pulumi.Input<string>;
  /**
   * Host names that the listeners serve, each with a listener of its own: the first has the listeners `http` and
   * `https`, the second `http-2` and `https-2`.
   * @default every host
   * @example ["*.apps.example.com"]
   */
  hostnames?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Number of gateway pods.
   * @default 1
   * @example 2
   */
  replicas?: pulumi.Input<number>;
  /**
   * CPU that a gateway pod requests.
   * @default "50m"
   * @example "200m"
   */
  cpu?: pulumi.Input<string>;
  /**
   * Memory that a gateway pod requests.
   * @default "64Mi"
   * @example "128Mi"
   */
  memory?: pulumi.Input<string>;
  /**
   * From which namespaces routes may attach.
   * @default all
   * @example { from: "Same" }
   */
  allowedRoutes?: AllowedRoutesArgs;
  /**
   * The certificate of the https listener.
   * @default one for localhost and hostk8s.local, by a CA of the gateway's own
   * @example { dnsNames: ["apps.example.com"], issuerName: "letsencrypt" }
   */
  certificate?: CertificateArgs;
}

/** An ingress gateway of its own, beside that of the mesh. */
export interface IngressGatewayArgs extends GatewayArgs {
  /**
   * The cluster of an explicit provider, unless another component has named it already.
   * @default that of the default provider
   * @example { context: "kind-kind" }
   */
  cluster?: ClusterArgs;
}

/** A Gateway as a route refers to it. */
export interface ParentReference {
  /** Name of the Gateway. */
  name: string;
  /** Its namespace. */
  namespace: string;
}

/** The NodePorts of a gateway; a port that is not open is missing. */
export interface GatewayNodePorts {
  /** Port of http on every node. */
  http?: number;
  /** Port of https on every node. */
  https?: number;
}

/**
 * A Gateway of class `istio` with http and https, which istiod turns into pods and a Service.
 *
 * ```ts
 * const gateway = new IngressGateway("public", { name: "public", namespace: mesh.namespace, httpNodePort: 30082 });
 * ```
 */
export class IngressGateway extends pulumi.ComponentResource {
  /** Name and namespace, for the `parentRefs` of routes. */
  public readonly parentRef: pulumi.Output<ParentReference>;
  /** Where http answers from outside. */
  public readonly httpUrl: pulumi.Output<string>;
  /** Where https answers from outside; empty without a certificate. */
  public readonly httpsUrl: pulumi.Output<string>;
  /** The ports that the nodes open; empty unless the Service is of type NodePort. */
  public readonly nodePorts: pulumi.Output<GatewayNodePorts>;
  /** Name of the Service that istiod makes. */
  public readonly serviceName: pulumi.Output<string>;
  /** Name of the Secret with the certificate; empty without one. */
  public readonly secretName: pulumi.Output<string>;
  /** The CA that signed the certificate, as PEM, for clients; empty where the issuer does not give it. */
  public readonly caCertificate: pulumi.Output<string>;

  constructor(name: string, args: IngressGatewayArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super("istio-ambient:index:IngressGateway", name, checkArgs("IngressGateway", name, args, rules), opts);
    throwFaults("IngressGateway", name, portFaults(this, name, args));
    const cluster = clusterOf(this, "IngressGateway", name, args.cluster);
    const gateway = normalize(componentNamed("IngressGateway", name), args);
    const overlay = createOverlay(this, name, gateway, opts);
    const certificate = createCertificate(this, name, cluster, gateway, args.certificate ?? {}, opts);
    const resource = createGateway(
      name,
      gateway,
      certificate.secretName,
      childOf(this, opts, overlay, ...certificate.before),
    );
    explainWait(this, cluster, resource, awaitedGateway(gateway), beforeTheEnd(timeouts.gateway));
    const patch = patchService(name, gateway, childOf(this, opts, resource));

    const serving = awaitPods(gateway, cluster, (patch ?? resource).id);
    const authority = issuedBy(certificate, cluster, serving);
    // A preview waits for nothing, and shows routes with the parent that they will have.
    const ready = pulumi.runtime.isDryRun() ? pulumi.output("") : pulumi.all([serving, authority]).apply(([id]) => id);
    const address = reachedAt(cluster, gateway, serving);
    this.parentRef = pulumi
      .all([gateway.name, gateway.namespace, ready])
      .apply(([n, namespace]) => ({ name: n, namespace }));
    announceGateway(this.parentRef, served(args));
    this.httpUrl = address.apply(({ host, http }) => url("http", host, http));
    this.httpsUrl = address.apply(({ host, https }) => (gateway.https ? url("https", host, https) : ""));
    this.nodePorts = gateway.service.apply((service) => openNodePorts(service));
    this.serviceName = gateway.serviceName;
    this.secretName = certificate.secretName;
    this.caCertificate = authority;
    this.registerOutputs({
      parentRef: this.parentRef,
      httpUrl: this.httpUrl,
      httpsUrl: this.httpsUrl,
      nodePorts: this.nodePorts,
      serviceName: this.serviceName,
      secretName: this.secretName,
      caCertificate: this.caCertificate,
    });
  }
}

/** What routes of the same program have to know of this gateway. */
function served(args: IngressGatewayArgs): GatewayFacts {
  const certificate = args.certificate ?? {};
  const unnamed = certificate.enabled === false || certificate.existing === true;
  const names = certificate.dnsNames === undefined ? [...certificateDefaults.dnsNames] : plain(certificate.dnsNames);
  const onNodes = (args.serviceType ?? gatewayDefaults.serviceType) === "NodePort";
  const hostnames = plain(args.hostnames) as string[] | undefined;
  const count = hostnames?.length ?? 1;
  return {
    hostnames,
    certificateNames: unnamed ? undefined : (names as string[] | undefined),
    httpsPort: onNodes ? (args.httpsHostPort ?? gatewayDefaults.httpsHostPort) : listenerPorts.https,
    listeners: { http: count, https: certificate.enabled === false ? 0 : count },
  };
}

/** The arguments with their defaults; what belongs together arrives together. */
function normalize(what: string, args: IngressGatewayArgs) {
  const part = <T>(field: keyof GatewayArgs & string, value: T) => resolved(what, field, value, rules.fields[field]!);
  const https = args.certificate?.enabled !== false;
  const serviceType = args.serviceType ?? gatewayDefaults.serviceType;
  const name = part("name", args.name).apply((given) => given ?? gatewayDefaults.name);
  const { httpNodePort, httpsNodePort, replicas, cpu, memory, httpHostPort, httpsHostPort, host } = args;
  return {
    https,
    serviceType,
    name,
    namespace: part("namespace", args.namespace).apply((given) => given ?? meshDefaults.namespace),
    serviceName: pulumi.interpolate`${name}-istio`,
    service: pulumi
      .all([part("httpNodePort", httpNodePort), part("httpsNodePort", httpsNodePort)])
      .apply(([http, onHttps]) => ({ serviceType, https, httpNodePort: http, httpsNodePort: onHttps })),
    pods: pulumi
      .all([part("replicas", replicas), part("cpu", cpu), part("memory", memory)])
      .apply(([count, cores, bytes]) => ({ replicas: count, cpu: cores, memory: bytes })),
    outside: pulumi
      .all([part("host", host), part("httpHostPort", httpHostPort), part("httpsHostPort", httpsHostPort)])
      .apply(([at, http, onHttps]) => ({
        host: at ?? gatewayDefaults.host,
        http: http ?? gatewayDefaults.httpHostPort,
        https: onHttps ?? gatewayDefaults.httpsHostPort,
      })),
    hostnames: part("hostnames", args.hostnames),
    allowedRoutes: part("allowedRoutes", args.allowedRoutes),
    certificate: part("certificate", args.certificate ?? {}),
  };
}

type Normalized = ReturnType<typeof normalize>;

/**
 * The ConfigMap that istiod merges onto what it makes: in place first, or the Service would start as a LoadBalancer.
 * Its data come by a patch, because the plugin replaces a ConfigMap whose data change: the gateway would lose its
 * NodePorts while the ConfigMap is away.
 */
function createOverlay(
  parent: pulumi.ComponentResource,
  name: string,
  gateway: Normalized,
  opts: pulumi.ComponentResourceOptions | undefined,
): pulumi.Resource {
  const metadata = { name: overlayName(gateway), namespace: gateway.namespace };
  const configMap = new k8s.core.v1.ConfigMap(`${name}-overlay`, { metadata }, childOf(parent, opts));
  return new k8s.core.v1.ConfigMapPatch(
    `${name}-overlay-data`,
    {
      metadata: { ...metadata, annotations: { "pulumi.com/patchForce": "true" } },
      data: pulumi.all([gateway.service, gateway.pods]).apply(([service, pods]) => overlayData(service, pods)),
    },
    // The ConfigMap goes as a whole: taking the data out first would only fail where it is gone already.
    { ...childOf(parent, opts, configMap), retainOnDelete: true },
  );
}

function overlayName(gateway: Normalized): pulumi.Output<string> {
  return pulumi.interpolate`${gateway.name}-overlay`;
}

function createGateway(
  name: string,
  gateway: Normalized,
  secretName: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const spec = pulumi
    .all([gateway.hostnames, secretName, gateway.allowedRoutes, gateway.name, overlayName(gateway)])
    .apply(([hostnames, secret, allowedRoutes, gatewayName, overlay]) =>
      gatewaySpec({ https: gateway.https, hostnames, secretName: secret, allowedRoutes }, gatewayName, overlay),
    );
  return new k8s.apiextensions.CustomResource(
    `${name}-gateway`,
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: {
        name: gateway.name,
        namespace: gateway.namespace,
        annotations: { "pulumi.com/waitFor": "condition=Programmed" },
      },
      spec,
    },
    // Two Gateways cannot hold the same NodePorts while one replaces the other.
    { ...opts, ...minutes(timeouts.gateway), deleteBeforeReplace: true },
  );
}

/** What a wait for the Gateway is about. */
function awaitedGateway({ name, namespace }: Normalized): pulumi.Output<Awaited> {
  return pulumi.all([name, namespace]).apply(([gateway, into]) => ({
    kind: "Gateway",
    path: `/apis/gateway.networking.k8s.io/v1/namespaces/${into}/gateways`,
    namespace: into,
    name: gateway,
    condition: "Programmed",
  }));
}

/** Puts the NodePorts into Pulumi's state, so that a refresh sees them and an update repairs them. */
function patchService(
  name: string,
  gateway: Normalized,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ServicePatch | undefined {
  if (gateway.serviceType !== "NodePort") {
    return undefined;
  }
  return new k8s.core.v1.ServicePatch(
    `${name}-service`,
    {
      metadata: {
        name: gateway.serviceName,
        namespace: gateway.namespace,
        annotations: { "pulumi.com/patchForce": "true", "pulumi.com/skipAwait": "true" },
      },
      spec: gateway.service.apply((service) => ({ type: service.serviceType, ports: patchedServicePorts(service) })),
    },
    // The Service goes with its Gateway; a patch cannot give back ports that a Service has to have.
    { ...opts, retainOnDelete: true },
  );
}

/** Where the listeners answer: the host's ports, the load balancer's address, or the Service's name in the cluster. */
function reachedAt(
  cluster: Cluster,
  gateway: Normalized,
  ready: pulumi.Output<string>,
): pulumi.Output<{ host: string; http: number; https: number }> {
  if (gateway.serviceType === "NodePort") {
    return gateway.outside;
  }
  if (gateway.serviceType === "ClusterIP") {
    return pulumi
      .all([gateway.serviceName, gateway.namespace])
      .apply(([service, namespace]) => ({ host: `${service}.${namespace}.svc`, ...listenerPorts }));
  }
  return loadBalancerHost(cluster, gateway, ready).apply((host) => ({ host, ...listenerPorts }));
}

function openNodePorts(service: ServiceSettings): GatewayNodePorts {
  const open = listenerServicePorts(service).filter((port) => port.nodePort !== undefined);
  return Object.fromEntries(open.map((port) => [port.name, port.nodePort]));
}
