// Goes the steps of an adoption, and back: by a journal in the cluster, so that a run that was killed goes on where it was.
import * as zlib from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import { namespaceOf, textsOf, type LiveObject } from "../lib/adoption/facts";
import {
  journalName,
  patchOf,
  stateOf,
  type CreateStep,
  type Direction,
  type Journal,
  type MetadataStep,
  type Step,
} from "../lib/adoption/journal";
import { changedLines } from "../lib/adoption/report";
import { objectName } from "../lib/cluster-state/object-name";
import { componentMark } from "../lib/ownership/marks";
import { AdoptionError, readObject, readRecords, whyNot } from "./adoption";
import type { ApiClient, Reply } from "./client";
import { objectPath } from "./release-objects";
import { otherRun, otherRunAtWork, runMark, runNote } from "./run-note";

/** So long after its last step a run counts as dead. */
const runMs = 15_000;
const attempts = 5;

/** What a run has done. */
export interface Outcome {
  /** Objects whose metadata it has changed, and records that it has made or deleted. */
  written: number;
  /** Lines for the user: what was not found any more, what was left. */
  notes: string[];
}

/** A journal, and the Secret that holds it. */
export interface StoredJournal {
  journal: Journal;
  secret: LiveObject;
}

/** The journal in a namespace; nothing where nothing was adopted there. */
export async function readJournal(client: ApiClient, namespace: string): Promise<StoredJournal | undefined> {
  const secret = await readObject(client, { apiVersion: "v1", kind: "Secret", namespace, name: journalName });
  if (!secret) return undefined;
  const { journal = "" } = (secret["data"] ?? {}) as { journal?: string };
  const text = zlib.gunzipSync(Buffer.from(journal, "base64")).toString("utf8");
  return { secret, journal: JSON.parse(text) as Journal };
}

/** Namespaces that hold a journal. */
export async function journalNamespaces(client: ApiClient): Promise<string[]> {
  const selector = encodeURIComponent(`metadata.name=${journalName}`);
  const reply = await client.get(`/api/v1/secrets?fieldSelector=${selector}`);
  if (reply.kind !== "ok") throw new AdoptionError(`cannot list secrets: ${whyNot(reply)}`);
  return ((reply.body as { items?: LiveObject[] }).items ?? []).map(namespaceOf);
}

/** Writes the journal down. From here on a run that ends early is taken up by the next. */
export async function writeJournal(client: ApiClient, journal: Journal): Promise<StoredJournal> {
  const body = {
    apiVersion: "v1",
    kind: "Secret",
    type: "istio-ambient/adoption",
    metadata: { name: journalName, namespace: journal.namespace, annotations: { [runMark]: runNote() } },
    data: { journal: zlib.gzipSync(JSON.stringify(journal), { level: 9 }).toString("base64") },
  };
  const reply = await client.post(`/api/v1/namespaces/${journal.namespace}/secrets?fieldManager=istio-ambient`, body);
  if (reply.kind === "failed" && reply.status === 409) throw new AdoptionError(otherRun("adopt", "has just begun"));
  if (reply.kind !== "ok") throw new AdoptionError(`cannot write Secret ${journalName}: ${whyNot(reply)}`);
  return { journal, secret: { ...(reply.body as LiveObject), apiVersion: "v1", kind: "Secret" } };
}

/** The component that has taken the namespace over in a `pulumi up`, as its mark names it: AmbientMesh "mesh". */
export async function takenOverBy(client: ApiClient, namespace: string): Promise<string | undefined> {
  const live = await readObject(client, { apiVersion: "v1", kind: "Namespace", namespace: "", name: namespace });
  return live && textsOf(live, "annotations")[componentMark];
}

/** Takes the component's mark off the namespace, once its stack no longer has it. */
export async function forgetComponent(client: ApiClient, namespace: string): Promise<void> {
  const body = { metadata: { annotations: { [componentMark]: null } } };
  const reply = await client.patch(`/api/v1/namespaces/${namespace}?fieldManager=istio-ambient`, body);
  if (reply.kind !== "ok") throw new AdoptionError(`cannot patch Namespace ${namespace}: ${whyNot(reply)}`);
}

/** Goes all steps that are not done, in their order or back. Throws where an object was changed by others. */
export async function goSteps(
  client: ApiClient,
  stored: StoredJournal,
  direction: Direction,
  onStep: (done: number, all: number) => void,
): Promise<Outcome> {
  const { steps } = stored.journal;
  const ordered = direction === "apply" ? steps : [...steps].reverse();
  const outcome: Outcome = { written: 0, notes: [] };
  const run = new Run(client, stored.secret);
  await run.take();
  for (const [index, step] of ordered.entries()) {
    await run.renew();
    await go(client, step, direction, outcome);
    onStep(index + 1, ordered.length);
  }
  if (direction === "apply") await run.end();
  else await removeSecret(client, stored.journal.namespace, journalName);
  return outcome;
}

