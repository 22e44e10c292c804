// NetworkPolicies and the mesh's port: between pods of the mesh connections arrive at 15008, whatever port they ask for.
// Source: istio.io, ambient and Kubernetes NetworkPolicy; istio#56659.
import { finding, type Finding } from "../checks/check";
import { some } from "../checks/mesh";
import type { ClusterSnapshot, NetworkPolicyState, NetworkRule } from "../cluster-state/snapshot";
import { opensPort, portsText, ruleText } from "./rules";
import { selects } from "./selectors";
import { meshWorkloads, Peers, type Workload } from "./workloads";

export const hbonePort = 15008;

type Direction = "ingress" | "egress";

interface RuleOf {
  policy: NetworkPolicyState;
  rule: NetworkRule;
}

/** What one finding collects: the same rule of a policy for all workloads that it is about. */
interface Shut {
  policy: NetworkPolicyState;
  got: (pods: string) => string;
  rule: string;
  write: string;
  pods: string[];
}

/** Policies that let pods of the mesh talk at other ports, and not at the mesh's. */
export function hboneFindings(snapshot: ClusterSnapshot, direction: Direction): Finding[] {
  const concerned = snapshot.networkPolicies.filter((policy) => policy[direction] !== undefined);
  if (concerned.length === 0) return [];
  const policies = new Map<string, NetworkPolicyState[]>();
  for (const policy of concerned) policies.set(policy.namespace, [...(policies.get(policy.namespace) ?? []), policy]);
  const peers = new Peers(meshWorkloads(snapshot), snapshot.namespaces);
  const shut = new Map<string, Shut>();
  for (const [index, workload] of peers.workloads.entries()) {
    if (!isConcerned(workload, direction)) continue;
    const selecting = (policies.get(workload.namespace) ?? []).filter(({ pods }) => selects(pods, workload.labels));
    if (selecting.length === 0) continue;
    const found = judge(snapshot, peers, index, selecting, direction);
    for (const each of found) {
      const key = `${each.policy.name} ${each.policy.namespace} ${each.write} ${each.rule}`;
      const known = shut.get(key) ?? each;
      known.pods.push(...workload.pods.map(({ name }) => name));
      shut.set(key, known);
    }
  }
  return [...shut.values()].map(({ policy, got, rule, write, pods }) =>
    finding("NetworkPolicy", policy, got(some(pods.sort())), rule, { write: `${direction}: [${write}]` }),
  );
}

/** A gateway takes no HBONE; everything of the mesh sends it. */
function isConcerned({ kind }: Workload, direction: Direction): boolean {
  return direction === "egress" || kind === "captured" || kind === "waypoint";
}

function judge(
  snapshot: ClusterSnapshot,
  peers: Peers,
  index: number,
  policies: NetworkPolicyState[],
  direction: Direction,
): Shut[] {
  const workload = peers.workloads[index]!;
  const rules = policies.flatMap((policy) => (policy[direction] ?? []).map((rule): RuleOf => ({ policy, rule })));
  const isOpen = ({ rule }: RuleOf) => opensPort(rule, hbonePort);
  const open = new Set(rules.filter(isOpen).flatMap(({ policy, rule }) => [...peers.of(rule.peers, policy.namespace)]));
  const partners = (rule: RuleOf) => [...peers.of(rule.rule.peers, rule.policy.namespace)].filter((at) => at !== index);
  const closed = rules.filter((rule) => !isOpen(rule) && !isBeside(rule.rule));
  const isMeant = ({ rule }: RuleOf, at: number) =>
    direction === "ingress" || !isForAnybody(rule) || listens(peers.workloads[at]!, rule);
  const blocked = closed.filter((rule) =>
    partners(rule).some((at) => isMeant(rule, at) && isBlocked(peers, at, workload, open, direction)),
  );
  if (blocked.length > 0) return blocked.map((rule) => shutRule(rule, direction));
  const bypassed = unheardWaypoint(peers, workload, rules, open, direction);
  if (bypassed) return [shutWaypoint(policies[0]!, bypassed, direction)];
  return rules.some(isOpen) || !rules.every(({ rule }) => isBeside(rule)) || !isMissed(snapshot, workload, direction)
    ? []
    : [shutAll(policies[0]!, direction)];
}

/** Whether a partner that may connect at other ports may not at the mesh's. */
function isBlocked(peers: Peers, at: number, own: Workload, open: Set<number>, direction: Direction): boolean {
  const partner = peers.workloads[at]!;
  if (direction === "ingress") {
    // What comes through a waypoint comes from the waypoint.
    return !isThrough(partner, own) && !open.has(at);
  }
  if (partner.kind !== "captured" && partner.kind !== "waypoint") return false;
  if (!isThrough(own, partner)) return !open.has(at);
  const through = waypointsOf(peers, partner.waypoint ?? "");
  return through.length > 0 && !through.some((waypoint) => open.has(waypoint));
}

