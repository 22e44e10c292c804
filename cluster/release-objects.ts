// The live objects of releases, in as few requests as there are kinds: by the labels that all of a kind have in common.
import type { V1ManagedFieldsEntry, V1ObjectMeta } from "@kubernetes/client-node";
import { listPath, resourceOf, type JsonMap, type ObjectKey, type ReleaseObject, type Resource } from "../lib/drift";
import { metadataOnly, type Api } from "./client";
import { whyNot } from "./helm-releases";

/** An object of a release beside the live one; where that is not given, it is missing. */
export interface Found {
  object: ReleaseObject;
  path: string;
  live?: JsonMap;
}

/** What was found, and what could not be read. */
export interface ObjectsRead {
  found: Found[];
  unread: string[];
}

/**
 * Lists of a namespace or of the whole cluster that were read already, by their paths: what is in one is not asked for again. What is not in it is
 * asked for by its name, so that a list may be one of a few objects only.
 */
export type KnownLists = ReadonlyMap<string, JsonMap[]>;

/** Helm marks everything that it makes. */
export const helmLabel = { "app.kubernetes.io/managed-by": "Helm" };

const pageSize = 500;
/** Between the beginning of a deployment and the last definition that it writes. */
const deploymentMs = 2 * 60_000;
/** Definitions that are read one by one; from there on, one list is cheaper. */
const fewObjects = 3;

/** Reads the live objects, one list a kind and namespace; none where it is known already. */
export async function readObjects(
  client: Api,
  objects: ReleaseObject[],
  known: KnownLists = new Map(),
): Promise<ObjectsRead> {
  const groups = new Map<string, ReleaseObject[]>();
  for (const object of objects) {
    const key = `${object.apiVersion} ${object.kind} ${object.namespace}`;
    groups.set(key, [...(groups.get(key) ?? []), object]);
  }
  const read = await Promise.all([...groups.values()].map((group) => readGroup(client, group, known)));
  return { found: read.flatMap(({ found }) => found), unread: read.flatMap(({ unread }) => unread) };
}

/** Where the API serves an object; undefined where it does not serve the kind. */
export async function objectPath(client: Api, object: ObjectKey): Promise<string | undefined> {
  const resource = resourceOf(object) ?? (await discovered(client, object));
  return resource && `${listPath(object.apiVersion, resource, object.namespace)}/${object.name}`;
}

async function readGroup(client: Api, group: ReleaseObject[], known: KnownLists): Promise<ObjectsRead> {
  const [first] = group;
  if (!first) return { found: [], unread: [] };
  const resource = resourceOf(first) ?? (await discovered(client, first));
  // A kind that the API does not have, of a chart for another platform.
  if (!resource) return { found: [], unread: [`${first.kind}s: the API has no ${first.apiVersion}`] };
  const base = listPath(first.apiVersion, resource, first.namespace);
  const already = known.get(base) ?? known.get(listPath(first.apiVersion, { ...resource, namespaced: false }, ""));
  const ready = already && byName(already, resource.namespaced ? first.namespace : undefined);
  if (first.kind === "CustomResourceDefinition") return readDefinitions(client, group, base, ready);
  const accept = first.kind === "Secret" ? metadataOnly : undefined;
  const listed =
    ready ?? (group.length > 1 ? await readList(client, base, group, accept?.list) : new Map<string, JsonMap>());
  if (typeof listed === "string") return { found: [], unread: [`${resource.plural}: ${listed}`] };
  return collect(
    group.map(async (object): Promise<Found | string> => {
      const path = `${base}/${object.name}`;
      const live = listed.get(object.name);
      // An object that has lost its labels is in no list.
      return live ? { object, path, live } : readOne(client, object, path, accept?.object);
    }),
  );
}

