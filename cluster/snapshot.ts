// One read of a cluster: paged lists of a fixed set of kinds, cut down page by page, with what could not be read.
import type { ClusterSnapshot, Gap, Kind, Reference, SnapshotLists } from "../lib/cluster-state/snapshot";
import { cniConfig, cniDaemonSets, istiods, ztunnelDaemonSets } from "../lib/checks/mesh";
import { authorityNames } from "../lib/checks/certificates";
import { meshConfigName } from "../lib/checks/mesh-config";
import { charts } from "../lib/istio/releases";
import type { V1ConfigMap, V1Secret } from "@kubernetes/client-node";
import { ApiClient, type Api, type Reply } from "./client";
import type { ClusterTarget } from "./connection";
import type { ReleaseName } from "./helm-releases";
import { readNetworkPlugins } from "./network-plugins";
import { readOtherPolicies } from "./other-policies";
import { sources, type ListedKind, type Source } from "./kinds";
import { isExpired } from "./lists";
import { gapWithin, isListedByNamespace, ofNamespace, readNamespaces } from "./namespace-lists";
import { readDrift } from "./release-drift";
import { slimConfigMap, slimSecret } from "./slim";
import { confirmStartHooks } from "./start-hooks";
import { readZtunnelCounts, readZtunnelLinks } from "./ztunnel";

/** Objects that one list request asks for. */
const pageSize = 500;
/** Lists read at the same time; more would only hold more pages in memory. */
const parallel = 4;
/** Named objects that are read one by one; from there on, one list is cheaper. */
const fewObjects = 10;

export interface SnapshotOptions {
  /** Kinds to read; all when not given. */
  kinds?: Kind[];
  /** Namespaces to read one by one what may not be listed in all of them. */
  namespaces?: readonly string[];
  /** Called before each kind is read. */
  onProgress?: (kind: Kind) => void;
}

/** A snapshot, and what it cost. */
export interface SnapshotRead {
  snapshot: ClusterSnapshot;
  requests: number;
}

/** Reads the target's cluster within the deadline. Throws NoClusterError and UnreachableError. */
export async function readCluster(
  target: ClusterTarget,
  deadlineMs: number,
  options: SnapshotOptions = {},
): Promise<SnapshotRead> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    return { snapshot: await readSnapshot(client, options), requests: client.requests };
  } finally {
    client.close();
  }
}

/** Reads through a client that is there already. */
export async function readSnapshot(client: Api, options: SnapshotOptions = {}): Promise<ClusterSnapshot> {
  const wanted = (kind: Kind) => options.kinds === undefined || options.kinds.includes(kind);
  const snapshot = emptySnapshot(client.server);
  snapshot.kubernetes = await kubernetesVersion(client);

  const queue = listedKinds.filter(wanted);
  let definitions = Promise.resolve();
  const worker = async () => {
    for (let kind = queue.shift(); kind; kind = queue.shift()) {
      options.onProgress?.(kind);
      if (sources[kind].some(({ definition }) => definition)) await definitions;
      const read = readKind(client, snapshot, kind, options.namespaces ?? []);
      if (kind === "definitions") definitions = read;
      await read;
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));

  if (wanted("configMaps")) await readConfigMaps(client, snapshot);
  if (wanted("secrets")) await readSecrets(client, snapshot);
  if (wanted("secrets") && wanted("configMaps")) await readRoots(client, snapshot);
  if (wanted("drift")) await readReleaseDrift(client, snapshot);
  if (wanted("ztunnelLinks")) await readZtunnelLinks(client, snapshot);
  if (wanted("networkPlugins")) await readPlugins(client, snapshot);
  if (wanted("otherPolicies")) await readOtherPolicies(client, snapshot);
  if (wanted("ztunnelCounts")) await readZtunnelCounts(client, snapshot);
  if (wanted("pods")) await confirmStartHooks(client, snapshot.pods);
  return snapshot;
}

/** The longest lists, so that they do not end up alone, and what others wait for. */
const firstKinds: ListedKind[] = ["pods", "services", "definitions"];
const listedKinds: ListedKind[] = [
  ...firstKinds,
  ...(Object.keys(sources) as ListedKind[]).filter((kind) => !firstKinds.includes(kind)),
];

