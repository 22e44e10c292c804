// The objects of a release's manifest. Definitions are most of its bulk and hardly ever needed: they are read on demand.
import { parse } from "yaml";
import { resourceOf, type ObjectKey } from "./kinds";
import { isMap, type JsonMap } from "./merging";
import type { KubeObject } from "./owners";

/** A release of Helm, as its newest Secret tells. */
export interface HelmRelease {
  release: string;
  namespace: string;
  /** Such as "deployed" or "pending-upgrade". */
  status: string;
  revision: number;
  chart: string;
  chartVersion: string;
  /** When Helm began to write it, in milliseconds since 1970. */
  deployedAt: number;
  manifest: string;
}

/** An object that a release has made. */
export interface ReleaseObject extends ObjectKey {
  labels: Record<string, string>;
  release: HelmRelease;
  /** All of it. */
  read(): KubeObject;
}

/** The objects of a release, in the order in which Helm makes them. */
export function releaseObjects(release: HelmRelease): ReleaseObject[] {
  return release.manifest.split(/^---.*$/m).flatMap((text) => {
    const head = headOf(text);
    if (!head) return [];
    const { apiVersion, kind, metadata } = head.object;
    const name = String(metadata["name"] as string);
    const given = typeof metadata["namespace"] === "string" ? metadata["namespace"] : release.namespace;
    const namespace = resourceOf(head.object)?.namespaced === false ? "" : given;
    const labels = (isMap(metadata["labels"]) ? metadata["labels"] : {}) as Record<string, string>;
    let whole = head.isWhole ? head.object : undefined;
    const read = () => (whole ??= objectOf(text) ?? head.object);
    return [{ apiVersion, kind, namespace, name, labels, release, read }];
  });
}

/** Kind and metadata; of a definition no more than that is parsed. */
function headOf(text: string): { object: KubeObject; isWhole: boolean } | undefined {
  const start = /^kind: CustomResourceDefinition$/m.test(text) ? text.search(/^spec:/m) : -1;
  const head = start > 0 ? objectOf(text.slice(0, start)) : undefined;
  const object = head ?? objectOf(text);
  return object && { object, isWhole: head === undefined };
}

/** Helm's YAML is that of version 1.1, where 0644 is an octal number; of two keys of one name the last one counts. */
function objectOf(text: string): KubeObject | undefined {
  const value = parse(text, { version: "1.1", customTags: withoutTimes, uniqueKeys: false }) as JsonMap | null;
  return isMap(value ?? undefined) && value && isMap(value["metadata"]) ? (value as KubeObject) : undefined;
}

/** Helm takes times for texts, and colons between digits too. */
function withoutTimes<T>(tags: T[]): T[] {
  return tags.filter((tag) => {
    const { tag: name, format } = tag as { tag?: string; format?: string };
    return name !== "tag:yaml.org,2002:timestamp" && format !== "TIME";
  });
}
