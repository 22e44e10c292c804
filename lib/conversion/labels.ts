// The labels of an Ingress that go with what it becomes.

/** By these a tool knows what it has applied, and deletes what is not in its input. */
const ofTools = [
  ...["app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "kubernetes.io/cluster-service", "helm.sh/chart"],
  ...["addonmanager.kubernetes.io/", "applyset.kubernetes.io/", "argocd.argoproj.io/", "configsync.gke.io/"],
  ...["fleet.cattle.io/", "fluxcd.io/", "helm.toolkit.fluxcd.io/", "kapp.k14s.io/", "kluctl.io/"],
  ...["kustomize.toolkit.fluxcd.io/", "objectset.rio.cattle.io/", "skaffold.dev/", "tanka.dev/"],
];

/** The labels that are no tool's own; nothing where none is left. */
export function ownLabels(labels: { [key: string]: string } = {}): { labels?: { [key: string]: string } } {
  const own = Object.entries(labels).filter(
    ([key]) => !ofTools.some((one) => (one.endsWith("/") ? key.startsWith(one) : key === one)),
  );
  return own.length > 0 ? { labels: Object.fromEntries(own) } : {};
}
