// Removes the workloads of a cluster from the mesh, waits until istio-cni has released their pods, and restores them.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1ObjectMeta } from "@kubernetes/client-node";
import { marks, some } from "../lib/checks/mesh";
import { enrollPatch, enrollViolations } from "../lib/enrollment/enroll";
import { violationLine } from "../lib/validation/violations";
import { drainedMark, restorePatch, undrainPatch, unenrolledMark, unenrollPatch } from "../lib/enrollment/enrollment";
import { protectionOf, type Protection, type SecurityPolicy } from "../lib/enrollment/protection";
import { meshDefaults } from "../lib/istio/defaults";
import type { Named } from "../lib/cluster-state/snapshot";
import { ApiClient, metadataOnly } from "./client";
import { listAll, listReadable } from "./lists";
import { named } from "./slim";

/** Enrolling or unenrolling failed. The message is for the user. */
export class EnrollmentError extends Error {
  override name = "EnrollmentError";
}

/** What is enrolled, by label. */
export interface Enrolled {
  namespaces: Named[];
  /** Pods with a label of their own. */
  pods: Named[];
  /** The policies that protect them; of a kind that may not be listed, none. */
  protection: Protection;
}

type RawPolicy = Pick<SecurityPolicy, "spec"> & { metadata?: V1ObjectMeta };

/** Concurrent patches; more would only fill the API server's queue. */
const parallel = 8;
export const pauseMs = 500;
const security = "/apis/security.istio.io/v1";
const istiodDeployments = "/apis/apps/v1/deployments?labelSelector=app%3Distiod";
const ambient = `labelSelector=${encodeURIComponent(`${marks.dataplaneMode}=ambient`)}`;

/** Reads what is enrolled, in these namespaces or in all. */
export async function readEnrolled(client: ApiClient, only: readonly string[]): Promise<Enrolled> {
  const [namespaces, pods, peers, policies, istiods] = await Promise.all([
    listMetadata(client, `/api/v1/namespaces?${ambient}`),
    listMetadata(client, `/api/v1/pods?${ambient}`),
    listReadable<RawPolicy>(client, `${security}/peerauthentications`),
    listReadable<RawPolicy>(client, `${security}/authorizationpolicies`),
    listReadable<{ metadata?: V1ObjectMeta }>(client, istiodDeployments, metadataOnly.list),
  ]);
  const wanted = (name: string) => only.length === 0 || only.includes(name);
  const places = [...namespaces.map(({ name }) => name), ...pods.map(({ namespace }) => namespace)];
  const root = istiods[0]?.metadata?.namespace ?? meshDefaults.namespace;
  // Policies of the root namespace also hold for what stays.
  const leaving = places.every(wanted)
    ? { namespaces: new Set(places), root }
    : { namespaces: new Set(places.filter((place) => wanted(place) && place !== root)) };
  const policy = ({ metadata, spec }: RawPolicy): SecurityPolicy => ({
    namespace: metadata?.namespace ?? "",
    name: metadata?.name ?? "",
    spec,
  });
  return {
    namespaces: namespaces.filter(({ name }) => wanted(name)),
    pods: pods.filter(({ namespace }) => wanted(namespace)),
    protection: protectionOf(leaving, peers.map(policy), policies.map(policy)),
  };
}

/** Removes the labels, and keeps them in an annotation. */
export async function removeLabels(client: ApiClient, { namespaces, pods }: Enrolled): Promise<void> {
  await inTurns([...namespaces, ...pods], (object) =>
    patchOrFail(client, pathOf(object), unenrollPatch(object.labels)),
  );
}

/** Waits until istio-cni has released every pod. */
export async function waitUntilReleased(
  client: ApiClient,
  only: readonly string[],
  untilMs: number,
  onLook: (captured: number) => void,
): Promise<void> {
  for (;;) {
    const captured = await readCaptured(client, only);
    if (captured.length === 0) {
      return;
    }
    if (Date.now() >= untilMs) {
      const names = captured.map(({ namespace, name }) => `${namespace}/${name}`);
      throw new EnrollmentError(
        `istio-cni has not released ${some(names, 5)}; it must run on the nodes of these pods to release them, and where ` +
          "it no longer does, only a restart of the pods frees them",
      );
    }
    onLook(captured.length);
    await sleep(pauseMs);
  }
}

