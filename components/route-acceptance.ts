// Waiting until the gateway has accepted a route, so that a refusal is told in the words of its condition.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { reason } from "../cluster/connection";
import type { ClusterTarget } from "../cluster/connection";
import { awaitRoute } from "../cluster/route";
import { timeouts } from "../lib/defaults";
import type { Json } from "../lib/json";
import { runFault } from "./run-fault";

/**
 * The plugin's own wait, for clusters that this process cannot read: it fails, but does not say what the condition
 * said. It speaks of the first parent, and of a version of the route that the gateway may not have seen yet.
 */
export const pluginWait = JSON.stringify(
  ["Accepted", "ResolvedRefs"].map(
    (type) => `jsonpath={.status.parents[0].conditions[?(@.type=="${type}")].status}=True`,
  ),
);

/**
 * Resolves once every parent accepts the route as it now is. The cluster is read by this process: the plugin compares
 * only the first parent, takes the conditions of the last version for those of the new one, and hides their messages.
 */
export function accepted(
  route: k8s.apiextensions.CustomResource,
  name: string,
  spec: pulumi.Output<object>,
  parents: pulumi.Output<number>,
  target: ClusterTarget | undefined,
): pulumi.Output<string> {
  return pulumi.all([route.id, spec, parents]).apply(async ([id, sent, count]) => {
    if (target !== undefined && !pulumi.runtime.isDryRun()) {
      await requireAccepted(name, id, sent as Json, count, target);
    }
    return id;
  });
}

async function requireAccepted(name: string, id: string, spec: Json, parents: number, target: ClusterTarget) {
  const [namespace = "", routeName = ""] = id.split("/");
  const seconds = timeouts.route * 60;
  try {
    const verdict = await awaitRoute(target, { namespace, name: routeName, parents, spec }, seconds * 1000);
    if (verdict.state === "accepted") {
      return;
    }
    const why = verdict.state === "refused" ? verdict.why : `no gateway has answered within ${seconds} s`;
    throw runFault(`HttpRoute "${name}" (${id}) is not accepted: ${why}`);
  } catch (error) {
    if (pulumi.RunError.isInstance(error)) {
      throw error;
    }
    throw runFault(`HttpRoute "${name}" (${id}) was written, but not seen accepted: ${reason(error)}`);
  }
}
