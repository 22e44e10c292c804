// Looking at a namespace before a patch labels it: a patch would create one that does not exist.
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../../cluster/connection";
import { readNamespace, type NamespaceState } from "../../cluster/namespace";
import { sidecarViolation } from "../../lib/enrollment/enroll";
import { sidecarLabel } from "../../lib/istio/labels";
import { lateViolations } from "./arguments";
import type { Cluster } from "./cluster";
import { lookAt } from "./look";

/**
 * The name, once the namespace has been seen. At preview a missing one may still be made by the same program, unless
 * `before` says that it may not; where the cluster cannot be read the plugin has the last word.
 */
export function existingNamespace(
  what: string,
  name: pulumi.Output<string>,
  path: string,
  cluster: Cluster,
  before = false,
): pulumi.Output<string> {
  return pulumi.all([name, cluster.target]).apply(async ([namespace, target]) => {
    // At `up` it may have been made by now, which the program's look does not show.
    const isEarly = before || pulumi.runtime.isDryRun();
    const state = isEarly ? await seen(cluster, target, namespace) : await readNamespace(target, namespace);
    if (state.kind === "missing" && isEarly && !before) {
      return namespace;
    }
    if (state.kind === "missing") {
      const rule = "must be an existing namespace";
      throw lateViolations(what, [{ path, got: namespace, rule, fix: `new AmbientNamespace("${namespace}")` }]);
    }
    const { labels, annotations } = state.kind === "found" ? state : { labels: {}, annotations: {} };
    const label = sidecarLabel(labels);
    if (label !== undefined) {
      throw lateViolations(what, [sidecarViolation(path, label, { name: namespace, annotations })]);
    }
    return namespace;
  });
}

async function seen(cluster: Cluster, target: ClusterTarget, name: string): Promise<NamespaceState> {
  const found = await lookAt(cluster).find(target, { kind: "Namespace", namespace: "", name });
  if (found === "unread") {
    return { kind: "unread" };
  }
  return found ? { kind: "found", labels: found.labels, annotations: found.annotations } : { kind: "missing" };
}
