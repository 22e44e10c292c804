// Waits until the pods of a Deployment serve, and says what keeps them from it.
import type { V1Deployment } from "@kubernetes/client-node";
import { causeLines } from "../lib/cluster-state/readiness";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";
import { readFamily, readTroubles } from "./troubles";
import { awaitVerdict } from "./wait";

/** A Deployment that istiod makes, and how many pods it is to have; undefined where something else decides. */
export interface AwaitedDeployment {
  namespace: string;
  name: string;
  replicas?: number;
}

const readMs = 10_000;

/** Nothing once all pods are on the newest template and ready; otherwise what was seen last, with the pods' own words. */
export async function awaitRollout(
  target: ClusterTarget,
  { namespace, name, replicas }: AwaitedDeployment,
  forMs: number,
): Promise<string | undefined> {
  const begun = Date.now();
  let progress = "does not exist";
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const verdict = await awaitVerdict(
    target,
    path,
    (object) => {
      const { metadata, spec, status } = object as V1Deployment;
      const desired = replicas ?? spec?.replicas ?? 1;
      const [updated, ready] = [status?.updatedReplicas ?? 0, status?.readyReplicas ?? 0];
      progress = progressOf(desired, ready, updated, status?.replicas ?? 0);
      const isNewest = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1) && spec?.replicas === desired;
      const isDone = isNewest && updated >= desired && ready >= desired && (status?.replicas ?? 0) === desired;
      return { state: isDone ? "accepted" : "pending" };
    },
    forMs,
  );
  return verdict.state === "accepted"
    ? undefined
    : [`Deployment ${namespace}/${name} ${progress}`, ...(await readCauses(target, namespace, name, begun))].join(
        "\n  ",
      );
}

/** While pods of the template before serve on, those that are ready are taken to be these. */
function progressOf(desired: number, ready: number, updated: number, all: number): string {
  const former = all - updated;
  if (updated >= desired && former > 0) {
    return `has ${Math.max(0, ready - former)} of ${desired} pods of the newest template ready, and ${former} of the one before`;
  }
  return `has ${ready} of ${desired} pods ready${updated < desired ? `, ${updated} on the newest template` : ""}`;
}

async function readCauses(target: ClusterTarget, namespace: string, name: string, sinceMs: number): Promise<string[]> {
  const client = await ApiClient.connect(target, readMs);
  try {
    const roots = [{ kind: "Deployment", namespace, name }];
    return causeLines(await readTroubles(client, roots, await readFamily(client, roots), sinceMs));
  } finally {
    client.close();
  }
}
