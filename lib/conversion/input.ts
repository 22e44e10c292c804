// Documents of any kind → the objects that a conversion looks at, each of them once.
import { keyOf, type ConfigMap, type Ingress, type Metadata, type Secret, type Service } from "./objects";
import { refused, type Entry } from "./report";

/** What a conversion works on. */
export interface Input {
  ingresses: Ingress[];
  services: Map<string, Service>;
  secrets: Map<string, Secret>;
  configMaps: Map<string, ConfigMap>;
  /** What cannot even be read. */
  unreadable: Entry[];
}

interface Document {
  apiVersion?: unknown;
  kind?: unknown;
  metadata?: Partial<Metadata>;
  items?: unknown;
}

/** Sorts documents by kind; lists are opened, other kinds pass by. */
export function inputOf(documents: readonly unknown[]): Input {
  const input: Input = {
    ingresses: [],
    services: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
    unreadable: [],
  };
  const texts = new Map<string, string>();
  for (const document of documents.flatMap(opened)) add(input, withoutNulls(document), texts);
  return input;
}

/** Without the fields that have no value, which an API server drops: charts leave many behind. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  const given = Object.entries(value).filter(([, field]) => field !== null && field !== undefined);
  return Object.fromEntries(given.map(([name, field]) => [name, withoutNulls(field)]));
}

/** The items of a list, or the document itself. */
function opened(document: unknown): unknown[] {
  if (typeof document !== "object" || document === null) return [];
  const { kind, items } = document as Document;
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)
    ? items.map((item: unknown) => ({ ...kindOfItem(document, kind), ...(item as object) })).flatMap(opened)
    : [document];
}

/** Kind and version of a list's items: an API server leaves them out of the items of a typed list. */
function kindOfItem(list: object, kind: string): Document {
  return kind === "List" ? {} : { apiVersion: (list as Document).apiVersion, kind: kind.slice(0, -"List".length) };
}

function add(input: Input, document: unknown, texts: Map<string, string>): void {
  const { apiVersion, kind, metadata } = document as Document;
  if (typeof metadata?.name !== "string") {
    if (kind === "Ingress" && isIngressGroup(apiVersion)) input.unreadable.push(nameless);
    return;
  }
  const key = keyOf({ ...metadata, name: metadata.name });
  if (kind === "Service" && apiVersion === "v1") input.services.set(key, document as Service);
  if (kind === "Secret" && apiVersion === "v1") input.secrets.set(key, document as Secret);
  if (kind === "ConfigMap" && apiVersion === "v1") input.configMaps.set(key, document as ConfigMap);
  if (kind !== "Ingress" || !isIngressGroup(apiVersion)) return;
  const fault = apiVersion === "networking.k8s.io/v1" ? ingressFault(document as Ingress) : oldVersion;
  const text = JSON.stringify(document);
  const before = texts.get(key);
  if (fault !== undefined) {
    const fix =
      fault === oldVersion
        ? "kubectl get ingress -o yaml, which gives networking.k8s.io/v1"
        : "kubectl explain ingress.spec";
    input.unreadable.push({ ingress: key, part: "ingress", name: key, ...refused(fault, fix) });
  } else if (before === undefined) {
    texts.set(key, text);
    input.ingresses.push(document as Ingress);
  } else if (before !== text) {
    const entry = refused("it occurs twice in the input, with different contents", "one of them");
    input.unreadable.push({ ingress: key, part: "ingress", name: key, ...entry });
  }
}

const nameless: Entry = {
  ingress: "(no name)",
  part: "ingress",
  name: "(no name)",
  ...refused("it has no name, from which those of the routes are made", "metadata.name"),
};

function isIngressGroup(apiVersion: unknown): boolean {
  return typeof apiVersion === "string" && /^(networking\.k8s\.io|extensions)\//.test(apiVersion);
}

const oldVersion = "not an Ingress of networking.k8s.io/v1";

/** What an API server would not take, as far as a conversion would stumble over it. */
function ingressFault({ metadata, spec }: Ingress): string | undefined {
  if (typeof spec !== "object" || spec === null) return "it has no spec";
  const untyped = Object.entries(metadata.annotations ?? {}).find(([, value]) => typeof value !== "string");
  if (untyped) return `annotation ${untyped[0]} is not a string: put its value in quotes`;
  const rules = spec.rules ?? [];
  if (!Array.isArray(rules)) return "spec.rules is not a list";
  if (!Array.isArray(spec.tls ?? [])) return "spec.tls is not a list";
  const paths = rules.flatMap((rule) => rule.http?.paths ?? []);
  const backends = [...paths.map(({ backend }) => backend), ...(spec.defaultBackend ? [spec.defaultBackend] : [])];
  if (backends.some((backend) => typeof backend !== "object" || (!backend?.service && !backend?.resource))) {
    return "a backend has neither service nor resource";
  }
  if (
    backends.some(({ service }) => service && service.port?.number === undefined && service.port?.name === undefined)
  ) {
    return "a backend's service has no port";
  }
  const wrong = paths.find(({ path }) => path !== undefined && path !== "" && !path.startsWith("/"));
  return wrong ? `path ${wrong.path} does not begin with a slash` : undefined;
}
