// Specs of the objects behind an ingress gateway: the Gateway, its overlay, its Service's ports, its certificates.
import { stringify } from "yaml";
import { certificateDefaults as cert, gatewayDefaults, partDefaults } from "../../lib/istio/defaults";
import { gatewayObjects, listenerName } from "../../lib/istio/names";
import { openedPorts } from "../../lib/istio/node-ports";

/** Port of the gateway pods' readiness, which istiod puts first in every gateway Service. */
const statusPort = { name: "status-port", port: 15021, protocol: "TCP" };

/** Ports of the two listeners inside the Service. */
export const listenerPorts = { http: 80, https: 443 } as const;

/** The Service in front of the gateway pods. */
export interface ServiceSettings {
  serviceType: string;
  httpNodePort?: number;
  httpsNodePort?: number;
  /** False: no https port. */
  https: boolean;
}

/** The gateway pods. */
export interface PodSettings {
  replicas?: number;
  cpu?: string;
  memory?: string;
}

/** From which namespaces routes, or ListenerSets, may attach. */
export interface AllowedNamespaces {
  from?: string;
  selector?: { [label: string]: string };
}

/** What the listeners serve. */
export interface ListenerSettings {
  https: boolean;
  hostnames?: string[];
  /** Of the https listeners. */
  secretName?: string;
  allowedRoutes?: AllowedNamespaces;
  allowedListeners?: AllowedNamespaces;
}

/** A port of the gateway's Service. */
export interface ServicePort {
  name: string;
  port: number;
  protocol: string;
  nodePort?: number;
}

/** The listeners' ports, with their NodePorts where the Service has any. */
export function listenerServicePorts(service: ServiceSettings): ServicePort[] {
  const [onHttp, onHttps] = openedPorts(service);
  const http = { name: "http", port: listenerPorts.http, protocol: "TCP" };
  const https = { name: "https", port: listenerPorts.https, protocol: "TCP" };
  return [
    { ...http, ...(onHttp && { nodePort: onHttp.port }) },
    ...(service.https ? [{ ...https, ...(onHttps && { nodePort: onHttps.port }) }] : []),
  ];
}

/** All ports in the order in which istiod writes them: the plugin compares them by position. */
export function servicePorts(service: ServiceSettings): ServicePort[] {
  return [statusPort, ...listenerServicePorts(service)];
}

/** What a stack holds of the Service that istiod makes: its type, and the ports of a NodePort. */
export function patchedService(service: ServiceSettings): { type: string; ports?: ServicePort[] } {
  const { serviceType: type } = service;
  return type === "NodePort" ? { type, ports: servicePorts(service) } : { type };
}

/** The keys of the overlay ConfigMap that istiod merges onto the objects it makes for the Gateway. */
export function overlayData(service: ServiceSettings, pods: PodSettings): { [key: string]: string } {
  const container = {
    name: "istio-proxy",
    resources: {
      requests: { cpu: pods.cpu ?? partDefaults.gateway.cpu, memory: pods.memory ?? partDefaults.gateway.memory },
      // Null takes away the limits that istiod's own template sets.
      limits: null,
    },
  };
  return {
    deployment: stringify({
      spec: {
        replicas: pods.replicas ?? partDefaults.gateway.replicas,
        template: { spec: { containers: [container] } },
      },
    }),
    service: stringify({ spec: { type: service.serviceType, ports: listenerServicePorts(service) } }),
  };
}

/** The Gateway's spec. */
export function gatewaySpec(listeners: ListenerSettings, gatewayName: string, overlayName: string): object {
  const allowedRoutes = namespacesOf(gatewayDefaults.allowedFrom, listeners.allowedRoutes);
  const allowedListeners = namespacesOf(gatewayDefaults.listenersFrom, listeners.allowedListeners);
  const tls = { mode: "Terminate", certificateRefs: [{ group: "", kind: "Secret", name: listeners.secretName }] };
  return {
    gatewayClassName: "istio",
    ...(allowedListeners.namespaces.from === "None" ? {} : { allowedListeners }),
    infrastructure: {
      // Without an annotation here istiod copies those of the Gateway itself, waitFor among them, onto the Service.
      annotations: { "istio-ambient/gateway": gatewayName },
      parametersRef: { group: "", kind: "ConfigMap", name: overlayName },
    },
    listeners: listenerNames(listeners.https, listeners.hostnames).map(({ name, protocol, hostname }) => ({
      name,
      port: listenerPorts[protocol],
      protocol: protocol.toUpperCase(),
      ...(hostname === undefined ? {} : { hostname }),
      ...(protocol === "https" ? { tls } : {}),
      allowedRoutes,
    })),
  };
}

