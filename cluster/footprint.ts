// Reads what a mesh costs: its pods with what they request, and what they use, as the kubelets say or metrics.k8s.io does.
import type { V1Container, V1ObjectMeta, V1Pod } from "@kubernetes/client-node";
import { marks } from "../lib/checks/mesh";
import type { Named } from "../lib/cluster-state/snapshot";
import type { FootprintState } from "../lib/footprint/footprint";
import {
  isServed,
  meshPod,
  measured,
  podKey,
  type ContainerResources,
  type MeshPod,
  type ResourcePod,
} from "../lib/footprint/parts";
import { metricsUsage, summaryUsage, type ContainerUsage, type PodMetrics } from "../lib/footprint/usage";
import { parseQuantity } from "../lib/validation/quantity";
import { ApiClient, metadataOnly, type Api, type Reply } from "./client";
import type { ClusterTarget } from "./connection";
import { eachPage } from "./lists";
import { named, slimPod } from "./slim";

/** Kubelets that are asked at most: on a larger cluster they stand for the others. */
const mostKubelets = 50;
/** Kubelets that are asked at the same time. */
const parallel = 4;
/** A kubelet answers within milliseconds; one that is gone must not hold up the others. */
const kubeletMs = 5000;
/** Pods of waypoints that are asked for their connections at most. */
const mostWaypoints = 20;

/** What reading asks of a client. */
export type FootprintApi = Pick<Api, "server" | "get" | "getText"> & Pick<ApiClient, "getBehind">;

/** A kind without which there is no report may not be read. */
export class UnreadableError extends Error {
  override name = "UnreadableError";
}

/** Reads the target's cluster within the deadline. */
export async function readFootprint(
  target: ClusterTarget,
  deadlineMs: number,
  onProgress: (what: string) => void,
): Promise<FootprintState> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    return await footprintState(client, onProgress);
  } finally {
    client.close();
  }
}

/** Reads through a client that is there already. */
export async function footprintState(
  client: FootprintApi,
  onProgress: (what: string) => void = () => undefined,
): Promise<FootprintState> {
  onProgress("pods");
  const { pods, captured, waypoints } = await readPods(client);
  const used = pods.some(({ part }) => part === "waypoints") ? await readUsers(client, waypoints) : waypoints;
  const asked = await askKubelets(client, pods, onProgress);
  const state = {
    server: client.server,
    silentNodes: asked.silent,
    unaskedNodes: asked.unasked,
    pods: withUsage(pods, asked.usages),
    captured,
    ...(used ? { usedWaypoints: used } : {}),
    waypointConnections: await readConnections(client, pods),
  };
  if (asked.usages.length > 0 || pods.length === 0) return { ...state, source: "kubelets", reasons: [] };
  onProgress("metrics.k8s.io");
  const metrics = await readMetrics(client);
  const why = asked.why || "they have no statistics of the mesh's pods yet";
  const others = { ...state, silentNodes: [], unaskedNodes: 0 };
  return metrics.usages.length > 0
    ? { ...others, pods: withUsage(pods, metrics.usages), source: "metrics.k8s.io", reasons: [why] }
    : { ...others, source: "none", reasons: [why, metrics.why] };
}

/** The parts of the mesh; of all other pods only what is counted. */
async function readPods(client: FootprintApi) {
  const pods: MeshPod[] = [];
  const waypoints = new Set<string>();
  let captured = 0;
  const reply = await eachPage<V1Pod>(client, "/api/v1/pods", (page) => {
    for (const raw of page) {
      const pod: ResourcePod = { ...slimPod(raw), resources: resourcesOf(raw) };
      if (pod.phase === "Succeeded" || pod.phase === "Failed") continue;
      if (isServed(pod)) captured += 1;
      addUser(waypoints, pod, pod.namespace);
      const part = meshPod(pod);
      if (part) pods.push(part);
    }
  });
  if (reply !== undefined)
    throw new UnreadableError(`pods cannot be read: ${"why" in reply ? reply.why : "not served"}`);
  return { pods, captured, waypoints };
}

function resourcesOf({ spec }: V1Pod): Record<string, ContainerResources> {
  // Of the init containers only those that go on running, as native sidecars do.
  const init = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return Object.fromEntries(
    [...init, ...(spec?.containers ?? [])].map((container) => [container.name, amounts(container)]),
  );
}

function amounts({ resources }: V1Container): ContainerResources {
  const { requests = {}, limits = {} } = resources ?? {};
  const amount = (quantity: string | undefined): number | undefined =>
    quantity === undefined ? undefined : parseQuantity(quantity);
  const memoryLimit = amount(limits["memory"]);
  return {
    // Where only a limit is set, the API server makes it the request too.
    cpu: amount(requests["cpu"]) ?? 0,
    memory: amount(requests["memory"]) ?? 0,
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
  };
}

function addUser(waypoints: Set<string>, { labels }: Named, namespace: string): void {
  const name = labels[marks.useWaypoint];
  if (name !== undefined && name !== "none")
    waypoints.add(`${labels[marks.useWaypointNamespace] ?? namespace}/${name}`);
}

