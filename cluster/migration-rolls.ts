// Replaces the pods of one workload by its own rollout, and waits until all of them are what they are to be.
import type {
  V1DaemonSet,
  V1Deployment,
  V1LabelSelector,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1StatefulSet,
} from "@kubernetes/client-node";
import type { Reply } from "./client";
import { objectName } from "../lib/cluster-state/object-name";
import type { KubeObject } from "../lib/migration/objects";
import { selects } from "../lib/network-policies/selectors";
import { fieldManager } from "../lib/migration/field-owners";
import { labelState } from "../lib/migration/record";
import { changedLine } from "../lib/migration/since";
import type { Key, RollGoal, RollStep } from "../lib/migration/steps";
import { giveBack } from "./migration-owners";
import { insist, pathOf, readOne, shown, type Going } from "./migration-objects";
import { listOf, MigrationError } from "./migration";
import { progressOf } from "./migration-progress";
import { until } from "./migration-waits";
import { podsOf, readMeshPod, type MeshPod, type RawPod } from "./migration-workloads";
import { budgetSelector } from "./slim-policies";

type Raw = (V1Deployment | V1StatefulSet | V1DaemonSet) & KubeObject;

/** Changes the template, unless it is changed, and waits for the pods. */
export async function rollWorkload(step: RollStep, going: Going): Promise<void> {
  const { key, goal } = step;
  const isApply = going.direction === "apply";
  const wanted = isApply ? goal : back[goal];
  await insist(key, () => changeTemplate(step, going));
  await giveBack(step, key, going);
  let isRestarted = false;
  const settled = async () => {
    const live = await readOne(going.client, key);
    const rolling = live && progressOf(live, key);
    const left = rolling ?? (await podsLeft(going, key, wanted));
    if (left === undefined || rolling !== undefined || isApply || isRestarted) return left;
    // Its owner has written it anew, or for the first time: the template is as it was, and its pods are not.
    isRestarted = true;
    await insist(key, () => restart(key, going));
    return left;
  };
  try {
    await until(going, settled);
  } catch (error) {
    if (!(error instanceof MigrationError) || !going.unready.has(shown(key))) throw error;
    await leaveUnready(error.message, key, wanted, going);
  }
}

/** What did not run before does not stop the way back, if none of its pods is left without what protects it. */
async function leaveUnready(said: string, key: Key, wanted: PodGoal, going: Going): Promise<void> {
  const before = "it was not ready before this rollback began either";
  const left = await podsLeft(going, key, wanted);
  if (left === undefined) return going.onNote(`${said}; ${before}, so that the rollback goes on`);
  const { kind, name, namespace } = key;
  const isSet = kind === "DaemonSet";
  const way = isSet
    ? "delete these pods"
    : `delete these pods, or run \`kubectl scale ${kind.toLowerCase()} ${name} --namespace ${namespace} --replicas 0\``;
  throw new MigrationError(`${said === left ? said : `${said}; ${left}`}; ${before}; ${way}, and run this again`);
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
async function awaitBudget(raw: Raw, key: Key, going: Going): Promise<void> {
  const { namespace, kind } = key;
  // A budget lets none go while its pods are not ready, and they would never be.
  if (going.unready.has(shown(key))) return;
  if (kind === "Deployment" && (raw as V1Deployment).spec?.strategy?.type !== "Recreate") return;
  const labels = templateOf(raw).metadata?.labels ?? {};
  await until(going, async () => {
    const budgets = await listOf<V1PodDisruptionBudget>(
      going.client,
      `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
    );
    const closed = budgets.find(
      ({ spec, status }) =>
        selects(budgetSelector(spec?.selector), labels) &&
        (status?.expectedPods ?? 0) > 0 &&
        status?.disruptionsAllowed === 0,
    );
    return closed && `PodDisruptionBudget ${namespace}/${closed.metadata?.name} lets no pod go`;
  });
}

/** Pods of a workload that are not yet what they are to be: by their owner, since selectors of workloads may overlap. */
async function podsLeft({ client }: Going, key: Key, goal: PodGoal): Promise<string | undefined> {
  const live = goal === "any" ? undefined : await readOne(client, key);
  if (!live || goal === "any") return undefined;
  const query = `?labelSelector=${encodeURIComponent(selectorText((live as Raw).spec?.selector))}`;
  const [raw, replicaSets] = await Promise.all([
    listOf<RawPod>(client, `/api/v1/namespaces/${key.namespace}/pods${query}`),
    key.kind === "Deployment"
      ? listOf<V1ReplicaSet>(client, `/apis/apps/v1/namespaces/${key.namespace}/replicasets${query}`)
      : [],
  ]);
  const pods = podsOf(
    key,
    raw.flatMap((each) => readMeshPod(each) ?? []),
    replicaSets,
  );
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
