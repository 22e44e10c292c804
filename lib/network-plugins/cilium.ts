// Cilium beside a mesh: what its settings come to together, node by node, and not what one key says.
// Sources: pkg/kpr/kpr.go and daemon/cmd of cilium/cilium; istio.io, platform-specific prerequisites; cilium#36022, #47417.
import { finding, type Finding } from "../checks/check";
import type { NetworkPlugin, PluginOverride, PluginSettings } from "../cluster-state/network-plugins";
import type { Named } from "../cluster-state/snapshot";
import { selects } from "../network-policies/selectors";
import { ciliumFix, overrideFix, type Change } from "./fix";

/** Something that a mesh cannot live with. */
interface Fault {
  got: string;
  rule: string;
  /** Keys that bring it about, the telling one first. */
  keys: string[];
  change: Change;
}

/** Findings about Cilium, each once, whatever the number of nodes that it holds for. */
export function ciliumFindings(plugin: NetworkPlugin, nodes: readonly Named[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const overrides of combinations(plugin, nodes)) {
    const settings = Object.assign({}, plugin.settings, ...overrides.map((each) => each.settings)) as PluginSettings;
    for (const fault of faults(settings, plugin)) {
      const told = tell(plugin, overrides, fault);
      found.set(`${told.object} ${told.got}`, told);
    }
  }
  return [...found.values()];
}

/** Settings under which every pod is cut off until a policy says otherwise, the mesh's own pods too. */
export function ciliumWarnings(plugin: NetworkPlugin): Finding[] {
  if (plugin.settings["enable-policy"] !== "always") return [];
  const change = { key: "enable-policy", value: "default", chartValue: "policyEnforcementMode=default" };
  const { fix, note } = ciliumFix(plugin, change);
  const rule = "with it every pod needs policies, the mesh's own as well as those that it captures";
  return [finding(plugin.kind, plugin, "enable-policy: always", rule + note, fix)];
}

/** The sets of overrides that nodes really have; none at all where nodes could not be read. */
function combinations({ overrides }: NetworkPlugin, nodes: readonly Named[]): PluginOverride[][] {
  const each = nodes.map((node) => overrides.filter((override) => isFor(override, node)));
  const distinct = new Map(each.map((set) => [set.map(({ name }) => name).join(" "), set]));
  return distinct.size === 0 ? [[]] : [...distinct.values()];
}

function isFor({ nodeLabels, nodeExpressions = [], node }: PluginOverride, { name, labels }: Named): boolean {
  return (node === undefined || node === name) && selects({ labels: nodeLabels, expressions: nodeExpressions }, labels);
}

function faults(settings: PluginSettings, { agents }: NetworkPlugin): Fault[] {
  return [
    ...(isExclusive(settings, agents?.name) ? [exclusive] : []),
    ...hostRouting(settings),
    ...(balancesInPods(settings) ? [balancing(settings)] : []),
  ];
}

const isOn = (settings: PluginSettings, key: string) => settings[key] === "true";

const exclusive: Fault = {
  got: "cni-exclusive: true",
  rule: "with it Cilium removes istio-cni's configuration from every node",
  keys: ["cni-exclusive"],
  change: { key: "cni-exclusive", value: "false", chartValue: "cni.exclusive=false" },
};

/** The agent removes other plugins only where it writes the configuration itself; GKE's anetd leaves that to another. */
function isExclusive(settings: PluginSettings, agents: string | undefined): boolean {
  const writes = isOn(settings, "custom-cni-conf")
    ? Boolean(settings["write-cni-conf-when-ready"])
    : agents !== "anetd";
  return isOn(settings, "cni-exclusive") && writes;
}

/** Words for all of it: "probe" was Cilium's default before 1.14, and took what the kernel could. */
const replacing = ["true", "strict", "probe"];

