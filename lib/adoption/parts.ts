// The objects that Istio's charts make, by the names that every installer gives them: what belongs to which release.
import type { ObjectKey } from "../drift";
import type { ChartName } from "../istio/releases";

/** Kinds of the charts' objects, by API version. */
const kinds: { [apiVersion: string]: string[] } = {
  v1: ["ConfigMap", "ResourceQuota", "Service", "ServiceAccount"],
  "apps/v1": ["DaemonSet", "Deployment"],
  "rbac.authorization.k8s.io/v1": ["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
  "admissionregistration.k8s.io/v1": [
    ...["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    ...["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"],
  ],
  "autoscaling/v2": ["HorizontalPodAutoscaler"],
  "policy/v1": ["PodDisruptionBudget"],
  "networking.k8s.io/v1": ["NetworkPolicy"],
};

const ofTheCluster = /^(Cluster|Mutating|Validating)/;

/** CRDs of the chart base. */
const definitions = /\.(extensions|networking|security|telemetry)\.istio\.io$/;

/** True for the CRDs that the chart base installs. */
export function isDefinitionOfBase(name: string): boolean {
  return definitions.test(name);
}

/** The objects of the four charts in a mesh's namespace, without the CRDs; most exist, some only with certain values. */
export function chartObjects(namespace: string): { chart: ChartName; key: ObjectKey }[] {
  const objects = (chart: ChartName, names: { [kind: string]: string[] }) =>
    Object.entries(names).flatMap(([kind, all]) =>
      all.map((name) => ({
        chart,
        key: { apiVersion: versionOf(kind), kind, namespace: ofTheCluster.test(kind) ? "" : namespace, name },
      })),
    );
  const roles = ["istiod-clusterrole", "istiod-gateway-controller", "istio-reader-clusterrole"].map(
    (name) => `${name}-${namespace}`,
  );
  return [
    ...objects("base", {
      ServiceAccount: ["istio-reader-service-account"],
      ValidatingWebhookConfiguration: ["istiod-default-validator"],
      ValidatingAdmissionPolicy: ["stable-channel-default-policy.istio.io"],
      ValidatingAdmissionPolicyBinding: ["stable-channel-default-policy-binding.istio.io"],
    }),
    ...objects("istiod", {
      ConfigMap: ["istio", "istio-sidecar-injector", "values", "pilot-jwks-extra-cacerts"],
      // istioctl points the tag "default" at the default revision; the chart does not need it.
      Service: ["istiod", "istiod-revision-tag-default"],
      ServiceAccount: ["istiod"],
      Deployment: ["istiod"],
      ClusterRole: roles,
      ClusterRoleBinding: roles,
      Role: ["istiod"],
      RoleBinding: ["istiod"],
      HorizontalPodAutoscaler: ["istiod"],
      PodDisruptionBudget: ["istiod"],
      NetworkPolicy: ["istiod"],
      MutatingWebhookConfiguration: ["istio-sidecar-injector", "istio-revision-tag-default"].flatMap((name) =>
        namespace === "istio-system" ? [name] : [name, `${name}-${namespace}`],
      ),
      ValidatingWebhookConfiguration: [`istio-validator-${namespace}`],
      ValidatingAdmissionPolicy: [`stable-channel-policy-${namespace}.istio.io`],
      ValidatingAdmissionPolicyBinding: [`stable-channel-policy-binding-${namespace}.istio.io`],
    }),
    ...objects("cni", {
      ConfigMap: ["istio-cni-config"],
      ServiceAccount: ["istio-cni"],
      DaemonSet: ["istio-cni-node"],
      ClusterRole: ["istio-cni", "istio-cni-ambient", "istio-cni-repair-role"],
      ClusterRoleBinding: ["istio-cni", "istio-cni-ambient", "istio-cni-repair-role", "istio-cni-repair-rolebinding"],
      NetworkPolicy: ["istio-cni"],
      ResourceQuota: ["istio-cni-resource-quota"],
    }),
    ...objects("ztunnel", {
      ServiceAccount: ["ztunnel"],
      DaemonSet: ["ztunnel"],
      ClusterRole: ["ztunnel"],
      ClusterRoleBinding: ["ztunnel"],
      NetworkPolicy: ["ztunnel"],
      ResourceQuota: ["ztunnel"],
    }),
  ];
}

function versionOf(kind: string): string {
  return Object.entries(kinds).find(([, all]) => all.includes(kind))![0];
}

/** "ConfigMap istio-system/istio" as a key of a map. */
export function keyText({ kind, namespace, name }: Pick<ObjectKey, "kind" | "namespace" | "name">): string {
  return `${kind} ${namespace}/${name}`;
}
