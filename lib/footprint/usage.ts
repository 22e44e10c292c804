// What containers use, from either source: the kubelets' own statistics, or metrics.k8s.io.
import { parseQuantity } from "../validation/quantity";

/** What something uses. */
export interface Usage {
  /** Cores, over the last seconds. */
  cpu: number;
  /** Bytes that count against a limit: with page cache that was read lately, which the kernel can take back. */
  workingSet: number;
  /** Bytes of the process itself; only the kubelet knows them. */
  rss?: number;
}

/** What one container uses. */
export interface ContainerUsage extends Usage {
  namespace: string;
  pod: string;
  container: string;
}

/** The kubelet's answer, as far as it is read. */
interface Summary {
  pods?: {
    podRef?: { name?: string; namespace?: string };
    containers?: {
      name?: string;
      cpu?: { usageNanoCores?: number };
      memory?: { workingSetBytes?: number; rssBytes?: number };
    }[];
  }[];
}

/** The containers in a kubelet's stats/summary. One that has just started has no statistics yet, and is not among them. */
export function summaryUsage(body: unknown): ContainerUsage[] {
  return ((body as Summary).pods ?? []).flatMap(({ podRef, containers }) =>
    (containers ?? []).flatMap(({ name, cpu, memory }): ContainerUsage[] =>
      memory?.workingSetBytes
        ? [
            {
              ...names(podRef, name),
              cpu: (cpu?.usageNanoCores ?? 0) / 1e9,
              workingSet: memory.workingSetBytes,
              ...(memory.rssBytes === undefined ? {} : { rss: memory.rssBytes }),
            },
          ]
        : [],
    ),
  );
}

/** One PodMetrics of metrics.k8s.io, as far as it is read. */
export interface PodMetrics {
  metadata?: { name?: string; namespace?: string };
  containers?: { name?: string; usage?: { cpu?: string; memory?: string } }[];
}

/** The containers of a pod in metrics.k8s.io. */
export function metricsUsage({ metadata, containers }: PodMetrics): ContainerUsage[] {
  return (containers ?? []).map(({ name, usage }) => ({
    ...names(metadata, name),
    cpu: parseQuantity(usage?.cpu ?? "") ?? 0,
    workingSet: parseQuantity(usage?.memory ?? "") ?? 0,
  }));
}

function names(pod: { name?: string; namespace?: string } = {}, container = "") {
  return { namespace: pod.namespace ?? "", pod: pod.name ?? "", container };
}

/** The sum; it has an RSS only where every part has one. */
export function sumUsage(usages: Usage[]): Usage {
  const total = (of: (usage: Usage) => number) => usages.reduce((sum, usage) => sum + of(usage), 0);
  return {
    cpu: total(({ cpu }) => cpu),
    workingSet: total(({ workingSet }) => workingSet),
    ...(usages.every(({ rss }) => rss !== undefined) ? { rss: total(({ rss }) => rss ?? 0) } : {}),
  };
}

/** The same usage several times over. */
export function timesUsage({ cpu, workingSet, rss }: Usage, times: number): Usage {
  return { cpu: cpu * times, workingSet: workingSet * times, ...(rss === undefined ? {} : { rss: rss * times }) };
}

/** The memory to compare by: what the process has for itself where that is known, else the working set. */
export function ownMemory({ rss, workingSet }: Usage): number {
  return rss ?? workingSet;
}
