// What of the mesh itself a migration looks at: the agents of the nodes, the webhooks that inject sidecars, other clusters.
import type { V1ConfigMap, V1DaemonSet, V1MutatingWebhookConfiguration, V1Node } from "@kubernetes/client-node";
import type { Ground, Injector } from "../lib/migration/facts";
import { metadataOnly, type ApiClient } from "./client";
import { listAll } from "./lists";
import { listOf, MigrationError } from "./migration-lists";
import type { MeshPod } from "./migration-workloads";

/** The two DaemonSets that make pods ambient. */
export async function readAgents(
  client: ApiClient,
  pods: readonly MeshPod[],
): Promise<Pick<Ground, "ztunnel" | "cni" | "cniAmbient">> {
  const sets = await listOf<V1DaemonSet>(client, "/apis/apps/v1/daemonsets");
  const named = (name: string, label: string, value: string) =>
    sets.filter(({ metadata }) => metadata?.name === name || metadata?.labels?.[label] === value);
  const [ztunnel, cni] = [
    named("ztunnel", "app.kubernetes.io/name", "ztunnel"),
    named("istio-cni-node", "k8s-app", "istio-cni-node"),
  ];
  const places = [...ztunnel, ...cni].some((set) => !isReady(set, 0)) ? await readPlaces(client) : undefined;
  const isServing = (set: V1DaemonSet) => isReady(set, places ? excused(set, pods, places) : 0);
  const place = cni[0]?.metadata?.namespace;
  const config = place && (await client.get(`/api/v1/namespaces/${place}/configmaps/istio-cni-config`));
  const mode = config && config.kind === "ok" ? (config.body as V1ConfigMap).data?.["AMBIENT_ENABLED"] : undefined;
  return { ztunnel: ztunnel.some(isServing), cni: cni.some(isServing), cniAmbient: mode !== "false" };
}

function isReady({ status }: V1DaemonSet, without: number): boolean {
  const ready = status?.numberReady ?? 0;
  return ready > 0 && ready + without >= (status?.desiredNumberScheduled ?? 0);
}

/** Names of nodes that new pods may be scheduled to; undefined where nodes may not be listed. */
async function readPlaces(client: ApiClient): Promise<Set<string> | undefined> {
  const listed = await listAll<V1Node>(client, "/api/v1/nodes");
  if (listed.kind !== "ok") return undefined;
  const open = listed.items.filter(
    ({ spec, status }) =>
      spec?.unschedulable !== true &&
      status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true,
  );
  return new Set(open.map(({ metadata }) => metadata?.name ?? ""));
}

/** Pods of a DaemonSet that are not ready, on nodes to which no pod of the namespace can come. */
function excused({ metadata }: V1DaemonSet, pods: readonly MeshPod[], places: ReadonlySet<string>): number {
  const own = pods.filter(
    ({ namespace, owner }) =>
      namespace === metadata?.namespace && owner?.kind === "DaemonSet" && owner.name === metadata?.name,
  );
  return own.filter(({ ready, node }) => !ready && node !== "" && !places.has(node)).length;
}

/** The webhooks of all istiods. */
export async function readInjectors(client: ApiClient): Promise<Injector[]> {
  const all = await listOf<V1MutatingWebhookConfiguration>(
    client,
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
  );
  return all.flatMap(({ metadata, webhooks = [] }) =>
    webhooks
      .filter(({ name }) => name.endsWith("sidecar-injector.istio.io"))
      .map(({ namespaceSelector, objectSelector }) => ({
        name: metadata?.name ?? "",
        ...(namespaceSelector ? { namespaces: namespaceSelector as Injector["namespaces"] } : {}),
        ...(objectSelector ? { pods: objectSelector as Injector["pods"] } : {}),
      })),
  );
}

/** What tells of other clusters: Secrets with access to them, networks of the mesh's configuration, gateways between them. */
export async function readClusters(
  client: ApiClient,
  system: string,
  pods: readonly MeshPod[],
  networks: readonly string[],
): Promise<Pick<Ground, "clusters" | "clustersUnread">> {
  const path = `/api/v1/namespaces/${system}/secrets?labelSelector=istio%2FmultiCluster%3Dtrue`;
  const listed = await listAll<{ metadata: { name: string } }>(client, path, metadataOnly.list);
  if (listed.kind === "failed") throw new MigrationError(`cannot list ${path.split("?")[0]}: ${listed.why}`);
  const secrets = listed.kind === "ok" ? listed.items : [];
  const gateways = pods.filter(
    ({ labels }) =>
      labels["istio"] === "eastwestgateway" ||
      labels["gateway.networking.k8s.io/gateway-class-name"] === "istio-east-west",
  );
  const found = [
    ...secrets.map(({ metadata: { name } }) => `Secret ${system}/${name}`),
    ...(networks.length > 0 ? [`meshNetworks ${networks.join(", ")} of ConfigMap ${system}/istio`] : []),
    ...gateways.map(({ namespace, serviceAccount }) => `east-west gateway ${namespace}/${serviceAccount}`),
  ];
  return { clusters: [...new Set(found)], clustersUnread: listed.kind === "forbidden" };
}
