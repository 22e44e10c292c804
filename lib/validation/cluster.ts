// Which cluster a component may be told to work on.
import { object, text, type ObjectRule } from "./rules";

const kubeconfig = text(/\S/, "it is a path, or the text of a kubeconfig", '"~/.kube/config"');
const context = text(/\S/, "it is the name of a context in the kubeconfig", '"kind-kind"');

/** Rules for ClusterArgs. */
export const clusterRules: ObjectRule = object({ kubeconfig, context });
