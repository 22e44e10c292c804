// Drift of what Helm's releases made: seen by comparing, confirmed by a dry run of the very patch that would repair it, repaired.
import {
  claims,
  difference,
  isMap,
  isVital,
  mergesLists,
  releaseObjects,
  type DriftedObject,
  type JsonMap,
  type KubeObject,
} from "../lib/drift";
import { objectName } from "../lib/cluster-state/object-name";
import type { Api, WritingApi } from "./client";
import { readReleases, whyNot, type ReleaseName } from "./helm-releases";
import { listAll } from "./lists";
import { helmLabel, objectPath, readObjects, type Found, type KnownLists } from "./release-objects";

/** What a look at releases saw. */
export interface DriftReading {
  drifted: DriftedObject[];
  /** What could not be read, and why: "configmaps: … is forbidden". */
  unread: string[];
}

/** Something could not be restored. Its message is for the user: a line an object. */
export class RepairError extends Error {
  override name = "RepairError";
}

/** How deep a look goes: a preview reads the kinds on which traffic hangs, with half of the requests. */
export type DriftDepth = "vital" | "all";

/** Fields are written under this name. */
const fieldManager = "istio-ambient";

/**
 * Compares what the newest revision of each release says with the live objects. A release that Helm is still at work on,
 * or that failed, does not count. Lists that the caller has read already are not read again. Throws UnreachableError.
 */
export async function readDrift(
  client: Api,
  names: readonly ReleaseName[],
  depth: DriftDepth = "all",
  known?: KnownLists,
): Promise<DriftReading> {
  const { releases, unread: lost } = await readReleases(client, names);
  const objects = releases
    .filter(({ status }) => status === "deployed")
    .flatMap(releaseObjects)
    .filter((object) => depth === "all" || isVital(object));
  const { found, unread } = await readObjects(client, objects, known);
  const confirmed = await confirmAll(client, found);
  return { drifted: confirmed.drifted, unread: [...lost, ...unread, ...confirmed.unread] };
}

/**
 * Makes again what is missing and patches what differs, each as it is by now: a second call does nothing. Gives a line for
 * everything that it did; throws when it is through and something failed, with the object and the reason.
 */
export async function repairDrift(client: WritingApi, drifted: readonly DriftedObject[]): Promise<string[]> {
  const done: string[] = [];
  const failed: string[] = [];
  for (const object of drifted) {
    const outcome = await repair(client, object);
    if ("done" in outcome) done.push(...outcome.done);
    else failed.push(`${objectName(object.kind, object)}: ${outcome.why}`);
  }
  if (failed.length > 0) throw new RepairError(failed.join("\n"));
  return done;
}

async function confirmAll(client: Api, found: Found[]): Promise<DriftReading> {
  const proposals = found.filter((one) => isOwn(one) && (!one.live || differences(one, false).fields.length > 0));
  // Only a changed number of replicas asks who sets it.
  const scaled = proposals.filter((one) => differences(one, false).fields.some(({ path }) => path === "spec.replicas"));
  const { autoscaled, unread } = await readAutoscaled(client, scaled);
  const confirmed = await Promise.all(proposals.map((one) => confirm(client, one, autoscaled.includes(one))));
  return { drifted: confirmed.flatMap((one) => one ?? []), unread };
}

