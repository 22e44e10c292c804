// The network that a mesh is laid upon: what its plugins are set to.
import type { Finding } from "../checks/check";
import { some } from "../checks/mesh";
import { pluginFindings, pluginWarnings } from "../network-plugins";
import { isolatesPodInterfaces, podInterfaceFinding } from "../network-plugins/clouds";
import type { ClusterFacts } from "./facts";

/** Settings under which a mesh is installed and does not work; istioctl warns of some of them. */
export function networkFindings({ networkPlugins, nodes }: ClusterFacts): Finding[] {
  return pluginFindings(networkPlugins, nodes);
}

/** Settings under which a mesh needs something more, or some pods better stay outside. */
export function networkWarnings({ networkPlugins, podInterfacePolicies }: ClusterFacts): Finding[] {
  const policies = podInterfacePolicies.map(({ namespace, name }) => `${namespace}/${name}`);
  const isolating = policies.length > 0 ? networkPlugins.filter(isPodIsolating) : [];
  const found = `with SecurityGroupPolicy ${some(policies)}`;
  return [...pluginWarnings(networkPlugins), ...isolating.map((plugin) => podInterfaceFinding(plugin, found))];
}

function isPodIsolating(plugin: ClusterFacts["networkPlugins"][number]): boolean {
  return plugin.plugin === "aws-vpc-cni" && isolatesPodInterfaces(plugin);
}
