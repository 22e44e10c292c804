// Which traffic NetworkPolicies admit once pods are ambient. They add up: what one of a pod's policies admits is admitted.
import type { NetworkPeer, NetworkPolicyState, NetworkRule } from "../cluster-state/snapshot";
import type { Labels } from "../istio/labels";
import { blockOf, isInBlock } from "../network-policies/addresses";
import { opensPort, ruleText } from "../network-policies/rules";
import { selects } from "../network-policies/selectors";
import type { MigrationFacts } from "./facts";
import { members } from "./members";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import type { WaypointPlan } from "./waypoint";

const hbonePort = 15008;
const dnsPort = 53;
/** What the kubelet's probes come from once a pod is captured. */
const probeAddresses = ["169.254.7.127", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff"];
const gatewayName = "gateway.networking.k8s.io/gateway-name";

type Way = "ingress" | "egress";

/** Pods that the same policies select. */
interface Subject {
  labels: Labels;
  probePorts: number[];
  ports: Record<string, number>;
  /** The waypoint sends to them, or is sent to by them. */
  isBehind: boolean;
  isWaypoint: boolean;
}

/** What a policy, with the others of the same pods, shuts. */
interface Shut {
  why: string;
  fix: string;
}

/** Rows of all NetworkPolicies. What several of them shut together is said of the one that has rules. */
export function networkVerdicts(facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict[] {
  const subjects = subjectsOf(facts, waypoint);
  const shut = new Map<NetworkPolicyState, Shut[]>();
  for (const subject of subjects) {
    const own = facts.networkPolicies.filter(({ pods }) => selects(pods, subject.labels));
    for (const [policy, found] of shutTo(subject, own, facts, waypoint)) {
      const known = shut.get(policy) ?? [];
      shut.set(policy, [...known, ...found.filter(({ why }) => !known.some((each) => each.why === why))]);
    }
  }
  return facts.networkPolicies.map((policy) => rowOf(policy, subjects, shut));
}

function subjectsOf(facts: MigrationFacts, waypoint: WaypointPlan | undefined): Subject[] {
  const own = members(facts).map((workload): Subject => {
    const { podLabels: labels, probePorts, ports } = workload;
    return { labels, probePorts, ports, isBehind: waypoint?.workloads.includes(workload) ?? false, isWaypoint: false };
  });
  if (!waypoint || waypoint.exists) return own;
  const labels = { [gatewayName]: waypoint.name };
  return [...own, { labels, probePorts: [], ports: {}, isBehind: false, isWaypoint: true }];
}

function rowOf(policy: NetworkPolicyState, subjects: Subject[], shut: Map<NetworkPolicyState, Shut[]>): Verdict {
  const name = nameOf(policy);
  if (!subjects.some(({ labels }) => selects(policy.pods, labels)))
    return verdict(name, is.carriesOver, "it selects no pod that is migrated");
  const found = shut.get(policy);
  if (!found)
    return verdict(name, is.carriesOver, `it leaves port ${hbonePort} and the probes open where its pods need them`);
  const [whys, fixes] = [found.map(({ why }) => why), found.map(({ fix }) => fix)];
  return verdict(name, is.blocks, whys.join("; "), { fix: [...new Set(fixes)].join(", and ") });
}

function nameOf({ namespace, name }: NetworkPolicyState): string {
  return `NetworkPolicy ${namespace}/${name}`;
}

/** What is shut to pods by the policies that select them, said of one of these. */
function shutTo(
  subject: Subject,
  own: NetworkPolicyState[],
  facts: MigrationFacts,
  waypoint: WaypointPlan | undefined,
): [NetworkPolicyState, Shut[]][] {
  return (["ingress", "egress"] as const).flatMap((way) => {
    const restricting = own.filter((policy) => policy[way] !== undefined);
    const blamed = restricting.find((policy) => policy[way]!.length > 0) ?? restricting[0];
    if (!blamed) return [];
    const rules = restricting.flatMap((policy) => policy[way] ?? []);
    const others = restricting.filter((policy) => policy !== blamed).map(nameOf);
    const found = [
      ...hboneShut(way, rules.filter(isForPods), others, subject, facts, waypoint),
      ...(way === "ingress" ? probesShut(rules, others, subject) : []),
    ];
    return found.length > 0 ? [[blamed, found]] : [];
  });
}

function hboneShut(
  way: Way,
  rules: NetworkRule[],
  others: string[],
  subject: Subject,
  facts: MigrationFacts,
  waypoint: WaypointPlan | undefined,
): Shut[] {
  const open = rules.filter((rule) => opensPort(rule, hbonePort));
  if (subject.isWaypoint) return open.length > 0 ? [] : [waypointShut(way, subject)];
  // What nothing could reach before is reached by nothing then.
  if (rules.length === 0) return [];
  const [it, shuts] = others.length > 0 ? [`it and ${others.join(", ")}`, "shut"] : ["it", "shuts"];
  const direction = way === "ingress" ? "in" : "out";
  if (open.length === 0) {
    const why = `between pods of the mesh everything goes through port ${hbonePort}, which ${it} ${shuts} ${direction}`;
    return [{ why, fix: hboneFix(way, rules, subject.isBehind ? waypoint : undefined) }];
  }
  if (!subject.isBehind || !waypoint || way === "egress") return [];
  if (open.some((rule) => admitsWaypoint(rule, waypoint, facts))) return [];
  const why = `requests come from the pods of the waypoint ${waypoint.name} then, to which ${it} ${shuts} port ${hbonePort}`;
  return [{ why, fix: `ingress: [${ruleText("from", [waypointPeer(waypoint)], [hbonePort])}]` }];
}

/** A rule for the kubelet's address alone lets nothing of the mesh in. */
function isForPods({ peers }: NetworkRule): boolean {
  const kubelet = probeAddresses.map(blockOf);
  return peers === undefined || peers.some(({ block }) => block === undefined || !kubelet.includes(block.cidr));
}

/** Opens the mesh's port to the peers that the rules admit at others, and to no more. */
function hboneFix(way: Way, rules: NetworkRule[], waypoint: WaypointPlan | undefined): string {
  const isDns = ({ ports }: NetworkRule) =>
    ports?.every((port) => "from" in port && port.from === dnsPort && port.to === dnsPort);
  const talking = rules.filter((rule) => !isDns(rule));
  const counted = talking.length > 0 ? talking : rules;
  const isForAll = counted.some(({ peers }) => peers === undefined);
  const all = [...counted.flatMap(({ peers = [] }) => peers), ...(waypoint ? [waypointPeer(waypoint)] : [])];
  const peers = all.filter(
    (peer, index) => all.findIndex((each) => JSON.stringify(each) === JSON.stringify(peer)) === index,
  );
  const direction = way === "ingress" ? "from" : "to";
  const text = `${way}: [${ruleText(direction, isForAll ? undefined : peers, [hbonePort])}]`;
  return isForAll ? `${text}, which opens it to every peer, as the rules without \`${direction}\` do` : text;
}

function waypointPeer({ name }: WaypointPlan): NetworkPeer {
  return { pods: { labels: { [gatewayName]: name }, expressions: [] } };
}

/** What is in a block of addresses is not known before the pod is there. */
function admitsWaypoint({ peers }: NetworkRule, { name }: WaypointPlan, { namespace }: MigrationFacts): boolean {
  const labels = { ...namespace.labels, "kubernetes.io/metadata.name": namespace.name };
  return (
    peers === undefined ||
    peers.some(
      ({ pods, namespaces, block }) =>
        block !== undefined ||
        ((pods === undefined || selects(pods, { [gatewayName]: name })) &&
          (namespaces === undefined || selects(namespaces, labels))),
    )
  );
}

/** Nothing but this policy would say what the waypoint's pods may do. */
function waypointShut(way: Way, { labels }: Subject): Shut {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  const spec =
    `podSelector: { matchLabels: { ${pairs.join(", ")} } }, policyTypes: [Ingress, Egress], ` +
    `ingress: [{ ports: [{ port: ${hbonePort} }] }], egress: [{}]`;
  const direction = way === "ingress" ? "in" : "out";
  return {
    why: `it selects the pods of the waypoint too, and shuts port ${hbonePort} ${direction}`,
    fix: `a NetworkPolicy with spec: { ${spec} }`,
  };
}

function probesShut(rules: NetworkRule[], others: string[], { probePorts, ports }: Subject): Shut[] {
  const admitting = rules.filter(letsKubeletIn);
  const shut = probePorts.filter((port) => !admitting.some((rule) => opensPort(rule, port, ports)));
  if (shut.length === 0) return [];
  const [it, admit] = others.length > 0 ? [`it and ${others.join(", ")}`, "do not admit"] : ["it", "does not admit"];
  const why = `the kubelet's probes come from ${probeAddresses[0]} then, which ${it} ${admit} at ${shut.join(", ")}`;
  const peer = { block: { cidr: `${probeAddresses[0]}/32`, except: [] } };
  return [{ why, fix: `ingress: [${ruleText("from", [peer], shut)}]` }];
}

function letsKubeletIn({ peers }: NetworkRule): boolean {
  return (
    peers === undefined ||
    peers.some(({ block }) => block !== undefined && probeAddresses.some((address) => isInBlock(address, block)))
  );
}
