// Reads what others have done to a namespace since its migration began, before any of it is taken back.
import { meshLabels } from "../lib/istio/labels";
import type { Attached, KubeObject } from "../lib/migration/objects";
import { stepsOf, turnedBack, type MigrationRecord } from "../lib/migration/record";
import { keyOfStep, type SinceFacts } from "../lib/migration/since";
import type { ApiClient } from "./client";
import { listOf } from "./migration";
import { readOne } from "./migration-objects";

/** What can name a waypoint by a label. */
const users: [apiVersion: string, kind: string, path: string][] = [
  ["v1", "Namespace", "/api/v1/namespaces"],
  ["v1", "Service", "/api/v1/services"],
  ["networking.istio.io/v1", "ServiceEntry", "/apis/networking.istio.io/v1/serviceentries"],
];

/** What can be attached to one. */
const policies: [apiVersion: string, kind: string, plural: string][] = [
  ["security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies"],
  ["security.istio.io/v1", "RequestAuthentication", "requestauthentications"],
  ["extensions.istio.io/v1alpha1", "WasmPlugin", "wasmplugins"],
  ["networking.istio.io/v1alpha3", "EnvoyFilter", "envoyfilters"],
];

/** A record with its way back before it. */
export async function turnBack(client: ApiClient, record: MigrationRecord): Promise<MigrationRecord> {
  const at = record.steps[record.next];
  return turnedBack(record, at?.do === "create" ? await readOne(client, keyOfStep(at)) : undefined);
}

/** One look at all that the rollback of a record will touch. */
export async function readSince(client: ApiClient, record: MigrationRecord): Promise<SinceFacts> {
  const { namespace, waypoint, next } = record;
  const left: SinceFacts["left"] = [];
  for (const step of stepsOf(record).slice(next)) {
    const live = step.do === "await" ? undefined : await readOne(client, keyOfStep(step));
    left.push({ step, ...(live ? { live } : {}) });
  }
  const selector = `?labelSelector=${encodeURIComponent(`${meshLabels.useWaypoint}=${waypoint}`)}`;
  const [named, attached] = await Promise.all([
    Promise.all(users.map(([apiVersion, kind, path]) => listKind(client, apiVersion, kind, `${path}${selector}`))),
    Promise.all(
      policies.map(([apiVersion, kind, plural]) =>
        listKind<Attached>(client, apiVersion, kind, `/apis/${apiVersion}/namespaces/${namespace}/${plural}`),
      ),
    ),
  ]);
  return { left, users: named.flat(), policies: attached.flat() };
}

async function listKind<Spec = object>(
  client: ApiClient,
  apiVersion: string,
  kind: string,
  path: string,
): Promise<KubeObject<Spec>[]> {
  const all = await listOf<KubeObject<Spec>>(client, path);
  return all.map((object) => ({ ...object, apiVersion, kind }));
}
