// Plays istio-cni, which no node of the sandbox runs: marks pods without a sidecar in enrolled namespaces as captured, and
// lets go of those whose namespace is enrolled no more.
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Namespace, V1Pod } from "@kubernetes/client-node";
import { ApiClient } from "../../cluster/client";

const redirection = "ambient.istio.io/redirection";
const mode = "istio.io/dataplane-mode";

/** A stand-in for istio-cni that runs until it is stopped. */
export class NodeAgent {
  private stopped = false;

  private constructor(private readonly client: ApiClient) {}

  static async start(): Promise<NodeAgent> {
    const agent = new NodeAgent(await ApiClient.connect({}, 60 * 60_000));
    void agent.run();
    return agent;
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.look().catch(() => undefined);
      await sleep(200);
    }
    this.client.close();
  }

  private async look(): Promise<void> {
    const [namespaces, pods] = await Promise.all([
      this.list<V1Namespace>(`/api/v1/namespaces?labelSelector=${encodeURIComponent(`${mode}=ambient`)}`),
      this.list<V1Pod>("/api/v1/pods"),
    ]);
    const enrolled = namespaces.map(({ metadata }) => metadata?.name);
    for (const { metadata = {}, status } of pods) {
      const { name, namespace, labels = {}, annotations = {} } = metadata;
      const isOwn = !("gateway.istio.io/managed" in labels) && !("sidecar.istio.io/status" in annotations);
      const wanted = enrolled.includes(namespace) && labels[mode] !== "none" && isOwn && status?.podIP !== undefined;
      if (wanted === (annotations[redirection] === "enabled")) continue;
      const change = { [redirection]: wanted ? "enabled" : null };
      await this.client.patch(`/api/v1/namespaces/${namespace}/pods/${name}`, { metadata: { annotations: change } });
    }
  }

  private async list<T>(path: string): Promise<T[]> {
    const reply = await this.client.get(path);
    return reply.kind === "ok" ? ((reply.body as { items: T[] }).items ?? []) : [];
  }
}
