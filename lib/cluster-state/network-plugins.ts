// What a cluster's network plugins are set to, as far as a mesh depends on it.

/** An object, by what every object has. */
interface Placed {
  /** Empty for objects of the whole cluster. */
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  owners?: { kind: string; name: string }[];
  keptBy?: string[];
}

/** Settings of a plugin, by the plugin's own names, all as text. */
export type PluginSettings = Record<string, string>;

/** An object that sets something else on some nodes. */
export interface PluginOverride extends Placed {
  kind: string;
  /** Labels of the nodes that it is for; all nodes where there are none. */
  nodeLabels: Record<string, string>;
  /** What else their labels have to be. */
  nodeExpressions?: { key: string; operator: string; values: string[] }[];
  /** The one node that it is for, by its name. */
  node?: string;
  settings: PluginSettings;
}

/** A network plugin. The object is the one that holds its settings. */
export interface NetworkPlugin extends Placed {
  plugin: "cilium" | "calico" | "aws-vpc-cni" | "ovn-kubernetes";
  kind: string;
  /** As kubectl takes it: "felixconfigurations.crd.projectcalico.org". */
  resource: string;
  /** The DaemonSet of its agents; none where it could not be read. */
  agents?: { namespace: string; name: string; version: string };
  settings: PluginSettings;
  /** In the order in which they are laid upon the settings. */
  overrides: PluginOverride[];
  /** The agents' environment, where it wins over everything else. */
  environment: PluginSettings;
}
