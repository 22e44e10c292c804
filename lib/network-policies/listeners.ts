// NetworkPolicies in front of ingress gateways: a namespace that is closed by default closes its gateway's listeners too.
// Source: kubernetes.io, network policies (pods that a policy selects refuse what none of theirs admits).
import { finding, type Finding } from "../checks/check";
import { byNamespace, gatewayService, ingressGateways, isLive, marks, some } from "../checks/mesh";
import type { ClusterSnapshot, GatewayState, NetworkPolicyState, PodState } from "../cluster-state/snapshot";
import { isAlone } from "./beside";
import { opensPort, ruleText } from "./rules";
import { selects } from "./selectors";

/** istiod's own port of the Service, for probes of load balancers. */
const statusPort = 15021;

/** Gateways whose pods refuse every peer at a port of a listener. */
export function listenerFindings(snapshot: ClusterSnapshot): Finding[] {
  const isJudged = isAlone(snapshot);
  const policies = new Map(byNamespace(snapshot.networkPolicies.filter(({ ingress }) => ingress !== undefined)));
  return ingressGateways(snapshot).flatMap((gateway) => {
    const there = policies.get(gateway.namespace);
    if (!there || !isJudged(gateway.namespace)) return [];
    const pods = snapshot.pods.filter((pod) => isLive(pod) && !pod.hostNetwork && isOf(gateway, pod));
    const shut = pods.map((pod) => ({ pod, ...shutPorts(snapshot, gateway, pod, there) }));
    const closed = shut.filter(({ ports }) => ports.length > 0);
    const [first] = closed;
    if (!first) return [];
    const { policy } = first;
    const ports = [...new Set(closed.flatMap((each) => each.ports))].sort((one, other) => one - other);
    const got = `no connection to port ${ports.join(", ")} of ${some(closed.map(({ pod }) => pod.name).sort())}`;
    const rule =
      `Gateway ${gateway.name} listens there; its clients are outside of the cluster, so this opens the port to every peer, ` +
      "unless the rule gets a from with an ipBlock of theirs";
    return [
      finding("NetworkPolicy", policy!, got, rule, { write: `ingress: [${ruleText("from", undefined, ports)}]` }),
    ];
  });
}

function isOf({ namespace, name }: GatewayState, pod: PodState): boolean {
  return pod.namespace === namespace && pod.labels[marks.gatewayName] === name;
}

/** Ports of the pod behind the gateway's Service that none of the policies opens to anybody. */
function shutPorts(snapshot: ClusterSnapshot, gateway: GatewayState, pod: PodState, policies: NetworkPolicyState[]) {
  const selecting = policies.filter(({ pods }) => selects(pods, pod.labels));
  const rules = selecting.flatMap(({ ingress = [] }) => ingress);
  const targets = (gatewayService(snapshot, gateway)?.ports ?? [])
    .filter(({ protocol }) => protocol === undefined)
    .map(({ port, target = port }) => (typeof target === "number" ? target : pod.ports[target]))
    .filter((port): port is number => port !== undefined && port !== statusPort);
  const ports =
    selecting.length === 0 ? [] : targets.filter((port) => !rules.some((rule) => opensPort(rule, port, pod.ports)));
  return { policy: selecting[0], ports };
}
