// Pods that hang in a start hook: until it is over the kubelet reports no address, and istiod tells ztunnel nothing of them.
import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import type { PodState } from "../lib/cluster-state/snapshot";
import type { Api } from "./client";
import { listReadable } from "./lists";

/** Pods whose events are looked at. */
const askedPods = 5;

/** The containers with a start hook that the kubelet still starts; nothing for a pod that is past it, or not there yet. */
export function podStart({ metadata, spec, status }: V1Pod): Pick<PodState, "startHook"> {
  if (status?.phase !== "Pending" || metadata?.deletionTimestamp !== undefined) {
    return {};
  }
  // The sandbox with its network is there, and all init containers are done.
  const sandbox = status.conditions?.find(({ type }) => type === "PodReadyToStartContainers");
  const initialized = status.conditions?.find(({ type }) => type === "Initialized");
  if (sandbox?.status !== "True" || initialized?.status !== "True") {
    return {};
  }
  const hooked = (spec?.containers ?? []).filter(({ lifecycle }) => lifecycle?.postStart).map(({ name }) => name);
  const starting = (status.containerStatuses ?? [])
    .filter(({ state }) => ["ContainerCreating", "PodInitializing"].includes(state?.waiting?.reason ?? ""))
    .map(({ name }) => name);
  const containers = hooked.filter((name) => starting.includes(name));
  // On the wire a time is text, whatever the library's type says.
  const since = Math.max(...[sandbox, initialized].map((seen) => Date.parse(String(seen.lastTransitionTime ?? ""))));
  return containers.length > 0 && since > 0 ? { startHook: { containers, since } } : {};
}

/** A container may also wait for its image: only one that the kubelet says it has started is in its hook. */
export async function confirmStartHooks(client: Pick<Api, "get">, pods: PodState[]): Promise<void> {
  const starting = pods.filter(({ startHook }) => startHook);
  await Promise.all(
    starting.map(async (pod, index) => {
      if (index >= askedPods || !(await isStarted(client, pod))) delete pod.startHook;
    }),
  );
}

async function isStarted(client: Pick<Api, "get">, { namespace, name, startHook }: PodState): Promise<boolean> {
  const fieldSelector = encodeURIComponent(`involvedObject.name=${name},reason=Started`);
  const path = `/api/v1/namespaces/${namespace}/events?fieldSelector=${fieldSelector}`;
  const started = (await listReadable<CoreV1Event>(client, path)).map(({ involvedObject }) => involvedObject.fieldPath);
  return startHook!.containers.some((container) => started.includes(`spec.containers{${container}}`));
}
