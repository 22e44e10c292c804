// How the API server merges what a patch says: which lists have keys, which fields rule each other out, which values are equal.
import type { Json } from "../json";
import { parseQuantity } from "../validation/quantity";

/** A place in an object. */
export interface Place {
  /** As it stands in a message: "spec.template.spec.containers[istio-proxy].image". */
  path: string;
  /** Name of the field, with "[]" for an item of a list. */
  field: string;
  /** The same of the object around it. */
  parent: string;
  /** Lists with keys are merged by them. */
  merging: boolean;
}

/** An object of JSON. */
export type JsonMap = { [key: string]: Json };

/** Lists that are merged by a key; all others are replaced whole. */
const mergeKeys: Record<string, string> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  imagePullSecrets: "name",
  secrets: "name",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
  webhooks: "name",
  matchConditions: "name",
  variables: "name",
};

/** Of each group only one may be set. */
const rivals: Record<string, string[]> = {
  "env[]": ["value", "valueFrom"],
  valueFrom: ["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"],
  ...Object.fromEntries(
    ["readinessProbe", "livenessProbe", "startupProbe", "postStart", "preStop"].map((field) => [
      field,
      ["exec", "grpc", "httpGet", "sleep", "tcpSocket"],
    ]),
  ),
  clientConfig: ["service", "url"],
};

/** Fields that the API server leaves away where they are false or 0. */
const leftAwayWhenZero = new Set([
  ...["hostIPC", "hostNetwork", "hostPID", "initialDelaySeconds", "minReadySeconds", "paused"],
  ...["publishNotReadyAddresses", "readOnly", "stdin", "stdinOnce", "tty"],
]);

const quantityMaps = new Set(["hard", "limits", "requests"]);
const quantities = new Set(["averageValue", "divisor", "sizeLimit"]);

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Nothing, or nothing in it. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}

/** The key by which a list at that place is merged. */
export function mergeKey({ field, path, merging }: Place, items: Json[]): string | undefined {
  if (!merging) return undefined;
  const key = field === "ports" ? portKey(path, items) : mergeKeys[field];
  return key !== undefined && items.every((item) => isMap(item) && key in item) ? key : undefined;
}

function portKey(path: string, items: Json[]): string | undefined {
  if (path === "spec.ports") return "port";
  return items.some((item) => isMap(item) && "containerPort" in item) ? "containerPort" : undefined;
}

/** Fields of the live object that rule out what is wanted. */
export function rivalFields({ field }: Place, wanted: JsonMap, live: JsonMap): string[] {
  const foreign = Object.keys(live).filter((key) => !(key in wanted) && !isEmpty(live[key]));
  if (field === "volumes[]") return foreign;
  // Recreate and OnDelete take no parameters.
  if (field === "strategy" || field === "updateStrategy") return foreign.filter((key) => key === "rollingUpdate");
  const group = rivals[field] ?? [];
  const isSet = field === "env[]" || group.some((key) => key in wanted);
  return isSet ? foreign.filter((key) => group.includes(key)) : [];
}

/** What a map says without spelling it out. */
export function spelledOut({ field }: Place, wanted: JsonMap): JsonMap {
  const isStrategy = field === "strategy" || field === "updateStrategy";
  return isStrategy && wanted["rollingUpdate"] && !wanted["type"] ? { type: "RollingUpdate", ...wanted } : wanted;
}

/** True where the API server keeps both values as the same. */
export function isSameValue(wanted: Json | undefined, live: Json | undefined, place: Place): boolean {
  if (wanted === live) return true;
  if (isEmpty(wanted) && isEmpty(live)) return true;
  if (live === undefined) return (wanted === false || wanted === 0) && leftAwayWhenZero.has(place.field);
  if (!isPlain(wanted) || !isPlain(live)) return false;
  if (quantities.has(place.field) || quantityMaps.has(place.parent)) return isSameQuantity(wanted, live);
  // A port may be written as a number and as a text.
  return typeof wanted !== typeof live && String(wanted) === String(live);
}

function isPlain(value: Json | undefined): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isSameQuantity(wanted: string | number | boolean, live: string | number | boolean): boolean {
  const [one, other] = [parseQuantity(String(wanted)), parseQuantity(String(live))];
  if (one === undefined || other === undefined) return String(wanted) === String(live);
  return Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other));
}
