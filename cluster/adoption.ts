// Reads what an adoption looks at: the objects of Istio's charts, and the records of the Helm releases behind them.
import * as zlib from "node:zlib";
import type { V1ObjectMeta } from "@kubernetes/client-node";
import {
  namespaceOf,
  textsOf,
  type AdoptionFacts,
  type FoundRelease,
  type LiveObject,
  type StoredRelease,
} from "../lib/adoption/facts";
import { makerOf } from "../lib/adoption/owners";
import { chartObjects, isDefinitionOfBase, keyText } from "../lib/adoption/parts";
import { contentOf } from "../lib/adoption/records";
import { resourceOf, type ObjectKey } from "../lib/drift";
import { charts } from "../lib/istio/releases";
import { metadataOnly, type ApiClient, type Reply } from "./client";
import { listAll } from "./lists";
import { mayI } from "./preflight";
import { objectPath } from "./release-objects";

/** Reading or writing failed. Its message is for the user. */
export class AdoptionError extends Error {
  override name = "AdoptionError";
}

/** A release, by its name and the namespace of its records. */
interface ReleaseKey {
  release: string;
  namespace: string;
}

/** One look at the Istio of a cluster. */
export async function readAdoption(client: ApiClient): Promise<AdoptionFacts> {
  const [istiods, allSets, gateways, definitions] = await Promise.all([
    listObjects(client, "apps/v1", "Deployment", "app=istiod"),
    listObjects(client, "apps/v1", "DaemonSet"),
    listObjects(client, "apps/v1", "Deployment", "operator.istio.io/component in (IngressGateways,EgressGateways)"),
    listDefinitions(client),
  ]);
  const daemonSets = allSets.filter(
    (set) => textsOf(set, "labels")["k8s-app"] === "istio-cni-node" || set.metadata.name === "ztunnel",
  );
  const facts = { server: client.server, istiods: usualFirst(istiods), daemonSets, gateways, missingRights: [] };
  const [istiod] = facts.istiods;
  if (!istiod) return { ...facts, objects: [], releases: [] };
  const meshNamespace = namespaceOf(istiod);
  const namespace = await readObject(client, key("v1", "Namespace", "", meshNamespace));
  const node = daemonSets.filter((set) => namespaceOf(set) !== meshNamespace).map(namespaceOf);
  const keys = [meshNamespace, ...new Set(node)].flatMap((into) => chartObjects(into).map((object) => object.key));
  const named = await readAll(client, keys);
  const objects = [...definitions, ...named];
  const releases = await readReleases(client, releaseKeys(objects, meshNamespace));
  const listed = releases.flatMap((release) => [...contentOf(release, meshNamespace).parts.values()].flat());
  const known = new Set(objects.map((object) => keyText(keyOf(object))));
  const others = listed.map((document) => document.key).filter((each) => !known.has(keyText(each)));
  const all = [...objects, ...(await readAll(client, others))];
  const missingRights = await readMissingRights(client, all);
  return { ...facts, ...(namespace ? { namespace } : {}), objects: all, releases, missingRights };
}

/** Where several serve, the one in the usual namespace is looked at, and the others are told of. */
function usualFirst(istiods: LiveObject[]): LiveObject[] {
  // OpenShift's Ingress Operator runs one for its own gateways, which stays out of the way.
  const own = istiods.filter((istiod) => namespaceOf(istiod) !== "openshift-ingress");
  const rank = (istiod: LiveObject) =>
    (namespaceOf(istiod) === "istio-system" ? 0 : 2) + (istiod.metadata.name === "istiod" ? 0 : 1);
  return own.sort((one, other) => rank(one) - rank(other));
}

/** The text of Helm's record as a Secret has it. */
export function encodeRecord(record: StoredRelease): string {
  const text = zlib.gzipSync(JSON.stringify(record), { level: 9 }).toString("base64");
  return Buffer.from(text).toString("base64");
}

/** The object behind a key; nothing where there is none. */
export async function readObject(client: ApiClient, wanted: ObjectKey): Promise<LiveObject | undefined> {
  const path = await objectPath(client, wanted);
  if (path === undefined) return undefined;
  const definition = wanted.kind === "CustomResourceDefinition";
  const reply = await client.get(path, definition ? metadataOnly.object : undefined);
  if (reply.kind === "missing") return undefined;
  if (reply.kind !== "ok") throw new AdoptionError(`cannot read ${wanted.kind} ${wanted.name}: ${reply.why}`);
  return whole(reply.body, wanted.apiVersion, wanted.kind);
}

async function readAll(client: ApiClient, keys: ObjectKey[]): Promise<LiveObject[]> {
  const found = await Promise.all(keys.map((each) => readObject(client, each)));
  return found.flatMap((object) => object ?? []);
}

function key(apiVersion: string, kind: string, namespace: string, name: string): ObjectKey {
  return { apiVersion, kind, namespace, name };
}

function keyOf(object: LiveObject): ObjectKey {
  return key(object.apiVersion, object.kind, namespaceOf(object), object.metadata.name);
}