/** False for what another release has taken over, and for what is on its way out. */
function isOwn({ object, live }: Found): boolean {
  const { annotations, deletionTimestamp } = (live?.["metadata"] ?? {}) as {
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
  const owner = annotations?.["meta.helm.sh/release-name"] ?? object.release.release;
  const namespace = annotations?.["meta.helm.sh/release-namespace"] ?? object.release.namespace;
  return owner === object.release.release && namespace === object.release.namespace && deletionTimestamp === undefined;
}

function differences({ object, live = {} }: Found, autoscaled: boolean) {
  return difference(claims(object.read(), live, autoscaled), live, mergesLists(object));
}

/** Those whose replicas an autoscaler sets, the chart's or another; where that cannot be read, it may be one. */
async function readAutoscaled(client: Api, found: Found[]): Promise<{ autoscaled: Found[]; unread: string[] }> {
  const namespaces = [...new Set(found.map(({ object }) => object.namespace))];
  interface Autoscaler {
    metadata: { namespace: string };
    spec: { scaleTargetRef: { kind: string; name: string } };
  }
  const lists = await Promise.all(
    namespaces.map((namespace) =>
      listAll<Autoscaler>(client, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`),
    ),
  );
  const autoscalers = lists.flatMap((reply) => (reply.kind === "ok" ? reply.items : []));
  const closed = lists.map((reply) => (reply.kind === "forbidden" || reply.kind === "failed" ? reply.why : ""));
  const autoscaled = found.filter(
    ({ object }) =>
      closed[namespaces.indexOf(object.namespace)] !== "" ||
      autoscalers.some(
        ({ metadata, spec: { scaleTargetRef } }) =>
          metadata.namespace === object.namespace &&
          scaleTargetRef.kind === object.kind &&
          scaleTargetRef.name === object.name,
      ),
  );
  return { autoscaled, unread: closed.filter((why) => why !== "").map((why) => `horizontalpodautoscalers: ${why}`) };
}

/** The drift of one object, if the API server sees it too: for it, the repaired object has to be another one. */
async function confirm(client: Api, one: Found, autoscaled: boolean): Promise<DriftedObject | undefined> {
  const { object, path, live } = one;
  const { release, apiVersion, kind, namespace, name } = object;
  const drifted: DriftedObject = {
    ...{ apiVersion, kind, namespace, name, release: release.release, releaseNamespace: release.namespace },
    ...{ chart: release.chart, chartVersion: release.chartVersion, autoscaled, wanted: object.read() },
    ...{ fields: [], isMissing: live === undefined },
  };
  if (live === undefined) return drifted;
  const { fields, patch } = differences(one, autoscaled);
  if (fields.length === 0) return undefined;
  const reply = await client.patch(`${path}?dryRun=All&fieldManager=${fieldManager}`, patch, patchKind(drifted));
  if (reply.kind === "missing") return { ...drifted, isMissing: true };
  if (reply.kind !== "ok") return { ...drifted, fields, unconfirmed: reply.why };
  // A field that differs afterwards too is one and the same to the API server.
  const left = differences({ ...one, live: reply.body as JsonMap }, autoscaled).fields.map((field) => field.path);
  const real = fields.filter((field) => !left.includes(field.path));
  return real.length > 0 ? { ...drifted, fields: real } : undefined;
}

function patchKind(object: DriftedObject): "merge" | "strategic" {
  return mergesLists(object) ? "strategic" : "merge";
}

type Outcome = { done: string[] } | { why: string };

async function repair(client: WritingApi, object: DriftedObject): Promise<Outcome> {
  const path = await objectPath(client, object);
  if (path === undefined) return { why: `the API has no kind ${object.kind} of ${object.apiVersion}` };
  const reply = await client.get(path);
  if (reply.kind === "missing") return create(client, object, path);
  if (reply.kind !== "ok") return { why: reply.why };
  return patchLive(client, object, path, reply.body as JsonMap);
}

async function create(client: WritingApi, object: DriftedObject, path: string): Promise<Outcome> {
  const list = path.slice(0, path.lastIndexOf("/"));
  const reply = await client.post(`${list}?fieldManager=${fieldManager}`, asHelmMakes(object));
  if (reply.kind === "ok") return { done: [`${objectName(object.kind, object)} created`] };
  return { why: whyNot(reply) };
}

async function patchLive(client: WritingApi, object: DriftedObject, path: string, live: JsonMap): Promise<Outcome> {
  const wanted = claims(object.wanted, live, object.autoscaled);
  const { fields, patch } = difference(wanted, live, mergesLists(object));
  const known = object.fields.map((field) => field.path);
  // What the API server has called the same before is not drift now.
  if (!fields.some((field) => object.isMissing || known.includes(field.path))) return { done: [] };
  const reply = await client.patch(`${path}?fieldManager=${fieldManager}`, patch, patchKind(object));
  if (reply.kind !== "ok") return { why: whyNot(reply) };
  const paths = fields.map((field) => field.path).filter((field) => object.isMissing || known.includes(field));
  return { done: [`${objectName(object.kind, object)} patched: ${paths.join(", ")}`] };
}

/** The object with the marks by which Helm knows it as its own. */
function asHelmMakes({ wanted, release, releaseNamespace, namespace }: DriftedObject): KubeObject {
  const { metadata } = wanted;
  const { labels, annotations } = metadata;
  return {
    ...wanted,
    metadata: {
      ...metadata,
      ...(namespace === "" ? {} : { namespace }),
      labels: { ...(isMap(labels) ? labels : {}), ...helmLabel },
      annotations: {
        ...(isMap(annotations) ? annotations : {}),
        "meta.helm.sh/release-name": release,
        "meta.helm.sh/release-namespace": releaseNamespace,
      },
    },
  };
}
