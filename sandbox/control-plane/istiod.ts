// Runs istiod for its Deployment: the real process, with the account, the arguments and the environment of the pod it plays.
import * as fs from "node:fs";
import * as path from "node:path";
import { PatchStrategy, setHeaderOptions, V1Container, V1Deployment, V1Pod } from "@kubernetes/client-node";
import { ControlPlane } from "./boot";
import { partPath } from "../build/cache";
import { Instance } from "../instance";
import { servingAnnotation } from "../pods/pods";
import { answers } from "../pods/probe";
import { Command, pause, Service, ServiceStatus } from "./service";
import { watched } from "./watched";

/** What one start of the process depends on: another pod template is another process. */
interface Assignment {
  pod: V1Pod;
  container: V1Container;
  template: string;
}

/** A gateway's Envoy has no filters of Istio's own here, and refuses listeners that name one. */
const forPlainEnvoy = { PILOT_ENABLE_ALPN_FILTER: "false", PILOT_ENABLE_METADATA_EXCHANGE: "false" };

const ready = "http://127.0.0.1:8080/ready";

const labelSelector = "app=istiod";

export class IstiodKeeper {
  readonly service: Service;
  private assignment: Assignment | undefined;
  private pods: V1Pod[] = [];

  constructor(
    private readonly instance: Instance,
    private readonly plane: ControlPlane,
  ) {
    this.service = new Service(
      "istiod",
      instance,
      () => this.command(),
      () => answers(ready),
    );
  }

  /** The process behind each pod, by "<namespace>/<name>". */
  get processes(): Map<string, ServiceStatus> {
    const status = this.service.status();
    return new Map(this.pods.map(({ metadata }) => [`${metadata?.namespace}/${metadata?.name}`, status]));
  }

  /** Looks five times a second at what the watches know, for as long as the sandbox lives. */
  async run(): Promise<never> {
    const deployments = watched<V1Deployment>(this.plane, {
      path: "/apis/apps/v1/deployments",
      list: ({ apps }) => apps.listDeploymentForAllNamespaces({ labelSelector }),
      labelSelector,
    });
    const pods = watched<V1Pod>(this.plane, {
      path: "/api/v1/pods",
      list: ({ core }) => core.listPodForAllNamespaces({ labelSelector }),
      labelSelector,
    });
    for (;;) {
      await this.look(deployments(), pods()).catch(report);
      await pause(200);
    }
  }

  private async look(deployments: V1Deployment[], pods: V1Pod[]): Promise<void> {
    const deployment = deployments.find(({ spec }) => (spec?.replicas ?? 1) > 0);
    this.pods = deployment ? podsOf(deployment, pods) : [];
    const wanted = newest(this.pods, deployment?.metadata?.uid ?? "");
    if (wanted?.template !== this.assignment?.template) {
      await this.service.stop();
      this.assignment = wanted;
      if (wanted) await this.prepare(wanted.pod);
    }
    if (wanted && !this.service.settled) this.service.start().catch(report);
    for (const pod of this.pods) await this.showServing(pod, this.service.ready);
  }

  /** The token of the pod's own ServiceAccount: what its ClusterRole does not allow fails here as it would in a cluster. */
  private async prepare(pod: V1Pod): Promise<void> {
    const { token } = await this.plane.core
      .createNamespacedServiceAccountToken({
        name: pod.spec?.serviceAccountName ?? "default",
        namespace: pod.metadata?.namespace ?? "",
        body: { spec: { audiences: [], expirationSeconds: 30 * 24 * 3600 } },
      })
      .then(({ status }) => ({ token: status?.token ?? "" }));
    fs.rmSync(this.directory, { recursive: true, force: true });
    fs.mkdirSync(this.directory, { recursive: true });
    this.plane.credentials.writeKubeconfig(this.kubeconfig, { token });
  }

  /** Its folder: the process looks for certificates and configuration in paths relative to it, and finds none. */
  private get directory(): string {
    return path.join(this.instance.memory, "istiod");
  }

  private get kubeconfig(): string {
    return path.join(this.directory, "kubeconfig");
  }

  private command(): Command {
    if (!this.assignment) throw new Error("no pod of istiod to run for");
    const { pod, container } = this.assignment;
    return {
      argv: [
        partPath("pilot-discovery", "pilot-discovery"),
        ...(container.args ?? []),
        `--kubeconfig=${this.kubeconfig}`,
      ],
      environment: { ...podEnvironment(pod, container), ...forPlainEnvoy },
      cwd: this.directory,
    };
  }

  /** kwok makes a fresh pod ready once it may; later the pod's readiness follows the process. */
  private async showServing(pod: V1Pod, serving: boolean): Promise<void> {
    const { name = "", namespace = "", annotations } = pod.metadata ?? {};
    const conditions = pod.status?.conditions ?? [];
    const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
    if (!annotations?.[servingAnnotation]) {
      if (!serving) return;
      await this.plane.core.patchNamespacedPod(
        { name, namespace, body: { metadata: { annotations: { [servingAnnotation]: "true" } } } },
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
    } else if (pod.status?.phase === "Running" && isReady !== serving) {
      const status = serving ? "True" : "False";
      const lastTransitionTime = new Date().toISOString();
      const changed = ["Ready", "ContainersReady"].map((type) => ({ type, status, lastTransitionTime }));
      await this.plane.core.patchNamespacedPodStatus(
        { name, namespace, body: { status: { conditions: changed } } },
        setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
      );
    }
  }
}

function report(error: unknown): void {
  console.error("istiod:", error instanceof Error ? error.message : error);
}

function podsOf({ metadata, spec }: V1Deployment, pods: V1Pod[]): V1Pod[] {
  const labels = Object.entries(spec?.selector.matchLabels ?? {});
  return pods
    .filter((pod) => pod.metadata?.namespace === metadata?.namespace)
    .filter((pod) => labels.every(([name, value]) => pod.metadata?.labels?.[name] === value))
    .filter((pod) => !pod.metadata?.deletionTimestamp && pod.spec?.nodeName);
}

function newest(pods: V1Pod[], deployment: string): Assignment | undefined {
  // A list gives a Date, a watch its text.
  const age = (pod: V1Pod): number => new Date(pod.metadata?.creationTimestamp ?? 0).getTime();
  const pod = [...pods].sort((one, other) => age(other) - age(one))[0];
  const container = pod?.spec?.containers.find(({ name }) => name === "discovery");
  if (!pod || !container) return undefined;
  const template = [deployment, pod.metadata?.labels?.["pod-template-hash"]].join("/");
  return { pod, container, template };
}

/** Values and fields of the pod that the container's environment names; what the kubelet alone knows is left out. */
export function podEnvironment(pod: V1Pod, container: V1Container): Record<string, string> {
  const fields: Record<string, string | undefined> = {
    "metadata.name": pod.metadata?.name,
    "metadata.namespace": pod.metadata?.namespace,
    "spec.nodeName": pod.spec?.nodeName,
    "spec.serviceAccountName": pod.spec?.serviceAccountName,
    "status.podIP": pod.status?.podIP,
    "status.hostIP": pod.status?.hostIP,
  };
  const entries = (container.env ?? []).map(({ name, value, valueFrom }) => [
    name,
    valueFrom ? fields[valueFrom.fieldRef?.fieldPath ?? ""] : (value ?? ""),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