/** Lists leave kind and version out of their items, and metadata alone names itself by another kind. */
function whole(body: unknown, apiVersion: string, kind: string): LiveObject {
  return { ...(body as LiveObject), apiVersion, kind };
}

async function listObjects(client: ApiClient, apiVersion: string, kind: string, selector = ""): Promise<LiveObject[]> {
  const query = selector === "" ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
  const path = `/apis/${apiVersion}/${resourceOf({ apiVersion, kind })!.plural}${query}`;
  return (await listOrFail(client, path)).map((item) => whole(item, apiVersion, kind));
}

async function listDefinitions(client: ApiClient): Promise<LiveObject[]> {
  const apiVersion = "apiextensions.k8s.io/v1";
  const all = await listOrFail(client, `/apis/${apiVersion}/customresourcedefinitions`, metadataOnly.list);
  return all
    .map((item) => whole(item, apiVersion, "CustomResourceDefinition"))
    .filter(({ metadata }) => isDefinitionOfBase(metadata.name));
}

async function listOrFail(client: ApiClient, path: string, accept?: string): Promise<{ metadata?: V1ObjectMeta }[]> {
  const listed = await listAll<{ metadata?: V1ObjectMeta }>(client, path, accept);
  if (listed.kind === "ok") return listed.items;
  throw new AdoptionError(`cannot list ${path.split("?")[0]}: ${whyNot(listed)}`);
}

/** The releases that objects name, and those under the names that a mesh's releases have. */
function releaseKeys(objects: LiveObject[], namespace: string): ReleaseKey[] {
  const named = objects.flatMap((object): ReleaseKey[] => {
    const maker = makerOf(object);
    return maker.tool === "helm" ? [{ release: maker.release, namespace: maker.namespace }] : [];
  });
  const usual = Object.values(charts).map(({ release }) => ({ release, namespace }));
  const all = [...named, ...usual].map((each) => [`${each.namespace}/${each.release}`, each] as const);
  return [...new Map(all).values()];
}

async function readReleases(client: ApiClient, keys: ReleaseKey[]): Promise<FoundRelease[]> {
  const read = await Promise.all(keys.map((each) => readRelease(client, each)));
  return read.flatMap((release) => release ?? []);
}

/** Secrets of a release's revisions, the oldest first. */
export async function readRecords(client: ApiClient, { release, namespace }: ReleaseKey): Promise<LiveObject[]> {
  const selector = encodeURIComponent(`owner=helm,name=${release}`);
  const found = await listOrFail(client, `/api/v1/namespaces/${namespace}/secrets?labelSelector=${selector}`);
  const revision = (secret: LiveObject) => Number(textsOf(secret, "labels")["version"]);
  return found.map((item) => whole(item, "v1", "Secret")).sort((one, other) => revision(one) - revision(other));
}

async function readRelease(client: ApiClient, wanted: ReleaseKey): Promise<FoundRelease | undefined> {
  const secrets = await readRecords(client, wanted);
  const newest = secrets.at(-1);
  if (!newest) return undefined;
  const { release: data = "" } = (newest["data"] ?? {}) as { release?: string };
  const status = textsOf(newest, "labels")["status"] ?? "";
  try {
    const text = Buffer.from(data, "base64").toString("utf8");
    const stored = JSON.parse(zlib.gunzipSync(Buffer.from(text, "base64")).toString("utf8")) as StoredRelease;
    return { ...wanted, status, secrets, stored };
  } catch (error) {
    throw new AdoptionError(
      `cannot read Helm release ${wanted.namespace}/${wanted.release}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Rights that are needed and missing, as the API server tells. */
async function readMissingRights(client: ApiClient, objects: LiveObject[]): Promise<string[]> {
  if (await mayI(client, { verb: "*", group: "*", resource: "*", namespace: "" })) return [];
  const rights = new Map<string, { verb: string; group: string; resource: string; namespace: string }>();
  const add = (verb: string, apiVersion: string, kind: string, namespace: string) => {
    const resource = resourceOf({ apiVersion, kind })?.plural;
    if (resource === undefined) return;
    const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
    const into = namespace === "" ? "" : ` --namespace ${namespace}`;
    const named = group === "" ? resource : `${resource}.${group}`;
    rights.set(`${verb} ${named}${into}`, { verb, group, resource, namespace });
  };
  for (const object of objects) {
    add("patch", object.apiVersion, object.kind, namespaceOf(object));
    if (namespaceOf(object) === "") continue;
    for (const verb of ["create", "patch", "delete"]) add(verb, "v1", "Secret", namespaceOf(object));
  }
  add("patch", "v1", "Namespace", "");
  const asked = [...rights];
  const answers = await Promise.all(asked.map(([, right]) => mayI(client, right)));
  return asked.flatMap(([text], index) => (answers[index] === false ? [text] : []));
}

/** Why a request brought nothing. */
export function whyNot(reply: Exclude<Reply, { kind: "ok" }>): string {
  return reply.kind === "missing" ? "not found" : reply.why;
}
