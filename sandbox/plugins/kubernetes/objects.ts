// Check and Diff of plain objects and of patches: names and namespaces are filled in, and new inputs are compared
// with the live object as it was last recorded, cut down to the inputs that led to it.
import { CheckRequest, type DiffRequest } from "@pulumi/pulumi/proto/provider_pb";
import { detailedDiff, mergePatch, replacing } from "../diff";
import { refusal, type Checked, type Difference } from "../serve";
import { at, copySecrets, fromStruct, isUnknown, text, type JsonObject } from "../values";
import { isNamespaced, rememberScope, type Cluster } from "./cluster";
import {
  autoname,
  isAutonamed,
  isBuiltIn,
  isCustomResourceDefinition,
  isNamed,
  isPatch,
  metadataOf,
  objectKind,
  objectName,
  objectNamespace,
  tokenKind,
  uniqueName,
  urnParts,
  urnType,
} from "./names";
import { covers } from "./ownership";
import { replacementPaths } from "./replacement";
import { inWordsOf, normalized, objectOf, pruned, recalled } from "./shape";

/** Kinds for which the official plugin waits in a way of its own that no part of the package needs. */
const refusedKinds = new Set([
  "/PersistentVolume",
  "/PersistentVolumeClaim",
  "/Pod",
  "/ReplicationController",
  "/ResourceQuota",
  "apps/StatefulSet",
  "batch/Job",
  "networking.k8s.io/Ingress",
]);

function refuseForeign(object: JsonObject): void {
  const { group, kind } = objectKind(object);
  if (refusedKinds.has(`${group}/${kind}`)) throw refusal(`the kind ${kind}`, "kubernetes");
  if (kind.endsWith("List")) throw refusal(`lists such as ${kind}`, "kubernetes");
  const annotations = at(object, "metadata", "annotations");
  if (at(annotations, "pulumi.com/replaceUnready") !== undefined) throw refusal("replaceUnready", "kubernetes");
}

function proposedName(request: CheckRequest): string {
  const { AutonamingOptions } = CheckRequest;
  const options = request.getAutonaming();
  const own = uniqueName(urnParts(request.getUrn()).name, request.getRandomseed_asU8());
  if (!options) return own;
  if (options.getMode() === AutonamingOptions.Mode.DISABLE)
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  return options.getProposedName() || own;
}

function fillName(inputs: JsonObject, olds: JsonObject, request: CheckRequest): void {
  if (isNamed(inputs) || isUnknown(inputs["metadata"])) return;
  if (text(at(inputs, "metadata", "generateName")) !== "")
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  if (Object.keys(olds).length === 0) autoname(inputs, proposedName(request));
  else if (isAutonamed(olds)) autoname(inputs, objectName(olds));
}

export async function checkObject(cluster: Cluster, request: CheckRequest): Promise<Checked> {
  const urn = request.getUrn();
  const given = fromStruct(request.getNews());
  const inputs = normalized(objectOf(given));
  refuseForeign(inputs);
  if (isCustomResourceDefinition(inputs)) rememberScope(cluster, inputs);
  // A name that is not known yet counts as none: a preview of it is refused too.
  if (isPatch(urn, text(inputs["kind"])) && objectName(inputs) === "")
    throw new Error("patch resources require the `.metadata.name` field to be set");
  fillName(inputs, objectOf(fromStruct(request.getOlds())), request);
  const namespace = at(inputs, "metadata", "namespace");
  if (!isUnknown(inputs["metadata"]) && !isUnknown(namespace) && text(namespace) === "")
    if (cluster.namespace !== "" && (await isNamespaced(cluster, tokenKind(urnType(urn)))))
      metadataOf(inputs)["namespace"] = cluster.namespace;
  return { inputs: copySecrets(inputs, given) };
}

function inNamespace(object: JsonObject, namespaced: boolean): JsonObject {
  const metadata = { ...metadataOf(object) };
  if (namespaced) metadata["namespace"] ??= "default";
  else delete metadata["namespace"];
  return { ...object, metadata };
}

export async function diffObject(cluster: Cluster, request: DiffRequest): Promise<Difference> {
  const state = recalled(fromStruct(request.getOlds()));
  const inputs = normalized(objectOf(fromStruct(request.getNews())));
  const kind = objectKind(inputs);
  const namespaced = await isNamespaced(cluster, kind);
  const news = inNamespace(isBuiltIn(kind) ? inWordsOf(state.live, inputs) : inputs, namespaced);
  const base = inNamespace(pruned(state.live, normalized(state.inputs)), namespaced);
  base["apiVersion"] ??= inputs["apiVersion"] ?? "";
  base["kind"] ??= inputs["kind"] ?? "";
  if (objectName(news) !== "") metadataOf(base)["name"] = objectName(state.live);

  const forceNew = replacementPaths(news, isPatch(request.getUrn(), text(news["kind"])), cluster.mutable);
  const detail = detailedDiff(mergePatch(base, news), { state: base, news, oldInputs: base }, forceNew);
  for (const path of detail.keys())
    if (request.getIgnorechangesList().some((ignored) => covers(ignored, path))) detail.delete(path);

  const replaces = replacing(detail);
  const sameName = objectName(news) === objectName(state.live);
  const sameNamespace = objectNamespace(news) === objectNamespace(inNamespace(state.live, namespaced));
  return {
    changed: detail.size > 0,
    replaces,
    // A name that was chosen by hand cannot be held by two objects at once.
    deleteBeforeReplace: replaces.length > 0 && isNamed(news) && !isAutonamed(news) && sameName && sameNamespace,
    detail,
  };
}
