// The network plugins of clouds beside a mesh: Amazon's VPC CNI, and OVN-Kubernetes as OpenShift runs it.
// Sources: istio.io, platform-specific prerequisites; aws/amazon-vpc-cni-k8s#2797; OpenShift Service Mesh 3, ambient mode.
import { finding, type Finding } from "../checks/check";
import type { NetworkPlugin } from "../cluster-state/network-plugins";

/** OVN-Kubernetes: in shared gateway mode a node's own traffic with a link-local source does not reach its pods. */
export function ovnFindings(plugin: NetworkPlugin): Finding[] {
  if (plugin.settings["type"] !== "OVNKubernetes" || plugin.settings["routingViaHost"] === "true") return [];
  const patch = '{"spec":{"defaultNetwork":{"ovnKubernetesConfig":{"gatewayConfig":{"routingViaHost":true}}}}}';
  return [
    finding(plugin.kind, plugin, "routingViaHost is not true", "without it the kubelet's probes of mesh pods fail", {
      run: `oc patch ${plugin.resource} ${plugin.name} --type merge --patch '${patch}'`,
    }),
  ];
}

/** Whether pods that have security groups of their own get no probes; strict is the default. */
export function isolatesPodInterfaces({ settings }: NetworkPlugin): boolean {
  return settings["ENABLE_POD_ENI"] === "true" && settings["POD_SECURITY_GROUP_ENFORCING_MODE"] !== "standard";
}

/** Pods with security groups of their own, by whatever names them. */
export function podInterfaceFinding(plugin: NetworkPlugin, found: string): Finding {
  const mode = plugin.settings["POD_SECURITY_GROUP_ENFORCING_MODE"] ?? "strict by default";
  return finding(
    plugin.kind,
    plugin,
    `POD_SECURITY_GROUP_ENFORCING_MODE: ${mode}, ${found}`,
    "with it the kubelet's probes of mesh pods with security groups fail",
    {
      run: `kubectl set env daemonset ${plugin.name} --namespace ${plugin.namespace} POD_SECURITY_GROUP_ENFORCING_MODE=standard`,
    },
  );
}

/** In strict mode a pod is cut off until a NetworkPolicy selects it, the mesh's own pods too. */
export function awsWarnings(plugin: NetworkPlugin): Finding[] {
  if (plugin.settings["NETWORK_POLICY_ENFORCING_MODE"] !== "strict") return [];
  const rule = "with it every pod needs NetworkPolicies, the mesh's own as well as those that it captures";
  return [
    finding(plugin.kind, plugin, "NETWORK_POLICY_ENFORCING_MODE: strict", rule, {
      run: `kubectl set env daemonset ${plugin.name} --namespace ${plugin.namespace} NETWORK_POLICY_ENFORCING_MODE=standard`,
    }),
  ];
}
