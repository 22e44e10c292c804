// One look at a cluster for all components of a program: what they are about to write, held against what exists.
import * as pulumi from "@pulumi/pulumi";
import { ApiClient, UnreachableError } from "../../cluster/client";
import { namesCluster, NoClusterError, reason, type ClusterTarget } from "../../cluster/connection";
import { listEverywhere, listInNamespace } from "../../cluster/objects";
import {
  judgeWrites,
  type PlannedLabels,
  type PlannedName,
  type PlannedObject,
  type PlannedWrites,
} from "../../lib/ownership/judge";
import type { ObjectKind } from "../../lib/ownership/kinds";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { Cluster } from "./cluster";
import { runFailure } from "./failures";
import { ofThisRun, stackName } from "./program";

/** How long one list may take. */
const deadlineMs = 10_000;

type List = Promise<ExistingObject[] | undefined>;

const looks = new WeakMap<object, Map<string, Look>>();

/** The look at a cluster in this run of the program. */
export function lookAt({ id }: Pick<Cluster, "id">): Look {
  const all = ofThisRun(looks, () => new Map<string, Look>());
  const look = all.get(id) ?? new Look();
  all.set(id, look);
  return look;
}

/**
 * Each kind is listed once. What is known when the program has been written down is judged together, and fails
 * together; a name that comes from another resource is judged when it arrives.
 */
export class Look {
  private readonly lists = new Map<string, List>();
  /** Kinds that the preflight of a mesh has read, without field managers. */
  private readonly seeded = new Set<ObjectKind>();
  private readonly written: PlannedWrites = { objects: [], labels: [] };
  private batch?: { planned: PlannedWrites; passed: Promise<void> };
  private first?: Promise<void>;
  private client?: Promise<ApiClient>;
  private reading = 0;
  private made = 0;
  private warned = false;
  private isBlind = false;

  /** Takes over what was read already. */
  seed(kind: ObjectKind, objects: ExistingObject[]): void {
    if (!this.lists.has(kind)) {
      this.lists.set(kind, Promise.resolve(objects));
      this.seeded.add(kind);
    }
  }

  /** The place of a write in the program. */
  nextPlace(): number {
    return this.made++;
  }

  /** The cluster could not be read, and the user has been told so: nothing more is asked of it. */
  giveUp(): void {
    this.isBlind = true;
  }

  /** Resolves once nothing is in the way of the object; rejects with everything that is in the way of its batch. */
  judgeObject(target: ClusterTarget, planned: PlannedObject): Promise<void> {
    const { planned: all, passed } = this.open(target);
    all.objects.push(planned);
    return passed;
  }

  /** As `judgeObject`, for labels. */
  judgeLabels(target: ClusterTarget, planned: PlannedLabels): Promise<void> {
    const { planned: all, passed } = this.open(target);
    all.labels.push(planned);
    return passed;
  }

  /** Resolves once everything that was known from the start is judged. */
  passed(target: ClusterTarget): Promise<void> {
    return this.first ?? this.open(target).passed;
  }

  /** The object; undefined where there is none, "unread" where that cannot be told. */
  async find(target: ClusterTarget, planned: PlannedName): Promise<ExistingObject | "unread" | undefined> {
    const { kind, namespace, name } = planned;
    if (this.isBlind || !namesCluster(target)) {
      return "unread";
    }
    try {
      return await this.read(target, kind, namespace, name);
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof NoClusterError)) throw error;
      this.warn(reason(error));
      return "unread";
    }
  }

  private async read(target: ClusterTarget, kind: ObjectKind, namespace: string, name: string) {
    const everywhere = await this.list(target, kind, listed(kind));
    const within = kind === "Namespace" ? name : namespace;
    const objects = everywhere ?? (await this.list(target, `${kind} ${within}`, listed(kind, within)));
    if (!objects) {
      this.warn(`these credentials may not list ${kind} objects`);
      return "unread";
    }
    return objects.find((each) => each.namespace === namespace && each.name === name);
  }

  private open(target: ClusterTarget): { planned: PlannedWrites; passed: Promise<void> } {
    if (this.batch === undefined) {
      const planned: PlannedWrites = { objects: [], labels: [] };
      // What is plain arrives in this very turn of the event loop, whatever applies it goes through.
      const passed = new Promise((resolve) => setImmediate(resolve)).then(() => {
        this.batch = undefined;
        return this.judge(target, planned);
      });
      this.batch = { planned, passed };
      this.first ??= passed;
    }
    return this.batch;
  }

  private async judge(target: ClusterTarget, planned: PlannedWrites): Promise<void> {
    const before = { objects: [...this.written.objects], labels: [...this.written.labels] };
    this.written.objects.push(...planned.objects);
    this.written.labels.push(...planned.labels);
    let lines = judgeWrites(stackName(), planned, await this.findAll(target, planned), before);
    if (lines.length > 0 && this.forgetSeeded()) {
      lines = judgeWrites(stackName(), planned, await this.findAll(target, planned), before);
    }
    if (lines.length > 0) {
      const text = lines.map((line) => `  ${line}`).join("\n");
      throw runFailure(`this program would take over what is not its own:\n${text}`);
    }
  }

  /** What the mesh's preflight read says nothing of who wrote it: it is read again where that has to be told. */
  private forgetSeeded(): boolean {
    const some = this.seeded.size > 0;
    this.seeded.forEach((kind) => this.lists.delete(kind));
    this.seeded.clear();
    return some;
  }

  private async findAll(target: ClusterTarget, { objects, labels }: PlannedWrites) {
    const found = new Map<PlannedName, ExistingObject>();
    await Promise.all(
      [...objects, ...labels].map(async (planned) => {
        const object = await this.find(target, planned);
        if (object !== undefined && object !== "unread") found.set(planned, object);
      }),
    );
    return (planned: PlannedName) => found.get(planned);
  }

  /** Once: without this look the plugin has the last word. */
  private warn(why: string): void {
    if (!this.warned) {
      this.warned = true;
      void pulumi.log.warn(`whether objects of others are in the way was not checked: ${why}`);
    }
  }

  private list(target: ClusterTarget, key: string, read: (client: ApiClient) => List): List {
    const list = this.lists.get(key) ?? this.connected(target, read);
    this.lists.set(key, list);
    return list;
  }

  /** One connection for all lists that are read at the same time; credentials may take a command to get. */
  private async connected(target: ClusterTarget, read: (client: ApiClient) => List): List {
    this.reading += 1;
    this.client ??= ApiClient.connect(target, deadlineMs);
    const connecting = this.client;
    try {
      return await read(await connecting);
    } finally {
      this.reading -= 1;
      if (this.reading === 0) {
        this.client = undefined;
        void connecting.then(
          (client) => client.close(),
          () => undefined,
        );
      }
    }
  }
}

function listed(kind: ObjectKind, namespace?: string): (client: ApiClient) => List {
  return (client) =>
    namespace === undefined ? listEverywhere(client, kind) : listInNamespace(client, kind, namespace);
}
