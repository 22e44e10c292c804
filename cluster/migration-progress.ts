// How far the rollout of a workload is, by its controller's own count, and what serves in the meantime.
import type { V1DaemonSet, V1Deployment, V1StatefulSet } from "@kubernetes/client-node";
import { objectName } from "../lib/cluster-state/object-name";
import { keyOf, type Key } from "../lib/migration/steps";
import type { KubeObject } from "../lib/migration/objects";
import type { ApiClient } from "./client";
import { listOf } from "./migration";

/** What is left of a rollout; nothing where it is through. */
export function progressOf(live: KubeObject, key: Key): string | undefined {
  const { metadata, spec, status } = live as unknown as {
    metadata: { generation?: number };
    spec: { replicas?: number };
    status?: { [field: string]: number };
  };
  const isSet = key.kind === "DaemonSet";
  const wanted = isSet ? (status?.["desiredNumberScheduled"] ?? 0) : (spec.replicas ?? 1);
  const updated = status?.[isSet ? "updatedNumberScheduled" : "updatedReplicas"] ?? 0;
  const available =
    status?.[isSet ? "numberAvailable" : key.kind === "Deployment" ? "availableReplicas" : "readyReplicas"] ?? 0;
  const total = isSet ? wanted : (status?.["replicas"] ?? 0);
  const isSeen = (status?.["observedGeneration"] ?? 0) >= (metadata.generation ?? 1);
  // A StatefulSet at rest no longer counts its pods as updated.
  const isNew = updated >= wanted || (key.kind === "StatefulSet" && sameRevision(live));
  if (isSeen && isNew && available >= wanted && total === wanted) return undefined;
  return (
    `${objectName(key.kind, key)} did not get its new pods ready in time: ${Math.min(updated, wanted)} of ${wanted} are new, ${available} available; ` +
    `${servingText(live, key)}; run \`kubectl describe ${key.kind.toLowerCase()} ${key.name} --namespace ${key.namespace}\``
  );
}

/** What serves while new pods are not ready depends on who ends the old ones, and when. */
function servingText(live: KubeObject, { kind }: Key): string {
  if (kind === "StatefulSet") {
    return (
      "the pods with lower numbers are the old ones and serve on; the rollout stops at the one that is not ready, and if it is of " +
      "an earlier template, it has to be deleted by hand"
    );
  }
  if (kind === "DaemonSet") {
    const { maxSurge = 0 } = (live as V1DaemonSet).spec?.updateStrategy?.rollingUpdate ?? {};
    return `${maxSurge}`.replace("%", "") === "0"
      ? "nodes with a new pod that is not ready have none that serves; on the others the old ones serve on"
      : "the old ones serve on";
  }
  return (live as V1Deployment).spec?.strategy?.type === "Recreate"
    ? "its strategy Recreate has ended the old ones, so that none serves"
    : "the old ones serve on";
}

function sameRevision(live: KubeObject): boolean {
  const { status } = live as V1StatefulSet;
  return status?.currentRevision !== undefined && status.currentRevision === status.updateRevision;
}

const kinds: [string, string][] = [
  ["Deployment", "deployments"],
  ["StatefulSet", "statefulsets"],
  ["DaemonSet", "daemonsets"],
];

/** Workloads of a namespace that are not ready: "Deployment shop/web". */
export async function readUnready(client: ApiClient, namespace: string): Promise<string[]> {
  const lists = await Promise.all(
    kinds.map(async ([kind, plural]) => {
      const all = await listOf<KubeObject>(client, `/apis/apps/v1/namespaces/${namespace}/${plural}`);
      return all.map((live) => ({ live, key: keyOf({ ...live, apiVersion: "apps/v1", kind }) }));
    }),
  );
  return lists
    .flat()
    .flatMap(({ live, key }) => (progressOf(live, key) === undefined ? [] : [objectName(key.kind, key)]));
}
