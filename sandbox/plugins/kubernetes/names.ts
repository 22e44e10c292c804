// Names of all sorts: type tokens and kinds, ids, automatic names, and which of the built-in kinds are known.
import { createHash, randomBytes } from "node:crypto";
import { at, isObject, isUnknown, text, type Json, type JsonObject } from "../values";

export interface Kind {
  group: string;
  version: string;
  kind: string;
}

export const RELEASE = "kubernetes:helm.sh/v3:Release";
const AUTONAMED = "pulumi.com/autonamed";

/** `urn:pulumi:stack::project::parent$type::name` → its own type and its name. */
export function urnParts(urn: string): { type: string; name: string } {
  const [, , types, ...name] = urn.split("::");
  return { type: (types ?? "").split("$").at(-1) ?? "", name: name.join("::") };
}

export function urnType(urn: string): string {
  return urnParts(urn).type;
}

export function groupVersion(kind: Kind): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

function kindOf(apiVersion: string, kind: string): Kind {
  const [first = "", second] = apiVersion.split("/");
  if (second === undefined) return { group: "", version: first, kind };
  return { group: first === "core" ? "" : first, version: second, kind };
}

export function objectKind(object: JsonObject): Kind {
  return kindOf(text(object["apiVersion"]), text(object["kind"]));
}

/** The kind in a type token such as `kubernetes:core/v1:Service`. */
export function tokenKind(type: string): Kind {
  const [, apiVersion = "", kind = ""] = type.split(":");
  return kindOf(apiVersion, kind);
}

/** A Patch resource says `ServicePatch` in its type and `Service` in its object. */
export function isPatch(urn: string, kind: string): boolean {
  return tokenKind(urnType(urn)).kind === `${kind}Patch`;
}

export function fullName(namespace: string, name: string): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

export function splitId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

export function objectName(object: JsonObject): string {
  return text(at(object, "metadata", "name"));
}

export function objectNamespace(object: JsonObject): string {
  return text(at(object, "metadata", "namespace"));
}

export function objectId(object: JsonObject): string {
  return fullName(objectNamespace(object), objectName(object));
}

export function annotation(object: JsonObject, name: string): string {
  return text(at(object, "metadata", "annotations", name));
}

export function isAnnotated(object: JsonObject, name: string): boolean {
  return annotation(object, name) === "true";
}

/** The object's metadata, there to be changed. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = object["metadata"];
  if (isObject(metadata)) return metadata;
  const made: JsonObject = {};
  object["metadata"] = made;
  return made;
}

export function isNamed(object: JsonObject): boolean {
  const name = at(object, "metadata", "name");
  return isUnknown(name) || text(name) !== "";
}

export function isAutonamed(object: JsonObject): boolean {
  return isAnnotated(object, AUTONAMED);
}

/** Gives the object a name of the plugin's own making and marks it, so that a replacement need not keep the name. */
export function autoname(object: JsonObject, name: string): void {
  const metadata = metadataOf(object);
  metadata["name"] = name;
  const annotations = metadata["annotations"];
  if (isUnknown(annotations)) return;
  metadata["annotations"] = { ...(isObject(annotations) ? annotations : {}), [AUTONAMED]: "true" };
}

/** Logical name and eight hex digits, the same for the same seed, so that preview and update agree. */
export function uniqueName(logicalName: string, seed: Uint8Array): string {
  const bytes = seed.length > 0 ? createHash("sha256").update(logicalName).update(seed).digest() : randomBytes(4);
  return `${logicalName}-${bytes.toString("hex").slice(0, 8)}`;
}

const builtInGroups = new Set([
  "",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

const clusterScoped = new Set([
  "APIService",
  "CertificateSigningRequest",
  "ClusterRole",
  "ClusterRoleBinding",
  "CSIDriver",
  "CSINode",
  "CustomResourceDefinition",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeAttachment",
]);

export function isBuiltIn(kind: Kind): boolean {
  return builtInGroups.has(kind.group);
}

/** The scope of a built-in kind; undefined for the others, of which only the API server knows. */
export function builtInScope(kind: Kind): boolean | undefined {
  return isBuiltIn(kind) ? !clusterScoped.has(kind.kind.replace(/Patch$/, "")) : undefined;
}

export function isCustomResourceDefinition(object: JsonObject): boolean {
  return objectKind(object).group === "apiextensions.k8s.io" && object["kind"] === "CustomResourceDefinition";
}

const underscored = /^x_kubernetes_/;
const dashed = /^x-kubernetes-/;

function renameKeys(value: Json, from: RegExp, change: (key: string) => string): Json {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, from, change));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [
    from.test(key) ? change(key) : key,
    renameKeys(item, from, change),
  ]);
  return Object.fromEntries(entries);
}

/** The typed SDK writes `x_kubernetes_list_type` in schemas of CRDs; the API server wants dashes. */
export function withDashes(object: JsonObject): JsonObject {
  return renameKeys(object, underscored, (key) => key.replaceAll("_", "-")) as JsonObject;
}

export function withUnderscores(object: JsonObject): JsonObject {
  return renameKeys(object, dashed, (key) => key.replaceAll("-", "_")) as JsonObject;
}
