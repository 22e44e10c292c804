// The configured cluster: how to reach it, whether it answers, and the settings of the provider that touch objects.
import type { ConfigureRequest } from "@pulumi/pulumi/proto/provider_pb";
import { refusal, type Host } from "../serve";
import { at, text, type JsonObject } from "../values";
import { Api } from "./api";
import { connection } from "./kubeconfig";
import { builtInScope, type Kind } from "./names";
import type { Mutability } from "./replacement";

const PREFIX = "kubernetes:config:";
/** Settings that change what the provider does and that no part of the package needs. */
const refused = ["renderYamlToDirectory", "alwaysRender", "helmReleaseSettings", "clusterIdentifier", "cluster"];

export interface Cluster {
  host: Host;
  api?: Api;
  /** Why the cluster cannot be used; undefined where it answers. */
  unreachable?: string;
  namespace: string;
  /** Scopes of kinds whose CRDs are part of the program, by group and kind: they count before these are installed. */
  scopes: Map<string, boolean>;
  mutable: Mutability;
  upsert: boolean;
  patchForce: boolean;
  deleteUnreachable: boolean;
}

function settings(request: ConfigureRequest): (name: string, variable?: string) => string {
  const variables = request.getVariablesMap();
  return (name, variable) => variables.get(PREFIX + name) || (variable && process.env[variable]) || "";
}

/** Reads the provider's configuration and asks the cluster for its version. */
export async function configuredCluster(request: ConfigureRequest, host: Host): Promise<Cluster> {
  const setting = settings(request);
  for (const name of refused)
    if (!["", "false", "null"].includes(setting(name))) throw refusal(`the provider setting "${name}"`, "kubernetes");
  if (setting("enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY") === "false")
    throw refusal("client-side apply", "kubernetes");
  const enabled = (name: string, variable: string): boolean => setting(name, variable) === "true";
  const cluster: Cluster = {
    host,
    namespace: setting("namespace"),
    scopes: new Map(),
    mutable: {
      configMaps: enabled("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
      secrets: enabled("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
    },
    upsert: enabled("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
    patchForce: enabled("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
    deleteUnreachable: enabled("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
  };
  try {
    const found = connection({
      kubeconfig: setting("kubeconfig"),
      context: setting("context"),
      namespace: setting("namespace"),
    });
    cluster.namespace = found.namespace;
    cluster.api = new Api(found, host.stop);
    await cluster.api.request("GET", "/version");
  } catch (error) {
    cluster.unreachable = error instanceof Error ? error.message : String(error);
  }
  return cluster;
}

/** The API of a cluster that answers; throws where it does not. */
export function reachable(cluster: Cluster): Api {
  if (cluster.api && cluster.unreachable === undefined) return cluster.api;
  throw new Error(`configured Kubernetes cluster is unreachable: ${cluster.unreachable ?? "it is not configured"}`);
}

/** Remembers the scope that a CRD of the program gives its kind. */
export function rememberScope(cluster: Cluster, definition: JsonObject): void {
  const spec = definition["spec"];
  const kind = `${text(at(spec, "group"))}/${text(at(spec, "names", "kind"))}`;
  if (typeof at(spec, "scope") === "string") cluster.scopes.set(kind, at(spec, "scope") === "Namespaced");
}

/** Whether objects of a kind live in namespaces; a kind nobody knows yet is taken to. */
export async function isNamespaced(cluster: Cluster, kind: Kind): Promise<boolean> {
  const known = builtInScope(kind) ?? cluster.scopes.get(`${kind.group}/${kind.kind}`);
  if (known !== undefined || !cluster.api || cluster.unreachable !== undefined) return known ?? true;
  return (await cluster.api.namespaced(kind)) ?? true;
}

export async function isServed(cluster: Cluster, kind: Kind): Promise<boolean> {
  return cluster.api !== undefined && cluster.unreachable === undefined && (await cluster.api.exists(kind));
}
