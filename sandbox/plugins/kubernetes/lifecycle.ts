// Create, Read, Update and Delete of plain objects and of patches. A plain object is created and must not exist; a
// patch is applied to what exists or creates it, and gives its fields back when it goes.
import { randomBytes } from "node:crypto";
import type { CreateRequest, DeleteRequest, ReadRequest, UpdateRequest } from "@pulumi/pulumi/proto/provider_pb";
import { NotInitialized, type State } from "../serve";
import { copySecrets, fromStruct, hasUnknown, text, type Json, type JsonObject } from "../values";
import { ApiError, isNotFound, NoMatch, type Api } from "./api";
import { awaited, NotReady, unreadiness, untilGone } from "./await";
import { isServed, reachable, type Cluster } from "./cluster";
import {
  annotation,
  groupVersion,
  isAnnotated,
  isCustomResourceDefinition,
  isPatch,
  metadataOf,
  objectId,
  objectKind,
  objectName,
  objectNamespace,
  splitId,
  tokenKind,
  urnType,
  withUnderscores,
} from "./names";
import { CREATOR, isCreatedByUs, isUnmanaged, takeover, withoutIgnored } from "./ownership";
import { inputsFromLive, normalized, objectOf, pruned, recalled, recorded, without } from "./shape";

const CREATE_RETRIES = 5;
const gone: State & { inputs: JsonObject } = { id: "", properties: {}, inputs: {} };

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isStatus(error: unknown, reason: string): error is ApiError {
  return error instanceof ApiError && error.reason === reason;
}

function fieldManager(object: JsonObject, before = ""): string {
  return annotation(object, "pulumi.com/patchFieldManager") || before || `${CREATOR}-${randomBytes(4).toString("hex")}`;
}

function forces(cluster: Cluster, inputs: JsonObject, live: JsonObject | undefined, preview: boolean): boolean {
  if (isAnnotated(inputs, "pulumi.com/patchForce") || cluster.patchForce) return true;
  if (!live) return preview;
  return isUnmanaged(live) || (preview && isCreatedByUs(live));
}

function conflict(error: unknown, manager: string): unknown {
  if (!isStatus(error, "Conflict")) return error;
  return new Error(
    `server-side apply field conflict: other managers own fields that "${manager}" sets; the annotation ` +
      `pulumi.com/patchForce: "true" takes them over: ${error.message}`,
  );
}

async function apply(
  cluster: Cluster,
  api: Api,
  inputs: JsonObject,
  manager: string,
  live: JsonObject | undefined,
  preview: boolean,
): Promise<JsonObject> {
  const query = {
    fieldManager: manager,
    force: String(forces(cluster, inputs, live, preview)),
    dryRun: preview ? "All" : undefined,
  };
  try {
    return await api.apply(objectKind(inputs), objectNamespace(inputs), objectName(inputs), inputs, query);
  } catch (error) {
    throw conflict(error, manager);
  }
}

/** A missing namespace or CRD may be on its way: creating is tried again for half a minute. */
async function createPatiently(api: Api, preview: boolean, attempt: () => Promise<JsonObject>): Promise<JsonObject> {
  for (let tried = 0; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (preview || !isNotFound(error) || tried === CREATE_RETRIES) throw error;
      await api.pause(1000 * 2 ** tried);
    }
  }
}

/** What the API server says to a dry run and what is then simply not known in advance. */
function isUnknowable(error: unknown): boolean {
  const withoutNamespace = isStatus(error, "NotFound");
  const noDryRun = isStatus(error, "BadRequest") && error.message.includes("does not support dry run");
  return withoutNamespace || noDryRun || isStatus(error, "AlreadyExists") || isStatus(error, "Forbidden");
}

function creationFault(urn: string, inputs: JsonObject, error: unknown): Error {
  const kind = objectKind(inputs);
  if (error instanceof NoMatch)
    return new Error(
      `creation of resource "${urn}" with kind ${groupVersion(kind)}/${kind.kind} failed because the Kubernetes API ` +
        `server does not serve it; install the CRD first: ${error.message}`,
    );
  const hint = isStatus(error, "AlreadyExists")
    ? `; adopt it with the resource option \`import\`, or manage some of its fields with ${kind.kind}Patch`
    : "";
  return new Error(
    `resource "${urn}" was not successfully created by the Kubernetes API server: ${message(error)}${hint}`,
  );
}