function emptySnapshot(server: string): ClusterSnapshot {
  return {
    server,
    kubernetes: "",
    gaps: {},
    nodes: [],
    namespaces: [],
    pods: [],
    services: [],
    deployments: [],
    daemonSets: [],
    endpoints: [],
    definitions: [],
    admissionPolicies: [],
    gatewayClasses: [],
    gateways: [],
    listenerSets: [],
    routes: [],
    virtualServices: [],
    destinationRules: [],
    configMaps: [],
    secrets: [],
    certificates: [],
    mutatingWebhooks: [],
    validatingWebhooks: [],
    authorizationPolicies: [],
    requestAuthentications: [],
    peerAuthentications: [],
    proxyPolicies: [],
    networkPolicies: [],
    events: [],
    helmReleases: [],
    runtimeClasses: [],
    serviceEntries: [],
    workloadEntries: [],
    workloadGroups: [],
    ztunnelLinks: [],
    ztunnelCounts: [],
    drift: [],
    networkPlugins: [],
    otherPolicies: [],
  };
}

async function kubernetesVersion(client: Api): Promise<string> {
  const reply = await client.get("/version");
  return reply.kind === "ok" ? ((reply.body as { gitVersion?: string }).gitVersion ?? "") : "";
}

async function readKind<K extends ListedKind>(
  client: Api,
  snapshot: ClusterSnapshot,
  kind: K,
  namespaces: readonly string[],
): Promise<void> {
  const into = snapshot[kind] as SnapshotLists[K][];
  const gaps: Gap[] = [];
  for (const each of sources[kind]) {
    const source = each as Source<SnapshotLists[K]>;
    const gap = isServed(snapshot, source) ? await readServed(client, snapshot, source, into) : notServed(source);
    if (gap && kind === "namespaces" && gap.cause === "forbidden") {
      gaps.push(gapWithin(gap, await readNamespaces(client, snapshot, namespaces)));
    } else if (gap) {
      const isWorthwhile = isListedByNamespace(kind, gap);
      gaps.push(isWorthwhile ? gapWithin(gap, await readWithin(client, snapshot, source, into, namespaces)) : gap);
    }
  }
  const gap = gapOfAll(gaps, sources[kind].length);
  if (gap) snapshot.gaps[kind] = gap;
}

/** Reads a list in the newest version that the API has; a CRD of which it has none is a gap. */
async function readServed<T>(
  client: Api,
  { gaps }: ClusterSnapshot,
  source: Source<T>,
  into: T[],
): Promise<Gap | undefined> {
  let gap = await readList(client, source, into);
  const { definition, former = [] } = source;
  for (const path of former) {
    if (gap?.cause === "missing") gap = await readList(client, { ...source, path }, into);
  }
  const isThere = definition !== undefined && former.length > 0 && !gaps.definitions;
  return gap?.cause === "missing" && isThere ? { ...notServed(source), cause: "failed" } : gap;
}

/** By its CRD, where it names one and these could be read. */
function isServed(
  { definitions, gaps }: ClusterSnapshot,
  { definition }: Pick<Source<unknown>, "definition">,
): boolean {
  return (
    definition === undefined || gaps.definitions !== undefined || definitions.some(({ name }) => name === definition)
  );
}

function notServed({ path }: Pick<Source<unknown>, "path">): Gap {
  return { cause: "missing", why: `the API has no ${path}` };
}

/** What several lists lack together: a kind that the API does not have is no gap beside others that it has. */
function gapOfAll(gaps: Gap[], lists: number): Gap | undefined {
  const refused = gaps.filter(({ cause }) => cause !== "missing");
  const [first] = refused;
  if (first === undefined) return gaps.length < lists ? undefined : gaps[0];
  if (gaps.length < lists) return { ...first, partial: true };
  return refused.find(({ within }) => within) ?? first;
}

