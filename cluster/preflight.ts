// One small read of a cluster before anything is written to it, most of it at the same time: eighteen requests for a
// mesh that stands.
import type { V1ObjectMeta, V1Pod } from "@kubernetes/client-node";
import { type Access, type ClusterFacts, type FoundObject, type GatewayPlan, type Plan } from "../lib/preflight/facts";
import { isWhole, type ObjectKind } from "../lib/ownership/kinds";
import { stackMark } from "../lib/ownership/marks";
import { meshReleases } from "../lib/istio/releases";
import type { NamespaceState, PodState, WorkloadState } from "../lib/cluster-state/snapshot";
import { istioVersion, marks } from "../lib/checks/mesh";
import { installedBundle, reasonToLeave } from "../lib/gateway-api/bundle";
import { askedDefinitions } from "../lib/preflight/asked";
import type { JsonMap } from "../lib/drift";
import { readRefusals, readStoredVersions, type Surroundings } from "./admission";
import { readLeftovers } from "./chart-leftovers";
import { readCertManager, readDeployments } from "./cert-manager";
import { ApiClient, metadataOnly, type Api, type Reply } from "./client";
import type { ClusterTarget } from "./connection";
import { listReadable } from "./lists";
import { readNetworkPlugins, readPodInterfacePolicies } from "./network-plugins";
import { named, slimPod } from "./slim";
import { readDrift } from "./release-drift";
import type { KnownLists } from "./release-objects";
import { readSnapshot } from "./snapshot";

/** Facts, and what they cost. */
export interface FactsRead {
  facts: ClusterFacts;
  requests: number;
}

/** Reads what a plan has to be held against. Throws NoClusterError and UnreachableError. */
export async function readFacts(target: ClusterTarget, plan: Plan, deadlineMs: number): Promise<FactsRead> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    return { facts: await read(client, plan), requests: client.requests };
  } finally {
    client.close();
  }
}

async function read(client: ApiClient, plan: Plan): Promise<ClusterFacts> {
  const known = new Map<string, JsonMap[]>();
  const keeping = keepingLists(client, known);
  const [snapshot, controllers, metricsApi, denied, configMaps] = await Promise.all([
    readSnapshot(keeping, { kinds: ["nodes", "namespaces", "services", "daemonSets", "definitions", "helmReleases"] }),
    readControllers(keeping),
    plan.autoscale ? isServed(client, "/apis/metrics.k8s.io/v1beta1") : true,
    readDenied(client, plan),
    listReadable<{ metadata?: V1ObjectMeta }>(keeping, configMapsOf(plan.namespace)),
  ]);
  const { server, kubernetes, gaps, nodes, namespaces, services, daemonSets, definitions, helmReleases } = snapshot;
  const has = (crd: string) => definitions.some(({ name }) => name === crd);
  const isOwn = namespaces.some(
    ({ name, annotations }) => name === plan.namespace && annotations[stackMark] === plan.stack,
  );
  const issues = plan.gateway?.certificate !== undefined && has("certificates.cert-manager.io");
  const ambient = namespaces.some(({ labels }) => labels[marks.dataplaneMode] === "ambient");
  const signs = { daemonSets, definitions, isBlind: gaps.daemonSets !== undefined };
  const [uncapturable, network, podInterfacePolicies, objects, issuerFound, certManager, drift] = await Promise.all([
    ambient ? readUncapturable(client, has("virtualmachineinstances.kubevirt.io")) : [],
    readNetworkPlugins(client, signs),
    readPodInterfacePolicies(client, signs),
    plan.gateway ? readObjects(client, plan.gateway, has, known) : [],
    readIssuer(client, plan),
    issues ? readCertManager(client, controllers) : undefined,
    isOwn ? readDrift(client, meshReleases(plan), "vital", known) : undefined,
  ]);
  const istiods = (controllers ?? []).filter(({ labels }) => labels["app"] === "istiod");
  const isGone = controllers !== undefined && istiods.length === 0;
  const leftovers = isGone ? await readLeftovers(client, plan, namespaces) : [];
  const lists = { nodes, namespaces, services, istiods, daemonSets, definitions, helmReleases, uncapturable, objects };
  const drifted = drift?.drifted ?? [];
  const networkPlugins = network.plugins;
  const missingPullSecrets = await readMissingPullSecrets(client, plan, namespaces);
  const asked = denied.length === 0 && changesMesh(plan, istiods, isOwn) ? plan : {};
  const admission = await readAdmission(client, asked, { namespaces, definitions });
  const own = { issuerFound, certManager, metricsApi, denied, drifted };
  return {
    server,
    kubernetes,
    gaps,
    ...lists,
    configMaps: configMaps.map(named),
    leftovers,
    networkPlugins,
    podInterfacePolicies,
    missingPullSecrets,
    ...admission,
    ...own,
  };
}

