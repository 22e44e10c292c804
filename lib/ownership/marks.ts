// Marks by which a later run, and another stack, knows whose an object is and who has set which of its labels.
import type { Named } from "../cluster-state/snapshot";

/** Annotation of every object that a stack makes. Its value is the stack: "<project>/<stack>". */
export const stackMark = "istio-ambient/stack";

/** Annotation beside it, with the component that made the object: Waypoint "web". */
export const componentMark = "istio-ambient/component";

/** Annotation beside the two for a component below components of the user: the types of these, as its URN has them. */
export const parentMark = "istio-ambient/parent";

/**
 * Who of another stack made an object, unless that was a component of this type; one that puts its own mark there instead
 * would take the object away from that stack, which then could no longer update it.
 */
export function otherMaker(
  { annotations }: Pick<Named, "annotations">,
  stack: string,
  type: "AmbientMesh" | "CertManager",
): string | undefined {
  const { [stackMark]: owner, [componentMark]: maker } = annotations;
  const isOther = owner !== undefined && owner !== stack && maker !== undefined && !maker.startsWith(`${type} `);
  return isOther ? `${maker} of the stack ${owner}` : undefined;
}

/** Annotations of these keys tell who has set which labels on an object of another owner. */
const labelsMark = "istio-ambient/labels-";

/** The labels that one component of a stack has set. */
export interface LabelsNote {
  stack: string;
  component: string;
  labels: string[];
}

/** The annotation of one component; `digest` tells it from those of others. */
export function labelsNote(digest: string, note: LabelsNote): Record<string, string> {
  return { [`${labelsMark}${digest}`]: JSON.stringify({ ...note, labels: [...note.labels].sort() }) };
}

/** All notes on an object. What cannot be read was changed by hand, and does not count. */
export function labelsNotes({ annotations }: Pick<Named, "annotations">): LabelsNote[] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(labelsMark))
    .flatMap(([, text]) => parsed(text));
}

function parsed(text: string): LabelsNote[] {
  try {
    const { stack, component, labels } = JSON.parse(text) as Partial<LabelsNote>;
    return typeof stack === "string" && typeof component === "string" && Array.isArray(labels)
      ? [{ stack, component, labels }]
      : [];
  } catch {
    return [];
  }
}
