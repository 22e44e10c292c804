// Fields that an Ingress does not have: an API server drops them, so NGINX never sees them, and the report says so.
import { inert, type Entry } from "./report";

/** Fields by name, each with those of what it holds; undefined for whatever stands in it. */
interface Fields {
  [name: string]: Fields | undefined;
}

const meta = [
  ...["name", "generateName", "namespace", "labels", "annotations", "creationTimestamp", "uid", "resourceVersion"],
  ...["generation", "managedFields", "ownerReferences", "finalizers", "selfLink", "deletionTimestamp"],
  "deletionGracePeriodSeconds",
];
const anything = (names: readonly string[]): Fields => Object.fromEntries(names.map((name) => [name, undefined]));
const backend: Fields = {
  service: { name: undefined, port: anything(["name", "number"]) },
  resource: anything(["apiGroup", "kind", "name"]),
};
const ingress: Fields = {
  ...anything(["apiVersion", "kind", "status"]),
  metadata: anything(meta),
  spec: {
    ingressClassName: undefined,
    defaultBackend: backend,
    tls: anything(["hosts", "secretName"]),
    rules: { host: undefined, http: { paths: { ...anything(["path", "pathType"]), backend } } },
  },
};

/** What the report says of them. */
export function strayEntries(key: string, document: object): Entry[] {
  const all = straysOf(document, ingress, "");
  return [...new Set(all)].map((name) => ({
    ingress: key,
    part: "ingress",
    name,
    ...inert("an Ingress has no such field, so an API server drops it"),
  }));
}

/** Their paths; an item of a list has that of its list. */
function straysOf(value: unknown, fields: Fields, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => straysOf(item, fields, at));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const path = at === "" ? name : `${at}.${name}`;
    if (!Object.hasOwn(fields, name)) return [path];
    const below = fields[name];
    return below ? straysOf(inner, below, path) : [];
  });
}
