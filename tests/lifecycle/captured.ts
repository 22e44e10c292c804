// Plays istio-cni, which no node of the sandbox runs: marks pods of enrolled namespaces as captured, and lets go of them.
// Looks at the same time whether a captured pod was ever without its ztunnel.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Namespace, V1Pod } from "@kubernetes/client-node";
import { ApiClient } from "../../cluster/client";

const redirection = "ambient.istio.io/redirection";
const mode = "istio.io/dataplane-mode";

/** One look at the cluster. */
export interface Moment {
  captured: number;
  ztunnel: boolean;
}

/** A stand-in for istio-cni that runs until it is stopped. */
export class IstioCni {
  readonly moments: Moment[] = [];
  private stopped = false;

  private constructor(private readonly client: ApiClient) {}

  static async start(): Promise<IstioCni> {
    const cni = new IstioCni(await ApiClient.connect({}, 30 * 60_000));
    void cni.run();
    return cni;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Waits until so many pods are captured. */
  async until(count: number): Promise<void> {
    while (this.moments.at(-1)?.captured !== count) {
      await sleep(100);
    }
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      // The API server may be away for a moment; what this plays would try again too.
      await this.look().catch(() => undefined);
      await sleep(100);
    }
    this.client.close();
  }

  private async look(): Promise<void> {
    const [namespaces, pods, ztunnel] = await Promise.all([
      this.list<V1Namespace>(`/api/v1/namespaces?labelSelector=${encodeURIComponent(`${mode}=ambient`)}`),
      this.list<V1Pod>("/api/v1/pods?labelSelector=app%3Dshop"),
      this.client.get("/apis/apps/v1/namespaces/istio-system/daemonsets/ztunnel"),
    ]);
    const isCaptured = ({ metadata }: V1Pod) => metadata?.annotations?.[redirection] === "enabled";
    this.moments.push({ captured: pods.filter(isCaptured).length, ztunnel: ztunnel.kind === "ok" });
    const enrolled = namespaces.map(({ metadata }) => metadata?.name);
    for (const pod of pods) {
      const { name, namespace, labels } = pod.metadata ?? {};
      const wanted = enrolled.includes(namespace) && labels?.[mode] !== "none";
      if (wanted !== isCaptured(pod)) {
        const annotations = { [redirection]: wanted ? "enabled" : null };
        await this.client.patch(`/api/v1/namespaces/${namespace}/pods/${name}`, { metadata: { annotations } });
      }
    }
  }

  private async list<T>(path: string): Promise<T[]> {
    const reply = await this.client.get(path);
    return reply.kind === "ok" ? ((reply.body as { items: T[] }).items ?? []) : [];
  }
}
