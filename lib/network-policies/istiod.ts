// NetworkPolicies between istiod and what it serves: proxies and ztunnel connect to it for configuration and certificates,
// and the API server calls its webhooks.
// Source: the NetworkPolicies of Istio's own charts (global.networkPolicy.enabled), istio#57030; an API server has no labels.
import { finding, type Finding } from "../checks/check";
import { byNamespace, istiods, isLive, marks, some } from "../checks/mesh";
import type {
  ClusterSnapshot,
  NetworkPeer,
  NetworkPolicyState,
  NetworkRule,
  PodState,
} from "../cluster-state/snapshot";
import { inBlock, parseAddress } from "./addresses";
import { isAlone } from "./beside";
import { opensPort, ruleText } from "./rules";
import { selects } from "./selectors";

const configPort = 15012;
const webhookPort = 15017;

/** Policies that shut istiod, and policies that shut its clients in. */
export function istiodFindings(snapshot: ClusterSnapshot): Finding[] {
  if (snapshot.networkPolicies.length === 0) return [];
  const places = new Set(istiods(snapshot).map(({ namespace }) => namespace));
  const live = snapshot.pods.filter(isLive);
  const servers = live.filter(({ namespace, labels }) => labels["app"] === "istiod" && places.has(namespace));
  const clients = live.filter(({ labels }) => labels["app"] === "ztunnel" || marks.managed in labels);
  const isJudged = isAlone(snapshot);
  const judged = snapshot.networkPolicies.filter(({ namespace }) => isJudged(namespace));
  const selecting = selectingPolicies(judged);
  const admits = peerTest(snapshot);
  return [
    ...shutServers(servers, clients, selecting, admits),
    ...shutWebhooks(servers, selecting),
    ...shutClients(servers, clients, selecting, admits),
    ...shutFromServer([...servers, ...live.filter(isAgent)], selecting),
  ];
}

type Direction = "ingress" | "egress";
type Selecting = (pod: PodState, direction: Direction) => NetworkPolicyState[];
type Admits = (peers: NetworkPeer[] | undefined, namespace: string, pod: PodState) => boolean;

function selectingPolicies(policies: NetworkPolicyState[]): Selecting {
  const all = new Map(byNamespace(policies));
  return ({ namespace, labels }, direction) =>
    (all.get(namespace) ?? []).filter(
      ({ pods, ...policy }) => policy[direction] !== undefined && selects(pods, labels),
    );
}

function peerTest({ namespaces }: ClusterSnapshot): Admits {
  const labels = new Map(namespaces.map((namespace) => [namespace.name, namespace.labels]));
  return (peers, namespace, pod) =>
    peers === undefined ||
    peers.some((peer) => {
      if (peer.block) return inBlock(peer.block)(parseAddress(pod.address));
      const isPlace = peer.namespaces
        ? selects(peer.namespaces, labels.get(pod.namespace) ?? {})
        : pod.namespace === namespace;
      return isPlace && (peer.pods === undefined || selects(peer.pods, pod.labels));
    });
}

/** Whether the policies let the pod and its partner talk at istiod's port, which may go by its name; without policies everything may. */
function isOpen(
  policies: NetworkPolicyState[],
  direction: Direction,
  server: PodState,
  partner: PodState,
  admits: Admits,
): boolean {
  return (
    policies.length === 0 ||
    policies.some(({ namespace, [direction]: rules = [] }) =>
      rules.some((rule) => opensPort(rule, configPort, server.ports) && admits(rule.peers, namespace, partner)),
    )
  );
}

function shutServers(servers: PodState[], clients: PodState[], selecting: Selecting, admits: Admits): Finding[] {
  const shut = new Map<NetworkPolicyState, Set<PodState>>();
  for (const server of servers) {
    const policies = selecting(server, "ingress");
    const [first] = policies;
    const refused = clients.filter((client) => !isOpen(policies, "ingress", server, client, admits));
    if (!first || refused.length === 0) continue;
    shut.set(first, new Set([...(shut.get(first) ?? []), ...refused]));
  }
  return [...shut].map(([policy, refused]) => {
    const names = [...refused].map(({ name }) => name);
    const got = `no connection to port ${configPort} of istiod from ${some(names)}`;
    const write = `ingress: [${ruleText("from", peersOf([...refused]), [configPort])}]`;
    return finding("NetworkPolicy", policy, got, needs, { write });
  });
}

