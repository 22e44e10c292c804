// An ingress gateway that istiod deploys: its overlay, its certificate, the Gateway, and the NodePorts of its Service.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { gatewayDefaults, meshDefaults, timeouts } from "../../lib/istio/defaults";
import {
  certificateNames,
  gatewayReference,
  gatewaySpec,
  listenerPorts,
  listenerServicePorts,
  overlayData,
  patchedService,
  ServiceSettings,
  url,
} from "./objects";
import type { Protocol, Served } from "../../lib/gateway-api/reference";
import { gatewayChildren } from "./children";
import { gatewayObjects, listenerName } from "../../lib/istio/names";
import { certificateOfHostnames, ingressGatewayRules as rules } from "./rules";
import type { Awaited } from "../../lib/cluster-state/waiting";
import { createCertificate, issuedBy } from "./certificate";
import { placesOfGateway } from "./references";
import { CertificateArgs, GatewayArgs, GatewayNodePorts, GatewayReference, IngressGatewayArgs } from "./args";
import { childOf, minutes } from "../support/children";
import { checkArgs, componentNamed, refuseLate, resolved, throwViolations, withName } from "../support/arguments";
import { askNamespace } from "../support/pod-admission";
import { announceReference } from "../support/given-resources";
import { loadBalancerHost } from "./load-balancer";
import { claimNodePorts } from "../support/node-ports";
import { awaitPods } from "./pods";
import { Cluster, clusterId, clusterOf } from "../support/cluster";
import { beforeTheEnd, explainWait } from "../support/explain-wait";
import { announceListeners } from "../support/planned";
import { childrenOf, keepChildren } from "../support/made";
import { factsOf } from "../support/mesh-facts";
import { anotherName, ownObject, Writer } from "../support/ownership";
import { toldAs, type Told } from "../support/parts";
import { announceGateway, earlyName, plain } from "../support/program";
import { below } from "../../lib/validation/rules";

/** The resources of an IngressGateway. */
export interface IngressGatewayChildren {
  /** The Gateway, for which istiod creates the pods and the Service. */
  gateway: k8s.apiextensions.CustomResource;
  /** The ConfigMap that istiod merges into these. */
  overlay: k8s.core.v1.ConfigMap;
  /** The data of that ConfigMap. */
  overlayData: k8s.core.v1.ConfigMapPatch;
  /** The Certificate; absent if none is issued. */
  certificate?: k8s.apiextensions.CustomResource;
  /** The gateway's own CA: two Issuers and a Certificate; empty with `issuerName`. */
  authority: k8s.apiextensions.CustomResource[];
  /** The type of the Service, and its NodePorts if it is a NodePort. */
  service: k8s.core.v1.ServicePatch;
}

/**
 * A Gateway of class `istio` with HTTP and HTTPS, for which istiod creates pods and a Service.
 *
 * ```ts
 * const gateway = new IngressGateway("public", { name: "public", namespace: mesh.namespace, httpNodePort: 30082 });
 * ```
 */
export class IngressGateway extends pulumi.ComponentResource {
  /**
   * The gateway, for the `parent` of routes and for policies, in this stack and others. Available once the gateway
   * serves.
   */
  public readonly reference: pulumi.Output<GatewayReference>;
  /** URL of the gateway for HTTP. */
  public readonly httpUrl: pulumi.Output<string>;
  /** URL of the gateway for HTTPS; absent without a certificate. */
  public readonly httpsUrl: pulumi.Output<string | undefined>;
  /** The NodePorts of the gateway; empty unless the Service is of type NodePort. */
  public readonly nodePorts: pulumi.Output<GatewayNodePorts>;
  /** Name of the Service that istiod creates. */
  public readonly serviceName: pulumi.Output<string>;
  /** Name of the Secret with the certificate; absent without one. */
  public readonly secretName: pulumi.Output<string | undefined>;
  /** The CA that signed the certificate, as PEM, for clients; absent if the issuer does not provide it. */
  public readonly caCertificate: pulumi.Output<string | undefined>;