/** The namespaces of which the list may be read. */
async function readWithin<T>(
  client: Api,
  snapshot: ClusterSnapshot,
  source: Source<T>,
  into: T[],
  namespaces: readonly string[],
): Promise<string[]> {
  const read: string[] = [];
  for (const namespace of namespaces) {
    const before = into.length;
    if (await readServed(client, snapshot, ofNamespace(source, namespace), into)) into.length = before;
    else read.push(namespace);
  }
  return read;
}

interface RawList {
  metadata?: { continue?: string };
  items?: unknown[];
}

/** Reads a list; one that took longer than the API server remembers it, once more. */
async function readList<T>(client: Api, source: Source<T>, into: T[]): Promise<Gap | undefined> {
  const before = into.length;
  let failed = await readPages(client, source, into);
  if (failed && isExpired(failed)) {
    into.length = before;
    failed = await readPages(client, source, into);
  }
  return failed && gapOf(failed, source.path);
}

/** Reads page after page; the reply that is none ends it. */
async function readPages<T>(
  client: Api,
  source: Source<T>,
  into: T[],
): Promise<Exclude<Reply, { kind: "ok" }> | undefined> {
  let next = "";
  do {
    const query = new URLSearchParams({
      ...source.query,
      limit: String(pageSize),
      ...(next ? { continue: next } : {}),
    });
    const reply = await client.get(`${source.path}?${query.toString()}`, source.accept);
    if (reply.kind !== "ok") return reply;
    const list = reply.body as RawList;
    for (const item of list.items ?? []) into.push(...source.keep(item));
    next = list.metadata?.continue ?? "";
  } while (next);
  return undefined;
}

function gapOf(reply: Exclude<Reply, { kind: "ok" }>, path: string): Gap {
  if (reply.kind === "missing") return notServed({ path });
  return { cause: reply.kind, why: reply.why };
}

/** ConfigMaps that Gateways refer to, and the settings of istio-cni and istiod. */
async function readConfigMaps(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const references = distinct(snapshot.gateways.flatMap((gateway) => gateway.parameters ?? []));
  // Every namespace has these two; a thousand namespaces need not send them.
  const fieldSelector = "metadata.name!=kube-root-ca.crt,metadata.name!=istio-ca-root-cert";
  const list: Source<V1ConfigMap> = { path: "/api/v1/configmaps", query: { fieldSelector }, keep: isOneOf(references) };
  const raw = await readReferenced(client, snapshot, "configMaps", references, list);
  snapshot.configMaps = [...raw, ...(await readAgentSettings(client, snapshot))].map(slimConfigMap);
}

/** What may not be read of these settings is their charts' default: no check is left open for that. */
async function readAgentSettings(client: Api, snapshot: ClusterSnapshot): Promise<V1ConfigMap[]> {
  const agents = cniDaemonSets(snapshot).map(({ namespace }) => `${namespace}/configmaps/${cniConfig}`);
  const meshes = istiods(snapshot).map((istiod) => `${istiod.namespace}/configmaps/${meshConfigName(istiod)}`);
  const paths = [...new Set([...agents, ...meshes])];
  const replies = await Promise.all(paths.map((path) => client.get(`/api/v1/namespaces/${path}`)));
  return replies.flatMap((reply) => (reply.kind === "ok" ? [reply.body as V1ConfigMap] : []));
}

