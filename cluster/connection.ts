// Which cluster: a KubeConfig by the rules of the official Kubernetes plugin, or of kubectl for the command's flags.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { kubeConfigClass } from "./kube-config";
import { environmentProxy } from "./proxy";

/** Which cluster to look at; all of it empty means what the plugin's default provider takes. */
export interface ClusterTarget {
  /** Text of a kubeconfig or the path of one, as the provider's `kubeconfig` takes it. */
  kubeconfig?: string;
  /** Path of a kubeconfig, as kubectl's `--kubeconfig` takes it; wins over `kubeconfig`. */
  kubeconfigFile?: string;
  /** Context to use instead of the current one. */
  context?: string;
  /** Cluster to use instead of the context's, as the provider's `cluster` takes it. */
  cluster?: string;
}

/** The kubeconfig names no cluster that can be used. Its message is for the user. */
export class NoClusterError extends Error {
  override name = "NoClusterError";
}

/** What connection.ts asks of the process; tests give their own. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  home: string;
  serviceAccountDirectory: string;
}

const hereAndNow: Surroundings = {
  env: process.env,
  home: os.homedir(),
  serviceAccountDirectory: "/var/run/secrets/kubernetes.io/serviceaccount",
};

/** The KubeConfig of the target, with its current context set and checked. */
export async function loadKubeConfig(target: ClusterTarget = {}, around = hereAndNow): Promise<KubeConfig> {
  const { kubeconfig, source } = await readKubeConfig(target, around);
  if (target.context) kubeconfig.setCurrentContext(target.context);
  const context = kubeconfig.getContexts().find((known) => known.name === kubeconfig.getCurrentContext());
  if (!context) {
    if (!target.context && !explicit(target) && inCluster(around)) return inClusterConfig(around);
    throw new NoClusterError(noContext(kubeconfig, source, target.context));
  }
  const clusterName = target.cluster ?? context.cluster;
  const cluster = kubeconfig.getClusters().find((known) => known.name === clusterName);
  if (!cluster) {
    throw new NoClusterError(`cluster "${clusterName}" of context "${context.name}" is not in ${source}`);
  }
  if (clusterName !== context.cluster) replaceContext(kubeconfig, { ...context, cluster: clusterName });
  const proxyUrl = cluster.proxyUrl ?? environmentProxy(cluster.server, around.env);
  // The library refuses plain HTTP (kubectl proxy) unless told that there is no TLS to verify; the plugin does not.
  const skipTLSVerify = cluster.skipTLSVerify || cluster.server.startsWith("http:");
  replaceCluster(kubeconfig, { ...cluster, skipTLSVerify, ...(proxyUrl ? { proxyUrl } : {}) });
  return kubeconfig;
}

/** False where there is not even a file to look for a cluster in; says so without loading the client library. */
export function namesCluster(target: ClusterTarget = {}, around = hereAndNow): boolean {
  return explicit(target) || inCluster(around) || defaultFiles(around).some((file) => fs.existsSync(file));
}

function explicit(target: ClusterTarget): boolean {
  return Boolean(target.kubeconfigFile || target.kubeconfig);
}

async function readKubeConfig(target: ClusterTarget, around: Surroundings) {
  const KubeConfig = await kubeConfigClass();
  if (target.kubeconfigFile) {
    return { kubeconfig: fromFile(new KubeConfig(), target.kubeconfigFile), source: target.kubeconfigFile };
  }
  if (target.kubeconfig) {
    const { text, source } = textOrPath(target.kubeconfig, around.home);
    return { kubeconfig: fromText(new KubeConfig(), text, source), source };
  }
  const files = defaultFiles(around);
  const present = files.filter((file) => fs.existsSync(file));
  const kubeconfig = merged(
    new KubeConfig(),
    present.map((file) => fromFile(new KubeConfig(), file)),
  );
  return { kubeconfig, source: files.join(path.delimiter) };
}

/** The files of client-go's default loading rules: KUBECONFIG's list, or ~/.kube/config. */
function defaultFiles({ env, home }: Surroundings): string[] {
  const listed = (env["KUBECONFIG"] ?? "").split(path.delimiter).filter((file) => file !== "");
  return listed.length > 0 ? [...new Set(listed)] : [path.join(home, ".kube", "config")];
}