  constructor(name: string, args: IngressGatewayArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(
      "istio-ambient:index:IngressGateway",
      name,
      checkArgs("IngressGateway", name, withName(name, args), rules),
      opts,
    );
    const opener = { name, parent: opts?.parent };
    const claiming = { shown: componentNamed("IngressGateway", name), name, opener, path: "" };
    throwViolations("IngressGateway", name, claimNodePorts(clusterId(this), claiming, args));
    const cluster = clusterOf(this, "IngressGateway", name, args.cluster);
    const told = toldAs("IngressGateway", name, opts);
    const gateway = normalize(told, name, args);
    // What is a part of a mesh was seen by its preflight.
    const isJudged = (factsOf(opts?.parent) ?? "skipped") !== "skipped";
    const namespace = earlyName(args.namespace);
    const what = componentNamed("IngressGateway", name);
    const writer = { what, told: told.what, cluster, opts, namespace, isJudged };
    const overlay = createOverlay(this, name, writer, gateway);
    const certificate = createCertificate(this, name, writer, gateway, args.certificate ?? {});
    const resource = createGateway(
      name,
      args,
      writer,
      gateway,
      certificate.secretName,
      childOf(this, opts, overlay.overlayData, ...certificate.before),
    );
    explainWait(this, cluster, resource, awaitedGateway(gateway), beforeTheEnd(timeouts.gateway));
    const patch = patchService(name, gateway, childOf(this, opts, resource));
    const { resource: issued, authority: signers } = certificate;
    const made = { gateway: resource, ...overlay, certificate: issued, authority: signers, service: patch };
    keepChildren<IngressGatewayChildren>(this, made);
    if (!isJudged) askNamespace(this, what, cluster, "gateway", gateway);

    const serving = awaitPods(gateway, cluster, patch.id);
    const authority = issuedBy(certificate, cluster, serving);
    // A preview waits for nothing, and shows routes with the parent that they will have.
    const ready = pulumi.runtime.isDryRun() ? pulumi.output("") : pulumi.all([serving, authority]).apply(([id]) => id);
    const address = reachedAt(cluster, gateway, serving);
    this.reference = referenceOf(gateway, ready);
    announceGateway(this.reference, served(args));
    announceReference(this, this.reference);
    this.httpUrl = address.apply(({ host, http }) => url("http", host, http));
    this.httpsUrl = address.apply(({ host, https }) => (gateway.https ? url("https", host, https) : undefined));
    this.nodePorts = gateway.service.apply((service) => openNodePorts(service));
    this.serviceName = gateway.serviceName;
    this.secretName = certificate.secretName;
    this.caCertificate = authority;
    this.registerOutputs({
      reference: this.reference,
      httpUrl: this.httpUrl,
      httpsUrl: this.httpsUrl,
      nodePorts: this.nodePorts,
      serviceName: this.serviceName,
      secretName: this.secretName,
      caCertificate: this.caCertificate,
    });
  }

  /** The raw resources: `gateway`, `overlay`, `service`, and `certificate` if it exists. */
  public get children(): IngressGatewayChildren {
    return childrenOf(this);
  }
}

function referenceOf(gateway: Normalized, ready: pulumi.Output<string>): pulumi.Output<GatewayReference> {
  const { name, namespace, https, serviceType, hostnames, outside, certificate } = gateway;
  return pulumi
    .all([name, namespace, hostnames, outside, certificate, ready])
    .apply(([known, into, hosts, ports, { enabled, existing, dnsNames }]) =>
      gatewayReference({
        name: known,
        namespace: into,
        https,
        hostnames: hosts,
        hostPorts: serviceType === "NodePort" ? { http: ports.http, https: ports.https } : undefined,
        certificateNames: enabled === false || existing === true ? undefined : dnsNames,
      }),
    );
}

/** What routes of the same program know of this gateway before it is there: all that is plain. */
function served(args: IngressGatewayArgs): Served {
  const certificate = args.certificate ?? {};
  const unnamed = certificate.enabled === false || certificate.existing === true;
  const hostnames = plain(args.hostnames) as string[] | undefined;
  const names = plainNames(certificate.dnsNames, args.hostnames);
  const count = hostnames?.length ?? 1;
  const named = (protocol: Protocol, number: number) =>
    Array.from({ length: number }, (_, index) => listenerName(protocol, index));
  return {
    hostnames,
    certificateNames: unnamed ? undefined : names,
    httpsPort: plain(args.httpsHostPort) ?? gatewayDefaults.httpsHostPort,
    listeners: { http: named("http", count), https: named("https", certificate.enabled === false ? 0 : count) },
  };
}

/** The names in the certificate; undefined where one of them has still to arrive. */
function plainNames(given: CertificateArgs["dnsNames"], hostnames: GatewayArgs["hostnames"]): string[] | undefined {
  const decisive = given ?? hostnames;
  return decisive === undefined ? certificateNames({}, undefined).dnsNames : (plain(decisive) as string[] | undefined);
}

