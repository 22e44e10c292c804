// The values that an Istio was installed with, by whatever tool, and what its pods tell of those that are not recorded.
import { parse } from "yaml";
import { isMap, type JsonMap, type KubeObject } from "../drift";
import type { Json } from "../json";
import { charts, type ChartName } from "../istio/releases";
import { at, namespaceOf, textAt, textsOf, type AdoptionFacts, type LiveObject, type StoredRelease } from "./facts";
import { appliedObject } from "./fields";
import { makerOf } from "./owners";
import { overlaysOf, type WrittenPart } from "./overlays";
import { podSettings } from "./pod-settings";
import { contentOf, mapAt, mergeMaps, valuesOf, type ReleaseContent } from "./records";

/** The values of each chart. */
export type OldValues = Record<ChartName, JsonMap>;

/** One part as it runs. */
export interface RunningPart {
  hub?: string;
  tag?: string;
  /** What follows the tag: "distroless", "debug", or nothing. */
  variant: string;
  /** Its pods have what the charts' profile `ambient` gives them. */
  ambient: boolean;
  requests: JsonMap;
  limits: JsonMap;
  podLabels: Record<string, string>;
}

/** An Istio as it was installed and as it runs. */
export interface OldInstall {
  namespace: string;
  version: string;
  values: OldValues;
  /** Parts that run: istiod, and the others where they are installed. */
  running: Partial<Record<ChartName, RunningPart>>;
  /** An autoscaler sets the number of istiod's pods. */
  autoscaled: boolean;
  replicas: number;
  /** Parts with variables that were set on their pods. */
  reordered: ChartName[];
  /** What could not be read, as sentences. */
  unread: string[];
}

/** The container that each part consists of. */
const containers: Partial<Record<ChartName, string>> = {
  istiod: "discovery",
  cni: "install-cni",
  ztunnel: "istio-proxy",
};

/** The profile that a mesh gives all charts, and the variant of the images that it names. */
const meshProfile = "ambient";
export const usualVariant = "distroless";

/** Keys that are of an installer's own making, or that the mesh sets by itself; first how Istio's charts wrap their defaults. */
const ownKeys = [
  "_internal_defaults_do_not_set",
  ...["profile", "enabled", "ownerName", "revision", "defaultRevision", "base", "istio_cni"],
];

/** Keys of which each chart reads a part: istioctl gives it the same keys with what other charts read of them. */
const sharedKeys: { [key: string]: Partial<Record<ChartName, readonly string[]>> } = {
  cni: { istiod: ["enabled", "provider"] },
  gateways: { istiod: ["securityContext", "seccompProfile"] },
};

/** Reads what the Istio of a cluster was installed with. */
export function oldInstall(facts: AdoptionFacts): OldInstall {
  const [istiod] = facts.istiods;
  const namespace = istiod ? namespaceOf(istiod) : "";
  const contents = facts.releases.map((release) => contentOf(release, namespace));
  const { values, unread } = oldValues(facts, namespace, contents);
  const reordered: ChartName[] = [];
  for (const chart of ["istiod", "cni", "ztunnel"] as const) {
    const part = workloadOf(facts, chart, namespace);
    if (!part) continue;
    const container = containerOf(part, containers[chart]!);
    const { values: set, movesVariables, lost } = podSettings(chart, part, container, values[chart]);
    const beside = overlaysOf(chart, writtenPart(chart, part, facts, contents), values[chart]);
    values[chart] = mergeMaps({ ...values[chart], ...set }, beside.values);
    if (movesVariables) reordered.push(chart);
    const unkept = [...lost.map((what) => `${what} of its pods`), ...beside.lost];
    unread.push(...unkept.map((what) => `no value of ${charts[chart].chart} keeps ${what}`));
  }
  const running = (Object.keys(containers) as ChartName[]).flatMap((chart) => {
    const part = workloadOf(facts, chart, namespace);
    return part ? [[chart, runningPart(chart, part)] as const] : [];
  });
  const autoscaler = facts.objects.find(
    ({ kind, metadata }) => kind === "HorizontalPodAutoscaler" && metadata.name === "istiod",
  );
  const replicas = at(istiod, "spec", "replicas");
  return {
    namespace,
    version: istiod ? versionOf(istiod) : "",
    values,
    running: Object.fromEntries(running),
    autoscaled: autoscaler !== undefined,
    replicas: typeof replicas === "number" ? replicas : 1,
    reordered,
    unread,
  };
}

