// Documents that are meant as Ingresses, and that no API server takes for one: they are told by name.
import { refused, type Entry } from "./report";

type Fields = { [name: string]: unknown };

/** Kinds of networking.k8s.io beside Ingress. */
const beside = ["IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"];
const known = new Set(["Ingress", ...beside].flatMap((kind) => [kind, `${kind}List`]));

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The report on a document that is hardly meant as anything but an Ingress; nothing for all others. */
export function nearMiss(document: unknown): Entry | undefined {
  if (!isFields(document)) return undefined;
  const fault = faultOf(document);
  if (!fault) return undefined;
  const { name, namespace } = isFields(document["metadata"]) ? document["metadata"] : {};
  const own = typeof name === "string" && name !== "" ? name : "(no name)";
  const key = typeof namespace === "string" ? `${namespace}/${own}` : own;
  return { ingress: key, part: "ingress", name: key, ...refused(fault.why, fault.fix) };
}

function faultOf({ apiVersion, kind, spec, items }: Fields): { why: string; fix: string } | undefined {
  const group = typeof apiVersion === "string" ? apiVersion.replace(/\/[^/]*$/, "") : "";
  const ofNetworking = /^(networking\.k8s\.io|extensions)$/i.test(group.trim());
  if (kind === undefined) {
    const isIngress = looksLikeIngress(spec) || (Array.isArray(items) && items.some(isIngressItem));
    return isIngress
      ? { why: "it has no kind", fix: Array.isArray(items) ? "kind: List" : "kind: Ingress" }
      : undefined;
  }
  if (typeof kind !== "string" || known.has(kind)) return undefined;
  const meant = ["Ingress", "IngressList", "List"].find((one) => one.toLowerCase() === kind.trim().toLowerCase());
  const isList = meant?.endsWith("List") === true;
  if (isList && kind !== "List" && Array.isArray(items) && items.some(isIngressItem)) {
    return { why: `kind ${kind} must be ${meant}`, fix: `kind: ${meant}` };
  }
  if (isForeign(apiVersion)) return undefined;
  if (meant === "Ingress") return { why: `kind ${kind} must be Ingress`, fix: "kind: Ingress" };
  if (isList) return undefined;
  const named = /ingr/i.test(kind);
  const isMeant = looksLikeIngress(spec) ? ofNetworking || named : ofNetworking && named;
  return isMeant ? { why: `${group || "an API server"} has no kind ${kind}`, fix: "kind: Ingress" } : undefined;
}

function isIngressItem(item: unknown): boolean {
  if (!isFields(item)) return false;
  const { kind, spec } = item;
  return (typeof kind === "string" && kind.trim().toLowerCase() === "ingress") || looksLikeIngress(spec);
}

/** True for what nothing but an Ingress has. */
function looksLikeIngress(spec: unknown): boolean {
  if (!isFields(spec)) return false;
  const { rules, ingressClassName } = spec;
  const hasPaths = (rule: unknown) => {
    const http = isFields(rule) ? rule["http"] : undefined;
    const paths = isFields(http) ? http["paths"] : undefined;
    return Array.isArray(paths) && paths.some((path) => isFields(path) && isFields(path["backend"]));
  };
  return typeof ingressClassName === "string" || (Array.isArray(rules) && rules.some(hasPaths));
}

/** True for another project's group, which may have an Ingress of its own. */
export function isForeign(apiVersion: unknown): boolean {
  if (typeof apiVersion !== "string" || !apiVersion.includes("/")) return false;
  const group = apiVersion.slice(0, apiVersion.indexOf("/"));
  return group.includes(".") && !/k8s\.io/i.test(group);
}
