// What a program refers to, as it is in a cluster, and what the program itself is about to make.
import { distance } from "fastest-levenshtein";
import type { ExistingObject } from "../ownership/owner";
import type { ObjectKind } from "../ownership/kinds";
import type { Labels } from "../istio/labels";
import type { Listener } from "../gateway-api/admission";
import type { PlannedLabels } from "../ownership/judge";
import type { PlannedCertificate, PlannedGateway } from "./planned";

/** The program's own objects, as far as they are known. */
export interface ProgramObjects {
  /** True where the program makes the object, or one whose name is still to come and may be this one. */
  makes(kind: ObjectKind, namespace: string, name: string): boolean;
  /** Labels with which the program makes the object; undefined where they are not known. */
  labels(kind: ObjectKind, namespace: string, name: string): Labels | undefined;
  /** False where the program may make more than can be seen of it: by charts, commands, or another process. */
  isComplete: boolean;
}

/** Everything that references are held against. */
export interface ClusterView {
  stack: string;
  /** Objects of a kind in a namespace, or in all of them; undefined where they could not be read. */
  list(kind: ObjectKind, namespace?: string): ExistingObject[] | undefined;
  program: ProgramObjects;
  /** Labels that the program puts on objects. */
  labels: Pick<PlannedLabels, "kind" | "namespace" | "name" | "labels">[];
  /** Gateways that its components make, with their Certificates, as far as they are known. */
  planned: { gateways: PlannedGateway[]; certificates: PlannedCertificate[] };
}

/** A place from which references need the objects of one kind. */
export interface Needed {
  kind: ObjectKind;
  /** None for all namespaces. */
  namespace?: string;
  /** The object that counts, where one alone does. */
  name?: string;
}

/** The object that a name with a slip in it was meant to name, also where two letters have changed places. */
export function meantOf<T extends { name: string }>(name: string, all: T[]): T | undefined {
  const slips = name.length > 2 ? Math.max(2, name.length / 3) : 1;
  const near = all
    .map((each) => ({ each, away: distance(name, each.name) }))
    .filter(({ away }) => away > 0 && away <= slips)
    .sort((one, other) => one.away - other.away);
  return near[0]?.each;
}

/** The object; undefined where there is none, "unread" where that cannot be told. */
export function findIn(
  view: ClusterView,
  kind: ObjectKind,
  namespace: string,
  name: string,
): ExistingObject | "unread" | undefined {
  const list = view.list(kind, kind === "Namespace" ? name : namespace);
  return list ? list.find((each) => each.namespace === namespace && each.name === name) : "unread";
}

/** Labels of an object as they will be once the program has run. */
export function labelsOf(view: ClusterView, kind: ObjectKind, namespace: string, name: string): Labels {
  const found = findIn(view, kind, namespace, name);
  const planned = view.labels.filter(
    (each) => each.kind === kind && each.namespace === namespace && each.name === name,
  );
  const live = found === undefined || found === "unread" ? {} : found.labels;
  return Object.assign({ ...live }, ...planned.map(({ labels }) => labels)) as Labels;
}

interface RawPorts {
  spec?: { ports?: { port: number; nodePort?: number }[] };
}

/** Ports of a Service. */
export function portsOf({ body }: ExistingObject): { port: number; nodePort?: number }[] {
  return (body as RawPorts | undefined)?.spec?.ports ?? [];
}

/** A live Gateway as far as it takes routes. */
export interface LiveGateway {
  namespace: string;
  name: string;
  className: string;
  listeners: Listener[];
}

/** The Gateway of an object that was read whole. */
export function gatewayOf({ namespace, name, body }: ExistingObject): LiveGateway {
  const { spec = {} } = (body ?? {}) as { spec?: { gatewayClassName?: string; listeners?: Listener[] } };
  return { namespace, name, className: spec.gatewayClassName ?? "", listeners: spec.listeners ?? [] };
}

/** A reference of a route to a parent. */
export interface ParentRef {
  kind?: string;
  namespace?: string;
  name: string;
  sectionName?: string;
  port?: number;
}

/** A match of a route's rule, as the API server has it. */
export interface LiveMatch {
  path?: { type?: string; value?: string };
  method?: string;
  headers?: { name: string; value: string }[];
  queryParams?: { name: string; value: string }[];
}

/** A live HTTPRoute as far as it attaches to parents and matches requests. */
export interface LiveRoute {
  namespace: string;
  name: string;
  created: number;
  parents: ParentRef[];
  hostnames: string[];
  matches: LiveMatch[];
}

interface RawRoute {
  metadata?: { creationTimestamp?: string };
  spec?: { parentRefs?: ParentRef[]; hostnames?: string[]; rules?: { matches?: LiveMatch[] }[] };
}

/** The HTTPRoute of an object that was read whole. */
export function routeOf({ namespace, name, body }: ExistingObject): LiveRoute {
  const { metadata = {}, spec = {} } = (body ?? {}) as RawRoute;
  return {
    namespace,
    name,
    created: Date.parse(metadata.creationTimestamp ?? "") || 0,
    parents: spec.parentRefs ?? [],
    hostnames: spec.hostnames ?? [],
    matches: (spec.rules ?? []).flatMap(({ matches }) => matches ?? [{}]),
  };
}

/** What a route names of a Gateway; empty where it is not attached to it. */
export function attachments(route: LiveRoute, gateway: { namespace: string; name: string }) {
  return route.parents
    .filter(
      ({ kind = "Gateway", namespace = route.namespace, name }) =>
        kind === "Gateway" && namespace === gateway.namespace && name === gateway.name,
    )
    .map(({ sectionName, port }) => ({ section: sectionName, port }));
}
