// What others have done to a namespace since its migration began, as far as a rollback would undo it or rest on it. It is named
// before the first step is taken back, and nothing of it is overwritten.
import { objectName } from "../cluster-state/object-name";
import { meshLabels } from "../istio/labels";
import { labelsNotes } from "../ownership/marks";
import type { Kept } from "./facts";
import { isAbout } from "./kept-objects";
import { nameOf, targetsOf, type Attached, type KubeObject } from "./objects";
import { isAsWritten, labelState, type MigrationRecord } from "./record";
import {
  isSame,
  keyOf,
  type CreateStep,
  type DeleteStep,
  type Direction,
  type Key,
  type RollStep,
  type Step,
} from "./steps";

/** One look at a namespace before it goes back. */
export interface SinceFacts {
  /** The steps that are left, each with its object as it is now. */
  left: { step: Step; live?: KubeObject }[];
  /** Services, ServiceEntries and namespaces of the cluster that name the waypoint. */
  users: KubeObject[];
  /** Policies of the namespace that can be attached to a waypoint. */
  policies: KubeObject<Attached>[];
}

const again = "and run this again";

/** Why a step cannot be taken as its object is now; nothing where it can. */
export function changedLine(step: Step, live: KubeObject | undefined, direction: Direction): string | undefined {
  if (!live || step.do === "await") return undefined;
  if (step.do === "label") return changedTexts(step.key, "", step.labels, live.metadata.labels);
  if (step.do === "roll") return changedTemplate(step, live);
  const name = shown(keyOf(step.object));
  const isMade = (step.do === "create") === (direction === "apply");
  if (isMade && live.metadata.deletionTimestamp !== undefined) {
    return `${name} is being deleted, and waits for its finalizers; remove what they wait for, ${again}`;
  }
  if ((isMade && isKept(step, live)) || isAsWritten(live, step.object)) return undefined;
  return isMade
    ? `${name} exists and says something else; rename or delete it, ${again}`
    : `${name} was changed since this migration began; delete it yourself, or put it back, ${again}`;
}

/** Whether an object was never deleted, so that its owner may have changed it. */
export function isKept(step: CreateStep | DeleteStep, live: KubeObject | undefined): boolean {
  const { uid } = step.object.metadata;
  return step.do === "delete" && uid !== undefined && live?.metadata.uid === uid;
}

function changedTemplate({ key, labels, annotations }: RollStep, live: KubeObject): string | undefined {
  const { metadata } = ((live.spec ?? {}) as { template?: Pick<KubeObject, "metadata"> }).template ?? {};
  return (
    changedTexts(key, "template's ", labels, metadata?.labels) ??
    changedTexts(key, "template's ", annotations, metadata?.annotations)
  );
}

function changedTexts(
  key: Key,
  whose: string,
  changes: RollStep["labels"],
  live: { [key: string]: string } = {},
): string | undefined {
  if (labelState(changes, live) !== "other") return undefined;
  const lines = Object.entries(changes)
    .filter(([name, { before, after }]) => ![before, after].includes(live[name] ?? null))
    .map(([name, { before }]) => {
      const got = JSON.stringify(live[name] ?? null);
      return `its ${whose}${whose === "" ? "label " : ""}${name} is ${got}, and was ${JSON.stringify(before)}`;
    });
  return `${shown(key)} was changed since this migration began: ${lines.join("; ")}; put it back, ${again}`;
}

function shown(key: Key): string {
  return objectName(key.kind, key);
}

/** All that keeps a namespace from going back. */
export function sinceLines(record: MigrationRecord, { left, users, policies }: SinceFacts): string[] {
  const changed = left.flatMap(({ step, live }) => changedLine(step, live, "rollback") ?? []);
  const waypoint = left.find(({ step }) => step.do === "create" && step.object.kind === "Gateway");
  if (!waypoint) return changed;
  const goes = `the waypoint ${record.namespace}/${record.waypoint}, which this rollback deletes`;
  const own = (object: KubeObject) =>
    record.steps.some((step) => step.do !== "await" && isSame(keyOfStep(step), keyOf(object)));
  const others = users.filter((object) => isUser(object, record) && !own(object));
  const services = [...others, ...record.steps.flatMap((step) => (step.do === "label" ? asObject(step.key) : []))]
    .filter(({ kind }) => kind === "Service")
    .map(({ metadata }) => metadata.name);
  const attached = policies.filter(
    (policy) => !own(policy) && targetsOf(policy.spec ?? {}).some((target) => isGone(target, policy, record, services)),
  );
  return [
    ...changed,
    ...others.map((object) => `${nameOf(object)} uses ${goes}; run \`${unlabel(object)}\`, ${again}`),
    ...attached.map(
      (policy) =>
        `${nameOf(policy)} is attached to ${goes}, and no sidecar reads it; write it with a selector, or delete it, ${again}`,
    ),
  ];
}

/** The object of a step. */
export function keyOfStep(step: Exclude<Step, { do: "await" }>): Key {
  return "key" in step ? step.key : keyOf(step.object);
}

function asObject({ apiVersion, kind, namespace, name }: Key): KubeObject {
  return { apiVersion, kind, metadata: { namespace, name } };
}

function isUser({ kind, metadata }: KubeObject, { namespace, waypoint }: MigrationRecord): boolean {
  const { labels = {} } = metadata;
  const own = kind === "Namespace" ? metadata.name : metadata.namespace;
  return labels[meshLabels.useWaypoint] === waypoint && (labels[meshLabels.useWaypointNamespace] ?? own) === namespace;
}

/** What was written for a Service before the migration had no effect then either. */
function isGone(
  { kind, name }: { kind: string; name: string },
  policy: KubeObject,
  { waypoint, stamp }: MigrationRecord,
  services: string[],
): boolean {
  const { creationTimestamp = "" } = policy.metadata;
  const isNew = Date.parse(creationTimestamp) >= Date.parse(stamp) - 1000;
  return (kind === "Gateway" && name === waypoint) || (kind === "Service" && services.includes(name) && isNew);
}

function unlabel({ kind, metadata: { name, namespace } }: KubeObject): string {
  const place = kind === "Namespace" ? "" : ` --namespace ${namespace}`;
  return `kubectl label ${kind.toLowerCase()} ${name}${place} ${meshLabels.useWaypoint}-`;
}

/** Whose source still says what the migration made, and would make it again. */
export function sourceNotes(kept: readonly Kept[], { left }: SinceFacts): string[] {
  const keepers = [...new Set(kept.map(({ who }) => who))].flatMap((who) => {
    const own = kept.filter((each) => each.who === who && left.some(({ step }) => isAbout(step, each)));
    const [first] = own;
    const names = own.map((each) => objectName(each.kind, each)).join(", ");
    return first ? [`${who} manages ${names}: revert the migration in its source too; run \`${first.change}\``] : [];
  });
  const stacks = left.flatMap(({ step, live }) =>
    step.do !== "label" || !live
      ? []
      : labelsNotes({ annotations: live.metadata.annotations ?? {} })
          .filter(({ labels }) => labels.some((label) => label in step.labels))
          .map(
            ({ component, stack }) =>
              `${component} of the stack ${stack} sets labels of ${shown(step.key)}: remove it from that program, or its ` +
              "next `pulumi up` sets them again",
          ),
  );
  return [...new Set([...keepers, ...stacks])];
}
