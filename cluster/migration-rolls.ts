// Replaces the pods of one workload by its own rollout, and waits until all of them are what they are to be.
import type {
  V1DaemonSet,
  V1Deployment,
  V1LabelSelector,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1StatefulSet,
} from "@kubernetes/client-node";
import type { Reply } from "./client";
import { objectName } from "../lib/cluster-state/object-name";
import { isPartOf, type KubeObject } from "../lib/migration/objects";
import { fieldManager } from "../lib/migration/field-owners";
import { labelState } from "../lib/migration/record";
import { changedLine } from "../lib/migration/since";
import type { Key, RollGoal, RollStep } from "../lib/migration/steps";
import { giveBack } from "./migration-owners";
import { insist, pathOf, readOne, type Going } from "./migration-objects";
import { listOf, MigrationError } from "./migration";
import { until } from "./migration-waits";
import { readMeshPod, type MeshPod, type RawPod } from "./migration-workloads";

type Raw = (V1Deployment | V1StatefulSet | V1DaemonSet) & KubeObject;

/** Changes the template, unless it is changed, and waits for the pods. */
export async function rollWorkload(step: RollStep, going: Going): Promise<void> {
  const { key, goal } = step;
  const isApply = going.direction === "apply";
  const wanted = isApply ? goal : back[goal];
  await insist(key, () => changeTemplate(step, going));
  await giveBack(step, key, going);
  let isRestarted = false;
  await until(going, async () => {
    const rolling = await progressOf(going, key);
    const left = rolling ?? (await podsLeft(going, key, wanted));
    if (left === undefined || rolling !== undefined || isApply || isRestarted) return left;
    // Its owner has written it anew, or for the first time: the template is as it was, and its pods are not.
    isRestarted = true;
    await insist(key, () => restart(key, going));
    return left;
  });
}

/** As `kubectl rollout restart` does. */
async function restart(key: Key, going: Going): Promise<Reply | undefined> {
  const live = await readOne(going.client, key);
  if (!live) return undefined;
  await awaitBudget(live as Raw, key, going);
  const annotations = { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() };
  const { resourceVersion } = live.metadata;
  const body = { metadata: { resourceVersion }, spec: { template: { metadata: { annotations } } } };
  return going.client.patch(`${pathOf(key)}?fieldManager=kubectl-rollout`, body);
}

/** Nothing where the template is changed already, or the workload is gone. */
async function changeTemplate(step: RollStep, going: Going): Promise<Reply | undefined> {
  const { key, labels, annotations } = step;
  const live = await readOne(going.client, key);
  if (!live) return undefined;
  const { metadata = {} } = templateOf(live as Raw);
  const wanted = going.direction === "apply" ? "after" : "before";
  const changed = changedLine(step, live, going.direction);
  if (changed !== undefined) throw new MigrationError(changed);
  const isAsWanted = (changes: RollStep["labels"], texts: { [key: string]: string } | undefined) =>
    Object.keys(changes).length === 0 || labelState(changes, texts ?? {}) === wanted;
  if (isAsWanted(labels, metadata.labels) && isAsWanted(annotations, metadata.annotations)) return undefined;
  await awaitBudget(live as Raw, key, going);
  const goalOf = (changes: RollStep["labels"]) =>
    Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, change[wanted]]));
  const { resourceVersion } = live.metadata;
  const template = { metadata: { labels: goalOf(labels), annotations: goalOf(annotations) } };
  const body = { metadata: { resourceVersion }, spec: { template } };
  return going.client.patch(`${pathOf(key)}?fieldManager=${fieldManager}`, body);
}

/** What pods are once a roll is taken back. */
const back: { [G in RollGoal]: PodGoal } = { ambient: "sidecar", hbone: "any", outside: "any" };

type PodGoal = RollGoal | "sidecar" | "any";

function templateOf({ spec }: Raw): V1PodTemplateSpec {
  return spec?.template ?? {};
}

/** Waits until a budget lets pods go, where the rollout ends old pods before new ones are ready. */
async function awaitBudget(raw: Raw, { namespace, kind }: Key, going: Going): Promise<void> {
  if (kind === "Deployment" && (raw as V1Deployment).spec?.strategy?.type !== "Recreate") return;
  const labels = templateOf(raw).metadata?.labels ?? {};
  await until(going, async () => {
    const budgets = await listOf<V1PodDisruptionBudget>(
      going.client,
      `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
    );
    const closed = budgets.find(
      ({ spec, status }) =>
        isPartOf(spec?.selector?.matchLabels ?? {}, labels) &&
        (status?.expectedPods ?? 0) > 0 &&
        status?.disruptionsAllowed === 0,
    );
    return closed && `PodDisruptionBudget ${namespace}/${closed.metadata?.name} lets no pod go`;
  });
}

/** What is left of a rollout, by its controller's own count. */
async function progressOf({ client }: Going, key: Key): Promise<string | undefined> {
  const live = await readOne(client, key);
  if (!live) return undefined;
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
    `${objectName(key.kind, key)} did not get its new pods ready in time: ${Math.min(updated, wanted)} of ${wanted} are new, ${available} available; the old ones ` +
    `serve on; run \`kubectl describe ${key.kind.toLowerCase()} ${key.name} --namespace ${key.namespace}\``
  );
}

function sameRevision(live: KubeObject): boolean {
  const { status } = live as V1StatefulSet;
  return status?.currentRevision !== undefined && status.currentRevision === status.updateRevision;
}

/** Pods of a workload that are not yet what they are to be. */
async function podsLeft({ client }: Going, key: Key, goal: PodGoal): Promise<string | undefined> {
  const live = goal === "any" ? undefined : await readOne(client, key);
  if (!live || goal === "any") return undefined;
  const selector = selectorText((live as Raw).spec?.selector);
  const path = `/api/v1/namespaces/${key.namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  const pods = (await listOf<RawPod>(client, path))
    .flatMap((raw) => readMeshPod(raw) ?? [])
    .filter(({ owner }) => owner && owner.kind !== "Job");
  const wrong = pods.filter((pod) => !isAsWanted(pod, goal)).map(({ name }) => name);
  return wrong.length === 0
    ? undefined
    : `${objectName(key.kind, key)} has pods that are not ${words[goal]}: ${wrong.join(", ")}`;
}

/** A selector as the query of a list has it. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: V1LabelSelector = {}): string {
  const operators: { [operator: string]: (key: string, values: string[]) => string } = {
    In: (key, values) => `${key} in (${values.join(",")})`,
    NotIn: (key, values) => `${key} notin (${values.join(",")})`,
    Exists: (key) => key,
    DoesNotExist: (key) => `!${key}`,
  };
  return [
    ...Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`),
    ...matchExpressions.flatMap(({ key, operator, values = [] }) => operators[operator]?.(key, values) ?? []),
  ].join(",");
}

const words: { [G in Exclude<PodGoal, "any">]: string } = {
  ambient: "captured without a sidecar",
  hbone: "with a sidecar that speaks HBONE",
  outside: "outside the mesh",
  sidecar: "with a sidecar",
};

function isAsWanted({ sidecar, hbone, captured }: MeshPod, goal: PodGoal): boolean {
  if (goal === "ambient") return captured && !sidecar;
  if (goal === "hbone") return sidecar && hbone;
  return goal === "sidecar" ? sidecar : true;
}

/** All workloads at once, at the end. */
export async function awaitCapture(keys: readonly Key[], going: Going): Promise<void> {
  await until(going, async () => {
    for (const key of keys) {
      const left = await podsLeft(going, key, "ambient");
      if (left !== undefined) return left;
    }
    return undefined;
  });
}
