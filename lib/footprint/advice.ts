// Advice with figures: requests far from what is used, parts near their limit, waypoints that serve nothing.
import type { Fix } from "../checks/check";
import { marks } from "../checks/mesh";
import type { FootprintState } from "./footprint";
import type { MeshPod, Part } from "./parts";
import { ownMemory, type Usage } from "./usage";
import { cpuQuantity, cpuText, mebibytes, memoryQuantity, memoryText } from "./units";

/** One piece of advice. An error is about something that breaks; a warning is about waste, or a risk. */
export interface Advice {
  severity: "error" | "warning";
  /** "DaemonSet istio-system/ztunnel" */
  object: string;
  got: string;
  rule: string;
  fix: Fix;
}

/** From which share of its limit on a part is near it. */
const nearLimit = 0.8;
/** A memory request is far above use from so many times on, and when at least so much is held back. */
const farAbove = { times: 3, bytes: mebibytes(64) };
/** The same for CPU, of which a quiet moment says less. */
const farAboveCpu = { times: 5, cores: 0.2 };
/** Use of CPU below this is no reason to ask for a higher request. */
const littleCpu = 0.05;
/** What a request should hold beside what is used now. */
const headroom = 1.5;

/** The argument of each part that Pulumi's own mesh takes; what else deploys it has a value of its own. */
const argumentOf: Record<Exclude<Part, "sidecars">, (setting: string) => string> = {
  istiod: (setting) => `controlPlane: { ${setting} }`,
  "istio-cni": (setting) => `cni: { ${setting} }`,
  ztunnel: (setting) => `dataplane: { ${setting} }`,
  gateways: (setting) => setting,
  waypoints: (setting) => setting,
};

/** All advice: what breaks first, then the parts in their order. */
export function advise(state: FootprintState): Advice[] {
  const all = [...owners(state.pods).flatMap(partAdvice), ...waypointAdvice(state)];
  return [...all.filter(({ severity }) => severity === "error"), ...all.filter(({ severity }) => severity !== "error")];
}

/** The pods of one Deployment, DaemonSet or Gateway. */
interface Owned {
  part: Exclude<Part, "sidecars">;
  object: string;
  pods: MeshPod[];
}

function owners(pods: MeshPod[]): Owned[] {
  const groups = new Map<string, Owned>();
  for (const pod of pods) {
    if (pod.part === "sidecars") continue;
    const group = groups.get(pod.owner) ?? { part: pod.part, object: pod.owner, pods: [] };
    group.pods.push(pod);
    groups.set(pod.owner, group);
  }
  return [...groups.values()];
}

/** What the pod that uses most has, and the others have too. */
interface Most {
  requested: { cpu: number; memory: number };
  limit?: number;
  used: Usage;
}

function partAdvice(owned: Owned): Advice[] {
  const { part, object, pods } = owned;
  const used = pods.flatMap((pod) => pod.used ?? []);
  const [first] = pods;
  if (!first || used.length === 0) return [];
  const most: Most = {
    requested: first.requested,
    ...(first.memoryLimit === undefined ? {} : { limit: first.memoryLimit }),
    used: {
      cpu: Math.max(...used.map(({ cpu }) => cpu)),
      workingSet: Math.max(...used.map(({ workingSet }) => workingSet)),
    },
  };
  const write = (setting: string): Fix => ({ write: argumentOf[part](setting) });
  return [
    ...limitAdvice(object, pods, most, write),
    ...memoryAdvice(object, most, write),
    ...cpuAdvice(object, most, write),
  ];
}

type Write = (setting: string) => Fix;

