// The record of a migration in its namespace: who is at work, which step is next.
import type { V1ConfigMap } from "@kubernetes/client-node";
import { readRecord, recordData, recordName, recordStates, type MigrationRecord } from "../lib/migration/record";
import type { ApiClient } from "./client";
import { listOf, MigrationError } from "./migration";
import { otherRun, otherRunAtWork, runMark, runNote } from "./run-note";

/** So long after it was last seen a run of another machine counts as dead. */
const runMs = 30_000;

/** A record, and the ConfigMap that holds it. */
export interface StoredRecord {
  record: MigrationRecord;
  configMap: V1ConfigMap;
}

function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

/** The record of a namespace; nothing where none was ever begun. */
export async function readStored(client: ApiClient, namespace: string): Promise<StoredRecord | undefined> {
  const reply = await client.get(`${pathOf(namespace)}/${recordName}`);
  if (reply.kind === "missing") return undefined;
  if (reply.kind !== "ok") throw new MigrationError(`cannot read ConfigMap ${namespace}/${recordName}: ${reply.why}`);
  return storedOf(reply.body as V1ConfigMap, namespace);
}

/** The records of all namespaces. */
export async function readAllStored(client: ApiClient): Promise<StoredRecord[]> {
  const selector = encodeURIComponent(`metadata.name=${recordName}`);
  const all = await listOf<V1ConfigMap>(client, `/api/v1/configmaps?fieldSelector=${selector}`);
  return all.map((configMap) => storedOf(configMap, configMap.metadata?.namespace ?? ""));
}

function storedOf(configMap: V1ConfigMap, namespace: string): StoredRecord {
  const record = readRecord(configMap.data);
  if (!record) {
    throw new MigrationError(
      `ConfigMap ${namespace}/${recordName} is no record of a migration; run \`kubectl delete configmap ${recordName} --namespace ${namespace}\``,
    );
  }
  return { record, configMap };
}

/** The claim of one run to a migration, and its bookkeeping. */
export class Run {
  private constructor(
    private readonly client: ApiClient,
    readonly record: MigrationRecord,
    private configMap: V1ConfigMap,
  ) {}

  /** Begins a migration: nothing of it is done before the record is written. */
  static async begin(client: ApiClient, record: MigrationRecord): Promise<Run> {
    const body = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: recordName, namespace: record.namespace, annotations: { [runMark]: runNote() } },
      data: recordData(record),
    };
    const reply = await client.post(`${pathOf(record.namespace)}?fieldManager=istio-ambient`, body);
    if (reply.kind === "failed" && reply.status === 409)
      throw new MigrationError(otherRun("migrate", "has just begun"));
    if (reply.kind !== "ok")
      throw new MigrationError(`cannot write ConfigMap ${recordName}: ${"why" in reply ? reply.why : reply.kind}`);
    return new Run(client, record, reply.body as V1ConfigMap);
  }

  /** Takes up one that an earlier run has left. */
  static async take(client: ApiClient, { record, configMap }: StoredRecord): Promise<Run> {
    const other = otherRunAtWork(configMap.metadata?.annotations?.[runMark], runMs);
    if (other) throw new MigrationError(otherRun("migrate", other));
    const run = new Run(client, { ...record, state: recordStates.running }, configMap);
    await run.write(runNote());
    return run;
  }

  /** Before a step: from here on it may be half done. */
  async at(next: number): Promise<void> {
    this.record.next = next;
    await this.write(runNote());
  }

  /** While a step takes its time: others must not take this run for dead. */
  async renew(): Promise<void> {
    await this.write(runNote());
  }

  /** Ends the run; the record stays. */
  async end(state: MigrationRecord["state"]): Promise<void> {
    this.record.state = state;
    await this.write(null);
  }

  /** Ends the run, and with it the record. */
  async forget(): Promise<void> {
    const reply = await this.client.delete(`${pathOf(this.record.namespace)}/${recordName}`);
    if (reply.kind === "ok" || reply.kind === "missing") return;
    throw new MigrationError(`cannot delete ConfigMap ${this.record.namespace}/${recordName}: ${reply.why}`);
  }

  private async write(note: string | null): Promise<void> {
    const { resourceVersion } = this.configMap.metadata ?? {};
    const body = { metadata: { resourceVersion, annotations: { [runMark]: note } }, data: recordData(this.record) };
    const reply = await this.client.patch(
      `${pathOf(this.record.namespace)}/${recordName}?fieldManager=istio-ambient`,
      body,
    );
    if (reply.kind === "failed" && reply.status === 409)
      throw new MigrationError(otherRun("migrate", "has taken over"));
    if (reply.kind === "missing") throw new MigrationError("another run has rolled this migration back");
    if (reply.kind !== "ok") throw new MigrationError(`cannot write ConfigMap ${recordName}: ${reply.why}`);
    this.configMap = reply.body as V1ConfigMap;
  }
}
