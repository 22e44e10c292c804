// What a preflight knows: what the program is about to write, and what one small read of the cluster told.
import type { DriftedObject } from "../drift";
import type { NetworkPlugin } from "../cluster-state/network-plugins";
import { stackMark } from "../ownership/marks";
import type { AskedObject, Refusal, StoredVersions } from "./asked";
import type {
  Gap,
  HelmReleaseState,
  Kind,
  Named,
  NamespaceState,
  NodeState,
  PodState,
  ServiceState,
  WorkloadState,
} from "../cluster-state/snapshot";

/** What the program is about to write. */
export interface Plan {
  /** Value of the mark: "<project>/<stack>". */
  stack: string;
  version: string;
  namespace: string;
  /** Namespace of istio-cni and ztunnel. */
  nodeNamespace: string;
  adoptNamespace: boolean;
  platform?: string;
  /** The chart's values say where network plugins are on the nodes. */
  ownDirectories?: true;
  /** And where the network namespaces of pods are. */
  ownNamespaces?: true;
  /** istio-cni writes its rules by nftables, and not by iptables. */
  nftables?: true;
  gateway?: GatewayPlan;
  /** istiod scales by a HorizontalPodAutoscaler. */
  autoscale: boolean;
  /** Objects to be asked for, those first whose refusal is the likeliest. */
  asked?: AskedObject[];
  /** The Gateway API release that will be installed; none where that is left alone, or not known. */
  gatewayApi?: string;
  /** Secrets with credentials for the images' registry. */
  pullSecrets?: string[];
  /** Components of the same program that bring cert-manager, or an issuer. */
  certManagers?: ComingCertManager[];
}

/** A CertManager of the same program, on the same cluster. */
export interface ComingCertManager {
  name: string;
  /** It installs cert-manager, and does not only make an issuer. */
  installs: boolean;
  /** The mesh waits for it. */
  isBefore: boolean;
  /** Its ClusterIssuer, where the name is known. */
  issuer?: string;
}

/** The ingress gateway, as far as it can clash with anything. */
export interface GatewayPlan {
  name: string;
  namespace: string;
  /** The NodePorts by the argument that sets them. */
  nodePorts: { argument: string; port: number }[];
  /** The Certificate that cert-manager issues; none where no certificate is wanted of it. */
  certificate?: string;
  /** No other issuer signs it: the gateway has a CA of its own. */
  ownAuthority: boolean;
  /** The issuer that has to be there: named in the program, and not made by it. */
  issuer?: { kind: string; name: string };
}

/** An object that carries annotations, by kind. */
export interface FoundObject extends Named {
  kind: string;
  /** Of a Gateway and of a Certificate: the whole of it. */
  body?: object;
}

/** Whether cert-manager runs. */
export interface CertManagerState {
  /** Deployments of its controller, whatever their names and namespaces are. */
  deployments: WorkloadState[];
  /** A controller holds the lease, so one is running in whatever form. */
  leads: boolean;
}

/** A right that the program needs. */
export interface Access {
  verb: string;
  group: string;
  resource: string;
  /** Empty for the whole cluster. */
  namespace: string;
}

/** What one read of the cluster gave. */
export interface ClusterFacts {
  server: string;
  /** Such as "v1.36.3". */
  kubernetes: string;
  nodes: NodeState[];
  namespaces: NamespaceState[];
  services: ServiceState[];
  istiods: WorkloadState[];
  daemonSets: WorkloadState[];
  definitions: Named[];
  helmReleases: HelmReleaseState[];
  /** Pods on their node's own network, with a sidecar, or with a virtual machine in them. */
  uncapturable: PodState[];
  /** Gateways of all namespaces; certificates, issuers and the ConfigMap in the gateway's. */
  objects: FoundObject[];
  /** ConfigMaps of the mesh's namespace; none where they may not be listed. */
  configMaps?: Named[];
  /** False: the issuer that was named is not there; undefined: none was named, or it could not be read. */
  issuerFound?: boolean;
  /** cert-manager's controller; undefined where no certificate is wanted of it, or where it cannot be read. */
  certManager?: CertManagerState;
  /** metrics-server, or whatever else serves its API. */
  metricsApi: boolean;
  /** Cilium, Calico and others, with what they are set to. */
  networkPlugins: NetworkPlugin[];
  /** SecurityGroupPolicies of Amazon's network plugin. */
  podInterfacePolicies: Named[];
  /** Rights that are needed and missing. */
  denied: Access[];
  /** What the cluster would not take of what is to be written. */
  refusals: Refusal[];
  /** Objects of Istio's charts that an Istio that is gone has left; none where an istiod runs. */
  leftovers: FoundObject[];
  /** CRDs of the Gateway API, with the versions in which their objects were ever stored. */
  storedVersions: StoredVersions[];
  /** Pull secrets that are not where pods will need them. */
  missingPullSecrets: { namespace: string; name: string }[];
  /** Objects of this stack's own releases that are not as these say. */
  drifted: DriftedObject[];
  /** What could not be read, and why. */
  gaps: Partial<Record<Kind, Gap>>;
}

/**
 * True where the mesh's namespace carries the mark of this very stack: what stands in it was made by an earlier run.
 * Where namespaces cannot be read nothing is reported.
 */
export function isOurs(plan: Plan, facts: ClusterFacts): boolean {
  return facts.gaps.namespaces !== undefined || isMarked(plan, facts);
}

/** True where the mesh's namespace is known to carry the mark of this stack. */
export function isMarked(plan: Plan, facts: ClusterFacts): boolean {
  const namespace = facts.namespaces.find(({ name }) => name === plan.namespace);
  return namespace?.annotations[stackMark] === plan.stack;
}

/** The command that makes the mesh's namespace, and what stands in it, this stack's own. */
export function claimCommand(plan: Plan): string {
  return `kubectl annotate namespace ${plan.namespace} ${stackMark}=${plan.stack} --overwrite`;
}

/** The command that hands an Istio that another tool has installed over to the stack. */
export function adoptCommand({ stack }: Plan): string {
  return `npx istio-ambient adopt --to ${stack}`;
}
