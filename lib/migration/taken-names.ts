// Names that a migration would give to an object and that are in use. It would stop there half way: what others have written is
// neither overwritten nor deleted.
import type { MigrationFacts } from "./facts";
import { originMark } from "./marks";
import type { KubeObject } from "./objects";
import { isAsWritten } from "./record";
import { isSame, keyOf, type Step } from "./steps";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";

/** One row for each name that is in use, and for each that two objects of the plan would have. */
export function takenNames(facts: MigrationFacts, steps: readonly Step[]): Verdict[] {
  const own = facts.namespace.name;
  const policies = [...facts.policies, ...facts.authentications].filter(({ metadata }) => metadata.namespace === own);
  const created = steps.flatMap((step) => (step.do === "create" ? step.object : []));
  return created.flatMap((object, index): Verdict[] => {
    const isIt = (other: KubeObject) => isSame(keyOf(other), keyOf(object));
    const twin = created.slice(0, index).find(isIt);
    const live = policies.find(isIt);
    const isOtherGateway = object.kind === "Gateway" && facts.gateways.includes(object.metadata.name);
    if (twin && !isAsWritten(twin, object)) {
      const why = `this migration would create two of this name, ${purpose(twin)} and ${purpose(object)}`;
      return [verdict(object, is.blocks, why, { fix: "give one of them another name" })];
    }
    if (isOtherGateway) {
      const why = "it exists, and is no waypoint, but has the name of the one that this migration would create";
      return [verdict(object, is.blocks, why, { fix: `--waypoint ${object.metadata.name}-mesh` })];
    }
    if (!live || isAsWritten(live, object)) return [];
    const why = `it exists, and has the name of what this migration would create ${purpose(object)}`;
    return [verdict(object, is.blocks, why, { fix: "create it under another name, and delete this one" })];
  });
}

function purpose({ metadata: { annotations = {} } }: KubeObject): string {
  return `for ${annotations[originMark] ?? "the waypoint"}`;
}
