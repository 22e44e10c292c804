// Objects of Istio's charts on a cluster without an istiod: two requests, and three more where there are any.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { NamespaceState } from "../lib/cluster-state/snapshot";
import type { FoundObject, Plan } from "../lib/preflight/facts";
import { isLeft, type LeftoverKind } from "../lib/preflight/leftovers";
import { metadataOnly, type ApiClient } from "./client";
import { listReadable } from "./lists";
import { named } from "./slim";

const admission = "/apis/admissionregistration.k8s.io/v1";
const access = "/apis/rbac.authorization.k8s.io/v1";

/** What is left, and would stop Helm; nothing of what these credentials may not list. */
export async function readLeftovers(
  client: ApiClient,
  plan: Plan,
  namespaces: readonly NamespaceState[],
): Promise<FoundObject[]> {
  const left = async (kind: LeftoverKind, path: string): Promise<FoundObject[]> => {
    const all = await listReadable<{ metadata?: V1ObjectMeta }>(client, path, metadataOnly.list);
    return all.map((raw) => ({ ...named(raw), kind })).filter((object) => isLeft(plan, object));
  };
  const isThere = namespaces.some(({ name }) => name === plan.namespace);
  const first = await Promise.all([
    isThere ? left("ServiceAccount", `/api/v1/namespaces/${plan.namespace}/serviceaccounts`) : [],
    left("ValidatingWebhookConfiguration", `${admission}/validatingwebhookconfigurations`),
  ]);
  if (first.flat().length === 0) return [];
  const more = await Promise.all([
    left("MutatingWebhookConfiguration", `${admission}/mutatingwebhookconfigurations`),
    left("ClusterRole", `${access}/clusterroles`),
    left("ClusterRoleBinding", `${access}/clusterrolebindings`),
  ]);
  return [...first, ...more].flat();
}
