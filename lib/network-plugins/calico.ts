// Calico beside a mesh: connect-time load balancing, which only its BPF data plane does, and there by default.
// Sources: felix/config/config_params.go of projectcalico/calico; istio#53750, #55481.
import { finding, type Finding, type Fix } from "../checks/check";
import type { NetworkPlugin, PluginSettings } from "../cluster-state/network-plugins";
import type { Named } from "../cluster-state/snapshot";

/** Findings about Calico: of the configuration for all nodes, and of those for single ones. */
export function calicoFindings(plugin: NetworkPlugin): Finding[] {
  const { settings, environment, overrides } = plugin;
  const common = connectTime({ ...settings, ...environment });
  const own = overrides.flatMap((each) => {
    const there = connectTime({ ...settings, ...each.settings, ...environment });
    return there !== undefined && there !== common ? [told(each, there, fix(plugin, each, each.settings))] : [];
  });
  return [...(common === undefined ? [] : [told(plugin, common, fix(plugin, plugin, settings))]), ...own];
}

/** What of it is on, as its owner would write it; nothing where a pod's traffic keeps the Service's address. */
function connectTime(settings: PluginSettings): string | undefined {
  if (settings["bpfEnabled"] !== "true") return undefined;
  // The older switch turns all of it on; that it is false has no meaning since Calico 3.27.
  if (settings["bpfConnectTimeLoadBalancingEnabled"] === "true") return "bpfConnectTimeLoadBalancingEnabled: true";
  const mode = settings["bpfConnectTimeLoadBalancing"];
  if (mode === "Disabled") return undefined;
  return mode === undefined
    ? "bpfEnabled: true, bpfConnectTimeLoadBalancing: TCP by default"
    : `bpfConnectTimeLoadBalancing: ${mode}`;
}

function told(object: Named, got: string, repair: Fix): Finding {
  const rule = got.startsWith("bpfConnectTimeLoadBalancingEnabled")
    ? "it is false, or a pod's traffic bypasses ztunnel in Calico"
    : "it is Disabled, or a pod's traffic bypasses ztunnel in Calico";
  return finding("FelixConfiguration", object, got, rule, repair);
}

/** Off where it is set; the nodes themselves need the other way to Services then. */
function fix({ agents, environment, resource }: NetworkPlugin, object: Named, settings: PluginSettings): Fix {
  const inEnvironment = Object.keys(environment).find((key) => key.startsWith("bpfConnectTimeLoadBalancing"));
  if (agents && inEnvironment) {
    const variable = `FELIX_${inEnvironment.toUpperCase()}=${inEnvironment.endsWith("Enabled") ? "false" : "Disabled"}`;
    return { run: `kubectl set env daemonset ${agents.name} --namespace ${agents.namespace} ${variable}` };
  }
  const older = settings["bpfConnectTimeLoadBalancingEnabled"] === "true";
  const patch = JSON.stringify({
    spec: {
      ...(older ? { bpfConnectTimeLoadBalancingEnabled: false } : {}),
      bpfConnectTimeLoadBalancing: "Disabled",
      ...(settings["bpfHostNetworkedNATWithoutCTLB"] === "Disabled"
        ? { bpfHostNetworkedNATWithoutCTLB: "Enabled" }
        : {}),
    },
  });
  return { run: `kubectl patch ${resource} ${object.name} --type merge --patch '${patch}'` };
}
