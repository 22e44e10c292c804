// Takes the steps of a migration, there and back. Each is judged by what the cluster has before it is taken: done already, to
// be done, or changed by others since, which is named and not overwritten.
import { labelState, recordStates, stepsOf } from "../lib/migration/record";
import { changedLine, isKept } from "../lib/migration/since";
import {
  keyOf,
  type CreateStep,
  type DeleteStep,
  type Direction,
  type LabelStep,
  type Step,
} from "../lib/migration/steps";
import { fieldManager } from "../lib/migration/field-owners";
import { without, type KubeObject } from "../lib/migration/objects";
import type { ApiClient } from "./client";
import { MigrationError } from "./migration";
import { insist, pathOf, readOne, shown, whyOf, type Going } from "./migration-objects";
import { rollNewcomers } from "./migration-newcomers";
import { giveBack } from "./migration-owners";
import type { Run } from "./migration-record";
import { awaitPolicies, awaitWaypoint } from "./migration-waits";
import { readUnready } from "./migration-progress";
import { awaitCapture, rollWorkload } from "./migration-rolls";

/** Takes all steps that are left. */
export async function goMigration(
  client: ApiClient,
  run: Run,
  timeoutMs: number,
  onStep: (step: Step, done: number, all: number) => void,
  onNote: (text: string) => void,
): Promise<void> {
  const { direction, next } = run.record;
  const all = stepsOf(run.record);
  let seen = Date.now();
  const onWait = async () => {
    if (Date.now() - seen < 5_000) return;
    seen = Date.now();
    await run.renew();
  };
  if (direction === "rollback" && run.record.unready === undefined)
    run.record.unready = await readUnready(client, run.record.namespace);
  const unready = new Set(run.record.unready);
  for (const [index, step] of all.entries()) {
    if (index < next) continue;
    await run.at(index);
    seen = Date.now();
    onStep(step, index, all.length);
    try {
      await take(step, { client, direction, timeoutMs, onWait, unready, onNote });
    } catch (error) {
      if (error instanceof MigrationError) await run.end(recordStates.stopped);
      throw error;
    }
  }
  if (direction === "rollback") return run.forget();
  run.record.next = all.length;
  await run.end(recordStates.done);
}

async function take(step: Step, going: Going): Promise<void> {
  const isApply = going.direction === "apply";
  switch (step.do) {
    case "create":
      return isApply ? create(step, going) : remove(step, going);
    case "delete":
      return isApply ? remove(step, going) : create(step, going);
    case "label":
      return label(step, going);
    case "roll":
      return rollWorkload(step, going);
    default:
      if (!isApply) return;
      if (step.what === "waypoint") return awaitWaypoint(step.keys[0]!, going);
      if (step.what === "capture") return awaitCapture(step.keys, going);
      return awaitPolicies(step.keys, step.what, going);
  }
}

/** Fails where something else has the name. */
async function create(step: CreateStep | DeleteStep, going: Going): Promise<void> {
  const { client, direction } = going;
  const { object } = step;
  const key = keyOf(object);
  const live = await readOne(client, key);
  refuseChanges(step, live, direction);
  if (!live) {
    const metadata = without(object.metadata, "uid");
    const path = pathOf(key);
    const collection = path.slice(0, path.lastIndexOf("/"));
    const reply = await client.post(`${collection}?fieldManager=${fieldManager}`, { ...object, metadata });
    if (reply.kind !== "ok") throw new MigrationError(`cannot create ${shown(key)}: ${whyOf(reply)}`);
  }
  if (!isKept(step, live)) await giveBack(step, key, going);
}

/** Deletes an object that is as it was written down. */
async function remove(step: CreateStep | DeleteStep, { client, direction }: Going): Promise<void> {
  const key = keyOf(step.object);
  const live = await readOne(client, key);
  if (!live) return;
  refuseChanges(step, live, direction);
  const reply = await client.delete(pathOf(key));
  if (reply.kind !== "ok" && reply.kind !== "missing")
    throw new MigrationError(`cannot delete ${shown(key)}: ${reply.why}`);
}

async function label(step: LabelStep, going: Going): Promise<void> {
  const { client, direction } = going;
  if (direction === "rollback" && step.part === "mode") await rollNewcomers(step.key.name, going);
  const goal = direction === "apply" ? "after" : "before";
  await insist(step.key, async () => {
    const live = await readOne(client, step.key);
    // Bare pods come and go; what is no more needs no label.
    if (!live || labelState(step.labels, live.metadata.labels ?? {}) === goal) return undefined;
    refuseChanges(step, live, direction);
    const labels = Object.fromEntries(Object.entries(step.labels).map(([key, change]) => [key, change[goal]]));
    const { resourceVersion } = live.metadata;
    return client.patch(`${pathOf(step.key)}?fieldManager=${fieldManager}`, { metadata: { resourceVersion, labels } });
  });
  await giveBack(step, step.key, going);
}

/** What others have changed since is named, and not overwritten. */
function refuseChanges(step: Step, live: KubeObject | undefined, direction: Direction): void {
  const line = changedLine(step, live, direction);
  if (line !== undefined) throw new MigrationError(line);
}