/** Secrets that HTTPS listeners refer to, and the mesh's own CA. */
async function readSecrets(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const listeners = [...snapshot.gateways, ...snapshot.listenerSets].flatMap((each) => each.listeners);
  const references = distinct(listeners.flatMap((listener) => listener.certificates));
  const meshes = distinct(
    snapshot.deployments
      .filter((deployment) => deployment.labels["app"] === "istiod")
      .flatMap(({ namespace }) =>
        [authorityNames.own, authorityNames.generated].map((name) => ({ kind: "Secret", namespace, name })),
      ),
  );
  const query = { fieldSelector: "type=kubernetes.io/tls" };
  const list: Source<V1Secret> = { path: "/api/v1/secrets", query, keep: isOneOf(references) };
  const listed = await readReferenced<V1Secret>(client, snapshot, "secrets", references, list);
  // istiod takes a certificate from a Secret of any type.
  const isListed = new Set(listed.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`));
  const others =
    references.length > fewObjects ? references.filter((each) => !isListed.has(`${each.namespace}/${each.name}`)) : [];
  const raw = [...listed, ...(await readReferenced<V1Secret>(client, snapshot, "secrets", [...others, ...meshes]))];
  snapshot.secrets = raw.map(slimSecret);
}

/** What istiod hands out as the root, where the user has given it one; without the right to read it nothing is said. */
async function readRoots(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const own = snapshot.secrets.filter(({ name, roots }) => name === authorityNames.own && roots !== undefined);
  const paths = own.map(({ namespace }) => `/api/v1/namespaces/${namespace}/configmaps/${authorityNames.roots}`);
  for (const reply of await Promise.all(paths.map((path) => client.get(path)))) {
    if (reply.kind === "ok") snapshot.configMaps.push(slimConfigMap(reply.body as V1ConfigMap));
  }
}

function isOneOf<T>(references: Reference[]): (raw: unknown) => T[] {
  const keys = new Set(references.map((reference) => `${reference.namespace}/${reference.name}`));
  return (raw) => {
    const { namespace = "", name = "" } = (raw as V1ConfigMap).metadata ?? {};
    return keys.has(`${namespace}/${name}`) ? [raw as T] : [];
  };
}

/** A few objects by their names, many by one list. One that is not there is skipped. */
async function readReferenced<T>(
  client: Api,
  snapshot: ClusterSnapshot,
  kind: "configMaps" | "secrets",
  references: Reference[],
  list?: Source<T>,
): Promise<T[]> {
  const found: T[] = [];
  if (list && references.length > fewObjects) {
    const gap = await readList(client, list, found);
    if (gap) snapshot.gaps[kind] = gap;
    return found;
  }
  const paths = references.map(
    ({ namespace, name }) => `/api/v1/namespaces/${namespace}/${kind.toLowerCase()}/${name}`,
  );
  for (const [index, reply] of (await Promise.all(paths.map((path) => client.get(path)))).entries()) {
    if (reply.kind === "ok") found.push(reply.body as T);
    else if (reply.kind !== "missing") snapshot.gaps[kind] = gapOf(reply, paths[index] ?? "");
  }
  return found;
}

function distinct(references: Reference[]): Reference[] {
  return [...new Map(references.map((reference) => [JSON.stringify(reference), reference])).values()];
}

/** What the mesh's releases of Helm have made and what was changed afterwards. */
async function readReleaseDrift(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const { drifted, unread } = await readDrift(client, meshReleases(snapshot));
  snapshot.drift = drifted;
  if (unread.length > 0) snapshot.gaps.drift = { cause: "failed", why: unread.join("; ") };
}

/** Releases that made a part of the mesh, by Helm's annotations on the parts, and those of the usual names. */
function meshReleases(snapshot: ClusterSnapshot): ReleaseName[] {
  const definitions = snapshot.definitions.filter(({ name }) => name.endsWith(".istio.io"));
  const parts = [...definitions, ...istiods(snapshot), ...cniDaemonSets(snapshot), ...ztunnelDaemonSets(snapshot)];
  const marked = parts.map(({ annotations }) => ({
    release: annotations["meta.helm.sh/release-name"] ?? "",
    namespace: annotations["meta.helm.sh/release-namespace"] ?? "",
  }));
  const usual: string[] = Object.values(charts).map(({ release }) => release);
  const named = snapshot.helmReleases.filter(({ release }) => usual.includes(release));
  const all = [...marked, ...named.map(({ release, namespace }) => ({ release, namespace }))];
  const known = all.filter(({ release, namespace }) =>
    snapshot.helmReleases.some((other) => other.release === release && other.namespace === namespace),
  );
  return [...new Map(known.map((name) => [`${name.namespace}/${name.release}`, name])).values()];
}

async function readPlugins(client: Api, snapshot: ClusterSnapshot): Promise<void> {
  const { daemonSets, definitions, gaps } = snapshot;
  const signs = { daemonSets, definitions, isBlind: gaps.daemonSets !== undefined };
  const { plugins, gap } = await readNetworkPlugins(client, signs);
  snapshot.networkPlugins = plugins;
  if (gap) snapshot.gaps.networkPlugins = gap;
}