function limitAdvice(object: string, pods: MeshPod[], { limit, used }: Most, write: Write): Advice[] {
  if (limit === undefined) return [];
  const rule = `a part must stay below ${nearLimit * 100} % of its limit, at which it is killed`;
  const fix = write(`memoryLimit: "${memoryQuantity(2 * Math.max(used.workingSet, limit), 64)}"`);
  const killed = pods.filter(({ outOfMemory }) => outOfMemory);
  if (killed.length > 0) {
    const got = `killed for its memory: ${killed.map(({ name }) => name).join(", ")}`;
    return [{ severity: "error", object, got, rule, fix }];
  }
  if (used.workingSet < nearLimit * limit) return [];
  const share = Math.round((100 * used.workingSet) / limit);
  const got = `uses ${memoryText(used.workingSet)}, ${share} % of its limit of ${memoryText(limit)}`;
  return [{ severity: "error", object, got, rule, fix }];
}

function memoryAdvice(object: string, { requested, used }: Most, write: Write): Advice[] {
  const got = `requests ${memoryText(requested.memory)}, uses ${memoryText(used.workingSet)}`;
  const fix = write(`memory: "${memoryQuantity(headroom * used.workingSet, 16)}"`);
  if (used.workingSet > requested.memory) {
    const rule = "what a pod uses above its request may be taken from it when its node runs out of memory";
    return [{ severity: "warning", object, got, rule, fix }];
  }
  const isFar =
    requested.memory >= farAbove.times * used.workingSet && requested.memory - used.workingSet >= farAbove.bytes;
  const rule = "memory that a pod requests but does not use is not available to other pods on its node";
  return isFar ? [{ severity: "warning", object, got, rule, fix }] : [];
}

function cpuAdvice(object: string, { requested, used }: Most, write: Write): Advice[] {
  const got = `requests ${cpuText(requested.cpu)} CPU, uses ${cpuText(used.cpu)}`;
  const fix = write(`cpu: "${cpuQuantity(headroom * used.cpu, 50)}"`);
  if (used.cpu > requested.cpu && used.cpu > littleCpu) {
    const rule = "above its request, a pod gets only CPU that other pods leave unused";
    return [{ severity: "warning", object, got, rule, fix }];
  }
  const isFar = requested.cpu >= farAboveCpu.times * used.cpu && requested.cpu - used.cpu >= farAboveCpu.cores;
  const rule = "CPU that a pod requests but does not use is not available for scheduling other pods";
  return isFar ? [{ severity: "warning", object, got, rule, fix }] : [];
}

/** Waypoints that nothing names, and those that are named and get no traffic. */
function waypointAdvice({ pods, usedWaypoints, waypointConnections }: FootprintState): Advice[] {
  const waypoints = owners(pods).filter(({ part }) => part === "waypoints");
  return waypoints.flatMap(({ object, pods: own }): Advice[] => {
    const key = object.replace(/^Gateway /, "");
    const [namespace = "", name = ""] = key.split("/");
    const used = own.flatMap((pod) => pod.used ?? []);
    const memory =
      used.length === 0 ? "" : `, and ${memoryText(used.reduce((sum, usage) => sum + ownMemory(usage), 0))}`;
    if (usedWaypoints !== undefined && !usedWaypoints.has(key)) {
      const rule =
        "a waypoint gets traffic only where a namespace, Service or pod names it; delete it where it is made, or use it";
      const fix = { run: `kubectl label namespace ${namespace} ${marks.useWaypoint}=${name}` };
      return [{ severity: "warning", object, got: `no user${memory}`, rule, fix }];
    }
    // The kubelet's probe may be one of them.
    if ((waypointConnections.get(key) ?? Infinity) > own.length) return [];
    const rule = "ztunnel keeps its connections to a waypoint for minutes after the last request: there was none";
    const fix = { run: `kubectl get namespaces,services --all-namespaces --selector ${marks.useWaypoint}=${name}` };
    return [{ severity: "warning", object, got: `no open connection${memory}`, rule, fix }];
  });
}

/** False where a part is about to fail, and where there is nothing to measure or nothing was measured. */
export function isGood(state: FootprintState, advice: Advice[]): boolean {
  return state.pods.length > 0 && state.source !== "none" && advice.every(({ severity }) => severity !== "error");
}
