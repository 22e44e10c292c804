// What all steps of a migration need: the way that is gone, and single objects.
import { objectName } from "../lib/cluster-state/object-name";
import type { KubeObject } from "../lib/migration/objects";
import type { Direction, Key } from "../lib/migration/steps";
import type { ApiClient, Reply } from "./client";
import { MigrationError } from "./migration";
import { objectPath } from "./release-objects";

/** What a step needs. */
export interface Going {
  client: ApiClient;
  direction: Direction;
  /** Time for the pods of one workload, or for a controller. */
  timeoutMs: number;
  /** While something is waited for. */
  onWait: () => Promise<void>;
}

/** "Service shop/web" */
export function shown(key: Key): string {
  return objectName(key.kind, key);
}

/** Where an object is, and the object. */
export async function readOne(client: ApiClient, key: Key): Promise<{ path: string; live?: KubeObject }> {
  const path = await objectPath(client, key);
  if (path === undefined) throw new MigrationError(`${shown(key)}: the API serves no ${key.kind} of ${key.apiVersion}`);
  const reply = await client.get(path);
  if (reply.kind === "missing") return { path };
  if (reply.kind !== "ok") throw new MigrationError(`cannot read ${shown(key)}: ${reply.why}`);
  return { path, live: reply.body as KubeObject };
}

/** Why a request brought nothing. */
export function whyOf(reply: Exclude<Reply, { kind: "ok" }>): string {
  return reply.kind === "missing" ? "not found" : reply.why;
}
