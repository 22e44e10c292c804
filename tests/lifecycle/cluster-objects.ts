// What a cluster holds, as far as two ways of installing the same can be compared: without what differs by nature, and
// without the marks by which each way knows its own.
import { kubectl, type KubeObject } from "./support";

/** Kinds that controllers of Kubernetes write all the time, or under names of chance. */
const fleeting =
  /^(componentstatuses|events|leases|endpointslices|endpoints|ipaddresses|pods|replicasets|controllerrevisions|nodes|apiservices|certificaterequests)(\.|$)/;

/** Annotations and labels by which Helm, Pulumi, kubectl and this package know their own, and what controllers count. */
const ownMark =
  /^(meta\.helm\.sh\/|pulumi\.com\/|kustomize\.toolkit\.fluxcd\.io\/|argocd\.argoproj\.io\/|istio-ambient\/(stack|component|bundle)$|kubectl\.kubernetes\.io\/|app\.kubernetes\.io\/managed-by$|deployment\.kubernetes\.io\/revision$|deprecated\.daemonset\.|control-plane\.alpha\.kubernetes\.io\/leader$)/;

/** What Helm and istiod keep for themselves, and what cert-manager leaves: that there is a Certificate says enough. */
const ownRecord =
  /^(Secret \S+\/sh\.helm\.release|ConfigMap \S+\/(kube-root-ca\.crt|istio-ca-\S*|\S*(leader|election)\S*)$)/;

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };

interface ComparableObject {
  type?: Json;
  labels: object;
  annotations: object;
}

/** CRDs take the API server and us longer than all other objects together. */
export const definitions = "customresourcedefinitions.apiextensions.k8s.io";

/** All objects but the CRDs, or those of one kind, by kind, namespace and name. */
export function clusterObjects(only?: string): Record<string, object> {
  const kinds = kubectl("api-resources", "--verbs=list", "--output=name")
    .split("\n")
    .filter((kind) => kind !== "" && kind !== definitions && !fleeting.test(kind));
  const text = kubectl("get", only ?? kinds.join(), "--all-namespaces", "--output", "json");
  const { items } = JSON.parse(text) as { items: (KubeObject & { [key: string]: Json })[] };
  const entries = items.map((object) => [keyOf(object), comparable(object)] as const);
  return Object.fromEntries(entries.filter(([key, object]) => !ownRecord.test(key) && !isCertificate(object)));
}

function keyOf({ kind, metadata: { name, namespace = "" } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}

function comparable({ metadata, status: _status, ...rest }: KubeObject): ComparableObject {
  const { labels, annotations } = metadata;
  return {
    ...(JSON.parse(JSON.stringify(rest, maskedFor(rest))) as object),
    labels: withoutMarks(labels),
    annotations: withoutMarks(annotations),
  };
}

function isCertificate({ type }: ComparableObject): boolean {
  return type === "kubernetes.io/tls";
}

function withoutMarks(texts: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !ownMark.test(key)));
}

/** Keys and certificates are others each time, and so are addresses and ports that the API server chooses. */
function maskedFor({ kind, spec }: Pick<KubeObject, "kind" | "spec">) {
  return (key: string, value: Json): Json => {
    if (key === "caBundle") return "masked";
    if (kind === "Secret" && key === "data") return Object.keys(value as object).sort();
    if (kind !== "Service") return value;
    if (key === "clusterIP" || key === "clusterIPs" || key === "healthCheckNodePort") return undefined;
    const isPort = typeof value === "object" && value !== null && "nodePort" in value;
    const isChosen = isPort && (spec["type"] === "LoadBalancer" || value["port"] === 15021);
    return isChosen ? { ...value, nodePort: "masked" } : value;
  };
}

/** What differs, one line for each object, with both forms of it. */
export function differing(one: Record<string, object>, other: Record<string, object>): string[] {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return keys
    .filter((key) => canonical(one[key]) !== canonical(other[key]))
    .map((key) => `${key}: ${short(one[key])} but ${short(other[key])}`);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => a.localeCompare(b)))
      : item,
  );
}

function short(object: object | undefined): string {
  return object === undefined ? "missing" : canonical(object).slice(0, 4000);
}
