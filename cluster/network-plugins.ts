// Reading the settings of a cluster's network plugins: a request or two for each plugin that is there, none for others.
import type { V1LabelSelector, V1ObjectMeta } from "@kubernetes/client-node";
import type { NetworkPlugin, PluginOverride, PluginSettings } from "../lib/cluster-state/network-plugins";
import type { Gap, Named, WorkloadState } from "../lib/cluster-state/snapshot";
import type { Api } from "./client";
import { listAll, listReadable } from "./lists";
import { named } from "./slim";

/** What tells which plugins there are. */
export interface PluginSigns {
  daemonSets: readonly WorkloadState[];
  definitions: readonly Named[];
  /** The DaemonSets could not be listed: each plugin may be there. */
  isBlind: boolean;
}

/** The plugins, and what of them could not be read. */
export interface PluginsRead {
  plugins: NetworkPlugin[];
  gap?: Gap;
}

interface RawSettings {
  metadata?: V1ObjectMeta;
  data?: Record<string, string>;
  spec?: Record<string, unknown>;
}

/** Reads the plugins that the signs tell of. */
export async function readNetworkPlugins(client: Api, signs: PluginSigns): Promise<PluginsRead> {
  const read = await Promise.all([readCilium(client, signs), readCalico(client, signs), readOvn(client, signs)]);
  const gap = read.find((each): each is Gap => each !== undefined && "cause" in each);
  const found = read.filter((each): each is NetworkPlugin => each !== undefined && "plugin" in each);
  const aws = signs.daemonSets.filter(isAws).map((agents) => daemonSetPlugin("aws-vpc-cni", agents));
  return { plugins: [...found, ...aws], ...(gap && { gap }) };
}

/** SecurityGroupPolicies of Amazon's VPC CNI, by namespace and name; none where there is no such kind. */
export async function readPodInterfacePolicies(client: Api, { definitions }: PluginSigns): Promise<Named[]> {
  const group = "vpcresources.k8s.aws";
  if (!definitions.some(({ name }) => name === `securitygrouppolicies.${group}`)) return [];
  const path = `/apis/${group}/v1beta1/securitygrouppolicies`;
  return (await listReadable<{ metadata?: V1ObjectMeta }>(client, path)).map(named);
}

type Read = Promise<NetworkPlugin | Gap | undefined>;

/** Under a cloud's own name too, such as GKE's anetd, and in any namespace. */
function isCilium({ name, labels }: WorkloadState): boolean {
  return name === "cilium" || labels["k8s-app"] === "cilium";
}

function isAws({ name, namespace }: WorkloadState): boolean {
  return name === "aws-node" && namespace === "kube-system";
}

async function readCilium(client: Api, { daemonSets, definitions, isBlind }: PluginSigns): Read {
  const agents = daemonSets.find(isCilium);
  if (!agents && !isBlind) return undefined;
  const namespace = agents?.namespace ?? "kube-system";
  const reply = await client.get(`/api/v1/namespaces/${namespace}/configmaps/cilium-config`);
  if (reply.kind === "missing") return undefined;
  if (reply.kind !== "ok") return { cause: reply.kind, why: reply.why };
  const config = reply.body as RawSettings;
  const hasOverrides = definitions.some(({ name }) => name === "ciliumnodeconfigs.cilium.io");
  return {
    ...named(config),
    ...{ plugin: "cilium", kind: "ConfigMap", resource: "configmap" },
    ...(agents && { agents: agentsOf(agents) }),
    settings: config.data ?? {},
    overrides: hasOverrides ? await readNodeConfigs(client, namespace) : [],
    environment: {},
  };
}

interface RawNodeConfig {
  metadata?: V1ObjectMeta;
  spec?: { defaults?: PluginSettings; nodeSelector?: V1LabelSelector };
}