/** The waypoints that anything names; nothing where a kind that may name one cannot be read. */
async function readUsers(client: FootprintApi, ofPods: Set<string>): Promise<Set<string> | undefined> {
  const waypoints = new Set(ofPods);
  const serviceEntries = "/apis/networking.istio.io/v1/serviceentries";
  for (const path of ["/api/v1/namespaces", "/api/v1/services", serviceEntries]) {
    const add = (page: { metadata?: V1ObjectMeta }[]) => {
      for (const object of page.map(named)) addUser(waypoints, object, object.namespace || object.name);
    };
    const reply = await eachPage<{ metadata?: V1ObjectMeta }>(client, path, add, metadataOnly.list);
    if (reply !== undefined && reply.kind !== "missing") return undefined;
  }
  return waypoints;
}

/** Connections to each waypoint, as its Envoys say; one with a pod that gives no answer is skipped. */
async function readConnections(client: FootprintApi, pods: MeshPod[]): Promise<Map<string, number>> {
  const waypoints = pods.filter(({ part, node }) => part === "waypoints" && node !== "");
  const connections = new Map<string, number>();
  if (waypoints.length > mostWaypoints) return connections;
  for (const { namespace, name, owner } of waypoints) {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}:15090/proxy/stats/prometheus?filter=total_connections`;
    const text = (await client.getText(path, kubeletMs)) ?? "";
    const open = Number(/^envoy_server_total_connections(?:\{[^}]*\})? (\d+)$/m.exec(text)?.[1] ?? NaN);
    const key = owner.replace(/^Gateway /, "");
    connections.set(key, (connections.get(key) ?? 0) + open);
  }
  return new Map([...connections].filter(([, open]) => !Number.isNaN(open)));
}

/** What came of asking the kubelets. */
interface Asked {
  usages: ContainerUsage[];
  silent: { node: string; why: string }[];
  unasked: number;
  /** Why the first of them gave nothing. */
  why: string;
}

async function askKubelets(client: FootprintApi, pods: MeshPod[], onProgress: (what: string) => void): Promise<Asked> {
  const nodes = nodesToAsk(pods);
  const asked: Asked = { usages: [], silent: [], unasked: Math.max(0, nodes.length - mostKubelets), why: "" };
  const queue = nodes.slice(0, mostKubelets);
  const ask = async (node: string): Promise<Reply["kind"]> => {
    onProgress(`node ${node}`);
    const path = `/api/v1/nodes/${node}/proxy/stats/summary?only_cpu_and_memory=true`;
    const reply = await client.getBehind(path, kubeletMs);
    if (reply.kind === "ok") {
      asked.usages.push(...summaryUsage(reply.body).filter(isOneOf(pods)));
      return reply.kind;
    }
    const why = reply.kind === "missing" ? `no such node: ${node}` : reply.why;
    asked.silent.push({ node, why });
    asked.why ||= why;
    return reply.kind;
  };
  const [first] = queue;
  // Who may not ask one kubelet may not ask any.
  if (first === undefined || (await ask(queue.shift()!)) === "forbidden") return { ...asked, silent: [] };
  const worker = async () => {
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) await ask(node);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return asked;
}

/** The nodes of the mesh: first those with a part that not every node has. */
function nodesToAsk(pods: MeshPod[]): string[] {
  const everywhere = pods.filter(({ part }) => part === "istio-cni" || part === "ztunnel");
  const elsewhere = pods.filter(({ part }) => part !== "istio-cni" && part !== "ztunnel" && part !== "sidecars");
  const sidecars = pods.filter(({ part }) => part === "sidecars");
  const nodes = [...elsewhere, ...sidecars, ...everywhere].map(({ node }) => node);
  return [...new Set(nodes)].filter((node) => node !== "");
}

function isOneOf(pods: MeshPod[]): (usage: ContainerUsage) => boolean {
  const keys = new Set(pods.map(podKey));
  return ({ namespace, pod }) => keys.has(podKey({ namespace, name: pod }));
}

function withUsage(pods: MeshPod[], usages: ContainerUsage[]): MeshPod[] {
  const byPod = new Map<string, ContainerUsage[]>();
  for (const usage of usages) {
    const key = podKey({ namespace: usage.namespace, name: usage.pod });
    byPod.set(key, [...(byPod.get(key) ?? []), usage]);
  }
  return pods.map((pod) => measured(pod, byPod));
}

/** Labels by which the parts are asked for, one request each. metrics.k8s.io has no pages. */
const selectors = ["app in (istiod,ztunnel)", "k8s-app=istio-cni-node", marks.gatewayName, "security.istio.io/tlsMode"];

async function readMetrics(client: FootprintApi): Promise<{ usages: ContainerUsage[]; why: string }> {
  const usages: ContainerUsage[] = [];
  for (const labelSelector of selectors) {
    const query = new URLSearchParams({ labelSelector });
    const reply = await client.getBehind(`/apis/metrics.k8s.io/v1beta1/pods?${query.toString()}`, 2 * kubeletMs);
    if (reply.kind !== "ok") {
      return { usages, why: reply.kind === "missing" ? "the API has no metrics.k8s.io" : reply.why };
    }
    usages.push(...((reply.body as { items?: PodMetrics[] }).items ?? []).flatMap(metricsUsage));
  }
  return { usages, why: "metrics.k8s.io knows no pod of the mesh" };
}
