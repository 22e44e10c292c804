// The network plugins of clouds beside a mesh: Amazon's VPC CNI, and OVN-Kubernetes as OpenShift runs it.
// Sources: istio.io, platform-specific prerequisites; aws/amazon-vpc-cni-k8s#2797, istio#59778; OpenShift Service Mesh 3,
// ambient mode.
import { finding, type Finding } from "../checks/check";
import { fixFor } from "../checks/kept";
import type { NetworkPlugin } from "../cluster-state/network-plugins";
import { branchInterfaceFloor, isOlder } from "../istio/releases";

/** OVN-Kubernetes: in shared gateway mode a node's own traffic with a link-local source does not reach its pods. */
export function ovnFindings(plugin: NetworkPlugin): Finding[] {
  const rule = "without it the kubelet's probes of mesh pods fail";
  const { namespace, name, settings } = plugin;
  if (settings["OVN_GATEWAY_MODE"] === "shared") {
    const run = `kubectl set env daemonset ${name} --namespace ${namespace} OVN_GATEWAY_MODE=local`;
    return [fixFor(plugin, finding(plugin.kind, plugin, "OVN_GATEWAY_MODE is not local", rule, { run }))];
  }
  if (settings["type"] !== "OVNKubernetes" || settings["routingViaHost"] === "true") return [];
  const patch = '{"spec":{"defaultNetwork":{"ovnKubernetesConfig":{"gatewayConfig":{"routingViaHost":true}}}}}';
  const run = `oc patch ${plugin.resource} ${name} --type merge --patch '${patch}'`;
  return [fixFor(plugin, finding(plugin.kind, plugin, "routingViaHost is not true", rule, { run }))];
}

/** Whether pods that have security groups of their own get no probes; strict is the default. */
export function isolatesPodInterfaces({ settings }: NetworkPlugin, routesProbes: boolean): boolean {
  const isStrict = settings["POD_SECURITY_GROUP_ENFORCING_MODE"] !== "standard";
  return settings["ENABLE_POD_ENI"] === "true" && isStrict && !routesProbes;
}

/** Whether istio-cni of a release brings their probes past Amazon's routes, unless it is told not to. */
export function routesBranchProbes(version: string | undefined, env: Record<string, string> = {}): boolean {
  return (
    version !== undefined &&
    !isOlder(version, branchInterfaceFloor) &&
    env["AMBIENT_ENABLE_AWS_BRANCH_ENI_PROBE"]?.toLowerCase() !== "false"
  );
}

/** Pods with security groups of their own, by whatever names them. */
export function podInterfaceFinding(plugin: NetworkPlugin, found: string): Finding {
  const mode = plugin.settings["POD_SECURITY_GROUP_ENFORCING_MODE"] ?? "strict by default";
  const rule = "with it the kubelet's probes of mesh pods with security groups fail";
  const run = `kubectl set env daemonset ${plugin.name} --namespace ${plugin.namespace} POD_SECURITY_GROUP_ENFORCING_MODE=standard`;
  const got = `POD_SECURITY_GROUP_ENFORCING_MODE: ${mode}, ${found}`;
  return fixFor(plugin, finding(plugin.kind, plugin, got, rule, { run }));
}

/** In strict mode a pod is cut off until a NetworkPolicy selects it, the mesh's own pods too. */
export function awsWarnings(plugin: NetworkPlugin): Finding[] {
  if (plugin.settings["NETWORK_POLICY_ENFORCING_MODE"] !== "strict") return [];
  const rule = "with it every pod needs NetworkPolicies, the mesh's own as well as those that it captures";
  const run = `kubectl set env daemonset ${plugin.name} --namespace ${plugin.namespace} NETWORK_POLICY_ENFORCING_MODE=standard`;
  return [fixFor(plugin, finding(plugin.kind, plugin, "NETWORK_POLICY_ENFORCING_MODE: strict", rule, { run }))];
}
