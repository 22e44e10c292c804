// What lies under the mesh and may be in its way: settings of network plugins, and policies that shut the mesh out.
import type { ClusterSnapshot, OtherPolicyState, PodState } from "../cluster-state/snapshot";
import { hboneFindings, hbonePort } from "../network-policies/hbone";
import { istiodFindings } from "../network-policies/istiod";
import { listenerFindings } from "../network-policies/listeners";
import { otherLabels, probeFindings } from "../network-policies/probes";
import { selects } from "../network-policies/selectors";
import { pluginFindings } from "../network-plugins";
import { isolatesPodInterfaces, podInterfaceFinding, routesBranchProbes } from "../network-plugins/clouds";
import type { Check, Finding } from "./check";
import {
  cniDaemonSets,
  count,
  enrolls,
  isLive,
  istioVersion,
  marks,
  podsToCapture,
  some,
  ztunnelDaemonSets,
} from "./mesh";

export const networkChecks: Check[] = [
  {
    id: "network-plugin",
    category: "network",
    claim: "the network plugin's settings leave the mesh's traffic alone",
    severity: "error",
    hint: "Under such a setting traffic bypasses ztunnel and waypoints, or the kubelet's probes fail, without a sign in Istio.",
    needs: ["networkPlugins", "nodes", "pods", "namespaces"],
    also: ["daemonSets"],
    run: (snapshot) => [...pluginFindings(snapshot.networkPlugins, snapshot.nodes), ...podInterfaceFindings(snapshot)],
  },
  {
    id: "network-policy-hbone",
    category: "network",
    claim: "no NetworkPolicy blocks the mesh's port",
    severity: "warning",
    hint: `Mesh traffic arrives at port ${hbonePort}, whatever port the application listens on.`,
    needs: ["networkPolicies", "pods", "namespaces", "services"],
    also: ["daemonSets"],
    isLocal: true,
    unjudged: keptPorts,
    run: (snapshot) => hboneFindings(snapshot, "ingress"),
  },
  {
    id: "network-policy-egress",
    category: "network",
    claim: "no NetworkPolicy keeps pods from connecting to the mesh's port",
    severity: "warning",
    hint: `A pod of the mesh connects to port ${hbonePort} of other pods and of waypoints, whatever port it asks for.`,
    needs: ["networkPolicies", "pods", "namespaces", "services"],
    also: ["daemonSets"],
    isLocal: true,
    unjudged: keptPorts,
    run: (snapshot) => hboneFindings(snapshot, "egress"),
  },
  {
    id: "network-policy-istiod",
    category: "network",
    claim: "no NetworkPolicy is between istiod and what it serves",
    severity: "warning",
    hint: "ztunnel and proxies keep what they have and get nothing new: no certificate is renewed, and no new pod starts.",
    needs: ["networkPolicies", "deployments", "pods", "namespaces"],
    also: ["otherPolicies"],
    run: istiodFindings,
  },
  {
    id: "network-policy-gateways",
    category: "network",
    claim: "no NetworkPolicy closes the listeners of an ingress gateway",
    severity: "warning",
    hint: "A policy for all pods of a namespace is for its gateway too: the Gateway stays Programmed, and connections time out.",
    needs: ["networkPolicies", "gateways", "services", "pods"],
    also: ["gatewayClasses", "otherPolicies"],
    isLocal: true,
    run: listenerFindings,
  },
  {
    id: "network-policy-probes",
    category: "network",
    claim: "no NetworkPolicy blocks the kubelet's probes",
    severity: "warning",
    hint: "Probes of captured pods come from a link-local address, which policies do not allow by default.",
    needs: ["networkPolicies", "otherPolicies", "pods", "namespaces"],
    also: ["daemonSets"],
    isLocal: true,
    run: probeFindings,
  },
  {
    id: "network-policy-others",
    category: "network",
    claim: "no policy of the network plugin's own kinds is in the mesh's way",
    severity: "warning",
    hint: `Only NetworkPolicies are judged: look for port ${hbonePort} and the probes' address in the others yourself.`,
    needs: ["definitions", "otherPolicies", "namespaces", "pods"],
    unjudged: unjudgedPolicies,
    run: () => [],
  },
];

