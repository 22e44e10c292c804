// Workloads that came into a namespace after its migration began. No step is about them: a rollback gives them the sidecars that
// they would have had without it, before the label goes that keeps their pods captured.
import { objectName } from "../lib/cluster-state/object-name";
import { meshLabels, sidecarLabel } from "../lib/istio/labels";
import { injectorOf } from "../lib/migration/namespace-labels";
import { injectionWish, injectKey, isRolled } from "../lib/migration/members";
import { without, type Workload } from "../lib/migration/objects";
import type { RollStep } from "../lib/migration/steps";
import { listOf, MigrationError, readWorkloads } from "./migration";
import { readInjectors } from "./migration-mesh";
import { readOne, type Going } from "./migration-objects";
import { rollWorkload } from "./migration-rolls";
import { until } from "./migration-waits";
import { readMeshPod, type RawPod } from "./migration-workloads";

const open = "outside ambient, every client could reach it";

/** Leaves no pod captured that has no sidecar to replace ztunnel. */
export async function rollNewcomers(namespace: string, going: Going): Promise<void> {
  const left = await readBare(namespace, going);
  const live = await readOne(going.client, { apiVersion: "v1", kind: "Namespace", namespace: "", name: namespace });
  const labels = live?.metadata.labels ?? {};
  const injectors = left.length > 0 && sidecarLabel(labels) === undefined ? await readInjectors(going.client) : [];
  const isInjected = sidecarLabel(labels) !== undefined || injectorOf(injectors, labels, {}) !== undefined;
  const outside = left.find((workload) => !isInto(workload, isInjected));
  if (outside) throw new MigrationError(outsideText(outside));
  for (const workload of left.filter(isRolled)) await rollWorkload(stepOf(workload), going);
  await until(going, async () => {
    const [loose] = await readBare(namespace, going);
    if (!loose) return undefined;
    const { kind, name } = loose;
    return (
      `${objectName(kind, loose)} runs without a sidecar: ${open}; wait until it has ended, or run \`kubectl delete ` +
      `${kind.toLowerCase()} ${name} --namespace ${namespace}\`, and run this again`
    );
  });
  await until(going, async () => {
    const all = await listOf<RawPod>(going.client, `/api/v1/namespaces/${namespace}/pods`);
    const ending = all.find(isServingItsEnd);
    return (
      ending &&
      `Pod ${namespace}/${ending.metadata?.name} is still ending: ${open}; wait until it is gone, and run this again`
    );
  });
}

/**
 * It answers until its grace period is over, and istio-cni lets go of it with the others. Source: istio cni/pkg/nodeagent/informers.go
 * (reconcilePod asks for the pod's phase alone).
 */
function isServingItsEnd(raw: RawPod): boolean {
  if (!raw.metadata?.deletionTimestamp) return false;
  const pod = readMeshPod({ ...raw, metadata: without(raw.metadata, "deletionTimestamp") });
  return pod !== undefined && pod.captured && !pod.sidecar && pod.labels[meshLabels.dataplaneMode] !== "none";
}

/** Whether its new pods get sidecars. */
function isInto(workload: Workload, isInjected: boolean): boolean {
  const wish = injectionWish(workload);
  return wish === undefined ? isInjected : wish === "true";
}

/** Workloads with pods that the label of the namespace alone keeps in the mesh. */
async function readBare(namespace: string, { client }: Going): Promise<Workload[]> {
  const pods = (await listOf<RawPod>(client, `/api/v1/namespaces/${namespace}/pods`)).flatMap(
    (raw) => readMeshPod(raw) ?? [],
  );
  const workloads = await readWorkloads(client, namespace, pods);
  return workloads.filter(
    ({ pods: own, podLabels }) =>
      podLabels[meshLabels.dataplaneMode] === undefined && own.some(({ captured, sidecar }) => captured && !sidecar),
  );
}

/** Changes nothing of the template, and waits for sidecars. */
function stepOf({ kind, namespace, name }: Workload): RollStep {
  const key = { apiVersion: "apps/v1", kind, namespace, name };
  return { do: "roll", key, goal: "ambient", labels: {}, annotations: {}, why: "it came after the migration began" };
}

function outsideText(workload: Workload): string {
  const { kind, namespace, name } = workload;
  const metadata = { labels: { [meshLabels.dataplaneMode]: "none" } };
  const change = isRolled(workload) ? { spec: { template: { metadata } } } : { metadata };
  return (
    `${objectName(kind, workload)} came after this migration began and gets no sidecar: ${open}; label its pods ${injectKey}: ` +
    `"true", or, to leave it outside, run \`kubectl patch ${kind.toLowerCase()} ${name} --namespace ${namespace} --type merge ` +
    `--patch '${JSON.stringify(change)}'\`, and run this again`
  );
}
