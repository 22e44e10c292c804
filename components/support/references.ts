// What a component refers to: held against the cluster together with all other references of the program.
import * as pulumi from "@pulumi/pulumi";
import type { Reference } from "../../lib/references/reference";
import { lookAt } from "./look";
import type { Writer } from "./ownership";

/** The value, once the references in it are judged: nothing that depends on it is written before. */
export function checkedReferences<T>(
  { cluster, what, told = what, isJudged }: Pick<Writer, "cluster" | "what" | "told" | "isJudged">,
  value: pulumi.Output<T>,
  references: (value: T) => Reference[],
): pulumi.Output<T> {
  const order = lookAt(cluster).nextPlace();
  return pulumi.all([value.apply((known) => [known]), cluster.target]).apply(async ([[known], target]) => {
    const all = references(known as T).map((reference) => ({ order, component: told, reference }));
    if (all.length > 0 && isJudged !== true) {
      await lookAt(cluster).judgeReferences(target, all);
    }
    return known as T;
  });
}
