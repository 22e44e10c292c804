// Which cluster a component writes to, so that nothing is ever read from another one.
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../cluster/connection";

/**
 * The cluster behind a component's provider: what was named for it, or what the default provider takes; undefined with
 * an explicit provider and nothing named, because a provider does not tell its kubeconfig.
 */
export function clusterTarget(component: pulumi.ComponentResource, named: ClusterTarget): ClusterTarget | undefined {
  if (named.kubeconfig !== undefined || named.context !== undefined) {
    return named;
  }
  if (component.getProvider("kubernetes::") !== undefined) {
    return undefined;
  }
  const config = new pulumi.Config("kubernetes");
  return {
    kubeconfig: config.get("kubeconfig"),
    context: config.get("context"),
    cluster: config.get("cluster"),
  };
}
