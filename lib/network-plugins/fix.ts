// How a plugin's setting is changed for good: by whoever wrote it, or it comes back.
import type { Fix } from "../checks/check";
import type { NetworkPlugin, PluginOverride } from "../cluster-state/network-plugins";
import { keeperOf } from "../ownership/keepers";

/** One change, in the words of each place where it may have to be made. */
export interface Change {
  /** Key and value of the plugin's own configuration. */
  key: string;
  value: string;
  /** The same as a value of the chart: "socketLB.hostNamespaceOnly=true". */
  chartValue: string;
}

/** A fix, and what has to be said beside it. */
export interface FixWithNote {
  fix: Fix;
  /** Empty, or a clause for the end of the rule. */
  note: string;
}

/** Labels by which a cloud marks what it puts back. */
const managedMarks: { label: string; values?: string[] }[] = [
  { label: "addonmanager.kubernetes.io/mode", values: ["Reconcile"] },
  { label: "kubernetes.azure.com/managedby" },
  { label: "components.gke.io/component-name" },
];

/** The release by which RKE2 brings Cilium, from a chart of its own. */
const packaged = "rke2-cilium";

/** How Cilium is told something, by whoever installed it. */
export function ciliumFix(plugin: NetworkPlugin, change: Change): FixWithNote {
  const { namespace, name, annotations } = plugin;
  if (isPlatforms(plugin)) {
    return {
      note: "; the platform manages this ConfigMap and puts it back, so it has to be asked for the setting",
      fix: { run: `kubectl get configmap ${name} --namespace ${namespace} --show-managed-fields --output yaml` },
    };
  }
  const keeper = keeperOf(plugin);
  if (keeper) {
    const note = `; the ConfigMap belongs to ${keeper.who}, where the chart's value is set`;
    return { note, fix: { write: nested(change) } };
  }
  const agents = plugin.agents ?? { namespace, name: "cilium", version: "" };
  const restart = `kubectl rollout restart daemonset ${agents.name} --namespace ${agents.namespace}`;
  const release = annotations["meta.helm.sh/release-name"];
  if (release === undefined) {
    const patch = JSON.stringify({ data: { [change.key]: change.value } });
    const run = `kubectl patch configmap ${name} --namespace ${namespace} --type merge --patch '${patch}' && ${restart}`;
    return { note: "", fix: { run } };
  }
  const into = annotations["meta.helm.sh/release-namespace"] ?? namespace;
  if (release === packaged) {
    const values = `spec: { valuesContent: "${nested(change)}" }`;
    const write = `kind: HelmChartConfig, metadata: { name: ${release}, namespace: ${into} }, ${values}`;
    return { note: "; RKE2 installs this release, with the values of its HelmChartConfig", fix: { write } };
  }
  const version = agents.version === "" ? "" : ` --version ${agents.version}`;
  const upgrade = `helm upgrade ${release} cilium --repo https://helm.cilium.io${version} --namespace ${into} --reuse-values`;
  return { note: "", fix: { run: `${upgrade} --set ${change.chartValue} && ${restart}` } };
}

/** How an object that overrides settings on some nodes is told. */
export function overrideFix({ namespace, name }: PluginOverride, { key, value }: Change): Fix {
  const patch = JSON.stringify({ spec: { defaults: { [key]: value } } });
  return { run: `kubectl patch ciliumnodeconfig ${name} --namespace ${namespace} --type merge --patch '${patch}'` };
}

/** GKE keeps the ConfigMap of its anetd, with a label or without. */
function isPlatforms({ labels, agents }: NetworkPlugin): boolean {
  const marked = managedMarks.some(
    ({ label, values }) => labels[label] !== undefined && (values?.includes(labels[label]) ?? true),
  );
  return marked || agents?.name === "anetd";
}

/** "a.b=true" as a map of values: `a: { b: true }`. */
function nested({ chartValue }: Change): string {
  const [path = "", value = ""] = chartValue.split("=");
  return path
    .split(".")
    .reverse()
    .reduce((inner, key, index) => (index === 0 ? `${key}: ${inner}` : `${key}: { ${inner} }`), value);
}
