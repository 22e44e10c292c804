// Who of a namespace takes part in its migration, and in which order.
import { meshLabels } from "../istio/labels";
import { shortName, type Calls } from "./calls";
import { servicesOf } from "./model";
import { leadsTo, type Service, type Workload } from "./objects";
import type { MigrationFacts } from "./facts";

/** Label and annotation by which a pod asks for a sidecar, or for none. */
export const injectKey = "sidecar.istio.io/inject";

const rolled = ["Deployment", "StatefulSet", "DaemonSet"];

/** What a pod template says of injection itself. */
export function injectionWish({ podLabels, podAnnotations }: Workload): "true" | "false" | undefined {
  const wish = podLabels[injectKey] ?? podAnnotations[injectKey];
  if (wish === "true" || wish === "false") return wish;
  return podLabels[meshLabels.revision] === undefined ? undefined : "true";
}

/** Whether a workload keeps out of the mesh by its own wish, and would be captured by the label of its namespace. */
export function isOptedOut(workload: Workload): boolean {
  const isOut = injectionWish(workload) === "false" || (workload.pods.length > 0 && !workload.pods.some(isIn));
  return !workload.hostNetwork && isOut && workload.podLabels[meshLabels.dataplaneMode] !== "none";
}

const isIn = ({ sidecar, captured }: { sidecar: boolean; captured: boolean }) => sidecar || captured;

/** Whether a controller makes new pods of it when its template changes. */
export function isRolled({ kind }: Workload): boolean {
  return rolled.includes(kind);
}

/** Workloads with sidecars that become ambient. */
export function members({ workloads }: MigrationFacts): Workload[] {
  return workloads.filter(
    (workload) => isRolled(workload) && !workload.hostNetwork && !isOptedOut(workload) && !isLeft(workload),
  );
}

function isLeft({ podLabels }: Workload): boolean {
  return podLabels[meshLabels.dataplaneMode] === "none";
}

/** The callers of each workload come first, as far as objects tell who calls; others by whether a Service leads to them. */
export function rollOrder(
  workloads: readonly Workload[],
  calls: readonly Calls[],
  services: readonly Service[],
): Workload[] {
  const callees = new Map(
    workloads.map((one) => [
      one,
      workloads.filter((other) => calls.some(({ from, to }) => from === shortName(one) && to === shortName(other))),
    ]),
  );
  const ranks = new Map<Workload, number>();
  const rank = (workload: Workload, path: Workload[]): number => {
    const known = ranks.get(workload);
    if (known !== undefined) return known;
    const next = (callees.get(workload) ?? []).filter((each) => each !== workload && !path.includes(each));
    const found = 1 + Math.max(-1, ...next.map((each) => rank(each, [...path, workload])));
    ranks.set(workload, found);
    return found;
  };
  const serves = (workload: Workload) => Number(servicesOf(services, workload).length > 0);
  return [...workloads].sort(
    (one, other) =>
      rank(other, []) - rank(one, []) || serves(one) - serves(other) || one.name.localeCompare(other.name),
  );
}

/** The Services that lead to a workload and to which a waypoint can be attached. */
export function fronts(services: readonly Service[], workload: Workload): Service[] {
  return servicesOf(services, workload).filter(({ headless }) => !headless);
}

/** Why a Service gets no waypoint of this migration. */
export type Unattached = "headless" | "external" | "others";

/**
 * Nothing for a Service that can have a waypoint: one with pods that are migrated, or with none at all. Pods that are not
 * migrated keep policies that no waypoint of the migration enforces, and might refuse it.
 */
export function unattached({ workloads, ...facts }: MigrationFacts, service: Service): Unattached | undefined {
  if (service.headless) return "headless";
  if (service.external) return "external";
  const there = workloads.filter((workload) => leadsTo(service, workload));
  const own = members({ workloads, ...facts });
  return there.length > 0 && !there.some((workload) => own.includes(workload)) ? "others" : undefined;
}