/** Requests that a look may come to; what is asked beyond what has to be read stays within. */
const requestLimit = 25;

/** A mesh that stands, of this very release, is not written again. */
function changesMesh({ namespace, version }: Plan, istiods: WorkloadState[], isOwn: boolean): boolean {
  const standing = istiods.find((istiod) => istiod.namespace === namespace);
  return !isOwn || standing === undefined || istioVersion(standing)?.version !== version;
}

/** What the cluster would say to the mesh's objects, one after the other as long as requests are left. */
async function readAdmission(
  client: ApiClient,
  { asked = [], gatewayApi }: Pick<Plan, "asked" | "gatewayApi">,
  around: Surroundings,
): Promise<Pick<ClusterFacts, "refusals" | "storedVersions">> {
  const installed = installedBundle([...around.definitions]);
  const wanted = { bundleVersion: `v${gatewayApi ?? ""}`, channel: "standard" };
  const isLeft = gatewayApi === undefined || reasonToLeave(installed, wanted) !== undefined;
  const open = isLeft ? asked.filter(({ name }) => name !== askedDefinitions.gatewayApi) : asked;
  const refusals = await readRefusals(client, open, around, requestLimit - client.requests);
  const bundle = isLeft ? undefined : gatewayApi;
  const left = requestLimit - client.requests;
  return { refusals, storedVersions: await readStoredVersions(client, bundle, around.definitions, left) };
}

async function readMissingPullSecrets(client: ApiClient, plan: Plan, namespaces: NamespaceState[]) {
  const places = [plan.namespace, plan.nodeNamespace, ...(plan.gateway ? [plan.gateway.namespace] : [])];
  const wanted = [...new Set(places)].flatMap((namespace) =>
    (plan.pullSecrets ?? []).map((name) => ({ namespace, name })),
  );
  const found = await Promise.all(
    wanted.map(async ({ namespace, name }) => {
      if (!namespaces.some((each) => each.name === namespace)) return false;
      const reply = await client.get(`/api/v1/namespaces/${namespace}/secrets/${name}`, metadataOnly.object);
      return reply.kind !== "missing";
    }),
  );
  return wanted.filter((_, index) => found[index] === false);
}

/** Lists in which the preflight and the look at the releases' objects meet. */
const sharedLists = [
  "/api/v1/services",
  "/apis/apps/v1/daemonsets",
  "/apis/apps/v1/deployments",
  "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
];

function configMapsOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

/** The same client, but it keeps what the shared lists bring, page by page. */
function keepingLists(client: Api, kept: Map<string, JsonMap[]>): Api {
  return {
    server: client.server,
    get: async (path, accept) => {
      const reply = await client.get(path, accept);
      const list = path.split("?")[0] ?? "";
      if (reply.kind === "ok" && (sharedLists.includes(list) || list.endsWith("/configmaps"))) {
        const { items: page } = reply.body as { items?: JsonMap[] | null };
        kept.set(list, [...(kept.get(list) ?? []), ...(page ?? [])]);
      }
      return reply;
    },
    patch: (path, body, kind) => client.patch(path, body, kind),
    getText: (path, timeoutMs) => client.getText(path, timeoutMs),
  };
}

/** Deployments of istiod and of cert-manager's controller; undefined where they may not be listed. */
function readControllers(client: Api): Promise<WorkloadState[] | undefined> {
  return readDeployments(client, "app in (istiod,cert-manager)");
}

/** Pods that ambient leaves alone, by what selectors tell: the node's network, the label of injected pods, and KubeVirt's. */
async function readUncapturable(client: ApiClient, hasMachines: boolean): Promise<PodState[]> {
  const pods = (selector: string) => listReadable<V1Pod>(client, `/api/v1/pods?${selector}`);
  const lists = await Promise.all([
    pods("fieldSelector=spec.hostNetwork%3Dtrue"),
    pods("labelSelector=security.istio.io%2FtlsMode"),
    hasMachines ? pods("labelSelector=kubevirt.io%3Dvirt-launcher%2C%21security.istio.io%2FtlsMode") : [],
  ]);
  return lists.flat().map(slimPod);
}

async function isServed(client: ApiClient, path: string): Promise<boolean> {
  return (await client.get(path)).kind === "ok";
}

