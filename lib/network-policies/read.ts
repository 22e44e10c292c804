// NetworkPolicies as the API has them, cut down to what is judged.
import type {
  LabelSelector,
  NetworkPeer,
  NetworkPolicyState,
  NetworkPort,
  NetworkRule,
} from "../cluster-state/snapshot";

/** A label selector as the API has it. */
export interface RawSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

interface RawPort {
  protocol?: string;
  port?: number | string;
  endPort?: number;
}

interface RawPeer {
  podSelector?: RawSelector;
  namespaceSelector?: RawSelector;
  ipBlock?: { cidr: string; except?: string[] };
}

/** The spec of a NetworkPolicy as the API has it. */
export interface RawNetworkPolicySpec {
  podSelector?: RawSelector;
  policyTypes?: string[];
  ingress?: { ports?: RawPort[]; from?: RawPeer[] }[];
  egress?: { ports?: RawPort[]; to?: RawPeer[] }[];
}

/** The pods of a NetworkPolicy, and its rules for the directions that it restricts. */
export function policyRules(spec: RawNetworkPolicySpec = {}): Pick<NetworkPolicyState, "pods" | "ingress" | "egress"> {
  const { podSelector, ingress, egress } = spec;
  const types = spec.policyTypes ?? ["Ingress", ...(egress ? ["Egress"] : [])];
  return {
    pods: selectorOf(podSelector),
    ...(types.includes("Ingress") ? { ingress: (ingress ?? []).map(({ ports, from }) => rule(ports, from)) } : {}),
    ...(types.includes("Egress") ? { egress: (egress ?? []).map(({ ports, to }) => rule(ports, to)) } : {}),
  };
}

/** A label selector; none selects everything. */
export function selectorOf(raw: RawSelector | undefined): LabelSelector {
  const expressions = (raw?.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator,
    values: values ?? [],
  }));
  return { labels: raw?.matchLabels ?? {}, expressions };
}

function rule(ports: RawPort[] | undefined, peers: RawPeer[] | undefined): NetworkRule {
  return {
    ...(ports?.length ? { ports: ports.flatMap(tcpPort) } : {}),
    ...(peers?.length ? { peers: peers.map(peer) } : {}),
  };
}

function tcpPort({ protocol, port, endPort }: RawPort): NetworkPort[] {
  if (protocol && protocol !== "TCP") return [];
  if (port === undefined) return [{ from: 1, to: 65535 }];
  return typeof port === "number" ? [{ from: port, to: endPort ?? port }] : [{ name: port }];
}

function peer({ podSelector, namespaceSelector, ipBlock }: RawPeer): NetworkPeer {
  return {
    ...(podSelector ? { pods: selectorOf(podSelector) } : {}),
    ...(namespaceSelector ? { namespaces: selectorOf(namespaceSelector) } : {}),
    ...(ipBlock ? { block: { cidr: ipBlock.cidr, except: ipBlock.except ?? [] } } : {}),
  };
}
