// A cluster, and what a program refers to held against it: for the tests of the rules.
import type { ObjectKind } from "../../lib/ownership/kinds";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { ClusterView } from "../../lib/references/cluster";
import { judgeReferences } from "../../lib/references/judge";
import type { GatewayReference, PlannedReference, Reference } from "../../lib/references/reference";

export type Objects = Partial<Record<ObjectKind, ExistingObject[]>>;

export function object(
  name: string,
  namespace: string,
  spec: object = {},
  more: Partial<ExistingObject> = {},
): ExistingObject {
  const created = { creationTimestamp: "2026-01-01T00:00:00Z" };
  return { name, namespace, labels: {}, annotations: {}, body: { metadata: created, spec }, ...more };
}

export const of = (stack: string) => ({ annotations: { "istio-ambient/stack": stack } });
export const all = { namespaces: { from: "All" } };
export const http = { name: "http", port: 80, protocol: "HTTP", allowedRoutes: all };
export const tls = { certificateRefs: [{ name: "public-cert" }] };
export const https = { name: "https", port: 443, protocol: "HTTPS", allowedRoutes: all, tls };
export const gateway = (listeners: object[], more: Partial<ExistingObject> = {}, name = "public") =>
  object(name, "ingress", { gatewayClassName: "istio", listeners }, more);
export const waypoint = (name: string, more: Partial<ExistingObject> = {}, from = "All") => {
  const listeners = [{ name: "mesh", port: 15008, protocol: "HBONE", allowedRoutes: { namespaces: { from } } }];
  return object(name, "shop", { gatewayClassName: "istio-waypoint", listeners }, more);
};
export const service = (name: string, ports: object[], more: Partial<ExistingObject> = {}) =>
  object(name, "shop", { ports }, more);

export const cluster: Objects = {
  Namespace: [object("shop", ""), object("ingress", "")],
  Service: [service("web", [{ port: 80 }, { port: 443 }]), service("api", [{ port: 80 }])],
  Gateway: [gateway([http, https], of("mesh/dev")), waypoint("waypoint")],
  HTTPRoute: [],
  Certificate: [object("public-cert", "ingress", { secretName: "public-cert", dnsNames: ["*.example.com"] })],
};

export function route(more: Partial<GatewayReference> = {}): GatewayReference {
  return {
    type: "gateway",
    path: "parent",
    route: { namespace: "shop", name: "web", matches: [{ path: "", match: {} }] },
    gateway: { namespace: "ingress", name: "public" },
    parents: [{}],
    knowsCertificate: false,
    ...more,
  };
}

export const named = (hostnames: string[]) => ({ ...route().route, hostnames });

export interface Program {
  makes?: string[];
  /** Labels of what it makes. */
  made?: Record<string, Record<string, string>>;
  isComplete?: boolean;
  labels?: ClusterView["labels"];
  planned?: Partial<ClusterView["planned"]>;
}

function view(objects: Objects, program: Program = {}): ClusterView {
  const { makes = [], made = {}, isComplete = true, labels = [], planned } = program;
  return {
    stack: "shop/dev",
    list: (kind) => objects[kind],
    program: {
      makes: (kind, namespace, name) => [...makes, ...Object.keys(made)].includes(`${kind} ${namespace}/${name}`),
      labels: (kind, namespace, name) => made[`${kind} ${namespace}/${name}`],
      isComplete,
    },
    labels,
    planned: { gateways: [], certificates: [], ...planned },
  };
}

export function judged(
  reference: Reference,
  objects: Objects = cluster,
  program: Program = {},
  before: PlannedReference[] = [],
) {
  const planned = [{ order: 1, component: "It", reference }];
  const { errors, warnings } = judgeReferences(view(objects, program), planned, before);
  return [...errors.map((line) => `error ${line}`), ...warnings.map((line) => `warning ${line}`)];
}
