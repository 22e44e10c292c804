// Waiting until a mesh carries traffic, and why it does not: small reads of the mesh's own namespaces.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1DaemonSet, V1Deployment, V1EndpointSlice } from "@kubernetes/client-node";
import type { Finding } from "../lib/checks/check";
import {
  awaitedParts,
  isHopeless,
  readinessFindings,
  type DataPlane,
  type Rollout,
  type Trouble,
} from "../lib/cluster-state/readiness";
import { ApiClient, UnreachableError } from "./client";
import type { ClusterTarget } from "./connection";
import { listReadable } from "./lists";
import { named, slimEndpoints } from "./slim";
import { readFamily, readTroubles } from "./troubles";

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
    const last = await lookOnce(target, place, begun, until);
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

async function lookOnce(target: ClusterTarget, place: MeshPlace, begun: number, until: number): Promise<Readiness> {
  const client = await ApiClient.connect(target, lookMs);
  try {
    const plane = await readDataPlane(client, place);
    const findings = readinessFindings(plane);
    const isLast = until - Date.now() <= pauseMs;
    const parts = isLast ? awaitedParts(plane) : [];
    const troubles = parts.length > 0 ? await readTroubles(client, parts, await readFamily(client, parts), begun) : [];
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

async function readDataPlane(client: ApiClient, { namespace, nodeNamespace }: MeshPlace): Promise<DataPlane> {
  const [istiods, slices, daemonSets] = await Promise.all([
    listReadable<V1Deployment>(client, `/apis/apps/v1/namespaces/${namespace}/deployments?labelSelector=app%3Distiod`),
    listReadable<V1EndpointSlice>(
      client,
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Distiod`,
    ),
    listReadable<V1DaemonSet>(client, `/apis/apps/v1/namespaces/${nodeNamespace}/daemonsets`),
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
