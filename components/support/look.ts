// One look at a cluster for all components of a program: what they are about to write, held against what exists.
import * as pulumi from "@pulumi/pulumi";
import { ApiClient, UnreachableError } from "../../cluster/client";
import { namesCluster, NoClusterError, reason, type ClusterTarget } from "../../cluster/connection";
import { listEverywhere, listInNamespace } from "../../cluster/objects";
import {
  judgeWrites,
  type Find,
  type PlannedLabels,
  type PlannedName,
  type PlannedObject,
  type PlannedWrites,
} from "../../lib/ownership/judge";
import type { ObjectKind } from "../../lib/ownership/kinds";
import { stackMark } from "../../lib/ownership/marks";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { ClusterView, Needed, ProgramObjects } from "../../lib/references/cluster";
import { judgeReferences, type JudgedReferences } from "../../lib/references/judge";
import { neededFor, type PlannedReference } from "../../lib/references/reference";
import type { Cluster } from "./cluster";
import { runFailure } from "./failures";
import { ofThisRun, stackName } from "./program";
import { programObjects } from "./program-objects";

const unjudged = "conflicts with objects of other owners were not checked";
const unreferred = "references to existing objects were not checked";

/** How long one list may take. */
const deadlineMs = 10_000;

type List = Promise<ExistingObject[] | undefined>;

