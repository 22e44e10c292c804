// Asking a cluster whether it would take objects: each by a dry run, within what is left of a number of requests.
import { askedDefinitions, type AskedObject, type Refusal, type StoredVersions } from "../lib/preflight/asked";
import type { Named } from "../lib/cluster-state/snapshot";
import { isBehind, retiredVersions } from "../lib/gateway-api/versions";
import type { ApiClient, Reply } from "./client";
import { heldAgainst } from "./exemptions";

/** Where an object is asked for whose namespace does not exist yet. */
const standIn = "default";

/** What the cluster has already. */
export interface Surroundings {
  namespaces: readonly Named[];
  definitions: readonly Named[];
}

/** Asks for as many as there are requests left. What cannot be asked is not judged. */
export async function readRefusals(
  client: ApiClient,
  asked: readonly AskedObject[],
  surroundings: Surroundings,
  requestsLeft: number,
): Promise<Refusal[]> {
  const open = asked.filter((object) => isAsked(object, surroundings));
  // Two are kept for looking up who has said no.
  const answers = await Promise.all(
    open.slice(0, Math.max(1, requestsLeft - 2)).map((object) => ask(client, object, surroundings)),
  );
  return heldAgainst(
    client,
    answers.flatMap((answer) => answer ?? []),
  );
}

/** The versions in which objects of the Gateway API were ever stored, of CRDs that lost some of them since. */
export async function readStoredVersions(
  client: ApiClient,
  bundle: string | undefined,
  definitions: readonly Named[],
  requestsLeft: number,
): Promise<StoredVersions[]> {
  const behind = definitions.filter((each) => bundle !== undefined && isBehind(each, bundle));
  const names = retiredVersions.filter((name) => behind.some((each) => each.name === name));
  const read = names.slice(0, Math.max(0, requestsLeft)).map(async (name): Promise<StoredVersions[]> => {
    const reply = await client.get(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`);
    const { status } = (reply.kind === "ok" ? reply.body : {}) as { status?: { storedVersions?: string[] } };
    return status?.storedVersions ? [{ name, versions: status.storedVersions }] : [];
  });
  return (await Promise.all(read)).flat();
}

/** A namespace or CRD of Istio that is there is not made; one of the Gateway API is only where a newer one comes. */
function isAsked({ kind, name, body }: AskedObject, { namespaces, definitions }: Surroundings): boolean {
  if (kind === "Namespace") return !namespaces.some((each) => each.name === name);
  if (kind !== "CustomResourceDefinition") return true;
  const there = definitions.find((each) => each.name === name);
  const { annotations } = (body as { metadata: { annotations: Record<string, string> } }).metadata;
  const version = annotations["gateway.networking.k8s.io/bundle-version"]?.replace(/^v/, "");
  return (
    there === undefined || (name === askedDefinitions.gatewayApi && version !== undefined && isBehind(there, version))
  );
}

async function ask(client: ApiClient, object: AskedObject, around: Surroundings): Promise<Refusal | undefined> {
  const { kind, namespace, name } = object;
  const elsewhere = namespace !== "" && !around.namespaces.some((each) => each.name === namespace);
  const reply = await send(client, object, elsewhere ? standIn : namespace, around);
  return reply.kind === "forbidden" || reply.kind === "failed"
    ? { kind, namespace, name, elsewhere, why: reply.why }
    : undefined;
}

function send(client: ApiClient, object: AskedObject, into: string, { definitions }: Surroundings): Promise<Reply> {
  const { api, plural, namespace, name, body } = object;
  const path = namespace === "" ? `${api}/${plural}` : `${api}/namespaces/${into}/${plural}`;
  const { metadata, ...rest } = body as { metadata: object };
  if (definitions.some((each) => each.name === name)) {
    // Of what is there only the mark of the bundle changes: its own schema is not known here.
    return client.apply(`${path}/${name}`, { ...rest, metadata, spec: undefined }, true);
  }
  return client.tryCreate(path, { ...rest, metadata: namespace === "" ? metadata : { ...metadata, namespace: into } });
}