/** The claim of one run to the journal. */
class Run {
  private takenAt = 0;

  constructor(
    private readonly client: ApiClient,
    private secret: LiveObject,
  ) {}

  async take(): Promise<void> {
    const other = otherRunAtWork(textsOf(this.secret, "annotations")[runMark], runMs);
    if (other) throw new AdoptionError(otherRun("adopt", other));
    await this.write(runNote());
  }

  /** Before a step: others must not take this run for dead. */
  async renew(): Promise<void> {
    if (Date.now() - this.takenAt > runMs / 3) await this.write(runNote());
  }

  async end(): Promise<void> {
    await this.write(null);
  }

  private async write(note: string | null): Promise<void> {
    const { resourceVersion } = this.secret.metadata;
    const body = { metadata: { resourceVersion, annotations: { [runMark]: note } } };
    const path = `/api/v1/namespaces/${namespaceOf(this.secret)}/secrets/${journalName}?fieldManager=istio-ambient`;
    const reply = await this.client.patch(path, body);
    if (reply.kind === "failed" && reply.status === 409) throw new AdoptionError(otherRun("adopt", "has taken over"));
    if (reply.kind === "missing") throw new AdoptionError("another run has undone this adoption");
    if (reply.kind !== "ok") throw new AdoptionError(`cannot write Secret ${journalName}: ${reply.why}`);
    this.secret = { ...(reply.body as LiveObject), apiVersion: "v1", kind: "Secret" };
    this.takenAt = Date.now();
  }
}

async function go(client: ApiClient, step: Step, direction: Direction, outcome: Outcome): Promise<void> {
  if (step.do === "mark") return goMark(client, step, direction, outcome);
  return direction === "apply" ? create(client, step, outcome) : removeRecords(client, step, outcome);
}

async function goMark(client: ApiClient, step: MetadataStep, direction: Direction, outcome: Outcome): Promise<void> {
  const shown = objectName(step.key.kind, step.key);
  const path = await objectPath(client, step.key);
  for (let attempt = 1; ; attempt += 1) {
    const live = await readObject(client, step.key);
    const found = stateOf(step, live, direction);
    if (found.state === "done") return;
    if (found.state === "gone" || !live || path === undefined) {
      outcome.notes.push(`${shown} is gone, or was made again since; it was skipped`);
      return;
    }
    if (found.state === "changed") throw new AdoptionError(changedLines(step, found.fields).join("\n"));
    const reply = await client.patch(`${path}?fieldManager=istio-ambient`, patchOf(step, live, direction));
    if (reply.kind === "ok") {
      outcome.written += 1;
      return;
    }
    // The object was written since it was read: it is judged again.
    if (!isConflict(reply) || attempt === attempts) throw new AdoptionError(`cannot patch ${shown}: ${whyNot(reply)}`);
    await sleep(attempt * 100);
  }
}

function isConflict(reply: Reply): boolean {
  return reply.kind === "missing" || (reply.kind === "failed" && reply.status === 409);
}

async function create(client: ApiClient, { namespace, name, body }: CreateStep, outcome: Outcome): Promise<void> {
  const reply = await client.post(`/api/v1/namespaces/${namespace}/secrets?fieldManager=istio-ambient`, body);
  if (reply.kind === "ok") {
    outcome.written += 1;
    return;
  }
  if (reply.kind !== "failed" || reply.status !== 409) {
    throw new AdoptionError(`cannot create Secret ${namespace}/${name}: ${whyNot(reply)}`);
  }
  const live = await readObject(client, { apiVersion: "v1", kind: "Secret", namespace, name });
  if (JSON.stringify(live?.["data"]) !== JSON.stringify(body["data"])) {
    throw new AdoptionError(`Secret ${namespace}/${name} was made by others since; delete it, and run this again`);
  }
}

/** The record that was made, and those of later revisions: what is to come back has its own. */
async function removeRecords(client: ApiClient, step: CreateStep, outcome: Outcome): Promise<void> {
  const { namespace, release, revision } = step;
  const all = await readRecords(client, { release, namespace });
  const own = all.filter((secret) => Number(textsOf(secret, "labels")["version"]) >= revision);
  if (own.length > 1) {
    outcome.notes.push(
      `Helm release ${namespace}/${release} was upgraded since; the objects stay as they are now, until what installed ` +
        "them before runs again",
    );
  }
  for (const secret of own.reverse()) {
    await removeSecret(client, namespace, secret.metadata.name);
    outcome.written += 1;
  }
}

async function removeSecret(client: ApiClient, namespace: string, name: string): Promise<void> {
  const reply = await client.delete(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  if (reply.kind === "ok" || reply.kind === "missing") return;
  throw new AdoptionError(`cannot delete Secret ${namespace}/${name}: ${reply.why}`);
}
