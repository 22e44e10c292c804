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

/** The Service of the namespace that a host stands for; nothing for one elsewhere. */
export function serviceOf(host: string, namespace: string): string | undefined {
  const [name, place = namespace] = host.split(".");
  return place === namespace ? name : undefined;
}

/** Whether sidecars and waypoints read a VirtualService, and not gateways alone. */
export function isForMesh({ spec }: Traffic): boolean {
  const gateways = texts(spec?.["gateways"]);
  return gateways.length === 0 || gateways.includes("mesh");
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
