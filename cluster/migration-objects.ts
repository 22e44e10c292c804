// What all steps of a migration need: the way that is gone, and single objects.
import { setTimeout as sleep } from "node:timers/promises";
import { objectName } from "../lib/cluster-state/object-name";
import type { KubeObject } from "../lib/migration/objects";
import type { Direction, Key } from "../lib/migration/steps";
import type { ApiClient, Reply } from "./client";
import { MigrationError } from "./migration";

const attempts = 10;

/** What a step needs. */
export interface Going {
  client: ApiClient;
  direction: Direction;
  /** Time for the pods of one workload, or for a controller. */
  timeoutMs: number;
  /** While something is waited for. */
  onWait: () => Promise<void>;
  /** Workloads that were not ready before the way back began: it does not wait for what it did not break. */
  unready: ReadonlySet<string>;
  /** Tells the user of something that does not stop the run. */
  onNote: (text: string) => void;
}

/** "Service shop/web" */
export function shown(key: Key): string {
  return objectName(key.kind, key);
}

/** Kinds that steps are about, and how the API calls their lists. */
const plurals: { [kind: string]: string } = {
  AuthorizationPolicy: "authorizationpolicies",
  DaemonSet: "daemonsets",
  Deployment: "deployments",
  Gateway: "gateways",
  Pod: "pods",
  RequestAuthentication: "requestauthentications",
  Service: "services",
  StatefulSet: "statefulsets",
};

/** Where the API serves an object. */
export function pathOf({ apiVersion, kind, namespace, name }: Key): string {
  if (kind === "Namespace") return `/api/v1/namespaces/${name}`;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${plurals[kind]}/${name}`;
}

/** An object; nothing where there is none. */
export async function readOne(client: ApiClient, key: Key): Promise<KubeObject | undefined> {
  const reply = await client.get(pathOf(key));
  if (reply.kind === "missing") return undefined;
  if (reply.kind !== "ok") throw new MigrationError(`cannot read ${shown(key)}: ${reply.why}`);
  return reply.body as KubeObject;
}

/** Writes an object that may be written by its controller at the same moment: it is judged again then. */
export async function insist(key: Key, attempt: () => Promise<Reply | undefined>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const reply = await attempt();
    if (reply === undefined || reply.kind === "ok") return;
    const isConflict = reply.kind === "failed" && reply.status === 409;
    if (!isConflict || tries === attempts) throw new MigrationError(`cannot patch ${shown(key)}: ${whyOf(reply)}`);
    await sleep(tries * 100);
  }
}

/** Why a request brought nothing. */
export function whyOf(reply: Exclude<Reply, { kind: "ok" }>): string {
  return reply.kind === "missing" ? "not found" : reply.why;
}
