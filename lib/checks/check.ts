// What a check is: data with one pure function, so that the list can be printed, documented and tested as a table.
import { type ClusterSnapshot, type Kind } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";

/** The categories in the order of the report. */
export const categories = [
  "kubernetes",
  "versions",
  "gateway-api",
  "control-plane",
  "data-plane",
  "enrollment",
  "gateways",
  "gateway-service",
  "certificates",
  "waypoints",
  "policies",
  "network",
] as const;

/** Name of a category. */
export type Category = (typeof categories)[number];

/** What repairs a finding: a command to run, or text to write. */
export type Fix = { run: string } | { write: string };

/** One thing that is not as the claim says. */
export interface Finding {
  /** "Service istio-system/hostk8s-gateway-istio" */
  object: string;
  /** Its namespace; empty for the whole cluster. */
  namespace: string;
  /** What was seen. */
  got: string;
  /** What is true where all is well, as a clause. */
  rule: string;
  fix: Fix;
  /** The same in the program of the stack that owns the object, where its `up` alone repairs nothing. */
  inProgram?: string;
}

/** What a check may look at beside the snapshot. */
export interface CheckContext {
  now: Date;
  /** NodePorts that the kind cluster publishes on the host. */
  publishedNodePorts: readonly number[];
}

/** One check. */
export interface Check {
  /** Also its anchor in docs/checks.md. */
  id: string;
  category: Category;
  /** Reads true: "istiod is available". */
  claim: string;
  /** An error fails the report, a warning does not. */
  severity: "error" | "warning";
  /** What a failure means and where to look, in one sentence. */
  hint: string;
  /** Lists without which it does not judge. */
  needs: Kind[];
  /** Lists that it looks at too: without one of them it judges what the others hold. */
  also?: Kind[];
  /** It judges a namespace by what is in it: what it says holds where only some namespaces could be read. */
  isLocal?: true;
  run(snapshot: ClusterSnapshot, context: CheckContext): Finding[];
  /** Why it cannot tell although it could read everything; undefined where it can. */
  unjudged?(snapshot: ClusterSnapshot): string | undefined;
}

/** A finding about one object. */
export function finding(
  kind: string,
  object: { namespace: string; name: string },
  got: string,
  rule: string,
  fix: Fix,
): Finding {
  return { object: objectName(kind, object), namespace: object.namespace, got, rule, fix };
}

/** A finding about a whole namespace. */
export function namespaceFinding(namespace: string, got: string, rule: string, fix: Fix): Finding {
  return { object: `Namespace ${namespace}`, namespace, got, rule, fix };
}

/** One finding about the CRDs that are missing; none where all are there. */
export function missingDefinitions(present: { name: string }[], wanted: string[], rule: string, fix: Fix): Finding[] {
  const missing = wanted.filter((name) => !present.some((definition) => definition.name === name));
  const [first, second, third, ...more] = missing;
  if (first === undefined) return [];
  if (second === undefined) {
    return [finding("CustomResourceDefinition", { namespace: "", name: first }, "none", rule, fix)];
  }
  const names = [first, second, ...(third ? [third] : []), ...(more.length > 0 ? [`${more.length} more`] : [])];
  const got = `none of ${names.join(", ")}`;
  return [{ object: "CustomResourceDefinitions", namespace: "", got, rule, fix }];
}

/** One whole line of a report, by the package's message formula. */
export function findingLine({ object, got, rule, fix }: Finding): string {
  const repair = "run" in fix ? `run \`${fix.run}\`` : `write \`${fix.write}\``;
  return `\`${object}\`: got "${got}"; ${rule}; ${repair}`;
}
