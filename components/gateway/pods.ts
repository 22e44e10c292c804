// Waiting until the pods of a gateway serve.
import * as pulumi from "@pulumi/pulumi";
import { reason, type ClusterTarget } from "../../cluster/connection";
import { awaitVerdict } from "../../cluster/wait";
import { awaitRollout, type AwaitedDeployment } from "../../cluster/rollout";
import { partDefaults, timeouts } from "../../lib/istio/defaults";
import { goneFailure, runFailure } from "../support/failures";
import type { Cluster } from "../support/cluster";

/** A gateway, and how many pods were asked for. */
interface ServedGateway {
  name: pulumi.Output<string>;
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
    .all([gateway.serviceName, gateway.namespace, gateway.pods, cluster.target, made, gateway.name])
    .apply(async ([deployment, namespace, { replicas = partDefaults.gateway.replicas }, target, id, name]) => {
      if (!pulumi.runtime.isDryRun()) {
        await requireGateway(target, namespace, name);
        await requireServing(target, { namespace, name: deployment, replicas });
      }
      return id;
    });
}

/** Without the Gateway istiod makes no pods, and there would be none to wait for. */
async function requireGateway(target: ClusterTarget, namespace: string, name: string): Promise<void> {
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways/${name}`;
  // What cannot be read is told by the wait for its pods.
  const found = await awaitVerdict(target, path, () => ({ state: "accepted" }), 0, { wasMade: true }).catch(
    () => undefined,
  );
  if (found?.state === "missing") {
    throw goneFailure(`Gateway ${namespace}/${name}`);
  }
}

async function requireServing(target: ClusterTarget, deployment: AwaitedDeployment): Promise<void> {
  let why: string | undefined;
  try {
    why = await awaitRollout(target, deployment, timeouts.gateway * 60_000);
  } catch (error) {
    throw runFailure(
      `the gateway was created, but its pods could not be watched until they were ready: ${reason(error)}`,
    );
  }
  if (why !== undefined) {
    throw runFailure(`the gateway is not ready after ${timeouts.gateway} min: ${why}`);
  }
}
