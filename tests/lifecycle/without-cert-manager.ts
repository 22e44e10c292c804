// A cluster without cert-manager, for the tests that install it: the sandbox brings one along.
import { partPath } from "../../sandbox/build/cache";
import { ask } from "../../sandbox/control-plane/control";
import { Instance } from "../../sandbox/instance";
import { get, kubectl, settled } from "./support";

export const namespace = "cert-manager";

/** The sandbox's own controller: a process without a pod. */
const controller = (operation: "stop" | "start") => ask(Instance.current(), "POST", `${operation}/cert-manager`);

/** Names of cert-manager's CRDs that are on the cluster. */
export function definitions(): string[] {
  return get("crd").flatMap(({ metadata: { name } }) => (name.endsWith(".cert-manager.io") ? [name] : []));
}

/** Takes away everything of cert-manager, whoever made it. */
export async function clear(): Promise<void> {
  const left = definitions();
  if (left.length > 0) kubectl("delete", "crd", ...left);
  kubectl("delete", "namespace", namespace, "--ignore-not-found");
  kubectl("delete", "lease", "cert-manager-controller", "-n", "kube-system", "--ignore-not-found");
  const selector = "app.kubernetes.io/instance=cert-manager";
  const kinds = "validatingwebhookconfiguration,mutatingwebhookconfiguration,clusterrole,clusterrolebinding";
  kubectl("delete", kinds, "-l", selector);
  kubectl("delete", "role,rolebinding", "-n", "kube-system", "-l", selector);
  await settled(definitions, (names) => names.length === 0);
}

/** The sandbox without its cert-manager. */
export async function removeCertManager(): Promise<void> {
  await controller("stop");
  await clear();
}

/** As it was before, for the tests that come after. */
export async function restoreCertManager(): Promise<void> {
  await clear();
  kubectl("create", "namespace", namespace);
  kubectl("apply", "--server-side", "-f", partPath("cert-manager-crds"));
  kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", partPath("cert-manager-crds"));
  await controller("start");
}