/** A path when a file of that name exists, the text of a kubeconfig otherwise, as the plugin reads it. */
function textOrPath(value: string, home: string): { text: string; source: string } {
  const file = value === "~" ? home : value.startsWith("~/") ? path.join(home, value.slice(2)) : value;
  // Text of a kubeconfig is longer than a path may be: existsSync says false then.
  if (!fs.existsSync(file)) {
    if (!/[{:]\s/.test(value) && !value.startsWith("{")) {
      // What is too long for a path may be a secret that went wrong.
      const shown = value.length > 100 ? "the given kubeconfig" : `kubeconfig "${value}"`;
      throw new NoClusterError(`${shown} is neither a file nor the text of a kubeconfig`);
    }
    return { text: value, source: "the given kubeconfig" };
  }
  return { text: readText(file), source: file };
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new NoClusterError(`cannot read kubeconfig ${file}: ${reason(error)}`);
  }
}

function fromText(kubeconfig: KubeConfig, text: string, source: string): KubeConfig {
  try {
    kubeconfig.loadFromString(text);
    return kubeconfig;
  } catch (error) {
    throw new NoClusterError(`cannot read ${source}: ${reason(error)}`);
  }
}

function fromFile(kubeconfig: KubeConfig, file: string): KubeConfig {
  fromText(kubeconfig, readText(file), `kubeconfig ${file}`);
  kubeconfig.makePathsAbsolute(path.dirname(path.resolve(file)));
  return kubeconfig;
}

/** client-go's merge: the first file to name a cluster, user, context or current-context wins. */
function merged(into: KubeConfig, parts: KubeConfig[]): KubeConfig {
  const firstOf = <T extends { name: string }>(items: T[]) =>
    items.filter((item, index) => items.findIndex(({ name }) => name === item.name) === index);
  into.loadFromOptions({
    clusters: firstOf(parts.flatMap((part) => part.getClusters())),
    users: firstOf(parts.flatMap((part) => part.getUsers())),
    contexts: firstOf(parts.flatMap((part) => part.getContexts())),
    currentContext: parts.map((part) => part.getCurrentContext()).find((name) => Boolean(name)),
  });
  return into;
}

function replaceCluster(kubeconfig: KubeConfig, cluster: KubeConfig["clusters"][number]): void {
  kubeconfig.clusters = kubeconfig.clusters.map((known) => (known.name === cluster.name ? cluster : known));
}

function replaceContext(kubeconfig: KubeConfig, context: KubeConfig["contexts"][number]): void {
  kubeconfig.contexts = kubeconfig.contexts.map((known) => (known.name === context.name ? context : known));
}

function inCluster({ env, serviceAccountDirectory }: Surroundings): boolean {
  return Boolean(
    env["KUBERNETES_SERVICE_HOST"] &&
    env["KUBERNETES_SERVICE_PORT"] &&
    fs.existsSync(path.join(serviceAccountDirectory, "token")),
  );
}

async function inClusterConfig(around: Surroundings): Promise<KubeConfig> {
  const KubeConfig = await kubeConfigClass();
  const kubeconfig = new KubeConfig();
  const host = around.env["KUBERNETES_SERVICE_HOST"] ?? "";
  const directory = around.serviceAccountDirectory;
  kubeconfig.loadFromClusterAndUser(
    {
      name: "in-cluster",
      server: `https://${host.includes(":") ? `[${host}]` : host}:${around.env["KUBERNETES_SERVICE_PORT"] ?? ""}`,
      caFile: path.join(directory, "ca.crt"),
      skipTLSVerify: false,
    },
    {
      name: "service-account",
      authProvider: { name: "tokenFile", config: { tokenFile: path.join(directory, "token") } },
    },
  );
  return kubeconfig;
}

function noContext(kubeconfig: KubeConfig, source: string, wanted: string | undefined): string {
  const known = kubeconfig.getContexts().map((context) => `"${context.name}"`);
  if (known.length === 0) return `no kubeconfig context: none in ${source}`;
  const name = wanted ?? kubeconfig.getCurrentContext();
  return name
    ? `context "${name}" is not in ${source}; contexts there: ${known.join(", ")}`
    : `no current context in ${source}; contexts there: ${known.join(", ")}`;
}

/** What an error says, in one line. */
export function reason(error: unknown): string {
  // "localhost" with two addresses fails with an AggregateError, whose own message is empty.
  if (error instanceof AggregateError) return error.errors.map(reason).join(", ");
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