/** Objects of the kinds that a mesh makes for its gateway: in the gateway's namespace, its former Gateways elsewhere too. */
async function readObjects(
  client: ApiClient,
  { name, namespace, certificate }: GatewayPlan,
  has: (crd: string) => boolean,
  known: KnownLists,
): Promise<FoundObject[]> {
  const list = async (kind: ObjectKind, path: string): Promise<FoundObject[]> => {
    const whole = isWhole(kind);
    const accept = whole ? undefined : metadataOnly.list;
    const found = await listReadable<{ metadata?: V1ObjectMeta }>(client, path, accept);
    return found.map((raw) => ({ ...named(raw), kind, ...(whole && { body: raw }) }));
  };
  const inNamespace = (kind: ObjectKind, api: string, plural: string): Promise<FoundObject[]> =>
    list(kind, `${api}/namespaces/${namespace}/${plural}`);
  // Who may not list the Gateways of all namespaces may list those of the gateway's.
  const readGateways = async (): Promise<FoundObject[]> => {
    const api = "/apis/gateway.networking.k8s.io/v1";
    const all = await list("Gateway", `${api}/gateways`);
    return all.length > 0 ? all : inNamespace("Gateway", api, "gateways");
  };
  const certManager = certificate !== undefined && has("certificates.cert-manager.io");
  const readOverlay = async (): Promise<FoundObject[]> => {
    const path = configMapsOf(namespace);
    const listed = (known.get(path) ?? []).map((raw) => named(raw)).find((found) => found.name === `${name}-overlay`);
    if (listed) return [{ ...listed, kind: "ConfigMap" }];
    const reply = await client.get(`${path}/${name}-overlay`, metadataOnly.object);
    return reply.kind === "ok" ? [{ ...named(reply.body as object), kind: "ConfigMap" }] : [];
  };
  const lists = await Promise.all([
    has("gateways.gateway.networking.k8s.io") ? readGateways() : [],
    certManager ? inNamespace("Certificate", "/apis/cert-manager.io/v1", "certificates") : [],
    certManager ? inNamespace("Issuer", "/apis/cert-manager.io/v1", "issuers") : [],
    readOverlay(),
  ]);
  return lists.flat();
}

/** Whether the named issuer is there; undefined where that cannot be read. */
async function readIssuer(client: ApiClient, { gateway }: Plan): Promise<boolean | undefined> {
  if (!gateway?.issuer) {
    return undefined;
  }
  const { kind, name } = gateway.issuer;
  const scope = kind === "Issuer" ? `namespaces/${gateway.namespace}/issuers` : "clusterissuers";
  const reply = await client.get(`/apis/cert-manager.io/v1/${scope}/${name}`, metadataOnly.object);
  return reply.kind === "ok" ? true : reply.kind === "missing" ? false : undefined;
}

/** Rights that the credentials lack: one question where they may do everything, one for each kind otherwise. */
async function readDenied(client: ApiClient, plan: Plan): Promise<Access[]> {
  if (await mayI(client, { verb: "*", group: "*", resource: "*", namespace: "" })) {
    return [];
  }
  const needed = neededRights(plan);
  const answers = await Promise.all(needed.map((access) => mayI(client, access)));
  return needed.filter((_, index) => answers[index] === false);
}

function neededRights({ namespace, nodeNamespace, adoptNamespace, gateway }: Plan): Access[] {
  const create = (resource: string, group: string, into = ""): Access => ({
    verb: "create",
    group,
    resource,
    namespace: into,
  });
  return [
    adoptNamespace ? { verb: "patch", group: "", resource: "namespaces", namespace: "" } : create("namespaces", ""),
    create("customresourcedefinitions", "apiextensions.k8s.io"),
    create("clusterroles", "rbac.authorization.k8s.io"),
    create("mutatingwebhookconfigurations", "admissionregistration.k8s.io"),
    create("secrets", "", namespace),
    create("daemonsets", "apps", nodeNamespace),
    ...(gateway ? [create("gateways", "gateway.networking.k8s.io", gateway.namespace)] : []),
    ...(gateway?.certificate === undefined ? [] : [create("certificates", "cert-manager.io", gateway.namespace)]),
  ];
}

/** The API server's own answer; undefined when it gives none. */
export async function mayI(client: ApiClient, resourceAttributes: Access): Promise<boolean | undefined> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  const reply: Reply = await client.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review);
  return reply.kind === "ok" ? (reply.body as { status?: { allowed?: boolean } }).status?.allowed === true : undefined;
}