/** Whether a client's connections to a server go through the server's waypoint. */
function isThrough(client: Workload, server: Workload): boolean {
  if (server.waypoint === undefined) return false;
  return client.kind === "captured" || (client.kind === "gateway" && server.isIngressThrough);
}

function waypointsOf(peers: Peers, waypoint: string): number[] {
  return [...peers.workloads.entries()]
    .filter(([, each]) => each.kind === "waypoint" && isNamed(each, waypoint))
    .map(([index]) => index);
}

function isNamed({ namespace, labels }: Workload, waypoint: string): boolean {
  return `${namespace}/${labels["gateway.networking.k8s.io/gateway-name"] ?? ""}` === waypoint;
}

/** The waypoint in front of a workload whose clients may connect, where the waypoint itself may not. */
function unheardWaypoint(
  peers: Peers,
  own: Workload,
  rules: RuleOf[],
  open: Set<number>,
  direction: Direction,
): string | undefined {
  const { waypoint } = own;
  if (direction === "egress" || waypoint === undefined) return undefined;
  const through = waypointsOf(peers, waypoint);
  const admitted = rules.flatMap(({ rule, policy }) =>
    rule.ports?.length === 0 ? [] : [...peers.of(rule.peers, policy.namespace)],
  );
  const hasClients = admitted.some((at) => isThrough(peers.workloads[at]!, own));
  return hasClients && through.length > 0 && !through.some((at) => open.has(at)) ? waypoint : undefined;
}

/** Names, istiod, metrics and health: what pods of a mesh ask for beside each other. */
const besides = [53, 15010, 15012, 15014, 15017, 15020, 15021, 15090];

/** A rule of no TCP at all, or of such ports alone. */
function isBeside({ ports }: NetworkRule): boolean {
  return (ports ?? ["all"]).every(
    (port) => typeof port === "object" && "from" in port && port.from === port.to && besides.includes(port.from),
  );
}

/** A rule that names no servers is for those outside of the mesh as well: for one of it only where it has such a port. */
function isForAnybody({ peers }: NetworkRule): boolean {
  return peers === undefined || peers.some(({ block }) => block?.cidr.endsWith("/0"));
}

function listens({ pods }: Workload, rule: NetworkRule): boolean {
  return pods.some(({ ports, probePorts }) =>
    [...Object.values(ports), ...probePorts].some((port) => opensPort(rule, port, ports)),
  );
}

/** Somebody is meant to connect to it; of what it connects to nothing tells. */
function isMissed({ services }: ClusterSnapshot, { namespace, labels, kind }: Workload, direction: Direction): boolean {
  if (direction === "egress" || kind === "waypoint") return true;
  return services.some(
    ({ namespace: own, selector }) =>
      own === namespace && selector !== undefined && selects({ labels: selector, expressions: [] }, labels),
  );
}

const carriesAll = "it carries every port of the pod, so an AuthorizationPolicy has to keep the others closed";

function shutRule({ policy, rule }: RuleOf, direction: Direction): Shut {
  const side = direction === "ingress" ? "from" : "to";
  const who = direction === "ingress" ? "the same clients" : "the same servers";
  return {
    policy,
    got: (pods) => `${portsText(rule)} without ${hbonePort} ${direction === "ingress" ? "into" : "out of"} ${pods}`,
    rule:
      direction === "ingress"
        ? `port ${hbonePort} is open to ${who} as well; ${carriesAll}`
        : `port ${hbonePort} of ${who} is open as well`,
    write: ruleText(side, rule.peers, [hbonePort]),
    pods: [],
  };
}

function shutWaypoint(policy: NetworkPolicyState, waypoint: string, direction: Direction): Shut {
  const [namespace = "", name = ""] = waypoint.split("/");
  const only = (labels: Record<string, string>) => ({ labels, expressions: [] });
  const peer = {
    ...(namespace === policy.namespace ? {} : { namespaces: only({ "kubernetes.io/metadata.name": namespace }) }),
    pods: only({ "gateway.networking.k8s.io/gateway-name": name }),
  };
  return {
    policy,
    got: (pods) => `clients, but not waypoint ${waypoint}, into ${pods}`,
    rule: `connections through a waypoint come from it, at port ${hbonePort}`,
    write: ruleText(direction === "ingress" ? "from" : "to", [peer], [hbonePort]),
    pods: [],
  };
}

function shutAll(policy: NetworkPolicyState, direction: Direction): Shut {
  const isIngress = direction === "ingress";
  const opened = isIngress ? `; ${carriesAll}` : "";
  return {
    policy,
    got: (pods) => `no connection of the mesh ${isIngress ? "into" : "out of"} ${pods}`,
    rule: `port ${hbonePort} is open to the pod's ${isIngress ? "clients" : "servers"}, such as those of its own namespace${opened}`,
    write: ruleText(isIngress ? "from" : "to", [{ pods: { labels: {}, expressions: [] } }], [hbonePort]),
    pods: [],
  };
}
