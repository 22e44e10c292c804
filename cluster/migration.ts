// Reads what a migration looks at: one namespace whole, the policies of the whole mesh, and who else is in the mesh.
import type {
  V1ConfigMap,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1Service,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { parse } from "yaml";
import type { LabelSelector } from "../lib/checks/enablement";
import { meshLabels } from "../lib/istio/labels";
import type { Budget, Caller, Ground, MigrationFacts, NamespaceFacts } from "../lib/migration/facts";
import type {
  AuthorizationPolicy,
  KubeObject,
  PeerAuthentication,
  RequestAuthentication,
  Workload,
} from "../lib/migration/objects";
import { concerning, type DefaultExports } from "../lib/migration/elsewhere";
import { asksForIdentity } from "../lib/migration/next-pods";
import { awayPlaces } from "../lib/migration/route-effects";
import { allRights, rightText } from "../lib/migration/rights";
import type { ApiClient } from "./client";
import { listOf } from "./migration-lists";
import {
  callersOf,
  isGateway,
  jobOf,
  looseWorkloads,
  readMeshPod,
  serviceOf,
  workloadOf,
  type MeshPod,
  type RawPod,
} from "./migration-workloads";
import { readAgents, readClusters, readInjectors } from "./migration-mesh";
import { readKept } from "./migration-keepers";
import { mayI } from "./preflight";
import { budgetSelector, slimNetworkPolicy } from "./slim-policies";

export { listOf, MigrationError } from "./migration-lists";

const istioKinds: [string, string, string][] = [
  ...["VirtualService", "DestinationRule", "Sidecar", "Gateway", "ServiceEntry", "WorkloadEntry", "WorkloadGroup"].map(
    (kind): [string, string, string] => ["networking.istio.io/v1", kind, pluralOf(kind)],
  ),
  ["networking.istio.io/v1alpha3", "EnvoyFilter", "envoyfilters"],
  ["networking.istio.io/v1beta1", "ProxyConfig", "proxyconfigs"],
  ["extensions.istio.io/v1alpha1", "WasmPlugin", "wasmplugins"],
  ["telemetry.istio.io/v1", "Telemetry", "telemetries"],
  ["gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes"],
  ["gateway.networking.k8s.io/v1", "GRPCRoute", "grpcroutes"],
];

/** Kinds of the root namespace that hold for all of the mesh. */
const wide = ["EnvoyFilter", "Telemetry", "WasmPlugin", "Sidecar"];

/** Kinds of which those of any namespace may count. */
const exported = ["VirtualService", "DestinationRule", "ServiceEntry"];

function pluralOf(kind: string): string {
  const lowered = kind.toLowerCase();
  return lowered.endsWith("y") ? `${lowered.slice(0, -1)}ies` : `${lowered}s`;
}

/** Names of all namespaces, with their labels. */
export async function readNamespaces(client: ApiClient): Promise<NamespaceFacts[]> {
  const all = await listOf<{ metadata: { name: string; uid: string; labels?: Record<string, string> } }>(
    client,
    "/api/v1/namespaces",
  );
  return all.map(({ metadata: { name, uid, labels = {} } }) => ({ name, uid, labels }));
}

/** All pods, as far as the mesh is concerned. */
export async function readMeshPods(client: ApiClient): Promise<MeshPod[]> {
  return (await listOf<RawPod>(client, "/api/v1/pods")).flatMap((raw) => readMeshPod(raw) ?? []);
}

/** One look at a namespace and at what concerns it elsewhere. */
export async function readMigration(client: ApiClient, namespace: NamespaceFacts): Promise<MigrationFacts> {
  const { name } = namespace;
  const [istiod, pods] = await Promise.all([readIstiod(client), readMeshPods(client)]);
  const system = istiod?.metadata?.namespace ?? "istio-system";
  const [mesh, workloads, agents, injectors, hasClass, missingRights, kept] = await Promise.all([
    readMeshConfig(client, system, istiod?.metadata?.labels?.[meshLabels.revision] ?? "default"),
    readWorkloads(client, name, pods),
    readAgents(client, pods),
    readInjectors(client),
    client.get("/apis/gateway.networking.k8s.io/v1/gatewayclasses/istio-waypoint"),
    readMissingRights(client, name),
    readKept(client, name),
  ]);
  const root = mesh.rootNamespace || system;
  const clusters = await readClusters(client, system, pods, mesh.networks);
  const places = [...new Set([name, root])];
  const policies = <T extends KubeObject>(kind: string, plural: string, from?: string[]) =>
    readKind<T>(client, "security.istio.io/v1", kind, plural, from);
  const isHere = ({ metadata }: KubeObject) => places.includes(metadata.namespace ?? "");
  const [authorization, authentications, peers, traffic, services, budgets, networkPolicies, gateways] =
    await Promise.all([
      policies<AuthorizationPolicy>("AuthorizationPolicy", "authorizationpolicies"),
      policies<RequestAuthentication>("RequestAuthentication", "requestauthentications", places),
      policies<PeerAuthentication>("PeerAuthentication", "peerauthentications"),
      readTraffic(client, name, root),
      listOf<V1Service>(client, `/api/v1/namespaces/${name}/services`),
      listOf<V1PodDisruptionBudget>(client, `/apis/policy/v1/namespaces/${name}/poddisruptionbudgets`),
      listOf<Parameters<typeof slimNetworkPolicy>[0]>(
        client,
        `/apis/networking.k8s.io/v1/namespaces/${name}/networkpolicies`,
      ),
      readGateways(client, name),
    ]);
  const ground: Ground = {
    ...(istiod ? { istiod: releaseOf(istiod) } : {}),
    ...agents,
    ambient: envOf(istiod)["PILOT_ENABLE_AMBIENT"] === "true",
    hbone: mesh.hbone,
    gatewayApi: hasClass.kind === "ok",
    registryOnly: mesh.registryOnly,
    missingRights,
    discovery: mesh.discovery,
    injectors,
    ...clusters,
  };
  const own = pods.filter((pod) => pod.namespace === name);
  const facts: MigrationFacts = {
    ...{ server: client.server, system, root, ground, namespace, workloads },
    ...{ trustDomain: mesh.trustDomain, trustDomainAliases: mesh.trustDomainAliases },
    services: services.filter(isReal).map((service) => serviceOf(service, namespace.labels, own)),
    budgets: budgets.map(budgetOf),
    networkPolicies: networkPolicies.map(slimNetworkPolicy),
    policies: authorization.filter(isHere),
    authentications,
    identityCounts: [...authorization, ...peers].some(asksForIdentity),
    peers: peers.filter(isHere).sort((one, other) => created(one).localeCompare(created(other))),
    traffic: traffic.filter(({ kind, metadata }) => metadata.namespace === name || !exported.includes(kind)),
    entries: traffic.filter(({ kind, metadata }) => kind === "ServiceEntry" && metadata.namespace !== name),
    ...gateways,
    gatewayPods: own.filter(({ proxy }) => proxy === "gateway"),
    kept,
    callers: callersOf(pods.filter((pod) => pod.namespace !== system || pod.proxy === "gateway")) satisfies Caller[],
    away: [],
  };
  const others = awayPlaces(facts);
  const away = authorization.filter((policy) => !isHere(policy) && others.includes(policy.metadata.namespace ?? ""));
  return { ...facts, away, traffic: [...facts.traffic, ...concerning(traffic, facts, mesh.exports)] };
}

function created({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? "";
}

/** Those that istiod makes for waypoints and gateways are none of the applications'. */
function isReal({ metadata }: V1Service): boolean {
  return !("gateway.istio.io/managed" in (metadata?.labels ?? {}));
}

async function readKind<T extends KubeObject>(
  client: ApiClient,
  apiVersion: string,
  kind: string,
  plural: string,
  places?: string[],
): Promise<T[]> {
  const paths = places?.map((place) => `namespaces/${place}/${plural}`) ?? [plural];
  const lists = await Promise.all(paths.map((path) => listOf<T>(client, `/apis/${apiVersion}/${path}`)));
  return lists.flat().map((object) => withoutTimes({ ...object, apiVersion, kind }));
}

/** What the API server keeps for itself is no part of an object. */
function withoutTimes<T extends KubeObject>(object: T): T {
  const fields = Object.entries(object.metadata).filter(([key]) => key !== "managedFields");
  const kept = Object.entries({ ...object, metadata: Object.fromEntries(fields) }).filter(([key]) => key !== "status");
  return Object.fromEntries(kept) as unknown as T;
}

async function readTraffic(client: ApiClient, namespace: string, root: string): Promise<MigrationFacts["traffic"]> {
  type Traffic = MigrationFacts["traffic"][number];
  const lists = await Promise.all(
    istioKinds.map(([apiVersion, kind, plural]) => {
      const places = root !== namespace && wide.includes(kind) ? [namespace, root] : [namespace];
      return readKind<Traffic>(client, apiVersion, kind, plural, exported.includes(kind) ? undefined : places);
    }),
  );
  return lists.flat();
}

async function readGateways(
  client: ApiClient,
  namespace: string,
): Promise<Pick<MigrationFacts, "waypoints" | "gateways">> {
  const all = await listOf<{ metadata: { name: string }; spec?: { gatewayClassName?: string } }>(
    client,
    `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/gateways`,
  );
  const named = (isWaypoint: boolean) =>
    all
      .filter(({ spec }) => (spec?.gatewayClassName === "istio-waypoint") === isWaypoint)
      .map(({ metadata }) => metadata.name);
  return { waypoints: named(true), gateways: named(false) };
}

/** The one in the usual namespace where there are several. */
async function readIstiod(client: ApiClient): Promise<V1Deployment | undefined> {
  const all = await listOf<V1Deployment>(client, "/apis/apps/v1/deployments?labelSelector=app%3Distiod");
  return all.find(({ metadata }) => metadata?.namespace === "istio-system") ?? all[0];
}

function releaseOf({ metadata, spec }: V1Deployment): string {
  const image = spec?.template.spec?.containers.find(({ name }) => name === "discovery")?.image ?? "";
  const tag = /:([^/@:]+)(@|$)/.exec(image)?.[1]?.replace(/-(distroless|debug)$/, "");
  return tag ?? metadata?.labels?.["app.kubernetes.io/version"] ?? "unknown";
}

function envOf(deployment: V1Deployment | undefined): Record<string, string> {
  const all = deployment?.spec?.template.spec?.containers.flatMap(({ env = [] }) => env) ?? [];
  return Object.fromEntries(all.map(({ name, value = "" }) => [name, value]));
}

interface MeshConfig {
  rootNamespace: string;
  trustDomain: string;
  trustDomainAliases: string[];
  hbone: boolean;
  registryOnly: boolean;
  exports: DefaultExports;
  discovery: LabelSelector[];
  /** Networks of other clusters. */
  networks: string[];
}

async function readMeshConfig(client: ApiClient, system: string, revision: string): Promise<MeshConfig> {
  const name = revision === "default" ? "istio" : `istio-${revision}`;
  const reply = await client.get(`/api/v1/namespaces/${system}/configmaps/${name}`);
  const data = reply.kind === "ok" ? (reply.body as V1ConfigMap).data : undefined;
  const { networks } = (parse(data?.["meshNetworks"] ?? "{}") ?? {}) as { networks?: object };
  const mesh = (parse(data?.["mesh"] ?? "{}") ?? {}) as {
    rootNamespace?: string;
    trustDomain?: string;
    trustDomainAliases?: string[];
    defaultConfig?: { proxyMetadata?: { [name: string]: string } };
    outboundTrafficPolicy?: { mode?: string };
    discoverySelectors?: LabelSelector[];
    defaultVirtualServiceExportTo?: string[];
    defaultDestinationRuleExportTo?: string[];
  };
  return {
    rootNamespace: mesh.rootNamespace ?? "",
    trustDomain: mesh.trustDomain ?? "cluster.local",
    trustDomainAliases: mesh.trustDomainAliases ?? [],
    hbone: mesh.defaultConfig?.proxyMetadata?.["ISTIO_META_ENABLE_HBONE"] === "true",
    registryOnly: mesh.outboundTrafficPolicy?.mode === "REGISTRY_ONLY",
    discovery: mesh.discoverySelectors ?? [],
    networks: Object.keys(networks ?? {}),
    exports: {
      VirtualService: mesh.defaultVirtualServiceExportTo ?? ["*"],
      DestinationRule: mesh.defaultDestinationRuleExportTo ?? ["*"],
    },
  };
}

/** Workloads of a namespace, with what their pods are. */
export async function readWorkloads(client: ApiClient, namespace: string, pods: MeshPod[]): Promise<Workload[]> {
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const batch = `/apis/batch/v1/namespaces/${namespace}`;
  const [deployments, statefulSets, daemonSets, replicaSets, jobs, cronJobs] = await Promise.all([
    listOf<V1Deployment>(client, `${apps}/deployments`),
    listOf<V1StatefulSet>(client, `${apps}/statefulsets`),
    listOf<V1DaemonSet>(client, `${apps}/daemonsets`),
    listOf<V1ReplicaSet>(client, `${apps}/replicasets`),
    listOf<V1Job>(client, `${batch}/jobs`),
    listOf<V1CronJob>(client, `${batch}/cronjobs`),
  ]);
  const own = pods.filter((pod) => pod.namespace === namespace);
  const rolled = [
    ...deployments.map((raw) => workloadOf("Deployment", raw, own, replicaSets)),
    ...statefulSets.map((raw) => workloadOf("StatefulSet", raw, own, replicaSets)),
    ...daemonSets.map((raw) => workloadOf("DaemonSet", raw, own, replicaSets)),
  ].filter((workload) => !isGateway(workload));
  const batches = [
    ...jobs.filter(({ status }) => !status?.completionTime).map((raw) => jobOf("Job", raw, own)),
    ...cronJobs.map((raw) => jobOf("CronJob", raw, own)),
  ];
  const known = new Set([...rolled, ...batches].flatMap((workload) => workload.pods.map(({ name }) => name)));
  return [...rolled, ...batches, ...looseWorkloads(own.filter((pod) => !known.has(pod.name)))];
}

function budgetOf({ metadata, spec, status }: V1PodDisruptionBudget): Budget {
  return {
    name: metadata?.name ?? "",
    selector: budgetSelector(spec?.selector),
    allowed: status?.disruptionsAllowed ?? 0,
  };
}

async function readMissingRights(client: ApiClient, namespace: string): Promise<string[]> {
  if (await mayI(client, { verb: "*", group: "*", resource: "*", namespace: "" })) return [];
  const asked = await Promise.all(allRights.map((right) => mayI(client, { ...right, namespace })));
  return allRights.filter((_, index) => asked[index] === false).map((right) => rightText(right, namespace));
}
