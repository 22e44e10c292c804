// The network that a mesh is laid upon: what its plugins are set to.
import type { Finding } from "../checks/check";
import { some } from "../checks/mesh";
import type { NetworkPlugin } from "../cluster-state/network-plugins";
import { pluginFindings, pluginWarnings } from "../network-plugins";
import { isolatesPodInterfaces, podInterfaceFinding, routesBranchProbes } from "../network-plugins/clouds";
import type { ClusterFacts, Plan } from "./facts";

/** Settings under which a mesh is installed and does not work; istioctl warns of some of them. */
export function networkFindings({ networkPlugins, nodes }: ClusterFacts): Finding[] {
  return pluginFindings(networkPlugins, nodes);
}

/** Settings under which a mesh needs something more, or some pods better stay outside. */
export function networkWarnings({ version }: Plan, { networkPlugins, podInterfacePolicies }: ClusterFacts): Finding[] {
  const policies = podInterfacePolicies.map(({ namespace, name }) => `${namespace}/${name}`);
  const isIsolating = (plugin: NetworkPlugin) =>
    plugin.plugin === "aws-vpc-cni" && isolatesPodInterfaces(plugin, routesBranchProbes(version));
  const isolating = policies.length > 0 ? networkPlugins.filter(isIsolating) : [];
  const found = `with SecurityGroupPolicy ${some(policies)}`;
  return [...pluginWarnings(networkPlugins), ...isolating.map((plugin) => podInterfaceFinding(plugin, found))];
}
