// Documents of any kind → the objects that a conversion looks at, each of them once.
import { ingressFault } from "./ingress-fault";
import {
  keyOf,
  type Certificate,
  type ConfigMap,
  type Ingress,
  type Issuer,
  type Metadata,
  type NetworkPolicy,
  type Secret,
  type Service,
} from "./objects";
import { isForeign, nearMiss } from "./near-misses";
import { refused, type Entry } from "./report";
import { strayEntries } from "./stray-fields";

/** What a conversion works on. */
export interface Input {
  ingresses: Ingress[];
  services: Map<string, Service>;
  secrets: Map<string, Secret>;
  configMaps: Map<string, ConfigMap>;
  /** By namespace and name. */
  certificates: Map<string, Certificate>;
  /** By kind, namespace and name. */
  issuers: Map<string, Issuer>;
  networkPolicies: Map<string, NetworkPolicy>;
  /** What cannot even be read. */
  unreadable: Entry[];
  /** Fields of Ingresses that there are none of. */
  strays: Entry[];
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
    certificates: new Map(),
    issuers: new Map(),
    networkPolicies: new Map(),
    unreadable: [],
    strays: [],
  };
  const texts = new Map<string, string>();
  for (const document of documents.flatMap(opened)) {
    const missed = nearMiss(document);
    if (missed) input.unreadable.push(missed);
    else add(input, withoutNulls(document), texts);
  }
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
  if (Array.isArray(document)) return document.flatMap(opened);
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
  if (typeof metadata?.name !== "string" || metadata.name === "") {
    if (kind === "Ingress" && !isForeign(apiVersion)) input.unreadable.push(nameless);
    return;
  }
  const key = keyOf({ ...metadata, name: metadata.name });
  if (kind === "Service" && apiVersion === "v1") input.services.set(key, document as Service);
  if (kind === "Secret" && apiVersion === "v1") input.secrets.set(key, document as Secret);
  if (kind === "ConfigMap" && apiVersion === "v1") input.configMaps.set(key, document as ConfigMap);
  if (kind === "NetworkPolicy" && apiVersion === "networking.k8s.io/v1") {
    input.networkPolicies.set(key, document as NetworkPolicy);
  }
  if (apiVersion === "cert-manager.io/v1") {
    if (kind === "Certificate") input.certificates.set(key, document as Certificate);
    if (kind === "Issuer" || kind === "ClusterIssuer") input.issuers.set(`${kind} ${key}`, document as Issuer);
  }
  if (kind !== "Ingress" || isForeign(apiVersion)) return;
  const fault = versionFault(apiVersion) ?? ingressFault(document as { metadata: object; spec?: unknown });
  const text = JSON.stringify(inOrder(document));
  const before = texts.get(key);
  if (fault !== undefined) {
    const fix = versionFixes.get(fault) ?? "kubectl explain ingress.spec";
    input.unreadable.push({ ingress: key, part: "ingress", name: key, ...refused(fault, fix) });
  } else if (before === undefined) {
    texts.set(key, text);
    input.strays.push(...strayEntries(key, document as object));
    input.ingresses.push(document as Ingress);
  } else if (before !== text) {
    const entry = refused("it occurs twice in the input, with different contents", "one of them");
    input.unreadable.push({ ingress: key, part: "ingress", name: key, ...entry });
  }
}

/** With the fields of maps in one order, which has no meaning. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)]));
}

const nameless: Entry = {
  ingress: "(no name)",
  part: "ingress",
  name: "(no name)",
  ...refused("it has no name, from which those of the routes are made", "metadata.name"),
};

const oldVersion = "not an Ingress of networking.k8s.io/v1";
const noVersion = "it has no apiVersion";
const noSuchVersion = "its apiVersion must be networking.k8s.io/v1";
const versionFixes: ReadonlyMap<string, string> = new Map([
  [oldVersion, "kubectl get ingress -o yaml, which gives networking.k8s.io/v1"],
  [noVersion, "apiVersion: networking.k8s.io/v1"],
  [noSuchVersion, "apiVersion: networking.k8s.io/v1"],
]);

function versionFault(apiVersion: unknown): string | undefined {
  if (typeof apiVersion !== "string") return noVersion;
  if (apiVersion === "networking.k8s.io/v1") return undefined;
  return /^(networking\.k8s\.io|extensions)\/v1(alpha|beta)\d$/.test(apiVersion) ? oldVersion : noSuchVersion;
}
