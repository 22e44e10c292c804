// Objects of Kubernetes itself cut down to what a snapshot keeps: ten thousand pods have to fit into memory.
import type {
  CoreV1Event,
  V1ConfigMap,
  V1Container,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1MutatingWebhookConfiguration,
  V1Node,
  V1ObjectMeta,
  V1OwnerReference,
  V1Pod,
  V1PodSpec,
  V1Secret,
  V1Service,
  V1ValidatingWebhookConfiguration,
} from "@kubernetes/client-node";
import type {
  Condition,
  ConfigMapState,
  ContainerState,
  EndpointState,
  EventState,
  HelmReleaseState,
  Named,
  NamespaceState,
  NodeState,
  Owner,
  PodState,
  SecretState,
  ServiceState,
  WebhookState,
  WorkloadState,
} from "../lib/cluster-state/snapshot";
import { isAmbiguous, isKeepingManager, isKeepingOwner } from "../lib/ownership/keepers";
import { podStart } from "./start-hooks";

interface RawCondition {
  type?: string;
  status?: string;
  reason?: string;
  message?: string;
}

/** Annotations that no check reads and that can be as large as the object itself. */
const bulkyAnnotations = ["kubectl.kubernetes.io/last-applied-configuration"];

/** Name, namespace, labels and annotations. */
export function named(raw: { metadata?: V1ObjectMeta }): Named {
  const metadata = raw.metadata ?? {};
  const annotations = metadata.annotations ?? {};
  const owners = (metadata.ownerReferences ?? []).filter(isKeepingOwner).map(owner);
  const managers = (metadata.managedFields ?? []).map(({ manager = "" }) => manager).filter(isKeepingManager);
  const bulky = bulkyAnnotations.some((key) => key in annotations);
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    labels: metadata.labels ?? {},
    annotations: bulky
      ? Object.fromEntries(Object.entries(annotations).filter(([key]) => !bulkyAnnotations.includes(key)))
      : annotations,
    ...(owners.length > 0 ? { owners } : {}),
    ...(managers.length > 0 ? { keptBy: [...new Set(managers)] } : {}),
  };
}

/** A namespace by its metadata, with whether it is about to go. */
export function slimNamespace(raw: { metadata?: V1ObjectMeta }): NamespaceState {
  return { ...named(raw), ...(raw.metadata?.deletionTimestamp === undefined ? {} : { deleting: true as const }) };
}

/** Status conditions with every field filled in. */
export function conditions(raw: RawCondition[] | undefined): Condition[] {
  return (raw ?? []).map(({ type = "", status = "", reason = "", message = "" }) => ({
    type,
    status,
    reason,
    message,
  }));
}

function owners(metadata: V1ObjectMeta | undefined): Owner[] {
  return (metadata?.ownerReferences ?? []).map(owner);
}

function owner({ apiVersion = "", kind, name }: V1OwnerReference): Owner {
  const [group = ""] = apiVersion.split("/");
  return { kind, name, ...(isAmbiguous(kind) ? { group } : {}) };
}

function containers(spec: V1PodSpec | undefined): ContainerState[] {
  const state = (init: boolean) => (container: V1Container) => ({
    name: container.name,
    image: container.image ?? "",
    init,
  });
  return [...(spec?.initContainers ?? []).map(state(true)), ...(spec?.containers ?? []).map(state(false))];
}

export function slimNode(raw: V1Node): NodeState {
  const ready = raw.status?.conditions?.find((entry) => entry.type === "Ready");
  const taints = (raw.spec?.taints ?? []).map(({ key }) => key);
  const info = raw.status?.nodeInfo;
  return {
    ...named(raw),
    ready: ready?.status === "True",
    providerId: raw.spec?.providerID ?? "",
    ...(taints.length > 0 ? { taints } : {}),
    ...(info?.containerRuntimeVersion ? { runtime: info.containerRuntimeVersion } : {}),
    ...(info?.osImage ? { system: info.osImage } : {}),
  };
}

export function slimPod(raw: V1Pod): PodState {
  const status = raw.status ?? {};
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return {
    ...named(raw),
    node: raw.spec?.nodeName ?? "",
    phase: status.phase ?? "Unknown",
    ready: status.conditions?.some((entry) => entry.type === "Ready" && entry.status === "True") ?? false,
    deleting: raw.metadata?.deletionTimestamp !== undefined,
    hostNetwork: raw.spec?.hostNetwork === true,
    address: status.podIP ?? "",
    ...probed(raw.spec),
    serviceAccount: raw.spec?.serviceAccountName ?? "",
    containers: containers(raw.spec),
    outOfMemory: statuses
      .filter((entry) => (entry.state?.terminated ?? entry.lastState?.terminated)?.reason === "OOMKilled")
      .map((entry) => entry.name),
    ...(raw.spec?.runtimeClassName ? { runtimeClass: raw.spec.runtimeClassName } : {}),
    ...(isForWindows(raw.spec) ? { windows: true } : {}),
    ...podStart(raw),
  };
}

/** Declared ports of TCP, and those of the kubelet's probes; init containers that go on running are probed too. */
export function probed(spec: V1PodSpec | undefined): Pick<PodState, "ports" | "probePorts"> {
  const running = [
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always"),
    ...(spec?.containers ?? []),
  ];
  const ports = Object.fromEntries(
    running.flatMap((container) =>
      (container.ports ?? [])
        .filter(({ protocol = "TCP" }) => protocol === "TCP")
        .map(({ name, containerPort }) => [name ?? String(containerPort), containerPort] as const),
    ),
  );
  const probes = running.flatMap(({ startupProbe, readinessProbe, livenessProbe }) => [
    startupProbe,
    readinessProbe,
    livenessProbe,
  ]);
  const asked = probes.flatMap((probe) => probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port ?? []);
  const numbers = asked.flatMap((port) => (typeof port === "number" ? port : (ports[port] ?? [])));
  return { ports, probePorts: [...new Set(numbers)] };
}

