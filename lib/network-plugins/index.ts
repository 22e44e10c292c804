// Network plugins beside a mesh: which of their settings it cannot live with, and which ask for more than a mesh.
import type { Finding } from "../checks/check";
import type { NetworkPlugin } from "../cluster-state/network-plugins";
import type { Named } from "../cluster-state/snapshot";
import { calicoFindings } from "./calico";
import { ciliumFindings, ciliumWarnings } from "./cilium";
import { awsWarnings, ovnFindings } from "./clouds";

/** Settings under which a mesh is installed and does not work. */
export function pluginFindings(plugins: readonly NetworkPlugin[], nodes: readonly Named[]): Finding[] {
  return plugins.flatMap((plugin) => {
    switch (plugin.plugin) {
      case "cilium":
        return ciliumFindings(plugin, nodes);
      case "calico":
        return calicoFindings(plugin);
      case "ovn-kubernetes":
        return ovnFindings(plugin);
      case "aws-vpc-cni":
        return [];
    }
  });
}

/** Settings under which a mesh needs something more. */
export function pluginWarnings(plugins: readonly NetworkPlugin[]): Finding[] {
  return plugins.flatMap((plugin) => {
    switch (plugin.plugin) {
      case "cilium":
        return ciliumWarnings(plugin);
      case "aws-vpc-cni":
        return awsWarnings(plugin);
      default:
        return [];
    }
  });
}
