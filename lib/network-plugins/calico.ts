// Calico beside a mesh: connect-time load balancing, which only its BPF data plane does, and there by default.
// Sources: felix/config/config_params.go of projectcalico/calico; istio#53750, #55481; istio#52765 and calico#9157 for probes.
import { finding, type Finding, type Fix } from "../checks/check";
import { fixFor } from "../checks/kept";
import type { NetworkPlugin, PluginSettings } from "../cluster-state/network-plugins";
import type { Named } from "../cluster-state/snapshot";
import { calicoProbesFloor, isOlder } from "../istio/releases";

/** Findings about Calico: of the configuration for all nodes, and of those for single ones. */
export function calicoFindings(plugin: NetworkPlugin): Finding[] {
  const { settings, environment, overrides } = plugin;
  const common = connectTime({ ...settings, ...environment });
  const own = overrides.flatMap((each) => {
    const there = connectTime({ ...settings, ...each.settings, ...environment });
    return there !== undefined && there !== common ? [told(each, there, fix(plugin, each, each.settings))] : [];
  });
  const all = common === undefined ? [] : [told(plugin, common, fix(plugin, plugin, settings))];
  return [...all, ...own, ...oldProbes(plugin)];
}

/** A release whose BPF mode drops what comes from the link-local address of the kubelet's probes. */
function oldProbes({ agents, settings, environment, overrides }: NetworkPlugin): Finding[] {
  const isBpf = [settings, ...overrides.map((each) => ({ ...settings, ...each.settings }))].some(
    (each) => ({ ...each, ...environment })["bpfEnabled"] === "true",
  );
  if (!isBpf || !agents || agents.version === "" || !isOlder(agents.version, calicoProbesFloor)) return [];
  const got = `Calico ${agents.version} in BPF mode`;
  const rule = `before ${calicoProbesFloor} the kubelet's probes of mesh pods fail with it`;
  const write = `image: docker.io/calico/node:v${calicoProbesFloor}`;
  return [finding("DaemonSet", agents, got, rule, { write })];
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
  return fixFor(object, finding("FelixConfiguration", object, got, rule, repair));
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