/** Pods whose traffic goes through ztunnel, according to istio-cni's annotation. */
async function readCaptured(client: ApiClient, only: readonly string[]): Promise<Named[]> {
  const pods = await listMetadata(client, "/api/v1/pods");
  return pods.filter(
    ({ namespace, annotations }) =>
      annotations[marks.redirection] === "enabled" && (only.length === 0 || only.includes(namespace)),
  );
}

/** Restores the labels in these namespaces, or in all; returns the names of what is enrolled again. */
export async function restore(client: ApiClient, only: readonly string[]): Promise<string[]> {
  const [namespaces, pods, deployments] = await Promise.all([
    listMetadata(client, "/api/v1/namespaces"),
    listMetadata(client, "/api/v1/pods"),
    listMetadata(client, "/apis/apps/v1/deployments"),
  ]);
  const wanted = ({ namespace, name }: Named) => only.length === 0 || only.includes(namespace || name);
  const left = [...namespaces, ...pods].filter(({ annotations }) => unenrolledMark in annotations).filter(wanted);
  const drained = deployments.filter(({ annotations }) => drainedMark in annotations).filter(wanted);
  await inTurns(left, (object) => patchOrFail(client, pathOf(object), restorePatch(object.annotations)!));
  await inTurns(drained, ({ namespace, name, annotations }) =>
    patchOrFail(
      client,
      `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
      undrainPatch(annotations)!,
      "strategic",
    ),
  );
  return [...left, ...drained].map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : name));
}

/** Enrolls these namespaces, all of them or none; returns the names of those that were not enrolled before. */
export async function enroll(
  client: ApiClient,
  only: readonly string[],
  allowSystemNamespace: boolean | undefined,
): Promise<string[]> {
  const all = (await listMetadata(client, "/api/v1/namespaces")).filter(({ name }) => only.includes(name));
  const violations = all.flatMap((each) => enrollViolations(each, allowSystemNamespace));
  if (violations.length > 0) {
    throw new EnrollmentError(violations.map(violationLine).join("\n"));
  }
  const open = all.filter((each) => enrollPatch(each) !== undefined);
  await inTurns(open, (each) => patchOrFail(client, pathOf(each), enrollPatch(each)!));
  return open.map(({ name }) => name);
}

/** Names of all namespaces. */
export async function namespaceNames(client: ApiClient): Promise<string[]> {
  return (await listMetadata(client, "/api/v1/namespaces")).map(({ name }) => name);
}

/** Whether every node has a ready ztunnel: without it an enrolled pod is cut off. */
export async function hasZtunnel(client: ApiClient): Promise<boolean> {
  const sets = await listOrFail<{
    metadata?: V1ObjectMeta;
    status?: { desiredNumberScheduled?: number; numberReady?: number };
  }>(client, "/apis/apps/v1/daemonsets?labelSelector=app.kubernetes.io%2Fname%3Dztunnel");
  return sets.some(
    ({ status }) => (status?.numberReady ?? 0) > 0 && status?.numberReady === status?.desiredNumberScheduled,
  );
}

function pathOf({ namespace, name }: Named): string {
  return namespace ? `/api/v1/namespaces/${namespace}/pods/${name}` : `/api/v1/namespaces/${name}`;
}

/** Retries a conflict: without a resourceVersion in the patch it is the server's own, and passes. */
export async function patchOrFail(
  client: ApiClient,
  path: string,
  body: object,
  type: "merge" | "strategic" = "merge",
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await client.patch(path, body, type);
    if (reply.kind === "ok" || reply.kind === "missing") {
      return;
    }
    if (reply.kind === "forbidden" || reply.status !== 409 || attempt === 5) {
      throw new EnrollmentError(`cannot patch ${path}: ${reply.why}`);
    }
    await sleep(attempt * 100);
  }
}

async function inTurns<T>(objects: readonly T[], work: (object: T) => Promise<void>): Promise<void> {
  const queue = [...objects];
  const worker = async () => {
    for (let object = queue.shift(); object; object = queue.shift()) {
      await work(object);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function listMetadata(client: ApiClient, path: string): Promise<Named[]> {
  return (await listOrFail<{ metadata?: V1ObjectMeta }>(client, path, metadataOnly.list)).map(named);
}

/** All objects of a list; none where the kind is not served. Fails where listing is forbidden. */
export async function listOrFail<T>(client: ApiClient, path: string, accept?: string): Promise<T[]> {
  const listed = await listAll<T>(client, path, accept);
  if (listed.kind === "missing") {
    return [];
  }
  if (listed.kind !== "ok") {
    throw new EnrollmentError(`cannot list ${path.split("?")[0]}: ${listed.why}`);
  }
  return listed.items;
}
