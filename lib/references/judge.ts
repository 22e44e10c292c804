// What a program refers to, held against its cluster: what cannot work, and what will not work as it seems.
import { violationLine } from "../validation/violations";
import type { ClusterView } from "./cluster";
import { clientFaults } from "./gateways";
import { namespaceFaults, nodePortFaults, serviceFaults, type Judged } from "./places";
import { ownClashes } from "./own-routes";
import type { PlannedReference, Reference } from "./reference";
import { gatewayFaults } from "./route";
import { routedFaults, waypointFaults } from "./waypoint";

/** One line each, in the order of the program. */
export interface JudgedReferences {
  /** What is certain not to work. */
  errors: string[];
  /** What may not work, or not as it seems. */
  warnings: string[];
}

/** Judges all references of a program together, beside those that were judged before. */
export function judgeReferences(
  view: ClusterView,
  planned: PlannedReference[],
  before: PlannedReference[] = [],
): JudgedReferences {
  const ordered = [...planned].sort((one, other) => one.order - other.order);
  const all = ordered.flatMap(({ component, reference }, index) => {
    const clashes = reference.type === "gateway" ? ownClashes(reference, [...before, ...ordered.slice(0, index)]) : [];
    return [...faults(view, reference), ...clashes].map((judged) => ({ component, judged }));
  });
  const texts = (isCertain: boolean) => [
    ...new Set(
      all
        .filter(({ judged }) => judged.isCertain === isCertain)
        .map(({ component, judged }) => `${component}: ${violationLine(judged.violation)}`),
    ),
  ];
  return { errors: texts(true), warnings: texts(false) };
}

function faults(view: ClusterView, reference: Reference): Judged[] {
  switch (reference.type) {
    case "namespace":
      return namespaceFaults(view, reference);
    case "service":
      return serviceFaults(view, reference);
    case "gateway":
      return gatewayFaults(view, reference);
    case "waypoint":
      return waypointFaults(view, reference);
    case "client":
      return clientFaults(view, reference);
    case "routed":
      return routedFaults(view, reference);
    case "nodePorts":
      return nodePortFaults(view, reference);
    case "late":
      return [];
  }
}