export async function createObject(cluster: Cluster, request: CreateRequest): Promise<State> {
  const urn = request.getUrn();
  const preview = request.getPreview();
  const given = fromStruct(request.getProperties());
  const inputs = objectOf(given);
  const kind = objectKind(inputs);
  const patch = isPatch(urn, kind.kind);
  const asGiven: State = { id: "", properties: given };
  if (preview && (patch || hasUnknown(given) || !(await isServed(cluster, kind)))) return asGiven;
  const api = reachable(cluster);
  const manager = fieldManager(inputs);
  const record = (live: JsonObject): JsonObject =>
    recorded({ inputs, live, marked: given, apiVersion: text(inputs["apiVersion"]), manager });
  let created: JsonObject;
  let untilReady: ReturnType<typeof awaited>;
  try {
    created = await createPatiently(api, preview, () =>
      patch || cluster.upsert
        ? apply(cluster, api, inputs, manager, undefined, preview)
        : api.create(kind, objectNamespace(inputs), inputs, {
            fieldManager: CREATOR,
            dryRun: preview ? "All" : undefined,
          }),
    );
    untilReady = awaited(api, inputs, created);
  } catch (error) {
    if (preview && isUnknowable(error)) return asGiven;
    throw creationFault(urn, inputs, error);
  }
  if (preview) {
    return { id: "", properties: record(without(created, ["status"])) };
  }
  try {
    const tell = (said: string): void => cluster.host.status(urn, said);
    const live = await untilReady(request.getTimeout(), tell);
    return { id: objectId(live), properties: record(live) };
  } catch (error) {
    const [object, reasons] = error instanceof NotReady ? [error.object, error.reasons] : [created, []];
    throw new NotInitialized(
      `resource "${urn}" was successfully created, but the Kubernetes API server reported that it failed to fully ` +
        `initialize or become live: ${message(error)}`,
      { id: objectId(created), properties: record(object) },
      reasons,
    );
  }
}

export async function readObject(cluster: Cluster, request: ReadRequest): Promise<State & { inputs: JsonObject }> {
  const urn = request.getUrn();
  if (cluster.unreachable !== undefined) {
    cluster.host.warn(urn, `configured Kubernetes cluster is unreachable: ${cluster.unreachable}`);
    if (cluster.deleteUnreachable) return gone;
    throw new Error("failed to read resource state due to unreachable cluster");
  }
  const api = reachable(cluster);
  const state = recalled(fromStruct(request.getProperties()));
  const marked = fromStruct(request.getInputs());
  const id = splitId(request.getId());
  let inputs = normalized(objectOf(marked));
  const isNew = inputs["kind"] === undefined && state.live["kind"] === undefined;
  if (inputs["kind"] === undefined) {
    const kind = isNew ? tokenKind(urnType(urn)) : objectKind(state.live);
    const metadata: JsonObject = { name: id.name };
    if (id.namespace !== "") metadata["namespace"] = id.namespace;
    inputs = { apiVersion: groupVersion(kind), kind: kind.kind, metadata, ...inputs };
  }
  const kind = objectKind(inputs);
  const namespace = objectNamespace(inputs) || id.namespace;
  let live: JsonObject;
  try {
    live = await api.get(kind, namespace, id.name);
  } catch (error) {
    if (isNotFound(error)) return gone;
    throw error;
  }
  const liveInputs = isNew ? inputsFromLive(live, inputs) : pruned(live, inputs);
  const found = {
    id: request.getId() || objectId(live),
    properties: recorded({
      inputs: liveInputs,
      live,
      marked,
      apiVersion: state.apiVersion || text(inputs["apiVersion"]),
      manager: fieldManager(inputs, state.manager),
    }),
    inputs: copySecrets(withUnderscores(liveInputs), marked),
  };
  const reasons = isNew ? undefined : await unreadiness(api, inputs, live);
  if (reasons === undefined) return found;
  const fault = `Resource '${id.name}' was created but failed to initialize`;
  throw new NotInitialized(fault, found, reasons, found.inputs);
}

async function replaceDefinition(
  api: Api,
  inputs: JsonObject,
  live: JsonObject,
  manager: string,
  preview: boolean,
): Promise<JsonObject> {
  const resourceVersion = metadataOf(live)["resourceVersion"] ?? "";
  const object = { ...inputs, metadata: { ...metadataOf(inputs), resourceVersion } };
  const query = { fieldManager: manager, dryRun: preview ? "All" : undefined };
  return api.replace(objectKind(inputs), "", objectName(inputs), object, query);
}

