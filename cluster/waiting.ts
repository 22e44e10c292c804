// Why an object does not reach the condition that a program waits for: what it says itself, and what is made of it.
import type { V1ObjectMeta, V1Service } from "@kubernetes/client-node";
import { conditionVerdict, type WithConditions } from "../lib/cluster-state/conditions";
import { familyOf } from "../lib/cluster-state/family";
import type { Trouble } from "../lib/cluster-state/readiness";
import { waitingText, type Awaited } from "../lib/cluster-state/waiting";
import { gatewayObjects } from "../lib/istio/names";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";
import { listAll } from "./lists";
import { conditions } from "./slim";
import { readFamily, readTroubles, type Member } from "./troubles";

const deadlineMs = 10_000;

interface Raw {
  metadata?: V1ObjectMeta;
  spec?: { listeners?: { port: number }[] };
  status?: {
    conditions?: { type?: string; status?: string; reason?: string; message?: string }[];
    numberReady?: number;
    desiredNumberScheduled?: number;
    /** Of an Order or a Challenge. */
    state?: string;
    reason?: string;
  };
}

/** When a wait began, in a run that began at `begun`. */
export interface Wait {
  begun: number;
  /** When the object was first seen without its condition. */
  seen?: number;
  /** When it was last seen with its condition, or was not there. */
  held?: number;
}

/** The explanation, once the wait has lasted that long; none before, and none where the object cannot be read. */
export async function explainWaiting(
  target: ClusterTarget,
  awaited: Awaited,
  wait: Wait,
  afterMs: number,
): Promise<string | undefined> {
  const client = await ApiClient.connect(target, deadlineMs);
  try {
    const reply = await client.get(`${awaited.path}/${awaited.name}`);
    const object = withConditions((reply.kind === "ok" ? reply.body : {}) as Raw, awaited.kind);
    const since = waitedSince(object, awaited.condition, wait);
    if (since === undefined || Date.now() - since.wait < afterMs) {
      return undefined;
    }
    const family = await readFamily(client, [awaited]);
    const [troubles, beneath] = await Promise.all([
      readTroubles(client, [awaited], family, since.causes),
      readBeneath(client, awaited, family),
    ]);
    const seen = { conditions: conditions(object.status?.conditions), troubles, beneath };
    return waitingText(awaited, Math.round((Date.now() - since.wait) / 1000), seen);
  } finally {
    client.close();
  }
}

/** A DaemonSet has no conditions of its own. */
function withConditions(object: Raw, kind: string): Raw {
  const { numberReady: ready = 0, desiredNumberScheduled: desired = 0 } = object.status ?? {};
  if (kind !== "DaemonSet") {
    return object;
  }
  const status = desired > 0 && ready >= desired ? "True" : "False";
  const condition = { type: "Ready", status, reason: "Rollout", message: `${ready} of ${desired} pods` };
  return { ...object, status: { conditions: [condition] } };
}

/** The state of the objects that the awaited one depends on. */
function readBeneath(client: ApiClient, awaited: Awaited, family: Member[]): Promise<Trouble[]> {
  if (awaited.kind === "Gateway") return readGatewayService(client, awaited);
  return Promise.resolve(awaited.kind === "Certificate" ? issuingTroubles(family) : []);
}

/** When the wait for an object began, and how old its causes may be. */
interface Since {
  wait: number;
  causes: number;
}

/** The wait for an object of this run began with its creation, else when it was first seen without its condition. */
function waitedSince(object: Raw, condition: string, wait: Wait): Since | undefined {
  // On the wire a time is text, whatever the library's type says.
  const made = Date.parse(String(object.metadata?.creationTimestamp ?? ""));
  if (Number.isNaN(made) || conditionVerdict(object as WithConditions, condition).state === "accepted") {
    wait.seen = undefined;
    wait.held = Date.now();
    return undefined;
  }
  wait.seen ??= Date.now();
  return made >= wait.begun ? { wait: made, causes: made } : { wait: wait.seen, causes: wait.held ?? wait.begun };
}

/** Why the newest request of a Certificate is not ready, with its ACME order and challenges. */
function issuingTroubles(family: Member[]): Trouble[] {
  const made = ({ raw }: Member) => Date.parse(String(raw.metadata?.creationTimestamp ?? "")) || 0;
  const [newest] = family.filter(({ kind }) => kind === "CertificateRequest").sort((a, b) => made(b) - made(a));
  return newest ? familyOf([newest], family).flatMap(stateTroubles) : [];
}

function stateTroubles({ kind, namespace, name, raw }: Member): Trouble[] {
  const { conditions: reported, state, reason } = (raw as Raw).status ?? {};
  const object = `${kind} ${namespace}/${name}`;
  if (kind === "CertificateRequest") {
    return conditions(reported)
      .filter(({ status }) => status === "False")
      .map(({ type, reason, message }) => ({ object, text: `${type}=False (${reason}: ${message})` }));
  }
  return reason && state !== "valid" ? [{ object, text: `state=${state} (${reason})` }] : [];
}

/** A Gateway without its Service: the API server refused it, most often for a NodePort that another Service holds. */
async function readGatewayService(client: ApiClient, { namespace, name }: Awaited): Promise<Trouble[]> {
  const [service, overlay, all] = await Promise.all([
    client.get(`/api/v1/namespaces/${namespace}/services/${gatewayObjects.service(name)}`),
    client.get(`/api/v1/namespaces/${namespace}/configmaps/${gatewayObjects.overlay(name)}`),
    listAll<V1Service>(client, "/api/v1/services"),
  ]);
  if (service.kind !== "missing" || overlay.kind !== "ok" || all.kind !== "ok") {
    return [];
  }
  const settings = (overlay.body as { data?: { service?: string } }).data?.service ?? "";
  const wanted = [...settings.matchAll(/nodePort: (\d+)/g)].map((match) => Number(match[1]));
  const held = all.items.flatMap(({ metadata, spec }) =>
    (spec?.ports ?? [])
      .filter(({ nodePort }) => nodePort !== undefined && wanted.includes(nodePort))
      .map(({ nodePort }) => `NodePort ${nodePort} belongs to Service ${metadata?.namespace}/${metadata?.name}`),
  );
  const text = held.length > 0 ? held.join(", ") : "istiod did not create it; see its log";
  return [{ object: `Service ${namespace}/${gatewayObjects.service(name)}`, text }];
}