function isForWindows(spec: V1PodSpec | undefined): boolean {
  return (spec?.os?.name ?? spec?.nodeSelector?.["kubernetes.io/os"]) === "windows";
}

export function slimService(raw: V1Service): ServiceState {
  return {
    ...named(raw),
    type: raw.spec?.type ?? "ClusterIP",
    ports: (raw.spec?.ports ?? []).map(({ name, port, nodePort, targetPort, protocol = "TCP" }) => ({
      name: name ?? "",
      port,
      ...(nodePort ? { nodePort } : {}),
      ...(targetPort === undefined || targetPort === port ? {} : { target: targetPort }),
      ...(protocol === "TCP" ? {} : { protocol }),
    })),
    ...(Object.keys(raw.spec?.selector ?? {}).length > 0 ? { selector: raw.spec?.selector } : {}),
    ...(raw.spec?.clusterIP === "None" ? { isHeadless: true as const } : {}),
    owners: owners(raw.metadata),
    conditions: conditions(raw.status?.conditions),
  };
}

export function slimDeployment(raw: V1Deployment): WorkloadState {
  return {
    ...workload("Deployment", raw),
    desired: raw.spec?.replicas ?? 1,
    ready: raw.status?.readyReplicas ?? 0,
    available: raw.status?.availableReplicas ?? 0,
    outdated: (raw.status?.replicas ?? 0) - (raw.status?.updatedReplicas ?? 0),
  };
}

export function slimDaemonSet(raw: V1DaemonSet): WorkloadState {
  const desired = raw.status?.desiredNumberScheduled ?? 0;
  const byHand = raw.spec?.updateStrategy?.type === "OnDelete";
  return {
    ...workload("DaemonSet", raw),
    desired,
    ready: raw.status?.numberReady ?? 0,
    available: raw.status?.numberAvailable ?? 0,
    outdated: byHand ? 0 : desired - (raw.status?.updatedNumberScheduled ?? 0),
  };
}

function workload<K extends WorkloadState["kind"]>(kind: K, raw: V1Deployment | V1DaemonSet) {
  const pod = raw.spec?.template?.spec;
  const variables = (pod?.containers ?? []).flatMap((container) => container.env ?? []);
  const given = (pod?.containers ?? []).flatMap(({ command = [], args = [] }) => [...command, ...args]);
  return {
    ...named(raw),
    kind,
    owners: owners(raw.metadata),
    observed: (raw.status?.observedGeneration ?? 0) >= (raw.metadata?.generation ?? 0),
    serviceAccount: pod?.serviceAccountName ?? "",
    containers: containers(pod),
    env: Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    ...(given.some((argument) => /^--cluster(ID|Aliases)\b/.test(argument)) ? { renamesCluster: true as const } : {}),
  };
}

export function slimEndpoints(raw: V1EndpointSlice): EndpointState {
  const object = named(raw);
  return {
    ...object,
    service: object.labels["kubernetes.io/service-name"] ?? "",
    // An endpoint without the condition counts as ready.
    ready: (raw.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false).length,
  };
}

export function slimConfigMap(raw: V1ConfigMap): ConfigMapState {
  return { ...named(raw), data: raw.data ?? {} };
}

/** The certificate only: whatever else the Secret holds is dropped here. */
export function slimSecret(raw: V1Secret): SecretState {
  const text = (key: string) => {
    const encoded = raw.data?.[key];
    return encoded ? Buffer.from(encoded, "base64").toString("utf8") : undefined;
  };
  // istiod takes a listener's from these keys, in this order, whatever the Secret's type.
  const generic = raw.data?.["key"] ? text("cert") : undefined;
  const certificate = generic ?? text("tls.crt") ?? text("ca-cert.pem");
  const roots = text("root-cert.pem");
  return {
    ...named(raw),
    type: raw.type ?? "",
    ...(certificate ? { certificate } : {}),
    ...(roots ? { roots } : {}),
  };
}

export function slimWebhooks(
  kind: WebhookState["kind"],
): (raw: V1MutatingWebhookConfiguration | V1ValidatingWebhookConfiguration) => WebhookState[] {
  return (raw) =>
    (raw.webhooks ?? []).map(({ name, failurePolicy, clientConfig: { caBundle, service } }) => ({
      ...named(raw),
      kind,
      webhook: name,
      hasCaBundle: Boolean(caBundle),
      failurePolicy: failurePolicy ?? "Fail",
      ...(service ? { service: { kind: "Service", namespace: service.namespace, name: service.name } } : {}),
      ...(service?.port ? { port: service.port } : {}),
    }));
}

export function slimEvent(raw: CoreV1Event): EventState {
  const seen = raw.series?.lastObservedTime ?? raw.lastTimestamp ?? raw.eventTime ?? raw.metadata.creationTimestamp;
  const { kind = "", namespace = "", name = "" } = raw.involvedObject;
  return {
    ...named(raw),
    object: { kind, namespace, name },
    reason: raw.reason ?? "",
    message: raw.message ?? "",
    // On the wire a time is text, whatever the library's type says.
    lastSeen: Date.parse(String(seen ?? "")) || 0,
  };
}

/** Helm keeps a release in a Secret and says the essentials in its labels. */
export function slimHelmRelease(raw: { metadata?: V1ObjectMeta }): HelmReleaseState {
  const object = named(raw);
  return {
    ...object,
    release: object.labels["name"] ?? "",
    status: object.labels["status"] ?? "",
    revision: Number(object.labels["version"] ?? 0),
  };
}