/** What is judged together. */
interface Batch extends PlannedWrites {
  references: PlannedReference[];
}

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
  /** Lists that the preflight of a mesh has read, without field managers. */
  private readonly seeded = new Set<string>();
  private readonly written: PlannedWrites = { objects: [], labels: [] };
  private batch?: { planned: Batch; passed: Promise<void> };
  private first?: Promise<void>;
  private client?: Promise<ApiClient>;
  private readonly seen = new Map<string, ExistingObject>();
  private reading = 0;
  /** Batches that were judged. */
  private batches = 0;
  private made = 0;
  private readonly warned = new Set<string>();
  private isBlind = false;
  /** Reads on which names depend. */
  private readonly naming: Promise<unknown>[] = [];

  /** Takes over what was read already, of all namespaces or of one. */
  seed(kind: ObjectKind, objects: ExistingObject[], namespace?: string): void {
    const place = placeOf({ kind, namespace });
    if (!this.lists.has(place)) {
      this.lists.set(place, Promise.resolve(objects));
      this.seeded.add(place);
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

  /** As `judgeObject`, for what a component refers to. */
  judgeReferences(target: ClusterTarget, planned: PlannedReference[]): Promise<void> {
    const { planned: all, passed } = this.open(target);
    all.references.push(...planned);
    return passed;
  }

  /** Resolves once everything that was known from the start is judged. */
  passed(target: ClusterTarget): Promise<void> {
    return this.first ?? this.open(target).passed;
  }

  /** The object of an id, `namespace/name`, as it was last read; nothing is asked for it. */
  remembered(kind: ObjectKind, id: string): ExistingObject | undefined {
    return this.seen.get(`${kind} ${id}`);
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
    if (kind !== "Namespace" && (await this.isNowhere(namespace))) {
      return undefined;
    }
    const within = kind === "Namespace" ? name : namespace;
    const place = placeOf({ kind, namespace: within });
    const everywhere = this.seeded.has(place) ? undefined : await this.list(target, kind, listed(kind));
    const objects = everywhere ?? (await this.list(target, place, listed(kind, within)));
    if (!objects) {
      this.warn(`these credentials may not list ${kind} objects`);
      return "unread";
    }
    return objects.find((each) => each.namespace === namespace && each.name === name);
  }

  /** Nothing is in a namespace that does not exist, as far as the list of these is at hand. */
  private async isNowhere(namespace: string): Promise<boolean> {
    const namespaces = (await this.lists.get("Namespace")?.catch(() => undefined)) ?? [];
    return namespaces.length > 0 && !namespaces.some(({ name }) => name === namespace);
  }

  private open(target: ClusterTarget): { planned: Batch; passed: Promise<void> } {
    if (this.batch === undefined) {
      const planned: Batch = { objects: [], labels: [], references: [] };
      const earlier = this.first;
      // What is plain arrives in this very turn of the event loop, whatever applies it goes through.
      const passed = nextTurn().then(async () => {
        if (this.naming.length > 0) {
          await Promise.all(this.naming.splice(0));
          await nextTurn();
        }
        this.batch = undefined;
        // Of what arrives later nothing is written either, where something is in the way of the rest.
        await earlier;
        return this.judge(target, planned);
      });
      this.batch = { planned, passed };
      this.first ??= passed;
    }
    return this.batch;
  }

  /** The objects of a kind in a namespace; none where they cannot be read. */
  async objects(target: ClusterTarget, needed: Needed): Promise<ExistingObject[]> {
    return (await this.view(target, [needed])).list(needed.kind, needed.namespace) ?? [];
  }

  /** As `objects`, for the name of something that is about to be written: what is judged now waits, and is judged with it. */
  objectsForName(target: ClusterTarget, needed: Needed): Promise<ExistingObject[]> {
    const read = this.objects(target, needed);
    this.naming.push(read.catch(() => undefined));
    return read;
  }

  /** What references are held against, with these lists. */
  async view(target: ClusterTarget, needed: Needed[]): Promise<ClusterView> {
    const lists = await this.readAll(target, needed);
    return {
      stack: stackName(),
      list: (kind, namespace) => lists.get(placeOf({ kind, namespace })) ?? lists.get(placeOf({ kind })),
      program: this.program(),
      labels: this.written.labels,
    };
  }

  private async judge(target: ClusterTarget, planned: Batch): Promise<void> {
    const before = { objects: [...this.written.objects], labels: [...this.written.labels] };
    this.written.objects.push(...planned.objects);
    this.written.labels.push(...planned.labels);
    const age = this.batches;
    let [taken, referred] = await this.judgeOnce(target, planned, before);
    // What was read earlier may be read again before it refuses anything.
    const isLate = age > 0 && referred.errors.length + referred.warnings.length > 0;
    if ((isLate || taken.length + referred.errors.length > 0) && this.forget(isLate)) {
      [taken, referred] = await this.judgeOnce(target, planned, before);
    }
    this.batches += 1;
    if (referred.warnings.length > 0) {
      void pulumi.log.warn(text("this program may not work as written", referred.warnings));
    }
    const refusals = [
      ...(taken.length > 0 ? [text("this program would overwrite objects of other owners", taken)] : []),
      ...(referred.errors.length > 0
        ? [text("this program refers to objects that do not exist", referred.errors)]
        : []),
    ];
    if (refusals.length > 0) {
      throw runFailure(refusals.join("\n"));
    }
  }

  private async judgeOnce(
    target: ClusterTarget,
    planned: Batch,
    before: PlannedWrites,
  ): Promise<[string[], JudgedReferences]> {
    const { references } = planned;
    const needed = references.flatMap(({ reference }) => neededFor(reference));
    // First, since it spares what would be asked of namespaces that the program is about to make.
    const places = [...planned.objects, ...needed].some(({ kind }) => kind === "Namespace");
    if (places) await this.readAll(target, [{ kind: "Namespace" }]);
    const [found, view] = await Promise.all([this.findAll(target, planned), this.view(target, needed)]);
    return [judgeWrites(stackName(), planned, found, before), judgeReferences(view, references)];
  }

  /** What the program makes: resources that were seen, and what components are about to write. */
  private program(): ProgramObjects {
    const seen = programObjects();
    const { objects } = this.written;
    return {
      makes: (kind, namespace, name) =>
        seen.makes(kind, namespace, name) ||
        objects.some((each) => each.kind === kind && each.namespace === namespace && each.name === name),
      isComplete: seen.isComplete,
    };
  }

  /** Lists by their places; what could not be read is missing. */
  private async readAll(target: ClusterTarget, needed: Needed[]): Promise<Map<string, ExistingObject[]>> {
    const lists = new Map<string, ExistingObject[]>();
    if (this.isBlind || !namesCluster(target)) {
      return lists;
    }
    await Promise.all(
      needed.map(async ({ kind, namespace }) => {
        const place = placeOf({ kind, namespace });
        const isSeeded = namespace !== undefined && this.seeded.has(place);
        const everywhere = isSeeded ? undefined : await this.tried(() => this.list(target, kind, listed(kind)));
        if (everywhere) lists.set(placeOf({ kind }), everywhere);
        if (everywhere || namespace === undefined) return;
        const within = await this.tried(() => this.list(target, place, listed(kind, namespace)));
        if (within) lists.set(place, within);
        else this.warn(`these credentials may not list ${kind} objects`, unreferred);
      }),
    );
    return lists;
  }

  /** Nothing where the cluster does not answer, of which the user is told. */
  private async tried(read: () => List): List {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof NoClusterError)) throw error;
      this.warn(reason(error));
      return undefined;
    }
  }

  /**
   * What the mesh's preflight read does not tell who wrote it: it is read again where that has to be told. So is
   * everything where a list is older than the values: what was missing then may have been made meanwhile.
   */
  private forget(all: boolean): boolean {
    const keys = all ? [...this.lists.keys()] : [...this.seeded];
    keys.forEach((key) => this.lists.delete(key));
    this.seeded.clear();
    return keys.length > 0;
  }

  private async findAll(target: ClusterTarget, { objects, labels }: PlannedWrites): Promise<Find> {
    const found = new Map<PlannedName, ExistingObject>();
    const findEach = (all: PlannedName[]) =>
      Promise.all(
        all.map(async (planned) => {
          const object = await this.find(target, planned);
          if (object !== undefined && object !== "unread") found.set(planned, object);
        }),
      );
    const made = objects.filter(({ of }) => of !== undefined);
    await findEach([...objects.filter(({ of }) => of === undefined), ...labels]);
    const isOwn = ({ of }: PlannedObject) =>
      objects.some((each) => isSame(each, of!) && found.get(each)?.annotations[stackMark] === stackName());
    await findEach(made.filter((each) => !isOwn(each)));
    return (planned: PlannedName) => found.get(planned);
  }

  /** Once: without this look the plugin has the last word. */
  private warn(why: string, what = unjudged): void {
    if (!this.warned.has(what)) {
      this.warned.add(what);
      void pulumi.log.warn(`${what}: ${why}`);
    }
  }

  private list(target: ClusterTarget, key: string, read: (client: ApiClient) => List): List {
    const list = this.lists.get(key) ?? this.kept(key, this.connected(target, read));
    this.lists.set(key, list);
    return list;
  }

  private async kept(key: string, list: List): List {
    const objects = await list;
    const [kind] = key.split(" ");
    objects?.forEach((each) => this.seen.set(`${kind} ${each.namespace}/${each.name}`, each));
    return objects;
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

function isSame(one: PlannedName, other: PlannedName): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

/** Where the objects of a list are. */
function placeOf({ kind, namespace = "" }: Needed): string {
  return namespace === "" ? kind : `${kind} ${namespace}`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function text(head: string, lines: string[]): string {
  return `${head}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
