// What every component may be given.
import { object } from "../../lib/validation/object";
import { text } from "../../lib/validation/rules";
import type { ClusterArgs } from "./args";

/** Rules for ClusterArgs. */
export const clusterRules = object<ClusterArgs>({
  kubeconfig: text(/\S/, "must be a path, or the text of a kubeconfig", '"~/.kube/config"'),
  context: text(/\S/, "must be the name of a context in the kubeconfig", '"kind-kind"'),
});