/** Pods of the mesh with a network interface of their own, and security groups on it. */
function podInterfaceFindings(snapshot: ClusterSnapshot): Finding[] {
  const agents = cniDaemonSets(snapshot);
  const routesProbes =
    agents.length > 0 && agents.every((set) => routesBranchProbes(istioVersion(set)?.version, set.env));
  const plugin = snapshot.networkPlugins.find(
    (each) => each.plugin === "aws-vpc-cni" && isolatesPodInterfaces(each, routesProbes),
  );
  const pods = plugin ? podsToCapture(snapshot).filter((pod) => "vpc.amazonaws.com/pod-eni" in pod.annotations) : [];
  const names = pods.map(({ namespace, name }) => `${namespace}/${name}`);
  return plugin && pods.length > 0 ? [podInterfaceFinding(plugin, `with security groups on ${some(names)}`)] : [];
}

/** Calico's own ztunnel may leave connections at the ports that pods ask for. */
function keptPorts(snapshot: ClusterSnapshot): string | undefined {
  const variable = "TRANSPARENT_NETWORK_POLICIES";
  const isKept = ztunnelDaemonSets(snapshot).some(({ env }) => env[variable]?.toLowerCase() === "true");
  return isKept && snapshot.networkPolicies.length > 0
    ? `ztunnel has ${variable}, which Istio's does not know: connections keep the ports that pods ask for`
    : undefined;
}

/** Policies that may concern the mesh and that are not judged here. */
function unjudgedPolicies(snapshot: ClusterSnapshot): string | undefined {
  const concernsMesh = concerns(snapshot);
  const asks = enrolls(snapshot);
  const isAmbient = (namespace: string) => asks({ namespace, labels: {} });
  const enrolled = new Set(podsToCapture(snapshot).map(({ namespace }) => namespace));
  const open = snapshot.otherPolicies.filter(
    (policy) =>
      !policy.isOpening &&
      (policy.namespace === "" || isAmbient(policy.namespace) || enrolled.has(policy.namespace)) &&
      concernsMesh(policy),
  );
  if (open.length === 0) return undefined;
  const kinds = new Map<string, OtherPolicyState[]>();
  for (const policy of open) kinds.set(policy.kind, [...(kinds.get(policy.kind) ?? []), policy]);
  return [...kinds].map(([kind, policies]) => `${kindText(kind, policies)} not judged`).join(", ");
}

/** Tells of a policy for the whole cluster whether it is for a pod of the mesh; of some kinds that is not known. */
function concerns(snapshot: ClusterSnapshot): (policy: OtherPolicyState) => boolean {
  if (!snapshot.otherPolicies.some(({ namespace, admits }) => namespace === "" && admits)) return () => true;
  const labels = new Map(snapshot.namespaces.map(({ name, labels: own }) => [name, own]));
  const proxies = snapshot.pods.filter((pod) => isLive(pod) && (marks.managed in pod.labels || isPart(pod)));
  const known = [...podsToCapture(snapshot), ...proxies].map((pod) => otherLabels(pod, labels.get(pod.namespace)));
  return ({ namespace, admits }) =>
    namespace !== "" || admits === undefined || known.some((each) => selects(admits.pods, each));
}

/** istiod and the node agents. */
function isPart({ labels }: PodState): boolean {
  return ["istiod", "ztunnel"].includes(labels["app"] ?? "") || labels["k8s-app"] === "istio-cni-node";
}

function kindText(kind: string, policies: OtherPolicyState[]): string {
  const names = policies.map(({ namespace, name }) => (namespace === "" ? name : `${namespace}/${name}`));
  return `${count(policies.length, "object")} of the kind ${kind} (${some(names.sort())})`;
}
