// Objects that a tool keeps as its source has them. What a migration takes away from one would come back in the middle of it:
// a sidecar, or a policy that refuses the waypoint. What it adds to one stays, until the tool makes the object anew.
import type { Labels } from "../istio/labels";
import { stackMark } from "../ownership/marks";
import type { Kept, MigrationFacts } from "./facts";
import { nameOf } from "./objects";
import { hboneMark, isSame, keyOf, rollMark, type Step } from "./steps";
import { verdictKinds, type Verdict } from "./verdict";

/** One row for each tool. */
export function keptVerdicts({ kept }: MigrationFacts, steps: readonly Step[]): Verdict[] {
  const keepers = [...new Set(kept.map(({ who }) => who))];
  return keepers.flatMap((who): Verdict[] => {
    const own = kept.filter((each) => each.who === who);
    const [{ change, release = change }] = own as [Kept];
    const object = who.replace(/^the /, "");
    const taken = own.flatMap((each) => takenAway(each, steps));
    if (taken.length > 0) {
      const why =
        `it would revert what this migration removes: ${taken.join(", ")}; suspend it, and make the same changes in its ` +
        "source before it resumes";
      return [{ object, verdict: verdictKinds.blocks, why, fix: release, acceptable: true }];
    }
    const touched = own.filter((each) => steps.some((step) => isAbout(step, each)));
    const why = `what this migration adds has to be written there too: to ${touched.map(shown).join(", ")}`;
    return touched.length > 0 ? [{ object, verdict: verdictKinds.loses, why, fix: change }] : [];
  });
}

/** Who does not heal what it has made, but makes it again at its next run. */
const makers: { annotation: string; again(value: string, annotations: Labels): string }[] = [
  {
    annotation: stackMark,
    again: (stack) =>
      `the stack ${stack} creates it again at its next \`pulumi up --refresh\`; take it out of the program`,
  },
  {
    annotation: "meta.helm.sh/release-name",
    again: (release, { "meta.helm.sh/release-namespace": namespace = "default" }) =>
      `the Helm release ${namespace}/${release} creates it again at its next upgrade; take it out of the chart`,
  },
  {
    annotation: "kubectl.kubernetes.io/last-applied-configuration",
    again: () => "`kubectl apply` of its file creates it again; take it out of the file",
  },
];

/** One for each object that is deleted, and whose source would bring it back long after the migration. */
export function returnNotes({ kept }: MigrationFacts, steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    if (step.do !== "delete" || kept.some((each) => isAbout(step, each))) return [];
    const { annotations = {} } = step.object.metadata;
    const maker = makers.find(({ annotation }) => annotation in annotations);
    return maker
      ? [`${nameOf(step.object)} is deleted: ${maker.again(annotations[maker.annotation]!, annotations)}`]
      : [];
  });
}

function shown({ kind, namespace, name }: Kept): string {
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

/** Whether a step is about an object. */
export function isAbout(step: Step, object: Kept): boolean {
  return step.do !== "await" && isSame("key" in step ? step.key : keyOf(step.object), { apiVersion: "", ...object });
}

/** What of an object as its owner wrote it is gone after the steps: the object itself, or labels and annotations. */
function takenAway(object: Kept, steps: readonly Step[]): string[] {
  const about = steps.filter((step) => isAbout(step, object));
  if (about.some((step) => step.do === "delete")) return [shown(object)];
  const changes = about.flatMap((step) => [
    ...Object.entries(step.do === "label" || step.do === "roll" ? step.labels : {}),
    ...Object.entries(step.do === "roll" ? step.annotations : {}),
  ]);
  const keys = changes.flatMap(([key, { before }]) =>
    before === null || key === rollMark || key === hboneMark ? [] : [key],
  );
  return [...new Set(keys)].map((key) => `${key} of ${shown(object)}`);
}
