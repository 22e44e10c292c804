// An object and what controllers have made of it, by owner references: a Gateway, its Deployment, ReplicaSets and pods.
import type { Reference } from "./snapshot";

/** An object as far as owner references go. */
export interface Relative extends Reference {
  uid: string;
  /** Uids of its owners. */
  owners: string[];
}

/** Those of the objects that are one of the roots, or descend from one. */
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

/** The same object by name; one that was deleted and made again counts as the same. */
export function isSame(a: Reference, b: Reference): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
