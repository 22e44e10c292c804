// The records of Helm's releases: which of the four charts one holds, and the record that takes its place.
import { stringify } from "yaml";
import { isMap, releaseObjects, type JsonMap, type KubeObject, type ObjectKey } from "../drift";
import { charts, type ChartName } from "../istio/releases";
import type { ChartMetadata, FoundRelease, StoredRelease } from "./facts";
import { chartObjects, isDefinitionOfBase, keyText } from "./parts";

/** One object of a release's manifest, as text. */
interface ManifestDocument {
  text: string;
  key: ObjectKey;
  /** Undefined where it belongs to none of Istio's charts. */
  chart?: ChartName;
}

/** What a release holds of Istio. */
export interface ReleaseContent {
  release: FoundRelease;
  /** The documents of each chart. */
  parts: Map<ChartName, ManifestDocument[]>;
  /** Objects that are not Istio's. */
  others: ObjectKey[];
}

const chartNames = Object.keys(charts) as ChartName[];

/** The documents of a release's manifest by the chart that they come from. */
export function contentOf(release: FoundRelease, meshNamespace: string): ReleaseContent {
  const known = new Map(chartObjects(meshNamespace).map(({ chart, key }) => [keyText(key), chart]));
  const documents = release.stored.manifest.split(/^---.*$/m).flatMap((text): ManifestDocument[] => {
    const [object] = releaseObjects(helmRelease(release, text));
    if (!object) return [];
    const key = { apiVersion: object.apiVersion, kind: object.kind, namespace: object.namespace, name: object.name };
    const isDefinition = key.kind === "CustomResourceDefinition" && isDefinitionOfBase(key.name);
    const chart = sourceOf(text) ?? known.get(keyText(key)) ?? (isDefinition ? "base" : undefined);
    return [{ text, key, chart }];
  });
  const parts = new Map<ChartName, ManifestDocument[]>();
  for (const name of chartNames) {
    const own = documents.filter(({ chart }) => chart === name);
    if (own.length > 0) parts.set(name, own);
  }
  return { release, parts, others: documents.filter(({ chart }) => !chart).map(({ key }) => key) };
}

function helmRelease({ release, namespace, status }: FoundRelease, manifest: string) {
  return { release, namespace, status, revision: 1, chart: "", chartVersion: "", deployedAt: 0, manifest };
}

/** Helm notes the template of each document: "# Source: ambient/charts/istiod/templates/service.yaml". */
function sourceOf(text: string): ChartName | undefined {
  const source = /^# Source: (\S+?)\/templates\//m.exec(text)?.[1];
  const name = source?.split("/").at(-1);
  return chartNames.find((chart) => charts[chart].chart === name);
}

/** A record of one chart of a release, under the name that the mesh's release has. */
export function splitRecord({ release, parts }: ReleaseContent, chart: ChartName, namespace: string): StoredRelease {
  const { stored } = release;
  const { metadata } = stored.chart;
  const { first_deployed = "", last_deployed = "" } = stored.info;
  const dependency = metadata.dependencies?.find(({ name }) => name === charts[chart].chart);
  const own: ChartMetadata =
    metadata.name === charts[chart].chart
      ? metadata
      : { name: charts[chart].chart, version: dependency?.version ?? metadata.version };
  const manifest = (parts.get(chart) ?? []).map(({ text }) => `---\n${text.trim()}\n`).join("");
  const info = { first_deployed, last_deployed };
  return recordOf(chart, namespace, own, info, manifest, `Helm release ${release.namespace}/${release.release}`);
}

/** A record of objects that no release stands behind: what their installer has applied of them is the manifest. */
export function madeRecord(
  chart: ChartName,
  namespace: string,
  version: string,
  objects: KubeObject[],
  installedAt: string,
): StoredRelease {
  // Definitions would be most of the record, and Helm takes over what carries its marks without it.
  const manifest = objects
    .filter(({ kind }) => kind !== "CustomResourceDefinition")
    // Helm reads YAML 1.1, to which Yes and on are booleans.
    .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, version: "1.1" })}`)
    .join("");
  const info = { first_deployed: installedAt, last_deployed: installedAt };
  return recordOf(chart, namespace, { name: charts[chart].chart, version }, info, manifest, "another installer");
}

function recordOf(
  chart: ChartName,
  namespace: string,
  metadata: ChartMetadata,
  times: { first_deployed: string; last_deployed: string },
  manifest: string,
  origin: string,
): StoredRelease {
  const info = { ...times, deleted: "", description: `Adopted from ${origin}`, status: "deployed" };
  const { apiVersion = "v2", name, version, appVersion = version } = metadata;
  return {
    name: charts[chart].release,
    namespace,
    version: 1,
    info,
    chart: { metadata: { apiVersion, name, version, appVersion } },
    manifest,
  };
}

/** The values of one chart of a release: its own, or those of a part of an umbrella chart. */
export function valuesOf({ release: { stored } }: ReleaseContent, chart: ChartName): JsonMap {
  const { metadata, values = {} } = stored.chart;
  const config = stored.config ?? {};
  if (metadata.name === charts[chart].chart) return config;
  const all = mergeMaps(values, config);
  const own = mapAt(all, charts[chart].chart);
  const global = mergeMaps(mapAt(all, "global"), mapAt(own, "global"));
  return Object.keys(global).length === 0 ? own : { ...own, global };
}

/** `over` laid upon `under`, deeply. */
export function mergeMaps(under: JsonMap, over: JsonMap): JsonMap {
  const merged: JsonMap = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? mergeMaps(below, value) : value;
  }
  return merged;
}

/** The map under a key; an empty one where there is none. */
export function mapAt(map: JsonMap, key: string): JsonMap {
  const found = map[key];
  return isMap(found) ? found : {};
}

/** Name of the Secret that holds a revision of a release. */
export function recordName(release: string, revision: number): string {
  return `sh.helm.release.v1.${release}.v${revision}`;
}
