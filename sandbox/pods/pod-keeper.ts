// Runs a process for every pod that one can be run for: gateways and applications. The pod is ready when its process is.
import * as fs from "node:fs";
import * as path from "node:path";
import { V1Pod } from "@kubernetes/client-node";
import { ControlPlane } from "../control-plane/boot";
import { Instance } from "../instance";
import { showReady } from "./pods";
import { asPod } from "./pod-network";
import { Command, pause, Service, ServiceStatus } from "../control-plane/service";
import { watched } from "../control-plane/watched";

/** A kind of pod, and the process for it. */
export interface Role {
  /** First word of its parts in `status`. */
  name: string;
  plays(pod: V1Pod): boolean;
  /** Writes the files of the process into its folder; fails while something for it is missing, and is asked again. */
  prepare(pod: V1Pod, folder: string): Promise<Command>;
  /** Whether the process at the pod's address is ready. */
  probe(pod: V1Pod, address: string): Promise<boolean>;
}

/** pilot-agent lets Envoy finish what it is at for five seconds. */
const ending = { grace: 10_000, group: true };

export class PodKeeper {
  private readonly running = new Map<string, Service>();
  /** Those that a watch knows, once it has begun. */
  private pods: () => V1Pod[] = () => [];

  constructor(
    private readonly instance: Instance,
    private readonly plane: ControlPlane,
    private readonly roles: Role[],
  ) {}

  /** One for each pod that a process runs for. */
  get services(): Service[] {
    return [...this.running.values()];
  }

  /** The process of each pod that one runs for, by "<namespace>/<name>". */
  get processes(): Map<string, ServiceStatus> {
    return new Map(
      this.pods().flatMap(({ metadata }) => {
        const service = this.running.get(metadata?.uid ?? "");
        return service ? [[`${metadata?.namespace}/${metadata?.name}`, service.status()]] : [];
      }),
    );
  }

  /** Looks ten times a second at what the watch knows, for as long as the sandbox lives. */
  async run(): Promise<never> {
    this.pods = watched<V1Pod>(this.plane, {
      path: "/api/v1/pods",
      list: ({ core }) => core.listPodForAllNamespaces(),
    });
    for (;;) {
      await this.look().catch(report);
      await pause(100);
    }
  }

  private async look(): Promise<void> {
    const pods = this.pods().filter(({ metadata, status }) => !metadata?.deletionTimestamp && status?.podIP);
    const present = new Set(pods.map(({ metadata }) => metadata?.uid));
    for (const [uid, service] of this.running) {
      if (present.has(uid)) continue;
      this.running.delete(uid);
      service.stop().then(() => fs.rmSync(this.folder(uid), { recursive: true, force: true }), report);
    }
    for (const pod of pods) {
      const role = this.roles.find((each) => each.plays(pod));
      if (role) await this.keep(pod, role).catch(report);
    }
  }

  private async keep(pod: V1Pod, role: Role): Promise<void> {
    const { uid = "", name } = pod.metadata ?? {};
    let service = this.running.get(uid);
    if (!service) {
      const command = await this.command(pod, role);
      const address = pod.status?.podIP ?? "";
      service = new Service(
        `${role.name}-${name}`,
        this.instance,
        () => command,
        () => role.probe(pod, address),
        ending,
      );
      this.running.set(uid, service);
    }
    if (!service.settled) service.start().catch(report);
    await showReady(this.plane.core, pod, service.ready);
  }

  private async command(pod: V1Pod, role: Role): Promise<Command> {
    const cwd = this.folder(pod.metadata?.uid ?? "");
    fs.mkdirSync(cwd, { recursive: true });
    const hosts = path.join(cwd, "hosts");
    fs.writeFileSync(hosts, await this.hosts());
    const { argv, environment } = await role.prepare(pod, cwd);
    return { argv: asPod(pod.status?.podIP ?? "", hosts, argv), environment, cwd };
  }

  /** In place of the cluster's DNS, of which these processes ask only for istiod. */
  private async hosts(): Promise<string> {
    const { items } = await this.plane.core.listServiceForAllNamespaces({ labelSelector: "app=istiod" });
    const lines = items.map(({ metadata, spec }) => `${spec?.clusterIP} ${metadata?.name}.${metadata?.namespace}.svc`);
    return ["127.0.0.1 localhost", ...lines, ""].join("\n");
  }

  private folder(uid: string): string {
    return path.join(this.instance.memory, "pods", uid);
  }
}

function report(error: unknown): void {
  console.error("pods:", error instanceof Error ? error.message : error);
}
