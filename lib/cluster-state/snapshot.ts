// What one read of a cluster gives: plain objects with only the fields that checks look at.
import type { DriftedObject } from "../drift";
import type { Condition, Named, Owner, Reference } from "./named";
import type { NetworkPlugin } from "./network-plugins";
import type { NodeState } from "./nodes";
import type { DestinationRuleState, VirtualServiceState } from "./istio-traffic";
import type {
  AuthorizationPolicyState,
  PeerAuthenticationState,
  ProxyPolicyState,
  RequestAuthenticationState,
} from "./istio-policies";

export type { Condition, Named, Owner, Reference } from "./named";
export type { NodeState } from "./nodes";
export type { DestinationRuleState, Subset, TrafficDestination, VirtualServiceState } from "./istio-traffic";
export type {
  AuthorizationPolicyState,
  PeerAuthenticationState,
  PolicyRule,
  PolicySource,
  ProxyPolicyKind,
  ProxyPolicyState,
  RequestAuthenticationState,
  TelemetryPart,
} from "./istio-policies";

/** A container of a pod or of a pod template. */
export interface ContainerState {
  name: string;
  image: string;
  init: boolean;
}

/** A pod. */
export interface PodState extends Named {
  node: string;
  /** Pending, Running, Succeeded, Failed or Unknown. */
  phase: string;
  ready: boolean;
  deleting: boolean;
  hostNetwork: boolean;
  /** Its address; empty until it has one. */
  address: string;
  /** Ports that its containers declare, by their names or numbers. */
  ports: Record<string, number>;
  /** Ports at which the kubelet probes it over the network. */
  probePorts: number[];
  serviceAccount: string;
  containers: ContainerState[];
  /** Names of containers whose last end was OOMKilled. */
  outOfMemory: string[];
  /** Its RuntimeClass, where it has one. */
  runtimeClass?: string;
  /** It asks for a node of Windows. */
  windows?: true;
  /** Since when containers with a start hook keep it from running, in milliseconds since 1970. */
  startHook?: { containers: string[]; since: number };
}

/** A port of a Service. */
export interface ServicePort {
  name: string;
  port: number;
  nodePort?: number;
  /** Port of the pods, by its number or by the name that they give it. */
  target?: number | string;
  /** UDP or SCTP; none for TCP. */
  protocol?: string;
}

/** A Service. */
export interface ServiceState extends Named {
  type: string;
  ports: ServicePort[];
  /** Labels of the pods behind it; undefined where it selects none. */
  selector?: Record<string, string>;
  /** It has no address of its own: its name leads to its pods. */
  isHeadless?: true;
  owners: Owner[];
  conditions: Condition[];
}

/** A Deployment or a DaemonSet. */
export interface WorkloadState extends Named {
  kind: "Deployment" | "DaemonSet";
  serviceAccount: string;
  owners: Owner[];
  /** Replicas asked for, or nodes that should run one. */
  desired: number;
  /** Replicas that are ready. */
  ready: number;
  /** Replicas that have been ready for long enough. */
  available: number;
  /** Replicas on an older template that its controller has yet to replace. */
  outdated: number;
  /** The controller has seen the newest template. */
  observed: boolean;
  containers: ContainerState[];
  /** Environment variables with plain values, of all containers. */
  env: Record<string, string>;
  /** True where arguments of istiod say what its cluster is called, or which other names it goes by. */
  renamesCluster?: true;
}

/** An EndpointSlice of one Service. */
export interface EndpointState extends Named {
  service: string;
  ready: number;
}

/** A CustomResourceDefinition, by its metadata. */
export type DefinitionState = Named;

/** A ValidatingAdmissionPolicy, by its metadata. */
export type AdmissionPolicyState = Named;

/** A namespace, by its metadata. */
export interface NamespaceState extends Named {
  /** It is being deleted, and takes no new objects. */
  deleting?: true;
}

/** A GatewayClass. */
export interface GatewayClassState extends Named {
  controller: string;
  conditions: Condition[];
}

