// Waiting until the mesh has accepted an object, so that a refusal is told in the words of its condition.
import * as pulumi from "@pulumi/pulumi";
import { reason, type ClusterTarget } from "../../cluster/connection";
import { awaitVerdict, type Judge } from "../../cluster/wait";
import { conditionVerdict, Verdict, WithConditions } from "../../lib/cluster-state/conditions";
import type { ObjectKind } from "../../lib/ownership/kinds";
import type { ExistingObject } from "../../lib/ownership/owner";
import { goneFailure, runFailure } from "./failures";
import { lookAt } from "./look";
import type { Cluster } from "./cluster";

/** What is waited for: that a controller accepts an object. */
export interface Acceptance {
  /** How messages call it: HttpRoute "web". */
  what: string;
  /** Path of its kind: `apis/gateway.networking.k8s.io/v1` and `httproutes`. */
  api: string;
  plural: string;
  /** Its kind, where the program's look may have seen it before it was written. */
  kind?: ObjectKind;
  /** Minutes that it may take. */
  minutes: number;
  /** True where the component makes the object; others may still be on their way. */
  wasMade: boolean;
}

/**
 * The object's id, `namespace/name`, once its controller accepts it as it now is. This process reads the cluster by
 * itself: the plugin takes what was said of an earlier version for the present one, and hides the message of a
 * condition. One that `stands`, as the program's look has seen it, is not waited for.
 */
export function accepted<T>(
  id: pulumi.Output<string>,
  awaited: Acceptance,
  expected: pulumi.Output<T>,
  judge: (object: unknown, expected: T, read: Parameters<Judge>[1]) => ReturnType<Judge>,
  cluster: Cluster,
  stands: (seen: ExistingObject, expected: T) => boolean = () => false,
): pulumi.Output<string> {
  return pulumi
    .all([id, expected.apply((value) => [value]), cluster.target])
    .apply(async ([known, [value], target]) => {
      const seen = awaited.kind && lookAt(cluster).remembered(awaited.kind, known);
      if (!pulumi.runtime.isDryRun() && !(seen && stands(seen, value as T))) {
        await requireAccepted(known, awaited, (object, read) => judge(object, value as T, read), target);
      }
      return known;
    });
}

/** As `accepted`, for one condition of the object. */
export function conditionMet(
  id: pulumi.Output<string>,
  awaited: Acceptance,
  type: string,
  cluster: Cluster,
): pulumi.Output<string> {
  return accepted(
    id,
    awaited,
    pulumi.output(type),
    (object, wanted) => conditionVerdict(object as WithConditions, wanted),
    cluster,
  );
}

async function requireAccepted(
  id: string,
  { what, api, plural, minutes, wasMade }: Acceptance,
  judge: Judge,
  target: ClusterTarget,
): Promise<void> {
  const [namespace, name] = id.split("/");
  let verdict: Verdict;
  try {
    const path = `/${api}/namespaces/${namespace}/${plural}/${name}`;
    verdict = await awaitVerdict(target, path, judge, minutes * 60_000, { wasMade });
  } catch (error) {
    throw runFailure(`${what} (${id}) was created, but could not be watched until it was accepted: ${reason(error)}`);
  }
  if (verdict.state === "missing") {
    throw goneFailure(`${what} (${id})`);
  }
  if (verdict.state === "refused") {
    throw runFailure(`${what} (${id}) is not accepted: ${verdict.why}`);
  }
  if (verdict.state === "pending") {
    throw runFailure(`${what} (${id}) is not accepted: no controller has answered within ${minutes * 60} s`);
  }
}
