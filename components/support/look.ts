// One look at a cluster for all components of a program: what they are about to write, held against what exists.
import * as pulumi from "@pulumi/pulumi";
import type { ClusterTarget } from "../../cluster/connection";
import {
  judgeWrites,
  type Find,
  type PlannedLabels,
  type PlannedName,
  type PlannedObject,
  type PlannedWrites,
} from "../../lib/ownership/judge";
import { stackMark } from "../../lib/ownership/marks";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { ClusterView, Needed, ProgramObjects } from "../../lib/references/cluster";
import { judgeReferences, type JudgedReferences } from "../../lib/references/judge";
import { neededFor, type PlannedReference } from "../../lib/references/reference";
import type { Cluster } from "./cluster";
import { runFailure } from "./failures";
import { ofThisRun, stackName } from "./program";
import { plannedSoFar } from "./planned";
import { programObjects } from "./program-objects";
import { placeOf, Reading, unreferred, type Lists } from "./reading";

/** What is judged together. */
interface Batch extends PlannedWrites {
  references: PlannedReference[];
}

const looks = new WeakMap<object, Map<string, Look>>();

/** The look at a cluster in this run of the program. */
export function lookAt({ id }: Pick<Cluster, "id">): Look {
  const all = ofThisRun(looks, () => new Map<string, Look>());
  const look = all.get(id) ?? new Look(id);
  all.set(id, look);
  return look;
}

/**
 * Each kind is listed once. What is known when the program has been written down is judged together, and fails
 * together; a name that comes from another resource is judged when it arrives.
 */
export class Look extends Reading {
  private readonly written: Batch = { objects: [], labels: [], references: [] };
  private batch?: { planned: Batch; passed: Promise<void> };
  private first?: Promise<void>;
  /** Batches that were judged. */
  private batches = 0;
  private made = 0;
  private readonly warned = new Set<string>();
  /** Reads on which names depend. */
  private readonly naming: Promise<unknown>[] = [];

  constructor(private readonly cluster: string) {
    super();
  }

  /** The place of a write in the program. */
  nextPlace(): number {
    return this.made++;
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
    return this.judgeLate(target, planned, passed);
  }

  private async judgeLate(target: ClusterTarget, planned: PlannedReference[], passed: Promise<void>): Promise<void> {
    const late = planned.map(async ({ reference, ...place }) => {
      const all = reference.type === "late" ? await reference.references : [];
      if (all.length > 0)
        await this.judgeReferences(
          target,
          all.map((each) => ({ ...place, reference: each })),
        );
    });
    await Promise.all([passed, ...late]);
  }

  /** Resolves once everything that was known from the start is judged. */
  passed(target: ClusterTarget): Promise<void> {
    return this.first ?? this.open(target).passed;
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
        return this.toldAtOnce(() => this.judge(target, planned));
      });
      this.batch = { planned, passed };
      this.first ??= passed;
    }
    return this.batch;
  }

  /** The objects of a kind in a namespace; none where they cannot be read. */
  async objects(target: ClusterTarget, needed: Needed): Promise<ExistingObject[]> {
    const { lists, refused } = await this.readAll(target, [needed]);
    this.refuse(unreferred, refused);
    return lists.get(placeOf(needed)) ?? lists.get(needed.kind) ?? [];
  }

  /** As `objects`, for the name of something that is about to be written: what is judged now waits, and is judged with it. */
  objectsForName(target: ClusterTarget, needed: Needed): Promise<ExistingObject[]> {
    const read = this.objects(target, needed);
    this.naming.push(read.catch(() => undefined));
    return read;
  }

  /** What references are held against, with these lists. */
  async view(target: ClusterTarget, needed: Needed[]): Promise<ClusterView> {
    return this.viewOf((await this.readAll(target, needed)).lists);
  }

  private viewOf(lists: Lists["lists"]): ClusterView {
    return {
      stack: stackName(),
      list: (kind, namespace) => lists.get(placeOf({ kind, namespace })) ?? lists.get(placeOf({ kind })),
      program: this.program(),
      labels: this.written.labels,
      planned: plannedSoFar(this.cluster),
    };
  }

  private async judge(target: ClusterTarget, planned: Batch): Promise<void> {
    const { objects, labels, references } = this.written;
    const before = { objects: [...objects], labels: [...labels], references: [...references] };
    this.written.objects.push(...planned.objects);
    this.written.labels.push(...planned.labels);
    this.written.references.push(...planned.references);
    const age = this.batches;
    let [taken, referred] = await this.judgeOnce(target, planned, before);
    // What was read earlier may be read again before it refuses anything.
    const isLate = age > 0 && referred.errors.length + referred.warnings.length > 0;
    if ((isLate || taken.length + referred.errors.length > 0) && this.forget(isLate)) {
      [taken, referred] = await this.judgeOnce(target, planned, before);
    }
    this.batches += 1;
    const warnings = referred.warnings.filter((each) => !this.warned.has(each));
    warnings.forEach((each) => this.warned.add(each));
    if (warnings.length > 0) {
      void pulumi.log.warn(text("this program may not work as written", warnings));
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

  private async judgeOnce(target: ClusterTarget, planned: Batch, before: Batch): Promise<[string[], JudgedReferences]> {
    const { references } = planned;
    const needed = references.flatMap(({ reference }) => neededFor(reference));
    // First, since it spares what would be asked of namespaces that the program is about to make.
    const places = [...planned.objects, ...needed].some(({ kind }) => kind === "Namespace");
    if (places) await this.readAll(target, [{ kind: "Namespace" }]);
    const [found, { lists, refused }] = await Promise.all([
      this.findAll(target, planned),
      this.readAll(target, needed),
    ]);
    this.refuse(unreferred, refused);
    return [
      judgeWrites(stackName(), planned, found, before),
      judgeReferences(this.viewOf(lists), references, before.references),
    ];
  }

  /** What the program makes: resources that were seen, and what components are about to write. */
  private program(): ProgramObjects {
    const seen = programObjects();
    const { objects } = this.written;
    return {
      makes: (kind, namespace, name) =>
        seen.makes(kind, namespace, name) ||
        objects.some((each) => each.kind === kind && each.namespace === namespace && each.name === name),
      labels: (kind, namespace, name) => seen.labels(kind, namespace, name),
      isComplete: seen.isComplete,
    };
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
}

function isSame(one: PlannedName, other: PlannedName): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function text(head: string, lines: string[]): string {
  return `${head}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
