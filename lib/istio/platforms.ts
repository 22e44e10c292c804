// Kinds of cluster that differ in what the charts have to be told. Source: the charts' files/profile-platform-*.yaml, 1.31.
import { Platform } from "../validation/closed-sets";
import { nearestLine } from "./releases";

/** What a kind of cluster asks for. */
export interface PlatformNeeds {
  /** `global.platform` of the charts; none where the charts need nothing. */
  chartPlatform?: string;
  /** Where cni and ztunnel live, if not beside istiod. */
  nodeNamespace?: string;
}

const platforms: Record<Platform, PlatformNeeds> = {
  kind: {},
  "docker-desktop": {},
  eks: {},
  aks: {},
  gke: { chartPlatform: "gke" },
  k3d: { chartPlatform: "k3d" },
  k3s: { chartPlatform: "k3s" },
  microk8s: { chartPlatform: "microk8s" },
  minikube: { chartPlatform: "minikube" },
  openshift: { chartPlatform: "openshift", nodeNamespace: "kube-system" },
};

const k3sConfiguration = "/var/lib/rancher/k3s/agent/etc/cni/net.d";
const microk8s = "/var/snap/microk8s/current";

/** Values that a platform brings to the charts cni and ztunnel. */
const brought: Partial<Record<string, Record<string, unknown>>> = {
  gke: { cniBinDir: "/home/kubernetes/bin" },
  k3d: { cniConfDir: k3sConfiguration, cniBinDir: "/bin" },
  k3s: { cniConfDir: k3sConfiguration, cniBinDir: "/var/lib/rancher/k3s/data/cni" },
  microk8s: { cniConfDir: `${microk8s}/args/cni-network`, cniBinDir: `${microk8s}/opt/cni/bin` },
  minikube: { cniNetnsDir: "/var/run/docker/netns" },
  openshift: {
    cniBinDir: "/var/lib/cni/bin",
    cniConfDir: "/etc/cni/multus/net.d",
    seLinuxOptions: { type: "spc_t" },
  },
};

/** Values by `global.platform` of the charts. */
export function platformValues(chartPlatform: string | undefined): Record<string, unknown> {
  return brought[chartPlatform ?? ""] ?? {};
}

/** What a platform asks for; nothing where none is named. */
export function platformNeeds(platform: string | undefined): PlatformNeeds {
  return (platforms as Record<string, PlatformNeeds>)[platform ?? ""] ?? {};
}

/**
 * The Kubernetes that charts are rendered for without a cluster, where they would look at its name: istio-cni finds GKE's
 * directory for plugins by it.
 */
export function platformKubeVersion(platform: string | undefined, istio: string): string | undefined {
  return platform === Platform.Gke ? `v${nearestLine(istio).kubernetes.last}.0-gke.0` : undefined;
}