/** A listener of a Gateway, with its status. */
export interface ListenerState {
  name: string;
  port: number;
  protocol: string;
  hostname: string;
  /** Namespaces that it admits: All, Same or Selector; Same by default. */
  from?: string;
  certificates: Reference[];
  conditions: Condition[];
}

/** A Gateway: an ingress, or a waypoint. */
export interface GatewayState extends Named {
  className: string;
  listeners: ListenerState[];
  /** Behind addresses that the user gave: istiod then deploys nothing. */
  addressed: boolean;
  /** spec.infrastructure.parametersRef. */
  parameters?: Reference;
  conditions: Condition[];
}

/** A ListenerSet, or an XListenerSet, as it was called before it became a standard one. */
export interface ListenerSetState extends Named {
  kind: "ListenerSet" | "XListenerSet";
  /** The Gateway to which it adds listeners. */
  parent: Reference;
  listeners: ListenerState[];
  conditions: Condition[];
}

/** A parent of a route: all its listeners, or those of a name or a port. */
export interface RouteParentReference extends Reference {
  section?: string;
  port?: number;
}

/** What one parent said of a route. */
export interface RouteParent {
  parent: RouteParentReference;
  controller: string;
  conditions: Condition[];
}

/** Where a route leads to. */
export interface RouteBackend extends Reference {
  /** None for what is no Service. */
  port?: number;
}

/** An HTTPRoute, GRPCRoute, TLSRoute or TCPRoute. */
export interface RouteState extends Named {
  kind: string;
  parents: RouteParentReference[];
  backends: RouteBackend[];
  status: RouteParent[];
}

/** A ConfigMap that a Gateway refers to. */
export interface ConfigMapState extends Named {
  data: Record<string, string>;
}

/** A Secret that holds a certificate. The private key is never kept. */
export interface SecretState extends Named {
  type: string;
  /** PEM of cert beside a key, of tls.crt, or of ca-cert.pem in the mesh's own CA. */
  certificate?: string;
  /** PEM of the roots that a CA of the user's own is to be trusted by. */
  roots?: string;
}

/** A Certificate of cert-manager. */
export interface CertificateState extends Named {
  secretName: string;
  issuer: string;
  conditions: Condition[];
}

/** One webhook of istiod. */
export interface WebhookState extends Named {
  kind: "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration";
  /** Name of the webhook in the configuration. */
  webhook: string;
  hasCaBundle: boolean;
  failurePolicy: string;
  /** The Service it calls; none when it calls a URL. */
  service?: Reference;
  /** Port of that Service, if not 443. */
  port?: number;
}

/** One of the matchExpressions of a label selector. */
export interface LabelExpression {
  key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  operator: string;
  values: string[];
}

/** A label selector; without anything in it, it selects everything. */
export interface LabelSelector {
  labels: Record<string, string>;
  expressions: LabelExpression[];
}

/** One side of a rule: pods, of the policy's own namespace unless namespaces are selected, or a block of addresses. */
export interface NetworkPeer {
  pods?: LabelSelector;
  namespaces?: LabelSelector;
  block?: { cidr: string; except: string[] };
}

/** A port of a rule by number, a range of them, or the name that the pod gives it. */
export type NetworkPort = { from: number; to: number } | { name: string };

/** One rule of a NetworkPolicy: all TCP ports where `ports` is not given, every peer where `peers` is not. */
export interface NetworkRule {
  ports?: NetworkPort[];
  peers?: NetworkPeer[];
}

/** A NetworkPolicy. A direction that it does not restrict is undefined; one without rules is closed. */
export interface NetworkPolicyState extends Named {
  pods: LabelSelector;
  ingress?: NetworkRule[];
  egress?: NetworkRule[];
}

/** A policy of a network plugin's own kind. */
export interface OtherPolicyState extends Named {
  kind: string;
  /** It only admits what its rules name, and refuses nothing. */
  isOpening: boolean;
  /** Pods whose incoming traffic it admits, and what of it; undefined where that is not understood. */
  admits?: { pods: LabelSelector; rules: NetworkRule[] };
}

