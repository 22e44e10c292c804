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
  const verdicts = new Map<string, Verdict>();
  for (const workload of peers.workloads) {
    if (!isConcerned(workload, direction)) continue;
    const selecting = (policies.get(workload.namespace) ?? []).filter(({ pods }) => selects(pods, workload.labels));
    if (selecting.length === 0) continue;
    // Workloads that the same policies select differ only in what is in front of them.
    const { namespace, kind, waypoint = "", isIngressThrough } = workload;
    const same = JSON.stringify([namespace, kind, waypoint, isIngressThrough, selecting.map(({ name }) => name)]);
    const verdict = verdicts.get(same) ?? judge(peers, workload, selecting, direction);
    verdicts.set(same, verdict);
    if (verdict.isClosed && !isMissed(snapshot, workload, direction)) continue;
    for (const each of verdict.shut) {
      const key = `${each.policy.name} ${each.policy.namespace} ${each.write} ${each.rule}`;
      const known = shut.get(key) ?? { ...each, pods: [] };
      known.pods.push(...workload.pods.map(({ name }) => name));
      shut.set(key, known);
    }
  }
  return [...shut.values()].map(({ policy, got, rule, write, pods }) =>
    finding("NetworkPolicy", policy, got(some(pods.sort())), rule, { write: `${direction}: [${write}]` }),
  );
}

/** Whom the mesh's port is open to, or who is reached at it. */
interface Open {
  has(at: number): boolean;
}

/** What comes of the policies that select a workload. */
interface Verdict {
  shut: Shut[];
  /** Nothing at all is let through, which may well be meant. */
  isClosed: boolean;
}

/** A gateway takes no HBONE; everything of the mesh sends it. */
function isConcerned({ kind }: Workload, direction: Direction): boolean {
  return direction === "egress" || kind === "captured" || kind === "waypoint";
}

function judge(peers: Peers, own: Workload, policies: NetworkPolicyState[], direction: Direction): Verdict {
  const rules = policies.flatMap((policy) => (policy[direction] ?? []).map((rule): RuleOf => ({ policy, rule })));
  const isOpen = ({ rule }: RuleOf) => opensPort(rule, hbonePort);
  const partners = ({ rule, policy }: RuleOf) => peers.of(rule.peers, policy.namespace);
  const opened = rules.filter(isOpen).map(partners);
  const open = { has: (at: number) => opened.some((set) => set.has(at)) };
  const isMeant = ({ rule }: RuleOf, at: number) =>
    direction === "ingress" || !isForAnybody(rule) || peers.listeningAt(rule).has(at);
  const closed = rules.filter((rule) => !isOpen(rule) && !isBeside(rule.rule));
  const blocked = closed.filter((rule) =>
    [...partners(rule)].some((at) => isBlocked(peers, at, own, open, direction) && isMeant(rule, at)),
  );
  if (blocked.length > 0) return { shut: blocked.map((rule) => shutRule(rule, direction)), isClosed: false };
  const unheard = unheardWaypoint(peers, own, rules, open, direction);
  if (unheard) return { shut: [shutWaypoint(policies[0]!, unheard, direction)], isClosed: false };
  const isClosed = !rules.some(isOpen) && rules.every(({ rule }) => isBeside(rule));
  return { shut: isClosed ? [shutAll(policies[0]!, direction)] : [], isClosed };
}

/** Whether a partner that may connect at other ports may not at the mesh's. */
function isBlocked(peers: Peers, at: number, own: Workload, open: Open, direction: Direction): boolean {
  const partner = peers.workloads[at]!;
  if (direction === "ingress") {
    // What comes through a waypoint comes from the waypoint.
    return !isThrough(partner, own) && !open.has(at);
  }
  if (partner.kind !== "captured" && partner.kind !== "waypoint") return false;
  if (!isThrough(own, partner)) return !open.has(at);
  const through = peers.ofWaypoint(partner.waypoint ?? "");
  return through.length > 0 && !through.some((waypoint) => open.has(waypoint));
}

/** Whether a client's connections to a server go through the server's waypoint. */
function isThrough(client: Workload, server: Workload): boolean {
  if (server.waypoint === undefined) return false;
  return client.kind === "captured" || (client.kind === "gateway" && server.isIngressThrough);
}

/** The waypoint in front of a workload whose clients may connect, where the waypoint itself may not. */
function unheardWaypoint(
  peers: Peers,
  own: Workload,
  rules: RuleOf[],
  open: Open,
  direction: Direction,
): string | undefined {
  const { waypoint } = own;
  if (direction === "egress" || waypoint === undefined) return undefined;
  const through = peers.ofWaypoint(waypoint);
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

/** Clients are meant to connect to it; what it connects to itself is not known. */
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