/** What the installer wrote of a part: by the manifest of its release, or by the managed fields. */
function writtenPart(
  chart: ChartName,
  workload: LiveObject,
  { objects }: AdoptionFacts,
  contents: ReleaseContent[],
): WrittenPart {
  const documents = contents.find(({ parts }) => parts.has(chart))?.parts.get(chart);
  const written = (kind: string, name: string): KubeObject | undefined => {
    const document = documents?.find(({ key }) => key.kind === kind && key.name === name);
    if (documents) return document && (parse(document.text) as KubeObject);
    const live = objects.find((object) => object.kind === kind && object.metadata.name === name);
    return live && appliedObject(live);
  };
  const own = written(workload.kind, workload.metadata.name) ?? { ...workload, spec: {} };
  if (chart !== "istiod") return { workload: own };
  const [autoscaler, budget, service] = (["HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"] as const).map(
    (kind) => written(kind, "istiod"),
  );
  return {
    workload: own,
    ...(autoscaler ? { autoscaler } : {}),
    ...(budget ? { budget } : {}),
    ...(service ? { service } : {}),
  };
}

/** The Deployment or the DaemonSet of a chart; of one in the mesh's namespace first. */
export function workloadOf(facts: AdoptionFacts, chart: ChartName, namespace: string): LiveObject | undefined {
  const name = charts[chart].workload?.name;
  const all = [...facts.istiods, ...facts.daemonSets].filter(({ metadata }) => metadata.name === name);
  return all.find((object) => namespaceOf(object) === namespace) ?? all[0];
}

/** Release of Istio: by the image, else by what istioctl and the charts write on their objects. */
export function versionOf(istiod: LiveObject): string {
  const labels = textsOf(istiod, "labels");
  const { tag = "" } = imageOf(istiod, "discovery");
  const texts = [tag, labels["operator.istio.io/version"], labels["app.kubernetes.io/version"]];
  return texts.find((text) => text !== undefined && /^\d+\.\d+\.\d+/.test(text)) ?? tag;
}

function oldValues(
  facts: AdoptionFacts,
  namespace: string,
  contents: ReleaseContent[],
): { values: OldValues; unread: string[] } {
  const unread: string[] = [];
  const written = writtenValues(facts);
  const withProfile = (own: JsonMap, chart: ChartName, from?: StoredRelease["chart"]): JsonMap => {
    const name = own["profile"] ?? mapAt(own, "global")["profile"];
    if (typeof name !== "string" || name === "" || name === meshProfile) return own;
    const profile = profileOf(name, from);
    if (!profile)
      unread.push(`the profile ${name} of ${charts[chart].chart} is not recorded; add its values to the arguments`);
    return mergeMaps(profile ?? {}, own);
  };
  const of = (chart: ChartName): JsonMap => {
    const content = contents.find(({ parts }) => parts.has(chart));
    if (content) return normal(withProfile(valuesOf(content, chart), chart, content.release.stored.chart), chart);
    const workload = workloadOf(facts, chart, namespace);
    if (!workload) return {};
    if (!written) {
      unread.push(
        `the values of ${charts[chart].chart} are not recorded; compare the running objects with the arguments`,
      );
      return {};
    }
    const global = mapAt(written, "global");
    if (chart === "istiod") return normal(withProfile(without(written, ["ztunnel"]), chart), chart);
    // istioctl gives all charts the same values; with other tools, istiod's are all that there is.
    if (makerOf(workload).tool !== "istioctl") {
      unread.push(
        `the values of ${charts[chart].chart} are not recorded; compare the running objects with the arguments`,
      );
    }
    return normal({ ...mapAt(written, chart), global }, chart);
  };
  return { values: { base: of("base"), istiod: of("istiod"), cni: of("cni"), ztunnel: of("ztunnel") }, unread };
}

/** A chart's file of a profile, which lies below the values: Helm keeps it with the chart, but not those of a chart's parts. */
function profileOf(name: string, from: StoredRelease["chart"] | undefined): JsonMap | undefined {
  const file = from?.files?.find((each) => each.name === `files/profile-${name}.yaml`);
  const parsed = file && (parse(Buffer.from(file.data, "base64").toString("utf8")) as Json);
  return isMap(parsed) ? parsed : undefined;
}