/** The arguments with their defaults; what belongs together arrives together. */
function normalize(told: Told, componentName: string, args: IngressGatewayArgs) {
  const part = <T>(field: keyof GatewayArgs & string, value: T) =>
    resolved(told.what, below(told.path, field), value, rules.fields[field]!);
  const https = args.certificate?.enabled !== false;
  const serviceType = args.serviceType ?? gatewayDefaults.serviceType;
  const name = part("name", args.name).apply((given) => given ?? componentName);
  const hostnames = part("hostnames", args.hostnames);
  const { httpNodePort, httpsNodePort, replicas, cpu, memory, httpHostPort, httpsHostPort, host } = args;
  return {
    https,
    serviceType,
    name,
    namespace: part("namespace", args.namespace).apply((given) => given ?? meshDefaults.namespace),
    serviceName: name.apply(gatewayObjects.service),
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
    hostnames,
    allowedRoutes: part("allowedRoutes", args.allowedRoutes),
    allowedListeners: part("allowedListeners", args.allowedListeners),
    certificate: pulumi
      .all([part("certificate", args.certificate ?? {}), hostnames])
      .apply(async ([certificate, hosts]) => {
        await refuseLate(told.what, certificateOfHostnames({ hostnames: hosts, certificate }, told.path, []));
        return { ...certificate, ...certificateNames(certificate, hosts) };
      }),
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
  writer: Writer,
  gateway: Normalized,
): Pick<IngressGatewayChildren, "overlay" | "overlayData"> {
  const { opts } = writer;
  const metadata = { name: overlayName(gateway), namespace: gateway.namespace };
  const wayOut = gateway.name.apply((taken) => anotherName(taken));
  const own = ownObject(writer, "ConfigMap", metadata, wayOut);
  const overlay = new k8s.core.v1.ConfigMap(gatewayChildren.overlay(name), { metadata: own }, childOf(parent, opts));
  const patch = new k8s.core.v1.ConfigMapPatch(
    gatewayChildren.overlayData(name),
    {
      metadata: { ...metadata, annotations: { "pulumi.com/patchForce": "true" } },
      data: pulumi.all([gateway.service, gateway.pods]).apply(([service, pods]) => overlayData(service, pods)),
    },
    // The ConfigMap goes as a whole: taking the data out first would only fail where it is gone already.
    { ...childOf(parent, opts, overlay), retainOnDelete: true },
  );
  return { overlay, overlayData: patch };
}

function overlayName(gateway: Normalized): pulumi.Output<string> {
  return gateway.name.apply(gatewayObjects.overlay);
}

function createGateway(
  name: string,
  args: IngressGatewayArgs,
  writer: Writer,
  gateway: Normalized,
  secretName: pulumi.Output<string | undefined>,
  opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
  const annotations = { "pulumi.com/waitFor": "condition=Programmed" };
  const metadata = { name: gateway.name, namespace: gateway.namespace, annotations };
  const wayOut = pulumi.all([gateway.name, writer.namespace ?? gateway.namespace]).apply(([taken, namespace]) => {
    return anotherName(
      taken,
      `, or attach routes to that gateway by \`parent: { name: "${taken}", namespace: "${namespace}" }\``,
    );
  });
  const made = (["Deployment", "Service"] as const).map((kind) => ({
    kind,
    maker: "istiod" as const,
    name: gatewayObjects.service,
  }));
  const spec = pulumi
    .all([
      gateway.hostnames,
      secretName,
      gateway.allowedRoutes,
      gateway.allowedListeners,
      gateway.name,
      overlayName(gateway),
    ])
    .apply(([hostnames, secret, allowedRoutes, allowedListeners, gatewayName, overlay]) => {
      const listeners = { https: gateway.https, hostnames, secretName: secret, allowedRoutes, allowedListeners };
      return gatewaySpec(listeners, gatewayName, overlay);
    });
  announceListeners(writer.cluster, gateway.name, gateway.namespace, spec);
  return new k8s.apiextensions.CustomResource(
    gatewayChildren.gateway(name),
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: ownObject(writer, "Gateway", metadata, wayOut, {
        made,
        refersTo: (into, own) => placesOfGateway(args, own, into),
      }),
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

/**
 * Puts the type and the NodePorts of the Service into Pulumi's state, so that a refresh sees them and an update repairs
 * them. A Service of another type has this patch too: it gives up the ports that it held as a NodePort, which would
 * outlive their listeners otherwise.
 */
function patchService(name: string, gateway: Normalized, opts: pulumi.CustomResourceOptions): k8s.core.v1.ServicePatch {
  return new k8s.core.v1.ServicePatch(
    gatewayChildren.service(name),
    {
      metadata: {
        name: gateway.serviceName,
        namespace: gateway.namespace,
        annotations: { "pulumi.com/patchForce": "true", "pulumi.com/skipAwait": "true" },
      },
      spec: gateway.service.apply((service) => patchedService(service)),
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
