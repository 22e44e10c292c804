// Runs the proxy of every ingress gateway: pilot-agent with a plain Envoy, for each pod that istiod's Deployments get.
import * as fs from "node:fs";
import * as path from "node:path";
import { PatchStrategy, setHeaderOptions, V1Pod } from "@kubernetes/client-node";
import { ControlPlane } from "./boot";
import { partPath } from "./cache";
import { Instance } from "./instance";
import { podEnvironment } from "./istiod";
import { asPod } from "./pod-network";
import { gatewayClass, gatewayClassLabel } from "./pods";
import { answers } from "./probe";
import { Command, pause, Service } from "./service";

/** pilot-agent lets Envoy finish what it is at for five seconds. */
const grace = 10_000;

/** No ztunnel runs here that would take HBONE, and discovery of peers is an extension of Istio's own Envoy. */
const plain = { ISTIO_META_ENABLE_HBONE: "false", PEER_METADATA_DISCOVERY: "false" };

export class GatewayKeeper {
  private readonly proxies = new Map<string, Service>();

  constructor(
    private readonly instance: Instance,
    private readonly plane: ControlPlane,
  ) {}

  /** One for each pod that runs. */
  get services(): Service[] {
    return [...this.proxies.values()];
  }

  /** Looks twice a second, for as long as the sandbox lives; while the API server is away nothing changes. */
  async run(): Promise<never> {
    for (;;) {
      await this.look().catch(report);
      await pause(500);
    }
  }

  private async look(): Promise<void> {
    const labelSelector = `${gatewayClassLabel}=${gatewayClass}`;
    const { items } = await this.plane.core.listPodForAllNamespaces({ labelSelector });
    const pods = items.filter(({ metadata, status }) => !metadata?.deletionTimestamp && status?.podIP);
    const present = pods.map(({ metadata }) => metadata?.uid);
    for (const [uid, proxy] of this.proxies) {
      if (present.includes(uid)) continue;
      this.proxies.delete(uid);
      proxy.stop().then(() => fs.rmSync(this.directory(uid), { recursive: true, force: true }), report);
    }
    for (const pod of pods) {
      const uid = pod.metadata?.uid ?? "";
      let proxy = this.proxies.get(uid);
      if (!proxy) {
        const command = await this.prepare(pod);
        proxy = new Service(
          `gateway-${pod.metadata?.name}`,
          this.instance,
          () => command,
          () => answers(`http://${pod.status?.podIP}:15021/healthz/ready`),
          { grace, group: true },
        );
        this.proxies.set(uid, proxy);
      }
      if (!proxy.settled) proxy.start().catch(report);
      await this.showReady(pod, proxy.ready);
    }
  }

  private directory(uid: string): string {
    return path.join(this.instance.memory, "gateways", uid);
  }

  /** The volumes of the pod, in a folder of its own: the agent looks for all its files relative to where it runs. */
  private async prepare(pod: V1Pod): Promise<Command> {
    const { namespace = "", labels = {}, annotations = {}, uid = "" } = pod.metadata ?? {};
    const container = pod.spec?.containers.find(({ name }) => name === "istio-proxy");
    if (!container) throw new Error(`pod ${pod.metadata?.name} has no container istio-proxy`);
    const cwd = this.directory(uid);
    const write = (name: string, text: string): void => {
      fs.mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
      fs.writeFileSync(path.join(cwd, name), text);
    };
    const { data } = await this.plane.core.readNamespacedConfigMap({ name: "istio-ca-root-cert", namespace });
    write("var/run/secrets/istio/root-cert.pem", data?.["root-cert.pem"] ?? "");
    write("var/run/secrets/tokens/istio-token", await this.token(pod));
    write("etc/istio/pod/labels", fields(labels));
    write("etc/istio/pod/annotations", fields(annotations));
    write(
      "var/lib/istio/envoy/envoy_bootstrap_tmpl.json",
      fs.readFileSync(partPath("envoy-bootstrap", "envoy_bootstrap.json"), "utf8"),
    );
    fs.mkdirSync(path.join(cwd, "etc/istio/proxy"), { recursive: true });
    write("hosts", await this.hosts());

    const environment = podEnvironment(pod, container);
    const settings: { proxyMetadata?: object } = JSON.parse(environment.PROXY_CONFIG || "{}");
    const proxyMetadata = { ...settings.proxyMetadata, ...plain };
    const binaryPath = partPath("envoy", "envoy");
    environment.PROXY_CONFIG = JSON.stringify({ concurrency: 1, ...settings, proxyMetadata, binaryPath });
    const args = (container.args ?? []).map((arg) =>
      arg.replace(/\$\((\w+)\)/g, (whole, name: string) => environment[name] ?? whole),
    );
    const argv = [partPath("pilot-agent", "pilot-agent"), ...args];
    return {
      argv: asPod(pod.status?.podIP ?? "", path.join(cwd, "hosts"), argv),
      environment: { ...environment, ...plain },
      cwd,
    };
  }

  private async token(pod: V1Pod): Promise<string> {
    const { status } = await this.plane.core.createNamespacedServiceAccountToken({
      name: pod.spec?.serviceAccountName ?? "default",
      namespace: pod.metadata?.namespace ?? "",
      body: { spec: { audiences: ["istio-ca"], expirationSeconds: 30 * 24 * 3600 } },
    });
    return status?.token ?? "";
  }

  /** In place of the cluster's DNS, of which a gateway asks only for istiod. */
  private async hosts(): Promise<string> {
    const { items } = await this.plane.core.listServiceForAllNamespaces({ labelSelector: "app=istiod" });
    const lines = items.map(({ metadata, spec }) => `${spec?.clusterIP} ${metadata?.name}.${metadata?.namespace}.svc`);
    return ["127.0.0.1 localhost", ...lines, ""].join("\n");
  }

  private async showReady(pod: V1Pod, ready: boolean): Promise<void> {
    const isReady = (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");
    if (isReady === ready) return;
    const lastTransitionTime = new Date().toISOString();
    const conditions = ["Ready", "ContainersReady"].map((type) => ({
      type,
      status: ready ? "True" : "False",
      lastTransitionTime,
    }));
    const containerStatuses = pod.status?.containerStatuses?.map((status) => ({ ...status, ready }));
    await this.plane.core.patchNamespacedPodStatus(
      {
        name: pod.metadata?.name ?? "",
        namespace: pod.metadata?.namespace ?? "",
        body: { status: { conditions, containerStatuses } },
      },
      setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
    );
  }
}

/** A map as the downward API writes it. */
function fields(map: Record<string, string>): string {
  return Object.entries(map)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join("");
}

function report(error: unknown): void {
  console.error("gateways:", error instanceof Error ? error.message : error);
}