/** The values that istiod's chart writes into a ConfigMap. */
function writtenValues({ objects }: AdoptionFacts): JsonMap | undefined {
  const map = objects.find(({ kind, metadata }) => kind === "ConfigMap" && metadata.name === "values");
  const text = textAt(map, "data", "original-values");
  if (text === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as Json;
    return isMap(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** The same values without the prefixes that the charts allow, and without what the mesh says otherwise. */
function normal(values: JsonMap, chart: ChartName): JsonMap {
  const prefix = chart === "istiod" ? "pilot" : chart;
  const flat = mergeMaps(without(values, [prefix]), chart === "ztunnel" ? {} : mapAt(values, prefix));
  const { global, ...rest } = sharedOf(without(flat, ["pilot", ...ownKeys]), chart);
  const kept = without(isMap(global) ? global : {}, ["hub", "tag", "variant", "profile", "istioNamespace"]);
  if (kept["configValidation"] === true) delete kept["configValidation"];
  const own = without(rest, ["hub", "tag", "variant", "resources", "istioNamespace"]);
  const own_ = chart === "ztunnel" && own["resourceName"] === "ztunnel" ? without(own, ["resourceName"]) : own;
  return Object.keys(kept).length === 0 ? own_ : { ...own_, global: kept };
}

/** Of the keys that charts share, what this chart reads; `false` and empty maps are its defaults. */
function sharedOf(values: JsonMap, chart: ChartName): JsonMap {
  const own = Object.entries(sharedKeys).flatMap(([key, readers]): [string, JsonMap][] => {
    const read = readers[chart] ?? [];
    const set = Object.entries(mapAt(values, key)).filter(
      ([name, value]) => read.includes(name) && value !== false && !isEmpty(value),
    );
    return set.length === 0 ? [] : [[key, Object.fromEntries(set)]];
  });
  return { ...without(values, Object.keys(sharedKeys)), ...Object.fromEntries(own) };
}

function isEmpty(value: Json): boolean {
  return isMap(value) && Object.keys(value).length === 0;
}

function without(map: JsonMap, keys: readonly string[]): JsonMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key)));
}

function runningPart(chart: ChartName, part: LiveObject): RunningPart {
  const container = containers[chart]!;
  const template = at(part, "spec", "template");
  const resources = at(containerOf(part, container), "resources");
  const labels = at(template, "metadata", "labels");
  const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {});
  return {
    ...imageOf(part, container),
    ambient: isAmbient(chart, part, container),
    requests: mapOf(at(resources, "requests")),
    limits: mapOf(at(resources, "limits")),
    podLabels: mapOf(labels) as Record<string, string>,
  };
}

/** Source: charts cni and ztunnel, templates/daemonset.yaml and files/profile-ambient.yaml. */
function isAmbient(chart: ChartName, part: LiveObject, container: string): boolean {
  const isNamed = (list: Json | undefined, name: string) =>
    Array.isArray(list) && list.some((one) => isMap(one) && one["name"] === name);
  if (chart === "cni") return isNamed(at(part, "spec", "template", "spec", "volumes"), "cni-ztunnel-sock-dir");
  return chart !== "ztunnel" || isNamed(at(containerOf(part, container), "env"), "ISTIO_META_ENABLE_HBONE");
}

function containerOf(part: LiveObject, name: string): Json | undefined {
  const all = at(part, "spec", "template", "spec", "containers");
  return Array.isArray(all) ? all.find((one) => isMap(one) && one["name"] === name) : undefined;
}

/** Registry and tag of an image, and the variant that the charts append to the tag. */
function imageOf(part: LiveObject, container: string): Pick<RunningPart, "hub" | "tag" | "variant"> {
  const image = /^(.+)\/[^/:@]+:([^/@]+?)(?:-(distroless|debug))?(?:@.*)?$/.exec(
    textAt(containerOf(part, container), "image") ?? "",
  );
  return image ? { hub: image[1]!, tag: image[2]!, variant: image[3] ?? "" } : { variant: usualVariant };
}
