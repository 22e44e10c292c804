// What others lose with a namespace that the program no longer makes: all that is in it is deleted with it.
import type { Finding } from "../checks/check";
import { some } from "../checks/mesh";
import { objectName } from "../cluster-state/object-name";
import type { ObjectKind } from "../ownership/kinds";
import { componentMark, labelsNotes, stackMark } from "../ownership/marks";
import type { ExistingObject } from "../ownership/owner";
import type { ClusterView } from "./cluster";
import { gone, isOf, ownerNote, type Kept } from "./kept";

/** Kinds of which the program has read the objects of others by then. */
const kinds: ObjectKind[] = ["AuthorizationPolicy", "Gateway", "HTTPRoute"];

/** Namespaces that an AmbientNamespace of the stack has made, and the program neither makes nor labels. */
export function lostNamespaces(view: ClusterView, { namespaces }: Kept): ExistingObject[] {
  if (namespaces === undefined) {
    return [];
  }
  return (view.list("Namespace") ?? []).filter(
    (each) =>
      isOf(view, each) &&
      each.deleting !== true &&
      (each.annotations[componentMark] ?? "").startsWith("AmbientNamespace ") &&
      !namespaces.some(({ name }) => name === each.name) &&
      !view.labels.some(({ kind, name }) => kind === "Namespace" && name === each.name),
  );
}

/** One finding for each that other stacks have something in. */
export function namespaceLosses(view: ClusterView, kept: Kept): Finding[] {
  return lostNamespaces(view, kept).flatMap((namespace) => {
    const { name } = namespace;
    const objects = kinds.flatMap((kind) =>
      (view.list(kind) ?? [])
        .filter((each) => each.namespace === name && !isOf(view, each) && stackMark in each.annotations)
        .map((each) => `${objectName(kind, each)}${ownerNote(each)}`),
    );
    const labels = labelsNotes(namespace)
      .filter(({ stack }) => stack !== view.stack)
      .map(({ component, stack }) => `the labels of ${component} (stack ${stack})`);
    const theirs = [...objects.sort(), ...labels.sort()];
    const rule = `all that is in it is deleted with it, also what others have there: ${some(theirs, 5)}`;
    const fix = { write: namespaceCode(namespace) };
    return theirs.length === 0
      ? []
      : [{ object: objectName("Namespace", namespace), namespace: name, got: gone, rule, fix }];
  });
}

function namespaceCode({ name, annotations }: ExistingObject): string {
  const component = /"(.*)"/.exec(annotations[componentMark] ?? "")?.[1] ?? name;
  return `new AmbientNamespace("${component}"${component === name ? "" : `, { name: "${name}" }`})`;
}
