// Who manages the fields that a migration changes, so that the way back leaves them to their managers as well. Otherwise the
// next server-side apply of their owner would meet a conflict with a tool that has long left.
import type { FieldOwner, FieldSet, KubeObject } from "./objects";
import type { LabelStep, RollStep, Step } from "./steps";

/** The name under which a migration writes. */
export const fieldManager = "istio-ambient";

/** The entries of a live object that are about the object itself; its status belongs to controllers, which write it again. */
export function fieldOwners({ metadata }: KubeObject): FieldOwner[] {
  const { managedFields = [] } = metadata;
  return managedFields.filter(({ subresource }) => subresource === undefined);
}

/** The step, with those who manage what it takes away or changes; `live` is the object before the first step. */
export function withOwners(step: Step, live: KubeObject): Step {
  if (step.do === "delete") return { ...step, owners: fieldOwners(live) };
  if (step.do !== "label" && step.do !== "roll") return step;
  const paths = changedPaths(step);
  const owners = fieldOwners(live).flatMap((owner) => cut(owner, paths) ?? []);
  return owners.length === 0 ? step : { ...step, owners };
}

/** The managed fields with which an object is as it was; nothing where they are that already, or ours are none of them. */
export function givenBack(step: Step, live: KubeObject): FieldOwner[] | undefined {
  if (!("owners" in step) || step.owners === undefined) return undefined;
  const { managedFields = [] } = live.metadata;
  const own = managedFields.find(isOwn);
  if (!own) return undefined;
  const left = step.do === "delete" ? undefined : without(own, changedPaths(step));
  if (left === own) return undefined;
  const others = managedFields.filter((entry) => entry !== own);
  const rest = left ? [...others, left] : others;
  return step.owners.reduce((entries, owner) => joined(entries, owner), rest);
}

function isOwn({ manager, operation, subresource }: FieldOwner): boolean {
  return manager === fieldManager && operation === "Update" && subresource === undefined;
}

/** Where the labels and annotations of a step are among the fields. */
function changedPaths(step: LabelStep | RollStep): string[][] {
  const place = step.do === "roll" ? ["f:spec", "f:template", "f:metadata"] : ["f:metadata"];
  const annotations = step.do === "roll" ? Object.keys(step.annotations) : [];
  return [
    ...Object.keys(step.labels).map((key) => [...place, "f:labels", `f:${key}`]),
    ...annotations.map((key) => [...place, "f:annotations", `f:${key}`]),
  ];
}

/** The entry with these fields alone; nothing where it has none of them. */
function cut(owner: FieldOwner, paths: string[][]): FieldOwner | undefined {
  const sets = paths.flatMap((path) => picked(owner.fieldsV1 ?? {}, path) ?? []);
  return sets.length === 0 ? undefined : { ...owner, fieldsV1: sets.reduce(together) };
}

/** The fields at a path, in the maps that lead there. "." stands for a map itself, which can have a manager too. */
function picked(set: FieldSet, [first, ...rest]: string[]): FieldSet | undefined {
  const below = first === undefined ? undefined : set[first];
  if (first === undefined || below === undefined) return undefined;
  const inner = rest.length === 0 ? below : picked(below, rest);
  return inner && { ...(set["."] ? { ".": set["."] } : {}), [first]: inner };
}

/** The entry without these fields; nothing where no other is left, and the same one where it has none of them. */
function without(owner: FieldOwner, paths: string[][]): FieldOwner | undefined {
  const before = owner.fieldsV1 ?? {};
  const after = paths.reduce((set: FieldSet | undefined, path) => set && dropped(set, path), before);
  if (after === before) return owner;
  return after && { ...owner, fieldsV1: after };
}

function dropped(set: FieldSet, [first, ...rest]: string[]): FieldSet | undefined {
  const below = first === undefined ? undefined : set[first];
  if (first === undefined || below === undefined) return set;
  const inner = rest.length === 0 ? undefined : dropped(below, rest);
  if (inner === below) return set;
  const others = Object.entries(set).filter(([key]) => key !== first);
  const kept = Object.fromEntries(inner ? [...others, [first, inner]] : others);
  return Object.keys(kept).some((key) => key !== ".") ? kept : undefined;
}

/** The entries with one more: the fields go to the same manager's entry where there is one. */
function joined(entries: FieldOwner[], owner: FieldOwner): FieldOwner[] {
  const isSame = (one: FieldOwner) =>
    (["manager", "operation", "apiVersion", "subresource"] as const).every((field) => one[field] === owner[field]);
  const known = entries.find(isSame);
  if (!known) return [...entries, owner];
  const fieldsV1 = together(known.fieldsV1 ?? {}, owner.fieldsV1 ?? {});
  return entries.map((entry) => (entry === known ? { ...known, fieldsV1 } : entry));
}

function together(one: FieldSet, other: FieldSet): FieldSet {
  const all: FieldSet = { ...one };
  for (const [key, below] of Object.entries(other)) all[key] = together(all[key] ?? {}, below);
  return all;
}
