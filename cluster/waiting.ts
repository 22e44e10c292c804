// Why an object does not get the condition that a program waits for: the object, what stands beneath it, its namespace.
import type { V1ObjectMeta, V1Service } from "@kubernetes/client-node";
import { conditionVerdict, type WithConditions } from "../lib/conditions";
import type { Trouble } from "../lib/readiness";
import { waitingText, type Awaited } from "../lib/waiting";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";
import { readTroubles } from "./readiness";
import { conditions } from "./slim";

const deadlineMs = 10_000;

interface Raw {
  metadata?: V1ObjectMeta;
  spec?: { listeners?: { port: number }[] };
  status?: {
    conditions?: { type?: string; status?: string; reason?: string; message?: string }[];
    numberReady?: number;
    desiredNumberScheduled?: number;
  };
}

/** Since when something is waited for, in a run that began at `begun`. */
export interface Wait {
  begun: number;
  /** When the object was first seen without its condition. */
  seen?: number;
}

/** What there is to say once the wait has been so long; nothing before, and nothing where the object cannot be read. */
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
    if (since === undefined || Date.now() - since < afterMs) {
      return undefined;
    }
    const [troubles, beneath] = await Promise.all([
      readTroubles(client, [awaited.namespace]),
      readBeneath(client, awaited),
    ]);
    const seen = { conditions: conditions(object.status?.conditions), troubles, beneath };
    return waitingText(awaited, Math.round((Date.now() - since) / 1000), seen);
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

/** What the objects say that stand between one and its condition. */
function readBeneath(client: ApiClient, awaited: Awaited): Promise<Trouble[]> {
  if (awaited.kind === "Gateway") return readGatewayService(client, awaited);
  return awaited.kind === "Certificate" ? readRequests(client, awaited) : Promise.resolve([]);
}

/** An object of this run is waited for since it was made, an older one since it was seen to lack its condition. */
function waitedSince(object: Raw, condition: string, wait: Wait): number | undefined {
  // On the wire a time is text, whatever the library's type says.
  const made = Date.parse(String(object.metadata?.creationTimestamp ?? ""));
  if (Number.isNaN(made) || conditionVerdict(object as WithConditions, condition).state === "accepted") {
    wait.seen = undefined;
    return undefined;
  }
  wait.seen ??= Date.now();
  return made >= wait.begun ? made : wait.seen;
}

/** What the requests of a Certificate say that are not ready. */
async function readRequests(client: ApiClient, { path, namespace, name }: Awaited): Promise<Trouble[]> {
  const reply = await client.get(path.replace(/certificates$/, "certificaterequests"));
  const all = reply.kind === "ok" ? ((reply.body as { items?: Raw[] }).items ?? []) : [];
  return all
    .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.name === name))
    .flatMap(({ metadata, status }) =>
      conditions(status?.conditions)
        .filter((condition) => condition.status === "False")
        .map(({ type, reason, message }) => ({
          object: `CertificateRequest ${namespace}/${metadata?.name}`,
          text: `${type}=False (${reason}: ${message})`,
        })),
    );
}

/** A Gateway without its Service: the API server refused it, most often for a NodePort that somebody else holds. */
async function readGatewayService(client: ApiClient, { namespace, name }: Awaited): Promise<Trouble[]> {
  const [service, overlay, all] = await Promise.all([
    client.get(`/api/v1/namespaces/${namespace}/services/${name}-istio`),
    client.get(`/api/v1/namespaces/${namespace}/configmaps/${name}-overlay`),
    client.get("/api/v1/services"),
  ]);
  if (service.kind !== "missing" || overlay.kind !== "ok" || all.kind !== "ok") {
    return [];
  }
  const settings = (overlay.body as { data?: { service?: string } }).data?.service ?? "";
  const wanted = [...settings.matchAll(/nodePort: (\d+)/g)].map((match) => Number(match[1]));
  const held = ((all.body as { items?: V1Service[] }).items ?? []).flatMap(({ metadata, spec }) =>
    (spec?.ports ?? [])
      .filter(({ nodePort }) => nodePort !== undefined && wanted.includes(nodePort))
      .map(({ nodePort }) => `NodePort ${nodePort} belongs to Service ${metadata?.namespace}/${metadata?.name}`),
  );
  const text = held.length > 0 ? held.join(", ") : "istiod has not made it; its log says why";
  return [{ object: `Service ${namespace}/${name}-istio`, text }];
}
