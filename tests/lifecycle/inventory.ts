// Everything that a cluster has, by kind and name, but for what comes and goes by itself.
import { kubectl } from "./support";

/** Kinds that controllers of Kubernetes write all the time. */
const fleeting =
  /^(events|leases|endpointslices|endpoints|pods|replicasets|controllerrevisions|nodes|apiservices)(\.|$)/;

/** What Kubernetes itself puts into each namespace. */
const usual = /(kube-root-ca\.crt|serviceaccounts \S+\/default)$/;

/** One line for each object: `configmaps default/istio-ca-root-cert`. */
export function inventory(): string[] {
  const lines = (text: string): string[] => text.split("\n").filter(Boolean);
  const kinds = lines(kubectl("api-resources", "--verbs=list", "--output=name"));
  const format = "{range .items[*]}{.metadata.namespace}/{.metadata.name}{'\\n'}{end}".replaceAll("'", '"');
  return kinds
    .filter((kind) => !fleeting.test(kind))
    .flatMap((kind) =>
      lines(kubectl("get", kind, "--all-namespaces", "--output", `jsonpath=${format}`)).map(
        (name) => `${kind} ${name.replace(/^\//, "")}`,
      ),
    )
    .filter((line) => !usual.test(line))
    .sort();
}