export async function updateObject(cluster: Cluster, request: UpdateRequest): Promise<JsonObject> {
  const urn = request.getUrn();
  const preview = request.getPreview();
  const given = fromStruct(request.getNews());
  const inputs = normalized(objectOf(given));
  const kind = objectKind(inputs);
  if (preview && (hasUnknown(given) || !(await isServed(cluster, kind)))) return given;
  const api = reachable(cluster);
  const state = recalled(fromStruct(request.getOlds()));
  const manager = fieldManager(inputs, state.manager);
  const [namespace, name] = [objectNamespace(inputs), objectName(state.live)];
  const record = (live: JsonObject): JsonObject =>
    recorded({ inputs, live, marked: given, apiVersion: state.apiVersion || text(inputs["apiVersion"]), manager });

  const change = async (): Promise<JsonObject> => {
    const live = await api.get(kind, namespace, name);
    if (isCustomResourceDefinition(inputs)) return replaceDefinition(api, inputs, live, manager, preview);
    const patch = preview || isPatch(urn, kind.kind) ? undefined : takeover(live, manager);
    const owned = patch ? await api.jsonPatch(kind, namespace, name, patch) : live;
    const wanted = withoutIgnored(inputs, owned, request.getIgnorechangesList(), manager);
    return apply(cluster, api, wanted, manager, owned, preview);
  };
  try {
    const changed = await change();
    if (preview) return record(changed);
    const tell = (said: string): void => cluster.host.status(urn, said);
    const live = await awaited(api, inputs, changed)(request.getTimeout(), tell);
    if (state.manager !== "" && state.manager !== manager) await relinquish(api, live, state.manager);
    return record(live);
  } catch (error) {
    if (preview && isStatus(error, "Forbidden")) return given;
    if (error instanceof NoMatch)
      throw new Error(`update of resource "${urn}" failed, install the CRD first: ${error.message}`, { cause: error });
    const live = await api.get(kind, namespace, name).catch((second: unknown) => {
      throw new Error(
        `update of resource "${urn}" failed: ${message(error)}; its state is unknown: ${message(second)}`,
        { cause: second },
      );
    });
    throw new NotInitialized(
      `the Kubernetes API server reported that "${objectId(live)}" failed to fully initialize or become live: ` +
        message(error),
      { id: objectId(live), properties: record(live) },
      error instanceof NotReady ? error.reasons : [],
    );
  }
}

/** Applies nothing under a manager's name: the API server then takes every field from it. */
async function relinquish(api: Api, object: JsonObject, manager: string): Promise<void> {
  const namespace = objectNamespace(object);
  const metadata: JsonObject = { name: objectName(object), ...(namespace === "" ? {} : { namespace }) };
  const bare: JsonObject = { apiVersion: object["apiVersion"] as Json, kind: object["kind"] as Json, metadata };
  await api.apply(objectKind(object), namespace, objectName(object), bare, { fieldManager: manager });
}

function propagation(inputs: JsonObject): string {
  const chosen = annotation(inputs, "pulumi.com/deletionPropagationPolicy").toLowerCase();
  return chosen === "orphan" ? "Orphan" : chosen === "background" ? "Background" : "Foreground";
}

export async function deleteObject(cluster: Cluster, request: DeleteRequest): Promise<void> {
  const urn = request.getUrn();
  if (cluster.unreachable !== undefined && cluster.deleteUnreachable) return;
  const api = reachable(cluster);
  const properties = fromStruct(request.getProperties());
  const { inputs, live, apiVersion, manager } = recalled(properties);
  const kind = objectKind(live);
  try {
    if (isPatch(urn, kind.kind)) return await relinquish(api, live, fieldManager(inputs, manager));
  } catch (error) {
    if (error instanceof NoMatch) return;
    if (isStatus(error, "Invalid") && error.message.includes("Required value"))
      throw new Error(
        "this Patch resource is currently managing a required field, so it can't be deleted directly: set the " +
          `\`retainOnDelete\` resource option, or give the field to another manager first: ${error.message}`,
        { cause: error },
      );
    throw error;
  }
  try {
    await api.remove(kind, objectNamespace(live), splitId(request.getId()).name, propagation(inputs));
    await untilGone(api, inputs, live, request.getTimeout());
  } catch (error) {
    if (isNotFound(error)) return;
    if (!(error instanceof NotReady)) throw error;
    const left = recorded({ inputs, live: error.object, marked: properties, apiVersion, manager });
    throw new NotInitialized(error.message, { id: objectId(error.object), properties: left });
  }
}
