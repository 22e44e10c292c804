// What an Istio that is gone has left of the objects that Istio's charts make: Helm refuses to install over them.
import { finding, type Finding } from "../checks/check";
import { remoteService } from "../checks/remote-istiod";
import { charts } from "../istio/releases";
import type { ClusterFacts, FoundObject, Plan } from "./facts";

/** Objects of the charts that outlive an uninstalled Istio, or the deletion of its namespace, by kind; Istio 1.31. */
export function chartObjects(namespace: string): Record<LeftoverKind, string[]> {
  const roles = [
    `istiod-clusterrole-${namespace}`,
    `istiod-gateway-controller-${namespace}`,
    `istio-reader-clusterrole-${namespace}`,
    ...["istio-cni", "istio-cni-ambient"],
  ];
  return {
    ServiceAccount: ["istio-reader-service-account", "istiod", "istio-cni", "ztunnel"],
    ValidatingWebhookConfiguration: ["istiod-default-validator", `istio-validator-${namespace}`],
    MutatingWebhookConfiguration: ["istio-sidecar-injector"],
    ClusterRole: [...roles, "istio-cni-repair-role"],
    ClusterRoleBinding: [...roles, "istio-cni-repair-rolebinding"],
  };
}

/** Kinds of which something is left. */
export type LeftoverKind =
  | "ServiceAccount"
  | "ValidatingWebhookConfiguration"
  | "MutatingWebhookConfiguration"
  | "ClusterRole"
  | "ClusterRoleBinding";

/** True for an object of the charts that no release of this mesh may have: Helm tells that by these annotations. */
export function isLeft(plan: Pick<Plan, "namespace" | "nodeNamespace">, object: FoundObject): boolean {
  const { kind, name, annotations } = object;
  if (!chartObjects(plan.namespace)[kind as LeftoverKind].includes(name)) return false;
  const release = annotations["meta.helm.sh/release-name"] ?? "";
  const namespace = annotations["meta.helm.sh/release-namespace"] ?? "";
  const isOwn = Object.values(charts).some((chart) => chart.release === release);
  return !isOwn || ![plan.namespace, plan.nodeNamespace].includes(namespace);
}

/** One finding for all that is left; where an istiod runs, here or elsewhere, what is there is its own. */
export function leftoverFindings(plan: Plan, { leftovers, services }: ClusterFacts): Finding[] {
  const [first, ...others] = leftovers;
  if (first === undefined || remoteService(services)) return [];
  const got = `left by an uninstalled Istio${others.length > 0 ? `, with ${others.length} more object${others.length === 1 ? "" : "s"}` : ""}`;
  const names = leftovers.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`);
  const within = leftovers.some(({ namespace }) => namespace !== "") ? ` --namespace ${plan.namespace}` : "";
  const rule = "Helm does not install over objects that are not of its release";
  return [finding(first.kind, first, got, rule, { run: `kubectl delete ${names.join(" ")}${within}` })];
}