/** What admits these clients and the next of their kind, and nothing else. */
function peersOf(clients: PodState[]): NetworkPeer[] {
  const isZtunnel = ({ labels }: PodState) => labels["app"] === "ztunnel";
  const ztunnels = [...new Set(clients.filter(isZtunnel).map(({ namespace }) => namespace))];
  const proxies: NetworkPeer = {
    namespaces: { labels: {}, expressions: [] },
    pods: { labels: {}, expressions: [{ key: marks.managed, operator: "Exists", values: [] }] },
  };
  return [...ztunnels.map((namespace) => appIn(namespace, "ztunnel")), ...(clients.every(isZtunnel) ? [] : [proxies])];
}

/** The pods of an app in one namespace. */
function appIn(namespace: string, app: string): NetworkPeer {
  return {
    namespaces: { labels: { "kubernetes.io/metadata.name": namespace }, expressions: [] },
    pods: { labels: { app }, expressions: [] },
  };
}

const needs = "ztunnel, gateways and waypoints get their configuration and certificates from istiod there";

/** Where the API server calls from is not known: only a port that no rule opens is a finding, and the fix names no peer. */
function shutWebhooks(servers: PodState[], selecting: Selecting): Finding[] {
  const shut = new Set<NetworkPolicyState>();
  for (const server of servers) {
    const policies = selecting(server, "ingress");
    const [first] = policies;
    const isOpened = policies.some(({ ingress = [] }) =>
      ingress.some((rule) => opensPort(rule, webhookPort, server.ports)),
    );
    if (first && !isOpened) shut.add(first);
  }
  const rule =
    "the API server calls its webhooks there; since no selector matches it, this opens the port to every peer, " +
    "unless the rule gets a from with an ipBlock of the API server's addresses";
  const write = `ingress: [${ruleText("from", undefined, [webhookPort])}]`;
  return [...shut].map((policy) =>
    finding("NetworkPolicy", policy, `no connection to port ${webhookPort} of istiod`, rule, { write }),
  );
}

function shutClients(servers: PodState[], clients: PodState[], selecting: Selecting, admits: Admits): Finding[] {
  const [server] = servers;
  if (!server) return [];
  const shut = new Map<NetworkPolicyState, PodState[]>();
  for (const client of clients) {
    const policies = selecting(client, "egress");
    const [first] = policies;
    if (first && !servers.some((each) => isOpen(policies, "egress", each, each, admits))) {
      shut.set(first, [...(shut.get(first) ?? []), client]);
    }
  }
  const write = `egress: [${ruleText("to", [appIn(server.namespace, "istiod")], [configPort])}]`;
  return [...shut].map(([policy, pods]) =>
    finding(
      "NetworkPolicy",
      policy,
      `no connection from ${some(pods.map(({ name }) => name))} to port ${configPort} of istiod`,
      needs,
      { write },
    ),
  );
}

/** istio-cni's agents, which watch pods as istiod watches all. */
function isAgent({ labels }: PodState): boolean {
  return labels["k8s-app"] === "istio-cni-node";
}

/** What of a mesh listens there: nothing of it is the API server. */
const ownPorts = [53, 15008, 15010, configPort, 15014, webhookPort];

/** Parts that can reach nothing but names and each other; where the API server is, is not known. */
function shutFromServer(parts: PodState[], selecting: Selecting): Finding[] {
  const shut = new Map<NetworkPolicyState, PodState[]>();
  for (const part of parts.filter(({ hostNetwork }) => !hostNetwork)) {
    const policies = selecting(part, "egress");
    const rules = policies.flatMap(({ egress = [] }) => egress);
    const [first] = policies;
    if (first && rules.every(isOwn)) shut.set(first, [...(shut.get(first) ?? []), part]);
  }
  const rule =
    "istiod and istio-cni read what they serve from the API server; since no selector matches it, this opens its usual ports to every " +
    "peer, unless the rule gets a to with an ipBlock of the API server's addresses";
  const write = `egress: [${ruleText("to", undefined, [443, 6443])}]`;
  return [...shut].map(([policy, pods]) =>
    finding(
      "NetworkPolicy",
      policy,
      `no connection from ${some(pods.map(({ name }) => name))} to the API server`,
      rule,
      {
        write,
      },
    ),
  );
}

function isOwn({ ports }: NetworkRule): boolean {
  return (
    ports !== undefined &&
    ports.every((port) => "from" in port && port.from === port.to && ownPorts.includes(port.from))
  );
}