/** Definitions by their metadata; whole only where another field manager seems to have written their spec. */
async function readDefinitions(
  client: Api,
  group: ReleaseObject[],
  base: string,
  ready: Map<string, JsonMap> | undefined,
): Promise<ObjectsRead> {
  const listed = ready ?? (await readList(client, base, group, metadataOnly.list));
  if (typeof listed === "string") return { found: [], unread: [`customresourcedefinitions: ${listed}`] };
  const edited = group.filter((object) => {
    const live = listed.get(object.name);
    return !live || isEdited(live["metadata"] as V1ObjectMeta, object.release.deployedAt);
  });
  const whole = edited.length > fewObjects ? await readList(client, base, edited) : new Map<string, JsonMap>();
  if (typeof whole === "string") return { found: [], unread: [`customresourcedefinitions: ${whole}`] };
  return collect(
    edited.map(async (object): Promise<Found | string> => {
      const path = `${base}/${object.name}`;
      const live = whole.get(object.name);
      return live ? { object, path, live } : readOne(client, object, path);
    }),
  );
}

/** True where the definition was written again after its release, by hand or otherwise. */
function isEdited({ managedFields }: V1ObjectMeta, deployedAt: number): boolean {
  return (managedFields ?? []).some(
    (entry: V1ManagedFieldsEntry) =>
      entry.subresource === undefined &&
      ((entry.manager ?? "").startsWith("kubectl") || Date.parse(String(entry.time)) > deployedAt + deploymentMs),
  );
}

async function readOne(client: Api, object: ReleaseObject, path: string, accept?: string): Promise<Found | string> {
  const reply = await client.get(path, accept);
  if (reply.kind === "ok") return { object, path, live: reply.body as JsonMap };
  return reply.kind === "missing" ? { object, path } : `${object.kind} ${object.name}: ${reply.why}`;
}

/** The objects by their names, of one namespace where it is given. */
function byName(objects: JsonMap[], namespace?: string): Map<string, JsonMap> {
  const named = objects.map((object) => ({ object, metadata: object["metadata"] as V1ObjectMeta }));
  const wanted = named.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);
  return new Map(wanted.map(({ object, metadata }) => [metadata.name ?? "", object]));
}

/** The objects by their names, or why they cannot be read. */
async function readList(
  client: Api,
  path: string,
  group: ReleaseObject[],
  accept?: string,
): Promise<Map<string, JsonMap> | string> {
  const labelSelector = commonLabels(group);
  const items = new Map<string, JsonMap>();
  let next = "";
  do {
    const query = new URLSearchParams({ labelSelector, limit: String(pageSize), ...(next && { continue: next }) });
    const reply = await client.get(`${path}?${query.toString()}`, accept);
    if (reply.kind !== "ok") return whyNot(reply);
    const list = reply.body as { items?: JsonMap[]; metadata?: { continue?: string } };
    for (const item of list.items ?? []) items.set((item["metadata"] as { name: string }).name, item);
    next = list.metadata?.continue ?? "";
  } while (next);
  return items;
}

/** A selector of the labels that all of them have, Helm's own among them. */
function commonLabels(group: ReleaseObject[]): string {
  const [first] = group;
  const common = Object.entries(first?.labels ?? {}).filter(([key, value]) =>
    group.every(({ labels }) => labels[key] === value),
  );
  return Object.entries({ ...helmLabel, ...Object.fromEntries(common) })
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");
}

/** How the API itself says that it serves a kind. */
async function discovered(client: Api, { apiVersion, kind }: ObjectKey): Promise<Resource | undefined> {
  const reply = await client.get(apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);
  if (reply.kind !== "ok") return undefined;
  const { resources } = reply.body as { resources?: { name: string; kind: string; namespaced: boolean }[] };
  const found = resources?.find((resource) => resource.kind === kind && !resource.name.includes("/"));
  return found && { plural: found.name, namespaced: found.namespaced };
}

async function collect(reading: Promise<Found | string>[]): Promise<ObjectsRead> {
  const read = await Promise.all(reading);
  return {
    found: read.flatMap((one) => (typeof one === "string" ? [] : [one])),
    unread: read.flatMap((one) => (typeof one === "string" ? [one] : [])),
  };
}
