// What a migration waits for beside pods: its waypoint, and what controllers say of policies.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Deployment } from "@kubernetes/client-node";
import { condition, type Condition } from "../lib/cluster-state/snapshot";
import { objectName } from "../lib/cluster-state/object-name";
import { targetsOf, type Attached, type KubeObject } from "../lib/migration/objects";
import type { Key } from "../lib/migration/steps";
import type { Going } from "./migration-objects";
import { MigrationError } from "./migration";

const pauseMs = 500;

/** Asks until there is nothing left to say, and throws what was said last once time is up. */
export async function until(
  { timeoutMs, onWait }: Pick<Going, "timeoutMs" | "onWait">,
  ask: () => Promise<string | undefined>,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const left = await ask();
    if (left === undefined) return;
    if (Date.now() >= end) throw new MigrationError(left);
    await onWait();
    await sleep(pauseMs);
  }
}

/** The pods that istiod makes for a Gateway serve. */
export function awaitWaypoint({ namespace, name }: Key, going: Going): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  return until(going, async () => {
    const reply = await going.client.get(path);
    const { spec, status } = (reply.kind === "ok" ? reply.body : {}) as V1Deployment;
    const [wanted, ready] = [spec?.replicas ?? 1, status?.availableReplicas ?? 0];
    return reply.kind === "ok" && ready >= Math.max(1, wanted)
      ? undefined
      : `the waypoint ${namespace}/${name} has ${ready} of ${wanted} pods ready; run \`kubectl describe gateway ${name} --namespace ${namespace}\``;
  });
}

type Stated = KubeObject<Attached> & { status?: { conditions?: Condition[] } };

/** istiod has seen them; or ztunnel holds those by selector, and the waypoint those by targetRefs. */
export function awaitPolicies(keys: readonly Key[], what: "known" | "accepted", going: Going): Promise<void> {
  return until(going, async () => {
    for (const { kind, namespace, name, apiVersion } of keys) {
      const reply = await going.client.get(`/apis/${apiVersion}/namespaces/${namespace}/authorizationpolicies/${name}`);
      if (reply.kind !== "ok") return `${objectName(kind, { namespace, name })} is gone`;
      const { spec = {}, status } = reply.body as Stated;
      const type = targetsOf(spec).length > 0 ? "WaypointAccepted" : "ZtunnelAccepted";
      const found = condition(status?.conditions ?? [], type);
      const isThere = what === "known" ? found !== undefined : found?.status === "True";
      if (!isThere) {
        const said = found ? `${type} is ${found.status}: ${found.message}` : `istiod has not said ${type} of it`;
        return `${objectName(kind, { namespace, name })} is not held yet: ${said}`;
      }
    }
    return undefined;
  });
}
