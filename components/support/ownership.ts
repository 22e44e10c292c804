// What a component writes: each object carries the stack's mark, and nothing is written over what others have made.
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Maker, PlannedLabels, PlannedObject, WayOut } from "../../lib/ownership/judge";
import type { ObjectKind } from "../../lib/ownership/kinds";
import { componentMark, labelsNote, parentMark, stackMark } from "../../lib/ownership/marks";
import type { Reference } from "../../lib/references/reference";
import type { ClusterTarget } from "../../cluster/connection";
import type { Cluster } from "./cluster";
import { lookAt, type Look } from "./look";
import { warnOfLosses } from "./losses";
import { placeOf, stackName } from "./program";

/** A map of labels or annotations. */
type Texts = pulumi.Input<{ [key: string]: pulumi.Input<string> }>;

/** Metadata of an object as a component writes it. */
export interface Metadata {
  name: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  labels?: Texts;
  annotations?: Texts;
}

/** Where a label was asked for, and what to write where it has another value already. */
export type LabelsWayOut = PlannedLabels["wayOut"];

/** Another object, which a controller makes of an object. */
export interface MadeOfIt {
  kind: ObjectKind;
  maker: Maker;
  name(object: string): string;
}

/** The way out where a name is taken. */
export function anotherName(name: string, or = ""): WayOut {
  return { path: "name", got: name, advice: `choose another name${or}`, fix: `name: "${name}-2"` };
}

/** What else there is to an object of a component. */
export interface OwnDetails {
  /** What controllers make of it. */
  made?: MadeOfIt[];
  labelsWayOut?: LabelsWayOut;
  /** What the component refers to, by namespace and name of the object. */
  refersTo?(namespace: string, name: string): Reference[];
}

/** The component that writes, as messages call it: Waypoint "web". */
export interface Writer {
  what: string;
  cluster: Cluster;
  opts: pulumi.ComponentResourceOptions | undefined;
  /** Namespace of its objects as far as it is known before that exists: what is in the way is told of all at once. */
  namespace?: pulumi.Input<string>;
  /** The component that it is a part of, in its place in messages. */
  told?: string;
  /** The preflight of the mesh that this is a part of has judged the objects already. */
  isJudged?: boolean;
}

/**
 * Metadata of an object that is the component's own. Its annotations wait for the look at the cluster: as long as these
 * are not there, the object is not registered.
 */
export function ownObject(
  writer: Writer,
  kind: ObjectKind,
  metadata: Metadata,
  wayOut: pulumi.Input<WayOut>,
  { made = [], labelsWayOut, refersTo = () => [] }: OwnDetails = {},
): Metadata {
  const place = placeOf(writer.opts);
  const below: Record<string, string> = place.parents === "" ? {} : { [parentMark]: place.parents };
  const mark = { [stackMark]: stackName(), [componentMark]: writer.what, ...below };
  const more = pulumi.all([wayOut, pulumi.output(metadata.labels ?? {})]);
  const judged = afterLook(writer, metadata, more, (look, target, { name, namespace, order }, [out, labels]) => {
    const planned = { component: writer.what, told: writer.told, order, namespace, ...place, wayOut: out };
    const all: PlannedObject[] = [
      { ...planned, kind, name },
      ...made.map((each) => ({
        ...planned,
        kind: each.kind,
        maker: each.maker,
        name: each.name(name),
        of: { kind, namespace, name },
      })),
    ];
    const passed = all.map((each) => look.judgeObject(target, each));
    const references = refersTo(namespace, name).map((reference) => ({
      order,
      component: writer.told ?? writer.what,
      reference,
    }));
    if (references.length > 0) {
      passed.push(look.judgeReferences(target, references));
    }
    if (labelsWayOut) {
      const set = { kind, namespace, name, order, component: writer.what, labels, wayOut: labelsWayOut };
      passed.push(look.judgeLabels(target, set));
    }
    return Promise.all(passed);
  });
  return { ...metadata, annotations: judged.apply((given) => ({ ...given, ...mark })) };
}

/**
 * Metadata that puts labels on an object that may belong to another owner. A note on the object says who has set which, for
 * other stacks to be told.
 */
export function labelledObject(
  writer: Writer,
  kind: ObjectKind,
  { labels, ...object }: Metadata & { labels: pulumi.Output<Record<string, string>> },
  child: string,
  wayOut: LabelsWayOut,
): Metadata {
  const stack = stackName();
  const whole = { ...writer, namespace: undefined };
  const judged = afterLook<Record<string, string>>(whole, object, labels, (look, target, named, set) =>
    look.judgeLabels(target, { ...named, kind, component: writer.what, labels: set, wayOut }),
  );
  const annotations = pulumi.all([judged, labels]).apply(([given, set]) => {
    const note = { stack, component: writer.what, labels: Object.keys(set) };
    // What others want of these labels is judged: a value that was edited by hand is set again.
    return { ...given, ...labelsNote(digest(stack, writer.what, child), note), "pulumi.com/patchForce": "true" };
  });
  return { ...object, labels, annotations };
}

/** The value, once everything is judged that the program's components write. */
export function afterJudgement<T>({ cluster }: Pick<Writer, "cluster">, value: pulumi.Output<T>): pulumi.Output<T> {
  return pulumi.all([value, cluster.target]).apply(async ([known, target]) => {
    await lookAt(cluster).passed(target);
    return known as T;
  });
}

/** An object, and the place of its write in the program. */
interface Place {
  name: string;
  namespace: string;
  order: number;
}

/** The annotations, once the look lets the object pass. */
function afterLook<T>(
  { cluster, isJudged, namespace: early }: Writer,
  { name, namespace = "", annotations = {} }: Metadata,
  more: pulumi.Input<T>,
  judge: (look: Look, target: ClusterTarget, object: Place, more: T) => Promise<unknown>,
): pulumi.Output<Record<string, string>> {
  const order = lookAt(cluster).nextPlace();
  warnOfLosses(cluster);
  return pulumi
    .all([
      name,
      early ?? namespace,
      pulumi.output(annotations),
      pulumi.output(more).apply((value) => [value]),
      cluster.target,
    ])
    .apply(async ([known, into, given, [value], target]) => {
      if (isJudged !== true) {
        await judge(lookAt(cluster), target, { name: known, namespace: into, order }, value as T);
      }
      return given;
    });
}

function digest(...words: string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, 10);
}

/** Ids of children that the cluster has already, by the children's names: made by an earlier run of this stack. */
export type OwnChildren = Readonly<Record<string, string | undefined>>;

/**
 * Options of a child of which the cluster may have an object already. It is imported: after a run that was killed the
 * state does not have it. To the engine the import of what the state has under the same id is none.
 */
export function importing(own: OwnChildren, opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  const transformation: pulumi.ResourceTransformation = ({ name, props, opts: given }) => {
    const id = own[name];
    return id === undefined ? undefined : { props, opts: { ...given, import: id } };
  };
  return pulumi.mergeOptions(opts, { transformations: [transformation] });
}
