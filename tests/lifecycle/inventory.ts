// Everything that a cluster has, by kind and name, but for what comes and goes by itself.
import { kubectl } from "./support";

/** Kinds that controllers of Kubernetes write all the time. */
const fleeting =
  /^(events|leases|endpointslices|endpoints|pods|replicasets|controllerrevisions|nodes|apiservices)(\.|$)/;

/** What Kubernetes itself puts into each namespace. */
const usual = /(kube-root-ca\.crt|serviceaccounts \S+\/default)$/;

const lines = (text: string): string[] => text.split("\n").filter(Boolean);

/** The names by which kubectl knows kinds, by API version and kind. */
function resources(): Map<string, string> {
  const known = lines(kubectl("api-resources", "--verbs=list", "--no-headers", "--output=wide")).map((line) => {
    const [, name = "", apiVersion = "", kind = ""] = /^(\S+).*? (\S*v\d\S*) +(?:true|false) +(\S+) /.exec(line) ?? [];
    const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
    return [`${apiVersion} ${kind}`, `${name}${group}`] as const;
  });
  return new Map(known.filter(([, name]) => !fleeting.test(name)));
}

/** One line for each object: `configmaps default/istio-ca-root-cert`. */
export function inventory(): string[] {
  const kinds = resources();
  const format = '{range .items[*]}{.apiVersion} {.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const found = lines(
    kubectl("get", [...kinds.values()].join(), "--all-namespaces", "--output", `jsonpath=${format}`),
  ).map((line) => {
    const [, kind = "", name = ""] = /^(\S+ \S+) \/?(.*)$/.exec(line) ?? [];
    return `${kinds.get(kind) ?? kind} ${name}`;
  });
  return found.filter((line) => !usual.test(line)).sort();
}

/** Takes away what a cluster has beside these objects. */
export function restore(first: readonly string[]): void {
  const more = inventory().filter((line) => !first.includes(line));
  const namesOf = (kind: string) => more.flatMap((line) => (line.startsWith(`${kind} `) ? line.split(" ")[1]! : []));
  const namespaces = namesOf("namespaces");
  const definitions = namesOf("customresourcedefinitions.apiextensions.k8s.io");
  if (namespaces.length > 0) kubectl("delete", "namespaces", ...namespaces, "--ignore-not-found");
  if (definitions.length > 0) kubectl("delete", "crd", ...definitions, "--ignore-not-found");
  for (const line of more) {
    const [kind = "", place = ""] = line.split(" ");
    const [name = "", namespace] = place.split("/").reverse();
    // What was in these namespaces or of these kinds has gone with them.
    if (kind === "namespaces" || kind.startsWith("customresourcedefinitions.")) continue;
    if (namespaces.includes(namespace ?? "") || definitions.includes(kind)) continue;
    const within = namespace === undefined ? [] : ["--namespace", namespace];
    kubectl("delete", kind, name, ...within, "--ignore-not-found", "--timeout=60s");
  }
}
