// Waiting until the pods of a gateway serve.
import * as pulumi from "@pulumi/pulumi";
import { reason, type ClusterTarget } from "../../cluster/connection";
import { awaitRollout, type AwaitedDeployment } from "../../cluster/rollout";
import { partDefaults, timeouts } from "../../lib/istio/defaults";
import { runFailure } from "../support/failures";
import type { Cluster } from "../support/cluster";

/** A gateway, and how many pods were asked for. */
interface ServedGateway {
  serviceName: pulumi.Output<string>;
  namespace: pulumi.Output<string>;
  pods: pulumi.Output<{ replicas?: number }>;
}

/** Known once the gateway's pods serve: the Gateway is Programmed as soon as it has a Service, also without any pod. */
export function awaitPods(
  gateway: ServedGateway,
  cluster: Cluster,
  made: pulumi.Output<string>,
): pulumi.Output<string> {
  return pulumi
    .all([gateway.serviceName, gateway.namespace, gateway.pods, cluster.target, made])
    .apply(async ([deployment, namespace, { replicas = partDefaults.gateway.replicas }, target, id]) => {
      if (!pulumi.runtime.isDryRun()) {
        await requireServing(target, { namespace, name: deployment, replicas });
      }
      return id;
    });
}

async function requireServing(target: ClusterTarget, deployment: AwaitedDeployment): Promise<void> {
  let why: string | undefined;
  try {
    why = await awaitRollout(target, deployment, timeouts.gateway * 60_000);
  } catch (error) {
    throw runFailure(`the gateway was written, but its pods were not seen ready: ${reason(error)}`);
  }
  if (why !== undefined) {
    throw runFailure(`the gateway does not serve after ${timeouts.gateway} min: ${why}`);
  }
}
