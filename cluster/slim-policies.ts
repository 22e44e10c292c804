// Policies of Kubernetes and of network plugins cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type {
  LabelSelector,
  NetworkPolicyState,
  NetworkPort,
  NetworkRule,
  OtherPolicyState,
} from "../lib/cluster-state/snapshot";
import { policyRules, selectorOf, type RawNetworkPolicySpec, type RawSelector } from "../lib/network-policies/read";
import { named } from "./slim";

interface RawNetworkPolicy {
  metadata?: V1ObjectMeta;
  spec?: RawNetworkPolicySpec;
}

export function slimNetworkPolicy(raw: RawNetworkPolicy): NetworkPolicyState {
  return { ...named(raw), ...policyRules(raw.spec) };
}

/** Of a PodDisruptionBudget: none selects nothing. */
export function budgetSelector(raw: RawSelector | undefined): LabelSelector {
  return raw ? selectorOf(raw) : { labels: {}, expressions: [{ key: "", operator: "Exists", values: [] }] };
}

interface RawCiliumPort {
  port?: string;
  endPort?: number;
  protocol?: string;
}

interface RawCiliumRule {
  endpointSelector?: RawSelector;
  nodeSelector?: RawSelector;
  enableDefaultDeny?: { ingress?: boolean; egress?: boolean };
  ingress?: {
    fromCIDR?: string[];
    fromCIDRSet?: { cidr?: string; except?: string[] }[];
    fromEntities?: string[];
    fromEndpoints?: unknown[];
    fromRequires?: unknown[];
    fromGroups?: unknown[];
    fromNodes?: unknown[];
    toPorts?: { ports?: RawCiliumPort[] }[];
  }[];
  ingressDeny?: unknown[];
  egress?: unknown[];
  egressDeny?: unknown[];
}

interface RawCiliumPolicy {
  metadata?: V1ObjectMeta;
  spec?: RawCiliumRule;
  specs?: RawCiliumRule[];
}

/** What a policy of Cilium admits by address, and whether that is all it does; of nodes it shuts nothing of a pod. */
export function slimCiliumPolicy(kind: string): (raw: RawCiliumPolicy) => OtherPolicyState {
  return (raw) => {
    const object = named(raw);
    const specs = raw.specs ?? (raw.spec ? [raw.spec] : []);
    const [only] = specs;
    const admits = specs.length === 1 && only?.endpointSelector ? ciliumAdmits(only, object.namespace) : undefined;
    const isForPods = specs.length === 0 || specs.some(({ nodeSelector }) => nodeSelector === undefined);
    return isForPods
      ? { ...object, kind, isOpening: specs.length > 0 && specs.every(isOpening), ...(admits && { admits }) }
      : { ...object, kind, isOpening: true, admits: { pods: selectorOf({}), rules: [] } };
  };
}

function isOpening({ enableDefaultDeny, ingress, egress, ingressDeny, egressDeny }: RawCiliumRule): boolean {
  const shutsIn = ingress !== undefined && enableDefaultDeny?.ingress !== false;
  const shutsOut = egress !== undefined && enableDefaultDeny?.egress !== false;
  return !shutsIn && !shutsOut && !ingressDeny && !egressDeny;
}

function ciliumAdmits({ endpointSelector, ingress = [] }: RawCiliumRule, namespace: string) {
  const { labels, expressions } = selectorOf(endpointSelector);
  const bare = (key: string) => key.replace(/^(k8s|any)[:.]/, "");
  const bareLabels = Object.fromEntries(Object.entries(labels).map(([key, value]) => [bare(key), value]));
  return {
    pods: {
      labels: { ...bareLabels, ...inNamespace(namespace) },
      expressions: expressions.map((each) => ({ ...each, key: bare(each.key) })),
    },
    rules: ingress.flatMap(ciliumRule),
  };
}

/** Cilium's own label for the namespace of a pod. */
function inNamespace(namespace: string): Record<string, string> {
  return namespace === "" ? {} : { "io.kubernetes.pod.namespace": namespace };
}

/** Peers by their addresses; what is named by labels is no address of the kubelet's. */
function ciliumRule(raw: NonNullable<RawCiliumRule["ingress"]>[number]): NetworkRule[] {
  const { fromCIDR, fromCIDRSet, fromEntities, fromEndpoints, fromRequires, fromGroups, fromNodes, toPorts } = raw;
  const isAnyAddress = fromEntities?.some((entity) => ["all", "world"].includes(entity));
  const others = [fromEndpoints, fromRequires, fromGroups, fromNodes, fromEntities];
  const isOpen = isAnyAddress || [...others, fromCIDR, fromCIDRSet].every((each) => each === undefined);
  const blocks = [
    ...(fromCIDR ?? []).map((cidr) => ({ cidr, except: [] })),
    ...(fromCIDRSet ?? []).flatMap(({ cidr, except }) => (cidr === undefined ? [] : [{ cidr, except: except ?? [] }])),
  ].map(({ cidr, except }) => ({ block: { cidr: cidr.includes("/") ? cidr : hostBlock(cidr), except } }));
  if (!isOpen && blocks.length === 0) return [];
  const ports = toPorts?.flatMap((each) => (each.ports ?? []).flatMap(ciliumPort));
  return [{ ...(ports?.length ? { ports } : {}), ...(isOpen ? {} : { peers: blocks }) }];
}

function hostBlock(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

function ciliumPort({ port = "0", endPort, protocol = "ANY" }: RawCiliumPort): NetworkPort[] {
  if (!["ANY", "TCP"].includes(protocol)) return [];
  if (port === "0") return [{ from: 1, to: 65535 }];
  return /^\d+$/.test(port) ? [{ from: Number(port), to: endPort ?? Number(port) }] : [{ name: port }];
}

interface RawCalicoPolicy {
  metadata?: V1ObjectMeta;
  spec?: {
    selector?: string;
    namespaceSelector?: string;
    types?: string[];
    ingress?: {
      action?: string;
      protocol?: string | number;
      source?: { nets?: string[]; notNets?: string[]; selector?: string; namespaceSelector?: string };
      destination?: { ports?: (number | string)[] };
    }[];
  };
}

/** What a policy of Calico lets in by address, where it is for all pods. */
export function slimCalicoPolicy(kind: string): (raw: RawCalicoPolicy) => OtherPolicyState {
  return (raw) => {
    const object = named(raw);
    const { selector: pods = "", namespaceSelector = "", ingress = [] } = raw.spec ?? {};
    const isForAll = [pods, namespaceSelector].every((text) => ["", "all()"].includes(text.trim()));
    const own = inNamespace(object.namespace);
    const rules = ingress.flatMap(({ action, protocol, source = {}, destination }) => {
      const isPlain = action === "Allow" && [undefined, "TCP", 6].includes(protocol) && !source.selector;
      if (!isPlain || source.namespaceSelector) return [];
      const ports = destination?.ports?.flatMap(calicoPort);
      const peers = source.nets?.map((cidr) => ({ block: { cidr, except: source.notNets ?? [] } }));
      return [{ ...(ports?.length ? { ports } : {}), ...(peers?.length ? { peers } : {}) }];
    });
    return {
      ...object,
      kind,
      isOpening: false,
      ...(isForAll ? { admits: { pods: selectorOf({ matchLabels: own }), rules } } : {}),
    };
  };
}

function calicoPort(port: number | string): NetworkPort[] {
  if (typeof port === "number") return [{ from: port, to: port }];
  const range = /^(\d+)(?::(\d+))?$/.exec(port);
  return range ? [{ from: Number(range[1]), to: Number(range[2] ?? range[1]) }] : [{ name: port }];
}
