// The stack behind an object, and behind a label of one; and the command by which a stack puts its objects right.
import type { Named, Owner } from "../cluster-state/snapshot";
import { certManagerChart, charts } from "../istio/releases";
import { labelsNotes, stackMark } from "./marks";

/** An object that a stack may have made, or another object that a stack has made. */
export type Ownable = Pick<Named, "namespace" | "annotations"> & { labels?: Named["labels"]; owners?: Owner[] };

/** Finds an object of the cluster. */
export type FindOwnable = (kind: string, namespace: string, name: string) => Ownable | undefined;

/** Releases of Helm that components of this package make, in namespaces that they mark. */
const releases: readonly string[] = [...Object.values(charts), certManagerChart].map(({ release }) => release);

/** The label of what istiod makes for a Gateway, with the Gateway's name. */
const gatewayLabel = "gateway.networking.k8s.io/gateway-name";

/** The stack that an object belongs to: by its own mark, by that of the Gateway it was made for, or by its Helm release. */
export function stackOf(find: FindOwnable, object: Ownable): string | undefined {
  const { namespace, annotations, labels = {}, owners = [] } = object;
  const gateway = owners.find(({ kind }) => kind === "Gateway")?.name ?? labels[gatewayLabel];
  const madeFor = gateway === undefined ? undefined : find("Gateway", namespace, gateway);
  return (
    annotations[stackMark] ??
    madeFor?.annotations[stackMark] ??
    stackOfRelease(
      find,
      annotations["meta.helm.sh/release-namespace"] ?? "",
      annotations["meta.helm.sh/release-name"] ?? "",
    )
  );
}

/** The stack that a Helm release belongs to: by the mark of its namespace. */
export function stackOfRelease(find: FindOwnable, namespace: string, release: string): string | undefined {
  return releases.includes(release) ? find("Namespace", "", namespace)?.annotations[stackMark] : undefined;
}

/** The stack that has put a label on an object of another owner. */
export function stackOfLabel({ annotations }: Pick<Named, "annotations">, label: string): string | undefined {
  return labelsNotes({ annotations }).find(({ labels }) => labels.includes(label))?.stack;
}

/** The command by which a stack puts back what it owns. */
export function refreshCommand(stack: string): string {
  return `pulumi up --refresh --stack ${stack.split("/").at(-1)}`;
}
