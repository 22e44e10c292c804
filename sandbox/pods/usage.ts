// What the pods of a node use, in a kubelet's words: measured where a process stands behind a pod, and otherwise what such
// a pod took on a real node.
import * as fs from "node:fs";
import { V1Container, V1Pod } from "@kubernetes/client-node";
import { sidecarFigure, standardFigures } from "../../lib/footprint/figures";
import { mebibytes } from "../../lib/footprint/units";
import { ServiceStatus } from "../control-plane/service";

/** Bytes, and cores. */
interface Used {
  rss: number;
  cpu: number;
}

/** An application that nobody has measured. */
const usual: Used = { rss: mebibytes(10), cpu: 0.001 };

const ticksPerSecond = 100;

/** An answer to stats/summary?only_cpu_and_memory=true, for the running pods of a node. */
export function summary(nodeName: string, pods: V1Pod[], processes: ReadonlyMap<string, ServiceStatus>): object {
  const time = new Date().toISOString();
  const running = pods.filter(({ status }) => status?.phase === "Running");
  return {
    node: { nodeName },
    pods: running.map((pod) => {
      const { name = "", namespace = "", uid = "" } = pod.metadata ?? {};
      const pid = processes.get(`${namespace}/${name}`)?.pid;
      return {
        podRef: { name, namespace, uid },
        containers: lasting(pod).map((container, index) => {
          const { rss, cpu } = (index === 0 && pid !== undefined && ofProcess(pid)) || asMeasured(pod, container);
          return {
            name: container.name,
            cpu: { time, usageNanoCores: Math.round(cpu * 1e9) },
            memory: { time, workingSetBytes: rss + mebibytes(2), rssBytes: rss },
          };
        }),
      };
    }),
  };
}

/** Those that go on running, with native sidecars at the end. */
function lasting({ spec }: V1Pod): V1Container[] {
  const native = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...(spec?.containers ?? []), ...native];
}

/** The figures of twenty pods, in whose neighborhood a mesh for development is. */
function asMeasured({ metadata }: V1Pod, { name }: V1Container): Used {
  const figures = standardFigures.find(({ pods }) => pods === 20);
  const { labels = {} } = metadata ?? {};
  if (!figures) return usual;
  if (name === "discovery") return { rss: mebibytes(figures.istiod), cpu: 0.003 };
  if (name === "install-cni") return { rss: mebibytes(figures.istioCni), cpu: 0.002 };
  if (name !== "istio-proxy") return usual;
  return labels.app === "ztunnel"
    ? { rss: mebibytes(figures.ztunnel), cpu: 0.001 }
    : { rss: sidecarFigure, cpu: 0.003 };
}

/** A process with all that it has started; the CPU is the average of its life. */
function ofProcess(pid: number): Used | undefined {
  const family = [pid];
  const all = fs.readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  const parents = new Map(all.map((entry) => [Number(entry), stat(Number(entry))]));
  for (const one of family) {
    for (const [child, fields] of parents) if (fields?.parent === one) family.push(child);
  }
  const uptime = Number(fs.readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const known = family.flatMap((one) => parents.get(one) ?? []);
  if (known.length === 0) return undefined;
  return {
    rss: known.reduce((sum, { rss }) => sum + rss, 0),
    cpu: known.reduce((sum, { ticks, started }) => {
      return sum + ticks / ticksPerSecond / Math.max(1, uptime - started / ticksPerSecond);
    }, 0),
  };
}

/** What the kernel says of a process; nothing once it has ended. */
function stat(pid: number): { parent: number; ticks: number; started: number; rss: number } | undefined {
  try {
    const fields = (fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop() ?? "").split(" ").map(Number);
    const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const [parent = 0, ticksOfUser = 0, ticksOfSystem = 0, started = 0] = [1, 11, 12, 19].map((at) => fields[at]);
    return { parent, ticks: ticksOfUser + ticksOfSystem, started, rss: Number(anonymous ?? 0) * 1024 };
  } catch {
    return undefined;
  }
}
