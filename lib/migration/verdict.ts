// What becomes of an object in ambient, in one row.
import { nameOf, type KubeObject } from "./objects";

/** From the best to the worst. */
export const verdictKinds = {
  /** Means the same in ambient. */
  carriesOver: "carries-over",
  /** Means the same once a waypoint holds it. */
  needsWaypoint: "needs-waypoint",
  /** Is replaced, and means the same afterwards. */
  rewritten: "rewritten",
  /** Something works less than before; nothing is opened. */
  loses: "loses",
  /** Lets pass what was refused, unless its owner does something about it. */
  hole: "hole",
  /** Cannot be migrated as it is. */
  blocks: "blocks",
} as const;

/** One of them. */
export type VerdictKind = (typeof verdictKinds)[keyof typeof verdictKinds];

/** A row of the table. */
export interface Verdict {
  /** "AuthorizationPolicy shop/viewers" */
  object: string;
  verdict: VerdictKind;
  why: string;
  /** What is written instead, or beside it. */
  writes?: KubeObject[];
  /** What to do first, as a command or in words. */
  fix?: string;
  /** `--accept` may name it. */
  acceptable?: true;
  /** The user takes it as it is. */
  accepted?: true;
}

/** A row of one object. */
export function verdict(
  object: KubeObject | string,
  kind: VerdictKind,
  why: string,
  more: Partial<Verdict> = {},
): Verdict {
  const acceptable = kind === verdictKinds.hole ? { acceptable: true as const } : {};
  return { object: typeof object === "string" ? object : nameOf(object), verdict: kind, why, ...acceptable, ...more };
}

/** Whether a row keeps a migration from starting. */
export function stops({ verdict: kind, accepted }: Verdict): boolean {
  return (kind === verdictKinds.blocks || kind === verdictKinds.hole) && accepted !== true;
}
