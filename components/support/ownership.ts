// How a stack knows its own objects again: each carries the stack's mark, and what the state has lost is imported.
import * as pulumi from "@pulumi/pulumi";
import { stackMark } from "../../lib/preflight/facts";

/** Ids of children that the cluster has already, by the children's names: made by an earlier run of this stack. */
export type OwnChildren = Readonly<Record<string, string | undefined>>;

/** Value of the mark. Without the organization: it differs between backends. */
export function stackName(): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/** Kinds that are made as plain objects. Annotations of a Gateway stay on it: see `infrastructure` of its spec. */
const markedKinds = ["Namespace", "NamespacePatch", "ConfigMap", "Issuer", "Certificate", "Gateway"];

/**
 * Options of a child whose objects, and those of everything below it, carry the mark. Where the cluster has an object
 * already it is imported: after a run that was killed the state does not have it. To the engine the import of what the
 * state has under the same id is none.
 */
export function ownedBy(own: OwnChildren, opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  const mark = { [stackMark]: stackName() };
  const transformation: pulumi.ResourceTransformation = ({ name, type, props, opts: given }) => {
    const id = own[name];
    const metadata = props["metadata"] as { annotations?: object } | undefined;
    const isMarked = markedKinds.includes(type.split(":").pop() ?? "") && type.startsWith("kubernetes:");
    return {
      props: isMarked
        ? { ...props, metadata: { ...metadata, annotations: { ...metadata?.annotations, ...mark } } }
        : props,
      opts: id === undefined ? given : { ...given, import: id },
    };
  };
  return pulumi.mergeOptions(opts, { transformations: [transformation] });
}
