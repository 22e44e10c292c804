// What one look at a cluster gives a migration.
import type { LabelSelector } from "../checks/enablement";
import type { Labels } from "../istio/labels";
import type { LabelSelector as SlimSelector, NetworkPolicyState } from "../cluster-state/snapshot";
import type {
  Attached,
  AuthorizationPolicy,
  KubeObject,
  PeerAuthentication,
  RequestAuthentication,
  Service,
  Workload,
} from "./objects";

/** A namespace. */
export interface NamespaceFacts {
  name: string;
  uid: string;
  labels: Labels;
}

/** A PodDisruptionBudget, and how many of its pods may go. */
export interface Budget {
  name: string;
  selector: SlimSelector;
  allowed: number;
}

/** Pods of other namespaces that may call, by what they run as. */
export interface Caller {
  namespace: string;
  serviceAccount: string;
  mode: "sidecar" | "oldSidecar" | "ambient" | "gateway" | "none";
  pods: number;
}

/** An object that a tool keeps as its source has it. */
export interface Kept {
  kind: string;
  namespace: string;
  name: string;
  /** "the Argo CD application shop" */
  who: string;
  /** The command that shows or changes the source. */
  change: string;
  /** The command by which the tool lets go of the object for the time being. */
  release?: string;
}

/** A webhook that gives new pods a sidecar. */
export interface Injector {
  /** Of the MutatingWebhookConfiguration. */
  name: string;
  namespaces?: LabelSelector;
  pods?: LabelSelector;
}

/** The parts that a migration stands on. */
export interface Ground {
  /** Release of istiod, as far as its image tells; undefined where there is no istiod. */
  istiod?: string;
  /** ztunnel has a ready pod on every node that it is to run on. */
  ztunnel: boolean;
  /** The same of istio-cni. */
  cni: boolean;
  /** istio-cni captures pods, and does not only set up sidecars. */
  cniAmbient: boolean;
  /** istiod knows ambient pods. */
  ambient: boolean;
  /** New sidecars speak HBONE. */
  hbone: boolean;
  /** The API serves Gateways of this version or newer, and the class of waypoints is there. */
  gatewayApi: boolean;
  /** Sidecars and ztunnel differ in what they let out: mesh-wide REGISTRY_ONLY. */
  registryOnly: boolean;
  /** Verbs that this user lacks: "patch deployments". */
  missingRights: string[];
  /** By their labels istiod knows namespaces; none where it knows all. */
  discovery: LabelSelector[];
  /** What gives new pods a sidecar. */
  injectors: Injector[];
  /** What tells of other clusters or networks of the mesh: "Secret istio-system/istio-remote-secret-west". */
  clusters: string[];
  /** Secrets of other clusters may not be listed. */
  clustersUnread: boolean;
}

/** One look. */
export interface MigrationFacts {
  server: string;
  /** Namespace of istiod. */
  system: string;
  /** The mesh's root namespace, which is another one only where its configuration says so: policies in it hold for all. */
  root: string;
  trustDomain: string;
  /** Further trust domains that sidecars take for the mesh's own. */
  trustDomainAliases: string[];
  ground: Ground;
  namespace: NamespaceFacts;
  workloads: Workload[];
  services: Service[];
  budgets: Budget[];
  networkPolicies: NetworkPolicyState[];
  /** Of the namespace and of the root namespace. */
  policies: AuthorizationPolicy[];
  authentications: RequestAuthentication[];
  /** Anything of the mesh may admit a client because it has an identity. */
  identityCounts: boolean;
  /** AuthorizationPolicies of the other namespaces that routes lead to. */
  away: AuthorizationPolicy[];
  /** The oldest first. */
  peers: PeerAuthentication[];
  /** Everything else that has a verdict: of the namespace, of the root namespace, and of others what counts here. */
  traffic: KubeObject<Attached & { [field: string]: unknown }>[];
  /** ServiceEntries of other namespaces. */
  entries: KubeObject<Attached & { [field: string]: unknown }>[];
  /** Waypoints of the namespace by name. */
  waypoints: string[];
  /** Pods of gateways for traffic from outside, which stay as they are. */
  gatewayPods: { name: string; labels: Labels }[];
  /** The other Gateways of the namespace by name. */
  gateways: string[];
  callers: Caller[];
  kept: Kept[];
}
