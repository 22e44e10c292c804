// Waiting until a mesh carries traffic, and why it does not: small reads of the mesh's own namespaces.
import { setTimeout as sleep } from "node:timers/promises";
import type {
  CoreV1Event,
  V1ContainerStatus,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Pod,
} from "@kubernetes/client-node";
import type { Finding } from "../lib/checks/check";
import { isHopeless, readinessFindings, type DataPlane, type Rollout, type Trouble } from "../lib/readiness";
import { ApiClient, UnreachableError } from "./client";
import type { ClusterTarget } from "./connection";
import { named, slimEndpoints } from "./slim";

/** How long a part may be absent. */
const absentMs = 10_000;
/** Between two looks. */
const pauseMs = 1000;
/** How long one look may take; while the API server is away the next one tries again. */
const lookMs = 10_000;

/** Where the parts of a mesh are. */
export interface MeshPlace {
  namespace: string;
  nodeNamespace: string;
}

/** How a wait ended: ready when nothing was found any more. */
export interface Readiness {
  findings: Finding[];
  troubles: Trouble[];
  /** Why the last look failed, where it did. */
  unreachable?: string;
}

/** Looks until the mesh carries traffic or the time is up. */
export async function waitUntilReady(
  target: ClusterTarget,
  place: MeshPlace,
  waitMs: number,
  onLook: (readiness: Readiness, leftMs: number) => void,
): Promise<Readiness> {
  const begun = Date.now();
  let until = begun + waitMs;
  for (;;) {
    const last = await lookOnce(target, place, until);
    if (isHopeless(last.findings)) {
      until = Math.min(until, begun + absentMs);
    }
    const left = until - Date.now();
    if ((last.unreachable === undefined && last.findings.length === 0) || left <= 0) {
      return last;
    }
    onLook(last, left);
    await sleep(Math.min(pauseMs, left));
  }
}

async function lookOnce(target: ClusterTarget, place: MeshPlace, until: number): Promise<Readiness> {
  const client = await ApiClient.connect(target, lookMs);
  try {
    const findings = readinessFindings(await readDataPlane(client, place));
    const last = until - Date.now() <= pauseMs;
    const troubles =
      findings.length > 0 && last ? await readTroubles(client, [place.namespace, place.nodeNamespace]) : [];
    return { findings, troubles };
  } catch (error) {
    if (!(error instanceof UnreachableError)) {
      throw error;
    }
    return { findings: [], troubles: [], unreachable: error.message };
  } finally {
    client.close();
  }
}

async function list<T>(client: ApiClient, path: string): Promise<T[]> {
  const reply = await client.get(path);
  return reply.kind === "ok" ? ((reply.body as { items?: T[] }).items ?? []) : [];
}

async function readDataPlane(client: ApiClient, { namespace, nodeNamespace }: MeshPlace): Promise<DataPlane> {
  const [istiods, slices, daemonSets] = await Promise.all([
    list<V1Deployment>(client, `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=app%3Distiod`),
    list<V1EndpointSlice>(
      client,
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Distiod`,
    ),
    list<V1DaemonSet>(client, `/apis/apps/v1/namespaces/${nodeNamespace}/daemonsets`),
  ]);
  return {
    namespace,
    nodeNamespace,
    istiods: istiods.map(slimDeploymentRollout),
    endpoints: slices.map(slimEndpoints).reduce((sum, slice) => sum + slice.ready, 0),
    daemonSets: daemonSets.map(slimDaemonSetRollout),
  };
}

function slimDeploymentRollout(raw: V1Deployment): Rollout {
  return {
    ...named(raw),
    kind: "Deployment",
    desired: raw.spec?.replicas ?? 1,
    ready: raw.status?.readyReplicas ?? 0,
    updated: raw.status?.updatedReplicas ?? 0,
    observed: (raw.status?.observedGeneration ?? 0) >= (raw.metadata?.generation ?? 0),
  };
}

function slimDaemonSetRollout(raw: V1DaemonSet): Rollout {
  return {
    ...named(raw),
    kind: "DaemonSet",
    desired: raw.status?.desiredNumberScheduled ?? 0,
    ready: raw.status?.numberReady ?? 0,
    updated: raw.status?.updatedNumberScheduled ?? 0,
    observed: (raw.status?.observedGeneration ?? 0) >= (raw.metadata?.generation ?? 0),
  };
}

/** What pods that are not ready, and warnings of the last minutes, say in these namespaces. */
export async function readTroubles(client: ApiClient, namespaces: string[]): Promise<Trouble[]> {
  const each = [...new Set(namespaces)].map(async (namespace) => {
    const [pods, events] = await Promise.all([
      list<V1Pod>(client, `/api/v1/namespaces/${namespace}/pods?limit=500`),
      list<CoreV1Event>(client, `/api/v1/namespaces/${namespace}/events?fieldSelector=type%3DWarning&limit=500`),
    ]);
    return [...pods.flatMap(podTroubles), ...recentEvents(events)];
  });
  return (await Promise.all(each)).flat();
}

/** What the pods whose names begin so say that are not ready. */
export async function readPodTroubles(client: ApiClient, namespace: string, prefix: string): Promise<Trouble[]> {
  const pods = await list<V1Pod>(client, `/api/v1/namespaces/${namespace}/pods?limit=500`);
  return pods.filter(({ metadata }) => metadata?.name?.startsWith(prefix)).flatMap(podTroubles);
}

function podTroubles(pod: V1Pod): Trouble[] {
  const object = `Pod ${pod.metadata?.namespace}/${pod.metadata?.name}`;
  const statuses: V1ContainerStatus[] = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  const waiting = statuses.flatMap(({ name, ready, state, lastState }) => {
    const reason = state?.waiting?.reason;
    const ended = state?.terminated ?? lastState?.terminated;
    if (ready || reason === undefined || reason === "PodInitializing" || reason === "ContainerCreating") {
      return [];
    }
    const said = state?.waiting?.message ?? (ended && `it ended with ${ended.reason ?? "exit code"} ${ended.exitCode}`);
    return [{ object, text: `container ${name} is in ${reason}${said ? ` (${said})` : ""}` }];
  });
  const unscheduled = (pod.status?.conditions ?? [])
    .filter(({ type, status, message }) => type === "PodScheduled" && status === "False" && message)
    .map(({ message }) => ({ object, text: message ?? "" }));
  return [...waiting, ...unscheduled];
}

/**
 * Newest first, and of each object and reason the newest alone: events that differ in the name of a pod say the same. The
 * time of an event on the wire is text, whatever the library's type says.
 */
function recentEvents(events: CoreV1Event[]): Trouble[] {
  const seen = (event: CoreV1Event) => Date.parse(String(event.lastTimestamp ?? event.eventTime ?? "")) || 0;
  return events
    .filter((event) => Date.now() - seen(event) < 15 * 60_000)
    .sort((a, b) => seen(b) - seen(a))
    .filter(
      firstOf(({ involvedObject: { kind, namespace, name }, reason }) => `${kind} ${namespace}/${name} ${reason}`),
    )
    .map(({ involvedObject: { kind, namespace, name }, reason, message }) => ({
      object: `${kind} ${namespace}/${name}`,
      text: `${reason}: ${message}`,
    }));
}

/** Lets the first one through of those with the same key. */
function firstOf<T>(key: (item: T) => string): (item: T) => boolean {
  const seen = new Set<string>();
  return (item) => {
    const known = seen.has(key(item));
    seen.add(key(item));
    return !known;
  };
}
