// The values of the four charts, and what they make the rendered objects request.
import { meshDefaults, partDefaults } from "../../lib/istio/defaults";
import { leanEnvironment, leanIstiodEnvironment, partRequests } from "../../lib/istio/lean";
import { platformNeeds } from "../../lib/istio/platforms";
import { formatCpu, formatMemory, parseQuantity } from "../../lib/validation/quantity";
import { istioLine } from "../../lib/istio/releases";
import { Footprint } from "../../lib/validation/closed-sets";

/** Values of a chart, or a part of them. */
export type Values = { [key: string]: unknown };

/** What all four charts share. */
export interface SharedSettings {
  version: string;
  namespace: string;
  platform?: string;
  footprint?: string;
  telemetry?: boolean;
  accessLogs?: boolean;
  images?: { hub?: string; tag?: string; pullSecrets?: string[] };
}

/** Requests, limit and own values of one part. */
export interface PartSettings {
  cpu?: string;
  memory?: string;
  memoryLimit?: string;
  replicas?: number;
  values?: Values;
}

/** `over` laid upon `under`, deeply; lists and everything that is no map are replaced. */
export function merge(under: Values, over: Values): Values {
  const merged: Values = { ...under };
  for (const [key, item] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(item) ? merge(below, item) : item;
  }
  return merged;
}

/** Values of the chart `base`. */
export function baseValues(shared: SharedSettings): Values {
  return {
    base: { validationFailurePolicy: "Fail" },
    global: { istioNamespace: shared.namespace, ...chartPlatform(shared) },
  };
}

/** Values of the chart `istiod`. */
export function istiodValues(shared: SharedSettings, part: PartSettings): Values {
  const telemetry = shared.telemetry ?? meshDefaults.telemetry;
  const accessLogs = shared.accessLogs ?? meshDefaults.accessLogs;
  const values = {
    profile: "ambient",
    base: { validationFailurePolicy: "Fail" },
    global: { istioNamespace: shared.namespace, ...chartPlatform(shared), ...globalImages(shared) },
    autoscaleEnabled: false,
    replicaCount: part.replicas ?? partDefaults.controlPlane.replicas,
    resources: resources(part, partRequests(shared.footprint).controlPlane),
    telemetry: { enabled: telemetry },
    meshConfig: {
      accessLogFile: accessLogs ? "/dev/stdout" : "",
      // Of the agents in gateways, waypoints and sidecars.
      ...(isLean(shared) ? { defaultConfig: { proxyMetadata: leanEnvironment } } : {}),
    },
    ...(isLean(shared) ? { env: leanIstiodEnvironment } : {}),
  };
  return merge(values, part.values ?? {});
}

/** Values of the chart `cni`. */
export function cniValues(shared: SharedSettings, part: PartSettings): Values {
  const values = {
    profile: "ambient",
    global: { ...chartPlatform(shared), ...globalImages(shared) },
    resources: resources(part, partRequests(shared.footprint).cni),
    ...(isLean(shared) ? { env: leanEnvironment } : {}),
  };
  return merge(values, part.values ?? {});
}

/** Values of the chart `ztunnel`. */
export function ztunnelValues(shared: SharedSettings, part: PartSettings): Values {
  const { hub, tag, pullSecrets } = images(shared);
  const telemetry = shared.telemetry ?? meshDefaults.telemetry;
  const accessLogs = shared.accessLogs ?? meshDefaults.accessLogs;
  const values = {
    profile: "ambient",
    istioNamespace: shared.namespace,
    global: { ...chartPlatform(shared) },
    ...(hub === undefined ? {} : { hub }),
    ...(tag === undefined ? {} : { tag }),
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
    resources: resources(part, partRequests(shared.footprint).dataplane),
    logLevel: accessLogs ? "info" : "info,access=off",
    podAnnotations: { "prometheus.io/scrape": String(telemetry) },
  };
  return merge(values, part.values ?? {});
}

/** Namespace of cni and ztunnel. */
export function nodeNamespace(platform: string | undefined, namespace: string): string {
  return platformNeeds(platform).nodeNamespace ?? namespace;
}

/** Labels of the mesh's namespace: they let istio-cni and ztunnel do what they need. */
export const namespaceLabels = { "pod-security.kubernetes.io/enforce": "privileged" } as const;

/** What one part requests in all: a pod's requests times its pods; of a DaemonSet, the pod of one node. */
export interface Requests {
  cpu: string;
  memory: string;
}

/** Requests that a chart's values lead to. */
export function chartRequests(values: Values): Requests {
  const requests = (values["resources"] as { requests?: Record<string, unknown> } | undefined)?.requests ?? {};
  const fixed = Number(values["replicaCount"] ?? 1);
  const pods = values["autoscaleEnabled"] === true ? Number(values["autoscaleMin"] ?? 1) : fixed;
  return timesRequests({ cpu: amount(requests["cpu"]), memory: amount(requests["memory"]) }, pods);
}

/** The requests of several pods of one kind. */
export function timesRequests(one: Requests, pods: number): Requests {
  return sumRequests(Array.from({ length: pods }, () => one));
}

/** The sum of requests. */
export function sumRequests(parts: Requests[]): Requests {
  const total = (field: keyof Requests) => parts.reduce((sum, part) => sum + (parseQuantity(part[field]) ?? 0), 0);
  return { cpu: formatCpu(total("cpu")), memory: formatMemory(total("memory")) };
}

function resources(part: PartSettings, usual: { cpu: string; memory: string }): Values {
  return {
    requests: { cpu: part.cpu ?? usual.cpu, memory: part.memory ?? usual.memory },
    ...(part.memoryLimit === undefined ? {} : { limits: { memory: part.memoryLimit } }),
  };
}

function isLean({ footprint }: SharedSettings): boolean {
  return footprint === Footprint.Lean;
}

function chartPlatform(shared: SharedSettings): Values {
  const platform = platformNeeds(shared.platform).chartPlatform;
  return platform === undefined ? {} : { platform };
}

function images(shared: SharedSettings): { hub?: string; tag?: string; pullSecrets?: string[] } {
  return { ...shared.images, hub: shared.images?.hub ?? istioLine(shared.version)?.hub };
}

function globalImages(shared: SharedSettings): Values {
  const { hub, tag, pullSecrets } = images(shared);
  return {
    ...(hub === undefined ? {} : { hub }),
    ...(tag === undefined ? {} : { tag }),
    ...(pullSecrets === undefined ? {} : { imagePullSecrets: pullSecrets }),
  };
}

function amount(quantity: unknown): string {
  return typeof quantity === "string" || typeof quantity === "number" ? String(quantity) : "0";
}

function isMap(item: unknown): item is Values {
  return typeof item === "object" && item !== null && !Array.isArray(item);
}