function namespacesOf(usual: string, { from = usual, selector = {} }: AllowedNamespaces = {}) {
  return { namespaces: { from, ...(from === "Selector" ? { selector: { matchLabels: selector } } : {}) } };
}

/** What others are told of a gateway. */
export interface ReferenceSettings {
  name: string;
  namespace: string;
  https: boolean;
  hostnames?: string[];
  /** Ports outside of the cluster, where there are any. */
  hostPorts?: { http: number; https: number };
  /** Names in the certificate, where one is issued. */
  certificateNames?: string[];
}

/** A gateway as routes and policies refer to it. */
export function gatewayReference({
  name,
  namespace,
  https,
  hostnames,
  hostPorts,
  certificateNames,
}: ReferenceSettings) {
  return {
    name,
    namespace,
    listeners: listenerNames(https, hostnames).map(({ name: listener, protocol, hostname }) => ({
      name: listener,
      protocol: protocol.toUpperCase(),
      port: listenerPorts[protocol],
      ...(hostname === undefined ? {} : { hostname }),
    })),
    ...(hostPorts && { hostPorts: https ? hostPorts : { http: hostPorts.http } }),
    ...(certificateNames && { certificateNames }),
    serviceAccount: gatewayObjects.service(name),
  };
}

/** Every listener: one for each hostname, of each protocol. */
function listenerNames(https: boolean, hostnames: string[] | undefined) {
  const protocols = https ? (["http", "https"] as const) : (["http"] as const);
  const hosts: (string | undefined)[] = hostnames ?? [undefined];
  return protocols.flatMap((protocol) =>
    hosts.map((hostname, index) => ({ name: listenerName(protocol, index), protocol, hostname })),
  );
}

/** Names in a gateway's certificate where none are given: those that its listeners serve. No host of theirs is an address. */
export function certificateNames(
  { dnsNames, ipAddresses }: { dnsNames?: string[]; ipAddresses?: string[] },
  hostnames: string[] | undefined,
): { dnsNames: string[]; ipAddresses: string[] } {
  return {
    dnsNames: dnsNames ?? hostnames ?? [...cert.dnsNames],
    ipAddresses: ipAddresses ?? (hostnames ? [] : [...cert.ipAddresses]),
  };
}

/** What a certificate holds and who signs it. */
export interface CertificateSettings {
  secretName: string;
  dnsNames: string[];
  ipAddresses: string[];
  duration?: string;
  renewBefore?: string;
  issuerName: string;
  issuerKind: string;
}

/** The spec of the gateway's Certificate. */
export function certificateSpec(certificate: CertificateSettings): object {
  const { secretName, dnsNames, ipAddresses } = certificate;
  return {
    secretName,
    commonName: dnsNames.find((name) => name.length <= 64),
    dnsNames,
    ipAddresses,
    duration: certificate.duration ?? cert.duration,
    renewBefore: certificate.renewBefore ?? cert.renewBefore,
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
    usages: ["digital signature", "key encipherment", "server auth"],
    issuerRef: issuerRef(certificate.issuerName, certificate.issuerKind),
  };
}

/** The spec of the Certificate of a CA of the gateway's own. */
export function authoritySpec(secretName: string, commonName: string, selfSignedIssuer: string): object {
  return {
    secretName,
    isCA: true,
    commonName: commonName.slice(0, 64),
    duration: cert.authorityDuration,
    privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Never" },
    issuerRef: issuerRef(selfSignedIssuer, "Issuer"),
  };
}

/** The spec of the Issuer that the CA's Certificate signs itself with. */
export function selfSignedIssuerSpec(): object {
  return { selfSigned: {} };
}

/** The spec of the Issuer that signs with the CA in a Secret. */
export function authorityIssuerSpec(secretName: string): object {
  return { ca: { secretName } };
}

function issuerRef(name: string, kind: string): object {
  return { name, kind, group: "cert-manager.io" };
}

/** A live Gateway as far as its addresses go. */
export interface LiveGateway {
  status?: { addresses?: { value?: string }[] };
}

/** The address of a load balancer. Without one istiod names the Service, which is none: it answers in the cluster only. */
export function balancedAddress(gateway: LiveGateway, service: string): string | undefined {
  const values = (gateway.status?.addresses ?? []).map(({ value }) => value ?? "");
  return values.find((value) => value !== "" && !value.startsWith(`${service}.`));
}

/** An address in the form in which it stands in a URL, with its port unless the scheme implies it. */
export function url(scheme: "http" | "https", host: string, port: number): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return port === listenerPorts[scheme] ? `${scheme}://${shown}` : `${scheme}://${shown}:${port}`;
}
