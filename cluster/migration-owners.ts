// Notes who manages the fields that a migration changes, and gives them back to their managers.
import { fieldManager, givenBack, withOwners } from "../lib/migration/field-owners";
import { keyOfStep } from "../lib/migration/since";
import type { Key, Step } from "../lib/migration/steps";
import type { ApiClient } from "./client";
import { insist, pathOf, readOne, type Going } from "./migration-objects";

/** The steps, with those who manage what they take away or change. */
export async function noteOwners(client: ApiClient, steps: readonly Step[]): Promise<Step[]> {
  const noted: Step[] = [];
  for (const step of steps) {
    const isNoted = step.do === "delete" || step.do === "label" || step.do === "roll";
    const live = isNoted ? await readOne(client, keyOfStep(step)) : undefined;
    noted.push(live ? withOwners(step, live) : step);
  }
  return noted;
}

/** After a step was taken back. Without it the object is as it was all the same, so that no refusal stops a rollback. */
export async function giveBack(step: Step, key: Key, { client, direction }: Going): Promise<void> {
  if (direction === "apply") return;
  await insist(key, async () => {
    const live = await readOne(client, key);
    const managedFields = live && givenBack(step, live);
    if (!managedFields || managedFields.length === 0) return undefined;
    const { resourceVersion } = live.metadata;
    const body = { metadata: { resourceVersion, managedFields } };
    const reply = await client.patch(`${pathOf(key)}?fieldManager=${fieldManager}`, body);
    return reply.kind === "failed" && reply.status === 409 ? reply : undefined;
  });
}
