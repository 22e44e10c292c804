// The arguments of an AmbientMesh that keep an Istio as it was installed, and how they stand in a program.
import { stringify } from "yaml";
import { isMap, type JsonMap } from "../drift";
import type { Json } from "../json";
import { readValues } from "../istio/chart-values";
import { charts, defaultIstioVersion, isOlder, istioLine, istioLines, type ChartName } from "../istio/releases";
import { partDefaults } from "../istio/defaults";
import { isBelowFloor, memoryLimitFloors } from "../istio/memory-limits";
import { literal } from "../conversion/literals";
import { mapAt, mergeMaps } from "./records";
import { usualVariant, type OldInstall, type RunningPart } from "./values";

/** The values that a mesh with such arguments gives a chart. */
export type ValuesOf = (chart: ChartName, args: JsonMap) => JsonMap;

/** Where Istio's own images are, unless a line of releases says otherwise. */
const usualHub = "docker.io/istio";

/** Defaults of the charts, where those of the mesh are others. */
const chartDefaults = { telemetry: true, autoscaleEnabled: true, logLevel: "info" };

const parts = { istiod: "controlPlane", cni: "cni", ztunnel: "dataplane" } as const;

/** Labels of pods that tell the release and the chart: another value restarts them. */
const releaseLabels = ["app.kubernetes.io/instance", "app.kubernetes.io/version", "helm.sh/chart"];

/** The arguments that keep what differs from a mesh's defaults. */
export function argsOf(install: OldInstall, valuesOf: ValuesOf): JsonMap {
  const { values, running, namespace, version } = install;
  const platform = mapAt(values.istiod, "global")["platform"];
  const ztunnelLogs = running.ztunnel ? String(textOr(values.ztunnel["logLevel"], chartDefaults.logLevel)) : undefined;
  const envoyLogs = textOr(mapAt(values.istiod, "meshConfig")["accessLogFile"], "") !== "";
  const shared: JsonMap = {
    ...(version === "" ? {} : { version: installable(version) }),
    ...(namespace === "istio-system" ? {} : { namespace }),
    adoptNamespace: true,
    ...(typeof platform === "string" && platform !== "" ? { platform } : {}),
    telemetry: telemetryOf(install),
    accessLogs: ztunnelLogs === undefined ? envoyLogs : !/access=(off|warn|error)/.test(ztunnelLogs),
    ...imagesOf(install),
  };
  const release = version === "" ? defaultIstioVersion : installable(version);
  const own = Object.entries(parts).map(([chart, field]) => {
    const name = chart as keyof typeof parts;
    const typed = typedArgs(name, install);
    const differing = residue(wanted(name, install), valuesOf(name, { ...shared, [field]: typed }));
    const rest = readValues(name, release, mergeMaps(differing, profileOf(name, running[name])));
    return [field, { ...typed, ...(Object.keys(rest).length === 0 ? {} : { values: rest }) }] as const;
  });
  const args = { ...shared, ...Object.fromEntries(own.filter(([, given]) => Object.keys(given).length > 0)) };
  return withoutDefaults(args);
}

/** The same release, or the next one that this package installs. */
function installable(version: string): string {
  const line = istioLine(version);
  if (line) return isOlder(version, line.floor) ? line.newest : version;
  return istioLines.at(-1)!.newest;
}

function telemetryOf({ values }: OldInstall): boolean {
  const { enabled } = mapAt(values.istiod, "telemetry");
  return typeof enabled === "boolean" ? enabled : chartDefaults.telemetry;
}