/** Cilium reads them in the order of their names; before 1.17 they were v2alpha1. */
async function readNodeConfigs(client: Api, namespace: string): Promise<PluginOverride[]> {
  const path = (version: string) => `/apis/cilium.io/${version}/namespaces/${namespace}/ciliumnodeconfigs`;
  const today = await listAll<RawNodeConfig>(client, path("v2"));
  const items =
    today.kind === "ok"
      ? today.items
      : today.kind === "missing"
        ? await listReadable<RawNodeConfig>(client, path("v2alpha1"))
        : [];
  return items
    .map((raw) => ({
      ...named(raw),
      kind: "CiliumNodeConfig",
      nodeLabels: raw.spec?.nodeSelector?.matchLabels ?? {},
      ...expressionsOf(raw.spec?.nodeSelector),
      settings: raw.spec?.defaults ?? {},
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

function expressionsOf({ matchExpressions = [] }: V1LabelSelector = {}): Pick<PluginOverride, "nodeExpressions"> {
  const nodeExpressions = matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values }));
  return nodeExpressions.length > 0 ? { nodeExpressions } : {};
}

/** Where its resources are: a group of its own for the CRDs, or since Calico 3.32 the API's own. */
const calicoGroups = ["crd.projectcalico.org/v1", "projectcalico.org/v3"];

async function readCalico(client: Api, { daemonSets, definitions }: PluginSigns): Read {
  const group = calicoGroups.find((each) =>
    definitions.some(({ name }) => name === `felixconfigurations.${each.split("/")[0]}`),
  );
  if (group === undefined) return undefined;
  const listed = await listAll<RawSettings>(client, `/apis/${group}/felixconfigurations`);
  if (listed.kind !== "ok") {
    return listed.kind === "missing" ? undefined : { cause: listed.kind, why: listed.why };
  }
  const agents = daemonSets.find(({ name }) => name === "calico-node");
  const common = listed.items.find(({ metadata }) => metadata?.name === "default");
  return {
    ...(common ? named(common) : { namespace: "", name: "default", labels: {}, annotations: {} }),
    ...{ plugin: "calico", kind: "FelixConfiguration", resource: `felixconfigurations.${group.split("/")[0]}` },
    ...(agents && { agents: calicoAgents(agents) }),
    settings: texts(common?.spec),
    overrides: listed.items
      .filter(({ metadata }) => metadata?.name?.startsWith("node."))
      .map((raw) => ({
        ...named(raw),
        kind: "FelixConfiguration",
        nodeLabels: {},
        node: named(raw).name.slice("node.".length),
        settings: texts(raw.spec),
      })),
    environment: felixEnvironment(agents?.env ?? {}),
  };
}

/** Names that Felix takes from its environment, as its resource has them. */
const felixNames = [
  "bpfEnabled",
  "bpfConnectTimeLoadBalancing",
  "bpfConnectTimeLoadBalancingEnabled",
  "bpfHostNetworkedNATWithoutCTLB",
];

function felixEnvironment(env: Record<string, string>): PluginSettings {
  return Object.fromEntries(
    felixNames.flatMap((name) => {
      const value = env[`FELIX_${name.toUpperCase()}`];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Calico Enterprise counts its releases in another way. */
function calicoAgents(agents: WorkloadState): NetworkPlugin["agents"] {
  const isOpen = agents.containers.some(({ init, image }) => !init && /\bcalico\/node[:@]/.test(image));
  return { ...agentsOf(agents), ...(isOpen ? {} : { version: "" }) };
}

/** OpenShift has its own resource for it; elsewhere the agents' environment tells. */
async function readOvn(client: Api, { daemonSets, definitions }: PluginSigns): Read {
  const resource = "networks.operator.openshift.io";
  if (!definitions.some(({ name }) => name === resource)) {
    const agents = daemonSets.find(({ env }) => "OVN_GATEWAY_MODE" in env);
    return agents && daemonSetPlugin("ovn-kubernetes", agents);
  }
  const reply = await client.get("/apis/operator.openshift.io/v1/networks/cluster");
  if (reply.kind === "missing") return undefined;
  if (reply.kind !== "ok") return { cause: reply.kind, why: reply.why };
  const raw = reply.body as RawSettings;
  const network = raw.spec?.["defaultNetwork"] as
    { type?: string; ovnKubernetesConfig?: { gatewayConfig?: { routingViaHost?: boolean } } } | undefined;
  const { routingViaHost } = network?.ovnKubernetesConfig?.gatewayConfig ?? {};
  return {
    ...named(raw),
    ...{ plugin: "ovn-kubernetes", kind: "Network", resource },
    settings: texts({ type: network?.type, routingViaHost }),
    overrides: [],
    environment: {},
  };
}

/** A plugin whose settings are the environment of its agents. */
function daemonSetPlugin(plugin: NetworkPlugin["plugin"], agents: WorkloadState): NetworkPlugin {
  const { namespace, name, labels, annotations, owners, keptBy, env } = agents;
  return {
    ...{ namespace, name, labels, annotations, owners, ...(keptBy && { keptBy }) },
    ...{ plugin, kind: "DaemonSet", resource: "daemonset" },
    ...{ agents: agentsOf(agents), settings: env, overrides: [], environment: {} },
  };
}

function agentsOf({ namespace, name, containers }: WorkloadState): NonNullable<NetworkPlugin["agents"]> {
  const image = containers.find((container) => !container.init)?.image ?? "";
  return { namespace, name, version: /:v?(\d+\.\d+\.\d+[\w.+-]*)(?:@|$)/.exec(image)?.[1] ?? "" };
}

/** Values of a spec as text; what is no plain value is skipped. */
function texts(spec: Record<string, unknown> = {}): PluginSettings {
  return Object.fromEntries(
    Object.entries(spec).flatMap(([key, value]) =>
      ["string", "boolean", "number"].includes(typeof value) ? [[key, String(value)]] : [],
    ),
  );
}
