// Why an object is not ready: its own pods and events, and those of nothing else.
import type { CoreV1Event, V1ContainerStatus, V1ObjectMeta, V1Pod } from "@kubernetes/client-node";
import { familyOf, isSame, type Relative } from "../lib/cluster-state/family";
import type { Trouble } from "../lib/cluster-state/readiness";
import { type Reference } from "../lib/cluster-state/snapshot";
import { objectName } from "../lib/cluster-state/object-name";
import type { ApiClient } from "./client";
import { listReadable } from "./lists";
import { slimEvent } from "./slim";

/** An object as the API returned it. */
export interface RawObject {
  metadata?: V1ObjectMeta;
}

/** A member of a family, with the whole object. */
export interface Member extends Relative {
  raw: RawObject;
}

const apps = "/apis/apps/v1";
const certManager = "/apis/cert-manager.io/v1";
const acme = "/apis/acme.cert-manager.io/v1";

/** Where the objects of a kind are listed, below the namespace. */
const lists: Record<string, [api: string, plural: string]> = {
  Gateway: ["/apis/gateway.networking.k8s.io/v1", "gateways"],
  Service: ["/api/v1", "services"],
  Deployment: [apps, "deployments"],
  ReplicaSet: [apps, "replicasets"],
  DaemonSet: [apps, "daemonsets"],
  Pod: ["/api/v1", "pods"],
  Certificate: [certManager, "certificates"],
  CertificateRequest: [certManager, "certificaterequests"],
  Order: [acme, "orders"],
  Challenge: [acme, "challenges"],
};

/** Kinds that controllers create from an object of that kind, at any depth. */
const madeOf: Record<string, string[]> = {
  Gateway: ["Service", "Deployment", "ReplicaSet", "Pod"],
  Deployment: ["ReplicaSet", "Pod"],
  DaemonSet: ["Pod"],
  // The pods solve HTTP-01 challenges.
  Certificate: ["CertificateRequest", "Order", "Challenge", "Pod"],
};

/** The objects themselves, and everything that controllers created from them. */
export async function readFamily(client: ApiClient, roots: readonly Reference[]): Promise<Member[]> {
  const wanted = roots.flatMap(({ kind, namespace }) =>
    [kind, ...(madeOf[kind] ?? [])].flatMap((each) => {
      const [api, plural] = lists[each] ?? [];
      return api ? [{ kind: each, path: `${api}/namespaces/${namespace}/${plural}` }] : [];
    }),
  );
  const distinct = new Map(wanted.map(({ kind, path }) => [path, kind]));
  const read = [...distinct].map(async ([path, kind]) =>
    (await listReadable<RawObject>(client, path)).map((raw) => member(kind, raw)),
  );
  return familyOf(roots, (await Promise.all(read)).flat());
}

function member(kind: string, raw: RawObject): Member {
  const { namespace = "", name = "", uid = "", ownerReferences = [] } = raw.metadata ?? {};
  return { kind, namespace, name, uid, owners: ownerReferences.map((owner) => owner.uid), raw };
}

/** Why pods of the family do not run, and warnings about the family since that time. */
export async function readTroubles(
  client: ApiClient,
  roots: readonly Reference[],
  family: readonly Member[],
  sinceMs: number,
): Promise<Trouble[]> {
  const namespaces = [...new Set(roots.map(({ namespace }) => namespace))];
  const events = namespaces.map((namespace) =>
    listReadable<CoreV1Event>(client, `/api/v1/namespaces/${namespace}/events?fieldSelector=type%3DWarning`),
  );
  const pods = family.filter(({ kind }) => kind === "Pod").map(({ raw }) => raw as V1Pod);
  const well = pods.filter(isReady).map(podName);
  const about = (await Promise.all(events)).flat().filter((event) => isAbout(event, roots, family));
  const said = pods.flatMap(podTroubles);
  // A pod says why it is not scheduled, or has no image, and so do events about it.
  const isNew = ({ object, text }: Trouble) => {
    const message = text.replace(/^\w+: (Error: )?/, "");
    return !well.includes(object) && !said.some((own) => own.object === object && own.text.includes(message));
  };
  return [...said, ...eventTroubles(about, sinceMs).filter(isNew)];
}

/** What once failed on a pod that serves, an old one of a rollout for example, keeps nothing waiting. */
function isReady({ status }: V1Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");
}

function podName({ metadata }: V1Pod): string {
  return `Pod ${metadata?.namespace}/${metadata?.name}`;
}

/** An event about a former object of the same name has another uid, and does not count. */
function isAbout(event: CoreV1Event, roots: readonly Reference[], family: readonly Member[]): boolean {
  const { kind = "", namespace = "", name = "", uid } = event.involvedObject;
  const object = { kind, namespace, name };
  const found = family.find((each) => isSame(each, object));
  return found ? uid === undefined || uid === found.uid : roots.some((root) => isSame(root, object));
}

function podTroubles(pod: V1Pod): Trouble[] {
  if (pod.metadata?.deletionTimestamp !== undefined) {
    return [];
  }
  const object = podName(pod);
  const statuses: V1ContainerStatus[] = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? []),
  ];
  const waiting = statuses.flatMap(({ name, ready, state, lastState }) => {
    const reason = state?.waiting?.reason;
    const ended = state?.terminated ?? lastState?.terminated;
    if (ready || reason === undefined || reason === "PodInitializing" || reason === "ContainerCreating") {
      return [];
    }
    const said = state?.waiting?.message ?? (ended && `it ended with ${ended.reason ?? "exit code"} ${ended.exitCode}`);
    return [{ object, text: `container ${name} is in ${reason}${said ? ` (${said})` : ""}` }];
  });
  const unscheduled = (pod.status?.conditions ?? [])
    .filter(({ type, status, message }) => type === "PodScheduled" && status === "False" && message)
    .map(({ message }) => ({ object, text: message ?? "" }));
  return [...waiting, ...unscheduled];
}

/** Newest first, and only the newest of each object and reason: the others differ in no more than the name of a pod. */
function eventTroubles(events: CoreV1Event[], sinceMs: number): Trouble[] {
  // Event times are whole seconds.
  const since = Math.floor(sinceMs / 1000) * 1000;
  const recent = events
    .map(slimEvent)
    .filter(({ lastSeen }) => lastSeen >= since)
    .sort((a, b) => b.lastSeen - a.lastSeen);
  const newest = new Map<string, Trouble>();
  for (const { object, reason, message } of recent) {
    const name = objectName(object.kind, object);
    const key = `${name} ${reason}`;
    if (!newest.has(key)) newest.set(key, { object: name, text: `${reason}: ${message}` });
  }
  return [...newest.values()];
}