/** What the mesh has by itself needs no words. */
function withoutDefaults({ telemetry, accessLogs, ...args }: JsonMap): JsonMap {
  const { version, namespace, adoptNamespace, platform, ...rest } = args;
  const first = { version, namespace, adoptNamespace, platform };
  const given = {
    ...first,
    ...(telemetry === true ? { telemetry } : {}),
    ...(accessLogs === false ? { accessLogs } : {}),
    ...rest,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as JsonMap;
}

function imagesOf({ running, version }: OldInstall): { images?: JsonMap } {
  const { hub, tag } = running.istiod ?? {};
  const usual = istioLine(version)?.hub ?? usualHub;
  const images = {
    ...(hub === undefined || hub === usual ? {} : { hub }),
    ...(tag === undefined || tag === version ? {} : { tag }),
  };
  return Object.keys(images).length === 0 ? {} : { images };
}

/** Requests, limit and replicas of a part, where they are not the mesh's own. */
function typedArgs(chart: keyof typeof parts, { running, autoscaled, replicas }: OldInstall): JsonMap {
  const part = running[chart];
  if (!part) return {};
  const usual = partDefaults[parts[chart]];
  const { cpu, memory } = part.requests;
  const limit = part.limits["memory"];
  return {
    ...(typeof cpu === "string" && cpu !== usual.cpu ? { cpu } : {}),
    ...(typeof memory === "string" && memory !== usual.memory ? { memory } : {}),
    ...(isKept(chart, limit) ? { memoryLimit: limit } : {}),
    ...(chart === "istiod" && !autoscaled && replicas !== partDefaults.controlPlane.replicas ? { replicas } : {}),
  };
}

/** A limit below the floor is not kept, because a mesh refuses it. */
function isKept(chart: keyof typeof parts, limit: Json | undefined): limit is string {
  return chart !== "cni" && typeof limit === "string" && !isBelowFloor(parts[chart], limit);
}

/** The limits that no argument keeps, and what becomes of their parts. */
export function lostLimits({ running }: Pick<OldInstall, "running">): string[] {
  return (["istiod", "ztunnel"] as const).flatMap((chart) => {
    const limit = textOr(running[chart]?.limits["memory"], "");
    const { least, or } = memoryLimitFloors[parts[chart]];
    if (!isBelowFloor(parts[chart], limit)) return [];
    return [`${chart} restarts without its memory limit of ${limit}: below ${least}, ${or}`];
  });
}

/** The values of a chart as they were, with what its pods tell. */
function wanted(chart: keyof typeof parts, install: OldInstall): JsonMap {
  const { values, running, autoscaled } = install;
  const part = running[chart];
  const old = values[chart];
  if (chart === "istiod") {
    const { accessLogFile = "", ...meshConfig } = mapAt(old, "meshConfig");
    return {
      ...old,
      autoscaleEnabled: typeof old["autoscaleEnabled"] === "boolean" ? old["autoscaleEnabled"] : autoscaled,
      meshConfig: { ...meshConfig, accessLogFile },
      ...limitsOf(part, true),
    };
  }
  // A mesh that gets the part with the next update gets it as it makes it.
  if (!part) return {};
  const podLabels = { ...mapAt(old, "podLabels"), ...changedLabels(chart, part, install.version) };
  const labels: JsonMap = Object.keys(podLabels).length === 0 ? {} : { podLabels };
  if (chart === "cni") return { ...old, ...labels, ...limitsOf(part, false) };
  const annotations = { "prometheus.io/scrape": "true", ...mapAt(old, "podAnnotations") };
  const logLevel = textOr(old["logLevel"], chartDefaults.logLevel);
  return { ...old, ...labels, podAnnotations: annotations, logLevel, ...limitsOf(part, true) };
}

/** Limits that have no argument of their own. */
function limitsOf(part: RunningPart | undefined, hasArgument: boolean): JsonMap {
  const entries = Object.entries(part?.limits ?? {}).filter(([name]) => !(hasArgument && name === "memory"));
  return entries.length === 0 ? {} : { resources: { limits: Object.fromEntries(entries) } };
}

/** Labels of the pods that the chart would write otherwise. */
function changedLabels(chart: ChartName, { podLabels }: RunningPart, version: string): JsonMap {
  const usual: Record<string, string> = {
    "app.kubernetes.io/instance": charts[chart].release,
    "app.kubernetes.io/version": version,
    "helm.sh/chart": `${charts[chart].chart}-${version}`,
  };
  const changed = releaseLabels.filter((key) => podLabels[key] !== undefined && podLabels[key] !== usual[key]);
  return Object.fromEntries(changed.map((key) => [key, podLabels[key]!]));
}

/** What of `old` a mesh's values do not say. */
function residue(old: JsonMap, given: JsonMap): JsonMap {
  const entries = Object.entries(old).flatMap(([key, value]): [string, Json][] => {
    const has = given[key];
    if (isMap(value)) {
      const below = residue(value, isMap(has) ? has : {});
      return Object.keys(below).length === 0 ? [] : [[key, below]];
    }
    const isNothing = value === null || (value === "" && has === undefined);
    return isNothing || JSON.stringify(value) === JSON.stringify(has) ? [] : [[key, value]];
  });
  return Object.fromEntries(entries);
}

/**
 * What keeps the pods from a restart: images with another variant than the profile's are other images, and a ztunnel that was
 * installed without the profile, as Istio's guide does it, would get a variable of it.
 */
function profileOf(chart: keyof typeof parts, part: RunningPart | undefined): JsonMap {
  if (!part) return {};
  const { variant } = part;
  if (chart === "ztunnel" && !part.ambient) return { profile: "", ...(variant === "" ? {} : { variant }) };
  if (variant === usualVariant) return {};
  return chart === "ztunnel" ? { variant } : { global: { variant } };
}

function textOr(value: Json | undefined, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

/** The arguments as a program in TypeScript. */
export function argsProgram(args: JsonMap): string {
  return [
    "// Written by `istio-ambient adopt`.",
    'import { AmbientMesh } from "istio-ambient";',
    "",
    `new AmbientMesh("mesh", ${literal(args, 0)});`,
    "",
  ].join("\n");
}

/** The arguments as configuration of the program that comes with this package. */
export function argsConfig(args: JsonMap): string {
  return stringify({ config: { "istio-ambient:mesh": args } }, { lineWidth: 0, version: "1.1" });
}

/** The arguments one a line, as they stand in a plan: controlPlane.memory: "2Gi". */
export function argLines(args: JsonMap, path = ""): string[] {
  return Object.entries(args).flatMap(([key, value]) => {
    const name = /^\w+$/.test(key) ? `${path === "" ? "" : `${path}.`}${key}` : `${path}[${JSON.stringify(key)}]`;
    return isMap(value) ? argLines(value, name) : [`${name}: ${JSON.stringify(value)}`];
  });
}
