// Secrets with which a mesh pulls its images: istiod names them in the pods of gateways and waypoints too, wherever these are.
import { ofThisRun } from "./program";

const named = new WeakMap<object, Map<string, string[]>>();

/** Remembers what the mesh of a cluster names. */
export function announcePullSecrets(clusterId: string, secrets: string[]): void {
  ofThisRun(named, () => new Map<string, string[]>()).set(clusterId, secrets);
}

/** What the mesh of this program names on that cluster. */
export function pullSecretsOf(clusterId: string): string[] {
  return ofThisRun(named, () => new Map<string, string[]>()).get(clusterId) ?? [];
}
