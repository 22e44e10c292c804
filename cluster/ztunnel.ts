// What the nodes' own proxies say, asked through the API server: is istio-cni connected, and how many pods does ztunnel serve.
import type { V1Pod } from "@kubernetes/client-node";
import { isCaptured } from "../lib/checks/mesh";
import type { ClusterSnapshot, PodState, ZtunnelCount, ZtunnelLink } from "../lib/cluster-state/snapshot";
import type { Api } from "./client";
import { listAll } from "./lists";
import { slimPod } from "./slim";

/** Nodes whose istio-cni is asked about its ztunnel. */
const askedAgents = 5;
/** Nodes whose ztunnel is asked, those with the most captured pods first: its metrics can be long. */
const askedZtunnels = 20;
/** Of these at the same time. */
const parallel = 4;
const patienceMs = 3000;

/** Asks istio-cni of a few nodes how many ztunnels it is connected to. */
export async function readZtunnelLinks(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const agents = snapshot.pods.filter((pod) => pod.labels["k8s-app"] === "istio-cni-node" && pod.phase === "Running");
  snapshot.ztunnelLinks = await Promise.all(
    agents.slice(0, askedAgents).map(async (agent): Promise<ZtunnelLink> => {
      const { namespace, name, labels, annotations, node } = agent;
      const connected = await readMetric(client, agent, 15014, "ztunnel_connected");
      return { namespace, name, labels, annotations, node, ...(connected === undefined ? {} : { connected }) };
    }),
  );
  const silent = snapshot.ztunnelLinks.filter((link) => link.connected === undefined);
  if (silent.length > 0) {
    const names = silent.map((link) => `${link.namespace}/${link.name}`).join(", ");
    const why = `no metric ztunnel_connected from ${names}`;
    const rest = silent.length < snapshot.ztunnelLinks.length;
    snapshot.gaps.ztunnelLinks = { cause: "failed", why, ...(rest ? { partial: true } : {}) };
  }
}

/** Asks ztunnel of the nodes with most of the captured pods how many pods it serves. */
export async function readZtunnelCounts(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const captured = new Map<string, PodState[]>();
  for (const pod of snapshot.pods.filter(isServed)) {
    const onNode = captured.get(pod.node);
    if (onNode) onNode.push(pod);
    else captured.set(pod.node, [pod]);
  }
  const ztunnels = snapshot.pods
    .filter((pod) => pod.labels["app"] === "ztunnel" && pod.ready && !pod.deleting && captured.has(pod.node))
    .sort((one, other) => captured.get(other.node)!.length - captured.get(one.node)!.length);
  const silent: PodState[] = [];
  const queue = ztunnels.slice(0, askedZtunnels);
  const worker = async () => {
    for (let ztunnel = queue.shift(); ztunnel; ztunnel = queue.shift()) {
      const count = await countOf(client, ztunnel, captured.get(ztunnel.node)!);
      if (count) snapshot.ztunnelCounts.push(count);
      else silent.push(ztunnel);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  snapshot.ztunnelCounts = fullest(snapshot.ztunnelCounts).sort((one, other) => one.node.localeCompare(other.node));
  if (silent.length > 0) {
    const names = silent.map(({ namespace, name }) => `${namespace}/${name}`).sort();
    const why = `no metric workload_manager_active_proxy_count from ${names.join(", ")}`;
    const rest = snapshot.ztunnelCounts.length > 0;
    snapshot.gaps.ztunnelCounts = { cause: "failed", why, ...(rest ? { partial: true } : {}) };
  }
}

/** Of two on one node, as during a rollout, the one that serves more. */
function fullest(counts: ZtunnelCount[]): ZtunnelCount[] {
  const byNode = new Map<string, ZtunnelCount>();
  for (const count of counts) {
    if ((byNode.get(count.node)?.served ?? -1) < count.served) byNode.set(count.node, count);
  }
  return [...byNode.values()];
}

/** A count that does not fit is taken a second time beside a list of the node's pods: they may have gone in between. */
async function countOf(client: Api, ztunnel: PodState, listed: PodState[]): Promise<ZtunnelCount | undefined> {
  const { namespace, name, labels, annotations, node } = ztunnel;
  const ask = () => readMetric(client, ztunnel, 15020, "workload_manager_active_proxy_count");
  let served = await ask();
  let pods = listed;
  if (served !== undefined && served < pods.length) {
    const fieldSelector = encodeURIComponent(`spec.nodeName=${node}`);
    const again = await listAll<V1Pod>(client, `/api/v1/pods?fieldSelector=${fieldSelector}`);
    if (again.kind === "ok") pods = again.items.map(slimPod).filter(isServed);
    served = await ask();
  }
  if (served === undefined) {
    return undefined;
  }
  return {
    namespace,
    name,
    labels,
    annotations,
    node,
    served,
    captured: pods.map((pod) => `${pod.namespace}/${pod.name}`),
  };
}

function isServed(pod: PodState): boolean {
  return isCaptured(pod) && pod.phase === "Running" && !pod.deleting && !pod.hostNetwork;
}

/** One gauge from the metrics of a pod. */
async function readMetric(
  client: Api,
  { namespace, name }: PodState,
  port: number,
  metric: string,
): Promise<number | undefined> {
  const text = await client.getText(`/api/v1/namespaces/${namespace}/pods/${name}:${port}/proxy/metrics`, patienceMs);
  const value = new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)$`, "m").exec(text ?? "")?.[1];
  return value === undefined ? undefined : Number(value);
}