/** A warning event. */
export interface EventState extends Named {
  object: Reference;
  reason: string;
  message: string;
  /** When it was last seen, in milliseconds since 1970. */
  lastSeen: number;
}

/** A release of Helm, by the labels of its Secret. */
export interface HelmReleaseState extends Named {
  release: string;
  status: string;
  revision: number;
}

/** A RuntimeClass, and the handler of the container runtime that it names. */
export interface RuntimeClassState extends Named {
  handler: string;
}

/** A ServiceEntry. */
export interface ServiceEntryState extends Named {
  hosts: string[];
  /** It names addresses of its own. */
  hasAddresses: boolean;
  conditions: Condition[];
}

/** A WorkloadEntry. */
export interface WorkloadEntryState extends Named {
  conditions: Condition[];
}

/** A WorkloadGroup, with the labels that it gives to its entries. */
export type WorkloadGroupState = Named;

/** What ztunnel of one node knows, beside what istio-cni says of that node's pods. */
export interface ZtunnelCount extends Named {
  node: string;
  /** Pods that ztunnel serves there. */
  served: number;
  /** Names of the running pods there that istio-cni calls captured: namespace/name. */
  captured: string[];
}

/** What istio-cni of one node says about its ztunnel. */
export interface ZtunnelLink extends Named {
  node: string;
  /** Connections to ztunnel; undefined when the metric could not be read. */
  connected?: number;
}

/** The kinds of a snapshot: what each of its lists holds. */
export interface SnapshotLists {
  nodes: NodeState;
  namespaces: NamespaceState;
  pods: PodState;
  services: ServiceState;
  deployments: WorkloadState;
  daemonSets: WorkloadState;
  endpoints: EndpointState;
  definitions: DefinitionState;
  admissionPolicies: AdmissionPolicyState;
  gatewayClasses: GatewayClassState;
  gateways: GatewayState;
  listenerSets: ListenerSetState;
  routes: RouteState;
  virtualServices: VirtualServiceState;
  destinationRules: DestinationRuleState;
  configMaps: ConfigMapState;
  secrets: SecretState;
  certificates: CertificateState;
  mutatingWebhooks: WebhookState;
  validatingWebhooks: WebhookState;
  authorizationPolicies: AuthorizationPolicyState;
  requestAuthentications: RequestAuthenticationState;
  peerAuthentications: PeerAuthenticationState;
  proxyPolicies: ProxyPolicyState;
  networkPolicies: NetworkPolicyState;
  otherPolicies: OtherPolicyState;
  events: EventState;
  helmReleases: HelmReleaseState;
  runtimeClasses: RuntimeClassState;
  serviceEntries: ServiceEntryState;
  workloadEntries: WorkloadEntryState;
  workloadGroups: WorkloadGroupState;
  ztunnelLinks: ZtunnelLink;
  ztunnelCounts: ZtunnelCount;
  drift: DriftedObject;
  networkPlugins: NetworkPlugin;
}

/** Name of a list. */
export type Kind = keyof SnapshotLists;

/** Why a list is empty or incomplete. */
export interface Gap {
  /** missing: the API has no such kind; forbidden: no right to list it; failed: the request went wrong. */
  cause: "missing" | "forbidden" | "failed";
  why: string;
  /** What was read of it is good: only the rest is not known. */
  partial?: true;
  /** Namespaces of which it was read, where it may not be listed in all of them. */
  within?: string[];
}

/** One read of a cluster. */
export type ClusterSnapshot = {
  [K in Kind]: SnapshotLists[K][];
} & {
  /** Address of the API server. */
  server: string;
  /** Version of Kubernetes, such as "v1.36.3". */
  kubernetes: string;
  /** Lists that could not be read. */
  gaps: Partial<Record<Kind, Gap>>;
};

/** The condition of that type. */
export function condition(conditions: Condition[], type: string): Condition | undefined {
  return conditions.find((entry) => entry.type === type);
}
