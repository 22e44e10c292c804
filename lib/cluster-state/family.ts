// An object and what controllers created from it, by owner references: a Gateway, its Deployment, ReplicaSets and pods.
import type { Reference } from "./snapshot";

/** An object with its owner references. */
export interface Relative extends Reference {
  uid: string;
  /** Uids of its owners. */
  owners: string[];
}

/** The roots among the objects, and their descendants. */
export function familyOf<R extends Relative>(roots: readonly Reference[], objects: readonly R[]): R[] {
  const family = new Map(
    objects.filter((object) => roots.some((root) => isSame(root, object))).map((object) => [object.uid, object]),
  );
  let before: number;
  do {
    before = family.size;
    for (const object of objects) {
      if (object.owners.some((owner) => family.has(owner))) family.set(object.uid, object);
    }
  } while (family.size > before);
  return [...family.values()];
}

/** Whether both name the same object. */
export function isSame(a: Reference, b: Reference): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
