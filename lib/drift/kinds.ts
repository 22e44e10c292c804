// Where the API serves the kinds that the charts make; others are looked up in the API's own list of them.

/** An object, by what names it. */
export interface ObjectKey {
  apiVersion: string;
  kind: string;
  /** Empty for objects of the whole cluster. */
  namespace: string;
  name: string;
}

/** How the API serves a kind. */
export interface Resource {
  plural: string;
  namespaced: boolean;
}

const inNamespace = (plural: string): Resource => ({ plural, namespaced: true });
const inCluster = (plural: string): Resource => ({ plural, namespaced: false });

const known: Record<string, Record<string, Resource>> = {
  v1: {
    ConfigMap: inNamespace("configmaps"),
    LimitRange: inNamespace("limitranges"),
    Namespace: inCluster("namespaces"),
    ResourceQuota: inNamespace("resourcequotas"),
    Secret: inNamespace("secrets"),
    Service: inNamespace("services"),
    ServiceAccount: inNamespace("serviceaccounts"),
  },
  "apps/v1": {
    DaemonSet: inNamespace("daemonsets"),
    Deployment: inNamespace("deployments"),
  },
  "rbac.authorization.k8s.io/v1": {
    ClusterRole: inCluster("clusterroles"),
    ClusterRoleBinding: inCluster("clusterrolebindings"),
    Role: inNamespace("roles"),
    RoleBinding: inNamespace("rolebindings"),
  },
  "admissionregistration.k8s.io/v1": {
    MutatingWebhookConfiguration: inCluster("mutatingwebhookconfigurations"),
    ValidatingAdmissionPolicy: inCluster("validatingadmissionpolicies"),
    ValidatingAdmissionPolicyBinding: inCluster("validatingadmissionpolicybindings"),
    ValidatingWebhookConfiguration: inCluster("validatingwebhookconfigurations"),
  },
  "autoscaling/v2": { HorizontalPodAutoscaler: inNamespace("horizontalpodautoscalers") },
  "policy/v1": { PodDisruptionBudget: inNamespace("poddisruptionbudgets") },
  "networking.k8s.io/v1": { NetworkPolicy: inNamespace("networkpolicies") },
  "discovery.k8s.io/v1": { EndpointSlice: inNamespace("endpointslices") },
  "apiextensions.k8s.io/v1": { CustomResourceDefinition: inCluster("customresourcedefinitions") },
};

/** What a change of which stops traffic or certificates: read in every preview; the rest only where requests are free. */
const vital = [
  ...[
    "Deployment",
    "DaemonSet",
    "Service",
    "ConfigMap",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
  ],
  ...["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
];

/** How the API serves a kind of Kubernetes itself. */
export function resourceOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Resource | undefined {
  return known[apiVersion]?.[kind];
}

/** True for the kinds on which traffic hangs. */
export function isVital({ kind }: { kind: string }): boolean {
  return vital.includes(kind);
}

/** True where the API server knows how to merge the lists of a kind; those of a custom one are replaced whole. */
export function mergesLists(object: { apiVersion: string; kind: string }): boolean {
  return resourceOf(object) !== undefined && object.kind !== "CustomResourceDefinition";
}

/** Where the objects of a kind are, in one namespace where it has namespaces. */
export function listPath(apiVersion: string, { plural, namespaced }: Resource, namespace: string): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced ? `${root}/namespaces/${namespace}/${plural}` : `${root}/${plural}`;
}
