// NetworkPolicies and the kubelet's probes: of captured pods these come from a link-local address, and not from the node.
// Source: istio.io, ambient and Kubernetes NetworkPolicy; istio#56484.
import { namespaceFinding, type Finding } from "../checks/check";
import { byNamespace, cniDaemonSets, podsToCapture, some } from "../checks/mesh";
import type { ClusterSnapshot, NetworkPolicyState, NetworkRule, PodState } from "../cluster-state/snapshot";
import { blockOf, isInBlock, isIpv6 } from "./addresses";
import { opensPort, ruleText } from "./rules";
import { selects } from "./selectors";

/** istio-cni's own defaults. */
const usual = { v4: "169.254.7.127", v6: "fd16:9254:7127:1337:ffff:ffff:ffff:ffff" };

/** What is shut to the kubelet in one namespace, at one address. */
interface ShutOut {
  address: string;
  policies: Set<string>;
  pods: string[];
  ports: Set<number>;
}

/** Probed pods that policies select, where none of these policies lets the kubelet's address in at a probed port. */
export function probeFindings(snapshot: ClusterSnapshot): Finding[] {
  if (passesKubelet(snapshot)) return [];
  const policies = new Map(byNamespace(snapshot.networkPolicies.filter(({ ingress }) => ingress !== undefined)));
  const addresses = probeAddresses(snapshot);
  return byNamespace(podsToCapture(snapshot).filter(({ probePorts }) => probePorts.length > 0)).flatMap(
    ([namespace, pods]) => {
      const found = new Map<string, ShutOut>();
      for (const pod of pods) {
        const selecting = (policies.get(namespace) ?? []).filter((policy) => selects(policy.pods, pod.labels));
        const address = isIpv6(pod.address) ? addresses.v6 : addresses.v4;
        const shut = selecting.length === 0 ? [] : shutPorts(snapshot, pod, selecting, address);
        if (shut.length === 0) continue;
        const one = found.get(address) ?? { address, policies: new Set(), pods: [], ports: new Set() };
        selecting.forEach(({ name }) => one.policies.add(name));
        shut.forEach((port) => one.ports.add(port));
        one.pods.push(pod.name);
        found.set(address, one);
      }
      return [...found.values()].map((shut) => told(namespace, shut));
    },
  );
}

/**
 * Azure's Network Policy Manager filters what a node forwards; what the node itself sends, the kubelet's probes, never passes there.
 * kube-router admits it by a rule of its own, before istio-cni has put another address in (pkg/controllers/netpol/pod.go).
 */
const admitsOwnNode = ["azure-npm", "kube-router"];

function passesKubelet({ daemonSets }: ClusterSnapshot): boolean {
  return daemonSets.some(({ namespace, name }) => namespace === "kube-system" && admitsOwnNode.includes(name));
}

/** Those that istio-cni was told, by its environment. */
function probeAddresses(snapshot: ClusterSnapshot): { v4: string; v6: string } {
  const [env] = cniDaemonSets(snapshot).map((set) => set.env);
  return { v4: env?.["HOST_PROBE_SNAT_IP"] ?? usual.v4, v6: env?.["HOST_PROBE_SNAT_IPV6"] ?? usual.v6 };
}

function shutPorts(
  { otherPolicies, namespaces }: ClusterSnapshot,
  pod: PodState,
  policies: NetworkPolicyState[],
  address: string,
): number[] {
  const admitting = otherPolicies.filter(({ admits }) => admits !== undefined);
  const namespace = admitting.length > 0 ? namespaces.find(({ name }) => name === pod.namespace) : undefined;
  const others = admitting.flatMap(({ admits }) =>
    admits && selects(admits.pods, otherLabels(pod, namespace?.labels)) ? admits.rules : [],
  );
  const rules = [...policies.flatMap(({ ingress }) => ingress ?? []), ...others].filter((rule) => isFor(rule, address));
  return pod.probePorts.filter((port) => !rules.some((rule) => opensPort(rule, port, pod.ports)));
}

/** Cilium's selectors may also ask for the pod's namespace and the labels of that. */
export function otherLabels(pod: PodState, namespace: Record<string, string> = {}): Record<string, string> {
  const inherited = Object.entries(namespace).map(([key, value]) => [`io.cilium.k8s.namespace.labels.${key}`, value]);
  return {
    ...pod.labels,
    ...Object.fromEntries(inherited),
    "io.kubernetes.pod.namespace": pod.namespace,
    "io.cilium.k8s.policy.serviceaccount": pod.serviceAccount,
  };
}

function isFor({ peers }: NetworkRule, address: string): boolean {
  return peers === undefined || peers.some(({ block }) => block !== undefined && isInBlock(address, block));
}

function told(namespace: string, { address, policies, pods, ports }: ShutOut): Finding {
  const sorted = [...ports].sort((one, other) => one - other);
  const cidr = blockOf(address);
  const got = `NetworkPolicy ${some([...policies])} selects ${some(pods)}`;
  const rule = `ingress from ${cidr} to ${sorted.join(", ")} is allowed`;
  const write = `ingress: [${ruleText("from", [{ block: { cidr, except: [] } }], sorted)}]`;
  return namespaceFinding(namespace, got, rule, { write });
}
