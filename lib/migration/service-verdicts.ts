// What becomes of Services that are told which pods are theirs by what a sidecar brings.
import { sidecarLabels } from "../istio/labels";
import type { MigrationFacts } from "./facts";
import { members } from "./members";
import { isPartOf, leadsTo } from "./objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** Rows of Services that lead to no pod once there is no sidecar. */
export function serviceVerdicts(facts: MigrationFacts): Verdict[] {
  const own = members(facts);
  return facts.services.flatMap((service) => {
    const keys = Object.keys(service.selector ?? {}).filter((key) => sidecarLabels.has(key));
    const led = own.filter(
      (workload) =>
        leadsTo(service, workload) &&
        !keys.every((key) => isPartOf({ [key]: service.selector![key]! }, workload.podLabels)),
    );
    const [first] = led;
    if (!first) return [];
    const why = `its selector has ${keys.join(", ")}, which the injector adds: without a sidecar it leads to no pod`;
    const fix = `selector: ${JSON.stringify(first.selector)}`;
    return verdict(`Service ${service.namespace}/${service.name}`, is.blocks, why, { fix });
  });
}
