// What adopting looks at: the objects of Istio's charts as they are, and the Helm releases behind them.
import type { JsonMap, KubeObject } from "../drift";
import type { Json } from "../json";

/** Metadata of an object of a cluster, as far as adopting reads it. */
export interface LiveMetadata extends JsonMap {
  name: string;
  uid: string;
  resourceVersion: string;
}

/** An object as the API gives it. */
export interface LiveObject extends KubeObject {
  metadata: LiveMetadata;
}

/** The record that Helm keeps of one revision of a release. */
export interface StoredRelease {
  name: string;
  namespace: string;
  version: number;
  info: { first_deployed?: string; last_deployed?: string; status?: string };
  /** Files are in base64. */
  chart: { metadata: ChartMetadata; values?: JsonMap; files?: { name: string; data: string }[] };
  config?: JsonMap;
  manifest: string;
}

/** Chart.yaml, as the record has it. */
export interface ChartMetadata {
  apiVersion?: string;
  name: string;
  version: string;
  appVersion?: string;
  dependencies?: { name: string; version?: string }[];
}

/** A release that owns objects of the charts. */
export interface FoundRelease {
  release: string;
  namespace: string;
  /** Of the newest revision: "deployed", "pending-upgrade". */
  status: string;
  /** Secrets of all revisions, the newest last. */
  secrets: LiveObject[];
  stored: StoredRelease;
}

/** A right that adopting needs and the credentials lack: "patch deployments". */
export type MissingRight = string;

/** One read of a cluster. */
export interface AdoptionFacts {
  server: string;
  /** Deployments labelled app=istiod, of all namespaces and revisions. */
  istiods: LiveObject[];
  /** DaemonSets of istio-cni and ztunnel, of all namespaces. */
  daemonSets: LiveObject[];
  /** The namespace of the first istiod. */
  namespace?: LiveObject;
  /** What exists of the charts' objects; of the CRDs only the metadata. */
  objects: LiveObject[];
  releases: FoundRelease[];
  /** Deployments of the gateways that istioctl has installed. */
  gateways: LiveObject[];
  missingRights: MissingRight[];
}

/** Labels or annotations of an object. */
export function textsOf(object: KubeObject, field: "labels" | "annotations"): Record<string, string> {
  return (object.metadata[field] ?? {}) as Record<string, string>;
}

/** The namespace of an object; empty for one of the whole cluster. */
export function namespaceOf(object: KubeObject): string {
  const { namespace } = object.metadata;
  return typeof namespace === "string" ? namespace : "";
}

/** Fields of an object one below the other; nothing where one is missing. */
export function at(value: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Array.isArray(found) ? found[Number(step)] : found[step];
  }
  return found;
}

/** The text at a path; nothing where there is none. */
export function textAt(value: Json | undefined, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
}
