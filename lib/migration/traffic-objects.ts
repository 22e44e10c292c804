// Fields of Istio's traffic objects and of Gateway API's routes, which are read as they are written.
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";

/** An object of the mesh's traffic. */
export type Traffic = MigrationFacts["traffic"][number];

/** A field that should be a list. */
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** A field that should be a map. */
export const map = (value: unknown): { [key: string]: unknown } =>
  typeof value === "object" && value !== null ? (value as { [key: string]: unknown }) : {};

/** A field that should be a list of texts. */
export const texts = (value: unknown): string[] => list(value).map(String);

const serviceHost = /^([^.]+)(?:\.([^.]+)(?:\.svc(?:\..+)?)?)?$/;

/** The Service of the namespace that a host stands for; nothing for one elsewhere. */
function serviceOf(host: string, namespace: string): string | undefined {
  const [, name, place = namespace] = serviceHost.exec(host) ?? [];
  return place === namespace ? name : undefined;
}

/** The Services of the namespace that a host in an object stands for: one, or all that a wildcard matches. */
export function servicesAt(host: string, object: Traffic, { services, namespace }: MigrationFacts): string[] {
  const own = services.filter((service) => service.namespace === namespace.name).map(({ name }) => name);
  if (host.startsWith("*")) return isWildcardOf(host, namespace.name) || isWildcardOfAll(host) ? own : [];
  const name = serviceOf(host, namespace.name);
  const isShort = !host.includes(".");
  return own.filter((each) => each === name && (!isShort || placeOf(object, namespace.name) === namespace.name));
}

/** Whether a host takes in others than the Services of the namespace. */
export function reachesOthers(host: string, object: Traffic, facts: MigrationFacts): boolean {
  if (host.startsWith("*")) return !isWildcardOf(host, facts.namespace.name);
  return servicesAt(host, object, facts).length === 0;
}

/** The namespace in which an object's short names are. */
export function placeOf({ metadata }: Traffic, own: string): string {
  return metadata.namespace ?? own;
}

function isWildcardOf(host: string, namespace: string): boolean {
  const [, place] = /^\*\.([^.]+)(?:\.svc(?:\..+)?)?$/.exec(host) ?? [];
  return place === namespace;
}

/** By the usual name of the cluster's domain. */
function isWildcardOfAll(host: string): boolean {
  return ["*", "*.local", "*.cluster.local"].includes(host) || /^\*\.svc(\.|$)/.test(host);
}

/** Whether sidecars and waypoints read a VirtualService, and not gateways alone. */
export function isForMesh({ spec }: Traffic): boolean {
  const gateways = texts(spec?.["gateways"]);
  return gateways.length === 0 || gateways.includes("mesh");
}

/** Services of the namespace for which a DestinationRule counts. */
export function ruledServices(object: Traffic, facts: MigrationFacts): string[] {
  const own = facts.namespace.name;
  const named = servicesAt(textOf(object.spec?.["host"]), object, facts);
  if (placeOf(object, own) === own) return named;
  const closer = facts.traffic.filter(
    (each) => each.kind === "DestinationRule" && placeOf(each, own) === own && !hasWorkloadSelector(each),
  );
  const taken = closer.flatMap((each) => servicesAt(textOf(each.spec?.["host"]), each, facts));
  return named.filter((name) => !taken.includes(name));
}

/** Whether a DestinationRule says more than how callers speak TLS. */
export function hasTrafficPolicy({ spec }: Traffic): boolean {
  return Object.keys(map(spec?.["trafficPolicy"])).some((key) => key !== "tls");
}

/** Whether a DestinationRule is for callers with certain labels: a waypoint takes none that is. */
export function hasWorkloadSelector({ spec }: Traffic): boolean {
  return Object.keys(map(map(spec?.["workloadSelector"])["matchLabels"])).length > 0;
}

/**
 * Whether waypoints of the namespace read a VirtualService. Source: istio pilot/pkg/networking/core/listener_waypoint.go
 * (getVirtualServiceForWaypoint: none of other namespaces).
 */
export function isForWaypoints(object: Traffic, { namespace: { name } }: MigrationFacts): boolean {
  return isForMesh(object) && placeOf(object, name) === name;
}

/** The Services of the namespace among the hosts of a VirtualService. */
export function hostServices(object: Traffic, facts: MigrationFacts): string[] {
  const all = texts(object.spec?.["hosts"]).flatMap((host) => servicesAt(host, object, facts));
  return [...new Set(all)];
}

/** What a route is attached to. */
export function parents({ kind, spec }: Traffic): { kind: string; name: string; namespace?: string }[] {
  if (!/^(HTTP|GRPC|TCP|TLS)Route$/.test(kind)) return [];
  return list(spec?.["parentRefs"]).map((ref) => {
    const { kind: parent = "Gateway", name, namespace } = map(ref);
    return {
      kind: textOf(parent),
      name: textOf(name),
      ...(typeof namespace === "string" ? { namespace } : {}),
    };
  });
}
