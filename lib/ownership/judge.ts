// What a program is about to write, held against what exists: no object of another owner is taken over unasked.
import { objectName } from "../cluster-state/object-name";
import { marks } from "../checks/mesh";
import { violationLine, type Violation } from "../validation/violations";
import type { ObjectKind } from "./kinds";
import { componentMark, labelsNotes, parentMark, stackMark } from "./marks";
import { labelManager, ownerOf, type ExistingObject } from "./owner";

/** An object as a component names it. */
export interface PlannedName {
  kind: ObjectKind;
  /** Empty for a namespace. */
  namespace: string;
  name: string;
}

/** What the user has written that leads to an object, and what to write where that cannot be. */
export interface WayOut {
  path: string;
  got: string;
  /** What else there is to do, as a clause: "choose another name". */
  advice: string;
  fix: string;
}

/** Controllers that make objects of what components write. */
export type Maker = "istiod" | "cert-manager";

/** What each puts on the objects that it makes: for which Gateway, or Certificate. */
const signs: Record<Maker, (object: ExistingObject) => string | undefined> = {
  istiod: ({ labels }) => (marks.managed in labels ? labels[marks.gatewayName] : undefined),
  "cert-manager": ({ annotations }) => annotations["cert-manager.io/certificate-name"],
};

/** A write of a component. */
interface Planned extends PlannedName {
  /** Place in the program: values arrive in another order than components are made. */
  order: number;
  /** Waypoint "web" */
  component: string;
  /** The component that it is a part of, in its place in messages. */
  told?: string;
}

/** An object that a component makes, or has a controller make. */
export interface PlannedObject extends Planned {
  /** Types of the components above the one that makes it, as its URN has them. */
  parents: string;
  /** The engine may know the component by another name or place too, so an object of that one is its own. */
  isRenamed: boolean;
  /** A controller makes it, under a name that comes from an object of the component. */
  maker?: Maker;
  /** That object: where it is this stack's already, so is what was made of it. */
  of?: PlannedName;
  wayOut: WayOut;
}

/** Labels that a component sets on an object. */
export interface PlannedLabels extends Planned {
  labels: Record<string, string>;
  /** Where the user has said that a label be set, and what to write where it has this value already. */
  wayOut(label: string, value: string): { path: string; fix: string };
}

/** All that the components of a program write. */
export interface PlannedWrites {
  objects: PlannedObject[];
  labels: PlannedLabels[];
}

/** Finds an object of the cluster. */
export type Find = (planned: PlannedName) => ExistingObject | undefined;

/** What must not be written, one line each, in the order of the program; `written` was judged before. */
export function judgeWrites(
  stack: string,
  planned: PlannedWrites,
  find: Find,
  written: PlannedWrites = { objects: [], labels: [] },
): string[] {
  const [objects, labels] = [inOrder(planned.objects), inOrder(planned.labels)];
  const lines = [
    ...objects.flatMap((object, index) => {
      const earlier = [...written.objects, ...objects.slice(0, index)].find((other) => isSame(other, object));
      return toldOf(object, objectViolations(stack, object, earlier, find(object)));
    }),
    ...labels.flatMap((set, index) => {
      const earlier = [...written.labels, ...labels.slice(0, index)].filter((other) => isSame(other, set));
      return toldOf(set, labelViolations(stack, set, earlier, find(set)));
    }),
  ];
  return inOrder(lines).map(({ text }) => text);
}

function inOrder<T extends { order: number }>(all: T[]): T[] {
  return [...all].sort((one, other) => one.order - other.order);
}

function toldOf({ order, component, told }: Planned, violations: Violation[]): { order: number; text: string }[] {
  return violations.map((violation) => ({ order, text: `${told ?? component}: ${violationLine(violation)}` }));
}

function isSame(one: PlannedName, other: PlannedName): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

function objectViolations(
  stack: string,
  planned: PlannedObject,
  earlier: PlannedObject | undefined,
  found: ExistingObject | undefined,
): Violation[] {
  const { path, got, advice, fix } = planned.wayOut;
  const what = objectName(planned.kind, planned);
  if (earlier) {
    return [{ path, got, rule: `${what} is made by ${earlier.component} of this program; choose another name`, fix }];
  }
  if (!found) {
    return [];
  }
  const { maker } = planned;
  if (maker) {
    const madeFor = signs[maker](found);
    const owner = madeFor === undefined ? ownerOf(found) : `is what ${maker} makes of ${planned.of?.kind} ${madeFor}`;
    const rule = `${what} ${owner}, and ${maker} needs this name for what it makes; choose another name`;
    return madeFor === planned.of?.name ? [] : [{ path, got, rule, fix }];
  }
  if (found.annotations[stackMark] !== stack) {
    return [{ path, got, rule: `${what} ${ownerOf(found)}; ${advice}`, fix }];
  }
  const former = found.annotations[componentMark];
  const parents = found.annotations[parentMark] ?? "";
  if (planned.isRenamed || former === undefined || (former === planned.component && parents === planned.parents)) {
    return [];
  }
  const place =
    parents === planned.parents ? "" : ` when it ${parents === "" ? "had no parent" : `was below ${parents}`}`;
  const done = former === planned.component ? "moved" : "renamed";
  const rule = `${what} was made by ${former} of this stack${place}, and would be deleted with it; tell the engine that it was ${done}`;
  return [{ path, got, rule, fix: `{ aliases: [${aliasCode(former, parents, planned)}] }` }];
}

/** The alias that tells the engine what a component was called, and where it was. */
function aliasCode(former: string, parents: string, planned: PlannedObject): string {
  const name = /"(.*)"/.exec(former)?.[1] ?? former;
  const parent = parents === "" ? "pulumi.rootStackResource" : "formerParent";
  const given = [
    ...(former === planned.component ? [] : [`name: "${name}"`]),
    ...(parents === planned.parents ? [] : [`parent: ${parent}`]),
  ];
  return `{ ${given.join(", ")} }`;
}

function labelViolations(
  stack: string,
  planned: PlannedLabels,
  earlier: PlannedLabels[],
  found: ExistingObject | undefined,
): Violation[] {
  const what = objectName(planned.kind, planned);
  return Object.entries(planned.labels).flatMap(([label, value]): Violation[] => {
    const violation = (rule: string, set: string): Violation[] => [
      { got: `${label}: ${value}`, rule, ...planned.wayOut(label, set) },
    ];
    const twice = earlier.find(({ labels }) => labels[label] !== undefined && labels[label] !== value);
    if (twice) {
      const set = twice.labels[label]!;
      const rule = `${twice.component} of this program sets ${label}: ${set} on ${what}; a label has one value`;
      return violation(rule, set);
    }
    const live = found?.labels[label];
    if (!found || live === undefined || live === value) {
      return [];
    }
    const notes = labelsNotes(found).filter(({ labels }) => labels.includes(label));
    const other = notes.find((note) => note.stack !== stack);
    const set = `${label}: ${live}`;
    if (other) {
      const rule = `${other.component} of the stack ${other.stack} sets ${set} on ${what}, and a label has one value`;
      return violation(`${rule}; agree with that stack on one`, live);
    }
    if (notes.length > 0 || found.annotations[stackMark] === stack) {
      return [];
    }
    const manager = labelManager(found, label);
    const owner = found.annotations[stackMark] === undefined && manager ? `${manager} has set` : undefined;
    const rule = owner ? `${owner} ${set} on ${what}` : `${what} ${ownerOf(found)} and has ${set}`;
    return violation(`${rule}; use that value, or remove the label first`, live);
  });
}