/** Everything that kube-proxy does, by one key or by each of its own. */
function replacesKubeProxy(settings: PluginSettings): boolean {
  const parts = ["enable-node-port", "enable-host-port", "enable-external-ips", "enable-session-affinity"];
  return (
    replacing.includes(settings["kube-proxy-replacement"] ?? "") ||
    (parts.every((part) => isOn(settings, part)) && asksForSocketBalancing(settings))
  );
}

/** Under the name of today, or of Cilium 1.12 and before. */
function asksForSocketBalancing(settings: PluginSettings): boolean {
  return isOn(settings, "bpf-lb-sock") || isOn(settings, "enable-host-reachable-services");
}

/** Replacing kube-proxy turns it on, whatever `bpf-lb-sock` says; "disabled" turned it off. */
function balancesInPods(settings: PluginSettings): boolean {
  const forcedOff = settings["kube-proxy-replacement"] === "disabled";
  const balances = !forcedOff && (asksForSocketBalancing(settings) || replacesKubeProxy(settings));
  return balances && !isOn(settings, "bpf-lb-sock-hostns-only");
}

function balancing(settings: PluginSettings): Fault {
  const replaced = settings["kube-proxy-replacement"] ?? "";
  const forced = replacing.includes(replaced) && !isOn(settings, "bpf-lb-sock");
  return {
    got: forced
      ? `kube-proxy-replacement: ${replaced}, bpf-lb-sock-hostns-only is not true`
      : "bpf-lb-sock-hostns-only is not true",
    rule: "with it a pod's traffic bypasses ztunnel in Cilium",
    keys: ["bpf-lb-sock-hostns-only", "kube-proxy-replacement", "bpf-lb-sock", "enable-host-reachable-services"],
    change: { key: "bpf-lb-sock-hostns-only", value: "true", chartValue: "socketLB.hostNamespaceOnly=true" },
  };
}

/** Answers to the kubelet's probes go to a link-local address, which BPF host routing drops. */
function hostRouting(settings: PluginSettings): Fault[] {
  if (isOn(settings, "enable-host-legacy-routing")) return [];
  const rule = "with it the kubelet's probes of mesh pods fail";
  const masquerades = masqueradesAny(settings);
  if (masquerades && isOn(settings, "enable-bpf-masquerade")) {
    const change = { key: "enable-bpf-masquerade", value: "false", chartValue: "bpf.masquerade=false" };
    return [{ got: "enable-bpf-masquerade: true", rule, keys: ["enable-bpf-masquerade"], change }];
  }
  // Without masquerading of its own, or by iptables, Cilium routes in BPF as soon as it replaces kube-proxy.
  if (masquerades || !replacesKubeProxy(settings)) return [];
  const got = "BPF host routing: no masquerading, and enable-host-legacy-routing is not true";
  const change = { key: "enable-host-legacy-routing", value: "true", chartValue: "bpf.hostLegacyRouting=true" };
  return [{ got, rule, keys: ["enable-host-legacy-routing", "enable-ipv4-masquerade"], change }];
}

/** A family that is off is not masqueraded either; the chart writes its key all the same. */
function masqueradesAny(settings: PluginSettings): boolean {
  const v4 = settings["enable-ipv4"] !== "false" && settings["enable-ipv4-masquerade"] !== "false";
  const v6 = isOn(settings, "enable-ipv6") && settings["enable-ipv6-masquerade"] !== "false";
  return settings["masquerade"] !== "false" && (v4 || v6);
}

/** About the object that sets the telling key on these nodes; the last one wins. */
function tell(plugin: NetworkPlugin, overrides: PluginOverride[], { got, rule, keys, change }: Fault): Finding {
  const from = overrides.filter(({ settings }) => keys.some((key) => key in settings)).at(-1);
  if (from) return finding(from.kind, from, got, rule, overrideFix(from, change));
  const { fix, note } = ciliumFix(plugin, change);
  return finding(plugin.kind, plugin, got, rule + note, fix);
}
