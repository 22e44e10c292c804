// Workloads, pods and Services cut down to what a migration looks at.
import type {
  V1Container,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1ObjectMeta,
  V1Pod,
  V1PodTemplateSpec,
  V1ReplicaSet,
  V1Service,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { meshLabels, sidecarLabels, type Labels } from "../lib/istio/labels";
import type { Caller } from "../lib/migration/facts";
import { injectKey } from "../lib/migration/members";
import type { Pod, Service, Workload } from "../lib/migration/objects";
import { probed } from "./slim";

export type RawPod = V1Pod;

/** A pod, whose it is, and what it runs as. */
export interface MeshPod extends Pod {
  namespace: string;
  labels: Labels;
  annotations: Labels;
  owner?: { kind: string; name: string };
  /** Empty until it is scheduled. */
  node: string;
  serviceAccount: string;
  hostNetwork: boolean;
  /** Istio's own: a gateway, or a waypoint. */
  proxy?: "gateway" | "waypoint";
  /** Named ports of its containers. */
  ports: { [name: string]: number };
}

const gatewayName = "gateway.networking.k8s.io/gateway-name";

/** A pod that lives; nothing for one that is done or about to go. */
export function readMeshPod({ metadata = {}, spec, status }: V1Pod): MeshPod | undefined {
  if (metadata.deletionTimestamp || status?.phase === "Succeeded" || status?.phase === "Failed") return undefined;
  const { labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const owner = ownerReferences.find(({ controller }) => controller);
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const proxy = containers.find(({ name }) => name === "istio-proxy");
  const kind = proxyKind(labels, annotations);
  return {
    name: metadata.name ?? "",
    namespace: metadata.namespace ?? "",
    labels,
    annotations,
    node: spec?.nodeName ?? "",
    serviceAccount: spec?.serviceAccountName ?? "default",
    hostNetwork: spec?.hostNetwork === true,
    sidecar: kind === undefined && proxy !== undefined && "sidecar.istio.io/status" in annotations,
    hbone: labels["networking.istio.io/tunnel"] === "http" || envOf(proxy)["ISTIO_META_ENABLE_HBONE"] === "true",
    captured: annotations["ambient.istio.io/redirection"] === "enabled",
    ready: status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false,
    ports: Object.fromEntries(containers.flatMap(({ ports = [] }) => ports.flatMap(namedPort))),
    ...(owner ? { owner: { kind: owner.kind, name: owner.name } } : {}),
    ...(kind ? { proxy: kind } : {}),
  };
}

function namedPort({ name, containerPort }: { name?: string; containerPort: number }): [string, number][] {
  return name === undefined ? [] : [[name, containerPort]];
}

/** Whether pods of a template are a gateway. */
export function isGateway({ podLabels, podAnnotations }: Workload): boolean {
  return proxyKind(podLabels, podAnnotations) === "gateway";
}

function proxyKind(labels: Labels, annotations: Labels): "gateway" | "waypoint" | undefined {
  if (labels["gateway.istio.io/managed"] === "istio.io-mesh-controller") return "waypoint";
  const isOne =
    gatewayName in labels ||
    annotations["inject.istio.io/templates"] === "gateway" ||
    labels["istio"] === "ingressgateway";
  return isOne ? "gateway" : undefined;
}

function envOf(container: V1Container | undefined): Labels {
  return Object.fromEntries((container?.env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** Who else may call, once for each account and mode. */
export function callersOf(pods: readonly MeshPod[]): Caller[] {
  const found = new Map<string, Caller>();
  for (const pod of pods) {
    if (pod.proxy === "waypoint" || pod.hostNetwork) continue;
    const mode = modeOf(pod);
    const key = `${pod.namespace}/${pod.serviceAccount}/${mode}`;
    const same = found.get(key);
    found.set(key, { namespace: pod.namespace, serviceAccount: pod.serviceAccount, mode, pods: (same?.pods ?? 0) + 1 });
  }
  return [...found.values()];
}

function modeOf({ proxy, sidecar, hbone, captured }: MeshPod): Caller["mode"] {
  if (proxy === "gateway") return "gateway";
  if (sidecar) return hbone ? "sidecar" : "oldSidecar";
  return captured ? "ambient" : "none";
}

type Raw = V1Deployment | V1StatefulSet | V1DaemonSet;

/** A workload whose pods are replaced when its template changes. */
export function workloadOf(
  kind: string,
  raw: Raw,
  pods: readonly MeshPod[],
  replicaSets: readonly V1ReplicaSet[],
): Workload {
  const { metadata = {}, spec } = raw;
  const replicas = spec && "replicas" in spec ? spec.replicas : undefined;
  const there = podsOf({ kind, name: metadata.name ?? "" }, pods, replicaSets);
  const strategy = strategyOf(kind, raw);
  return {
    ...templateOf(spec?.template),
    ...{ kind, namespace: metadata.namespace ?? "", name: metadata.name ?? "", uid: metadata.uid ?? "" },
    selector: selectorOf(raw),
    desired: kind === "DaemonSet" ? there.length : (replicas ?? 1),
    paused: spec !== undefined && "paused" in spec && spec.paused === true,
    ...strategy,
    addedLabels: addedLabels(spec?.template?.metadata?.labels ?? {}, there),
    pods: there.map(podOf),
  };
}

/** The pods that a workload owns, itself or by its ReplicaSets. */
export function podsOf(
  { kind, name }: { kind: string; name: string },
  pods: readonly MeshPod[],
  replicaSets: readonly V1ReplicaSet[],
): MeshPod[] {
  const own = new Set([
    `${kind}/${name}`,
    ...replicaSets
      .filter((set) => isOwnedBy(set.metadata, kind, name))
      .map((set) => `ReplicaSet/${set.metadata?.name}`),
  ]);
  return pods.filter(({ owner }) => owner && own.has(`${owner.kind}/${owner.name}`));
}

/** Labels that policies select the pods by, before and after. Where the selector is no map, those of the template are it. */
function selectorOf({ spec }: Raw): Labels {
  const { matchLabels, matchExpressions = [] } = spec?.selector ?? {};
  if (matchLabels && matchExpressions.length === 0) return matchLabels;
  const labels = Object.entries(spec?.template?.metadata?.labels ?? {});
  return Object.fromEntries(labels.filter(([key]) => key !== injectKey && key !== meshLabels.revision));
}

function isOwnedBy(metadata: V1ObjectMeta | undefined, kind: string, name: string): boolean {
  return (
    metadata?.ownerReferences?.some((owner) => owner.controller && owner.kind === kind && owner.name === name) === true
  );
}

function strategyOf(kind: string, raw: Raw): Pick<Workload, "strategy" | "surges" | "partition"> {
  if (kind === "Deployment") {
    const { type = "RollingUpdate", rollingUpdate } = (raw as V1Deployment).spec?.strategy ?? {};
    return {
      strategy: type,
      surges: type !== "Recreate" && !["0", "0%"].includes(`${rollingUpdate?.maxSurge ?? "25%"}`),
    };
  }
  const { type = "RollingUpdate", rollingUpdate } = (raw as V1StatefulSet | V1DaemonSet).spec?.updateStrategy ?? {};
  const partition = rollingUpdate && "partition" in rollingUpdate ? (rollingUpdate.partition ?? 0) : 0;
  return { strategy: type, surges: false, ...(partition > 0 && type === "RollingUpdate" ? { partition } : {}) };
}

function templateOf(template: V1PodTemplateSpec | undefined) {
  const { metadata, spec } = template ?? {};
  return {
    podLabels: metadata?.labels ?? {},
    podAnnotations: metadata?.annotations ?? {},
    serviceAccount: spec?.serviceAccountName ?? "default",
    hostNetwork: spec?.hostNetwork === true,
    ...probed(spec),
    startHooks: (spec?.containers ?? []).filter(({ lifecycle }) => lifecycle?.postStart).map(({ name }) => name),
  };
}

function podOf({ name, labels, sidecar, hbone, captured, ready }: MeshPod): Pod {
  return { name, labels, sidecar, hbone, captured, ready };
}

/** Labels of one pod, or of one template. */
const passing = new Set([
  ...["pod-template-hash", "controller-revision-hash", "pod-template-generation"],
  ...["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"],
]);

/** Labels that all pods have beside those of their template, but for those that go with the sidecar. */
function addedLabels(template: Labels, [first, ...others]: readonly MeshPod[]): Labels {
  const isAdded = ([key, value]: [string, string]) =>
    !(key in template) &&
    !passing.has(key) &&
    !sidecarLabels.has(key) &&
    others.every(({ labels }) => labels[key] === value);
  return Object.fromEntries(Object.entries(first?.labels ?? {}).filter(isAdded));
}

const still = { desired: 0, paused: false, strategy: "none", surges: false };

/** A Job, or what makes Jobs. */
export function jobOf(kind: string, raw: V1Job | V1CronJob, pods: readonly MeshPod[]): Workload {
  const { metadata = {}, spec } = raw;
  const template = spec && "jobTemplate" in spec ? spec.jobTemplate.spec?.template : (spec as V1Job["spec"])?.template;
  const own = kind === "Job" ? pods.filter(({ owner }) => owner?.kind === "Job" && owner.name === metadata.name) : [];
  return {
    ...still,
    ...templateOf(template),
    ...{ kind, namespace: metadata.namespace ?? "", name: metadata.name ?? "", uid: metadata.uid ?? "" },
    selector: template?.metadata?.labels ?? {},
    pods: own.map(podOf),
  };
}

/** Pods that nothing rolls: bare ones, and those of ReplicaSets and other controllers. */
export function looseWorkloads(pods: readonly MeshPod[]): Workload[] {
  return pods
    .filter(({ proxy }) => proxy === undefined)
    .map((pod) => ({
      ...still,
      kind: "Pod",
      namespace: pod.namespace,
      name: pod.name,
      uid: "",
      podLabels: pod.labels,
      podAnnotations: pod.annotations,
      selector: pod.labels,
      serviceAccount: pod.serviceAccount,
      hostNetwork: pod.hostNetwork,
      startHooks: [],
      probePorts: [],
      ports: pod.ports,
      pods: [podOf(pod)],
      ...(pod.owner ? { maker: `${pod.owner.kind} ${pod.owner.name}` } : {}),
    }));
}

/** A Service, with what its namespace says of a waypoint, and the numbers that its ports have in the pods. */
export function serviceOf(
  { metadata = {}, spec }: V1Service,
  namespaceLabels: Labels,
  pods: readonly MeshPod[],
): Service {
  const inherited = [meshLabels.useWaypoint, meshLabels.useWaypointNamespace, meshLabels.ingressUseWaypoint].flatMap(
    (key) => {
      const value = namespaceLabels[key];
      return value === undefined ? [] : [[key, value] as const];
    },
  );
  const isExternal = spec?.type === "ExternalName";
  const behind = pods.find(({ labels }) =>
    Object.entries(spec?.selector ?? {}).every(([key, value]) => labels[key] === value),
  );
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    labels: { ...Object.fromEntries(inherited), ...metadata.labels },
    headless: spec?.clusterIP === "None",
    external: isExternal,
    ports: (spec?.ports ?? []).map(({ port, targetPort }) => ({
      port,
      targetPort:
        typeof targetPort === "string"
          ? (behind?.ports[targetPort] ?? Number(targetPort))
          : ((targetPort as number | undefined) ?? port),
    })),
    ...(spec?.selector && !isExternal ? { selector: spec.selector } : {}),
  };
}
