// Lists objects of one kind with what tells whose they are: names, labels, annotations and field managers; those that
// others refer to, whole.
import type { V1ManagedFieldsEntry, V1ObjectMeta } from "@kubernetes/client-node";
import { isWhole, objectKinds, type ObjectKind } from "../lib/ownership/kinds";
import type { ExistingObject, FieldManager } from "../lib/ownership/owner";
import { metadataOnly, UnreachableError, type Api, type Reply } from "./client";
import { listAll } from "./lists";
import { named } from "./slim";

type Source = Pick<Api, "get">;

interface Raw {
  metadata?: V1ObjectMeta;
}

/** All objects of a kind, in all namespaces; nothing where these may not be listed. */
export async function listEverywhere(client: Source, kind: ObjectKind): Promise<ExistingObject[] | undefined> {
  const { api, plural } = objectKinds[kind];
  return list(client, `${api}/${plural}`, isWhole(kind));
}

/** The objects of one namespace; of the kind Namespace, the one of that name. Nothing where these may not be read. */
export async function listInNamespace(
  client: Source,
  kind: ObjectKind,
  namespace: string,
): Promise<ExistingObject[] | undefined> {
  const { api, plural } = objectKinds[kind];
  if (kind !== "Namespace") {
    return list(client, `${api}/namespaces/${namespace}/${plural}`, isWhole(kind));
  }
  return getObject(client, kind, "", namespace);
}

/** The object of this name alone, which may be allowed where no list is; none where there is none. */
export async function getObject(
  client: Source,
  kind: ObjectKind,
  namespace: string,
  name: string,
): Promise<ExistingObject[] | undefined> {
  const { api, plural } = objectKinds[kind];
  const within = namespace === "" ? "" : `/namespaces/${namespace}`;
  const whole = isWhole(kind);
  const reply = await client.get(`${api}${within}/${plural}/${name}`, whole ? undefined : metadataOnly.object);
  return reply.kind === "ok" ? [existing(reply.body as Raw, whole)] : nothing(reply);
}

async function list(client: Source, path: string, whole: boolean): Promise<ExistingObject[] | undefined> {
  const accept = whole ? undefined : metadataOnly.list;
  const listed = await listAll<Raw>(client, path, accept);
  return listed.kind === "ok" ? listed.items.map((raw) => existing(raw, whole)) : nothing(listed);
}

/** A kind that is not served has no objects. */
function nothing(reply: Exclude<Reply, { kind: "ok" }>): [] | undefined {
  if (reply.kind === "failed") {
    throw new UnreachableError(reply.why);
  }
  return reply.kind === "missing" ? [] : undefined;
}

function existing(raw: Raw, whole: boolean): ExistingObject {
  return {
    ...named(raw),
    managers: (raw.metadata?.managedFields ?? []).map(fieldManager),
    ...(raw.metadata?.deletionTimestamp === undefined ? {} : { deleting: true }),
    ...(whole ? { body: raw } : {}),
  };
}

function fieldManager({ manager = "", fieldsV1 }: V1ManagedFieldsEntry): FieldManager {
  const { "f:metadata": metadata } = (fieldsV1 ?? {}) as { "f:metadata"?: { "f:labels"?: object } };
  const keys = Object.keys(metadata?.["f:labels"] ?? {}).filter((key) => key.startsWith("f:"));
  return { manager, labels: keys.map((key) => key.slice(2)) };
}
