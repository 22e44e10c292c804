// Entries of Istio for what runs outside of pods, and RuntimeClasses, cut down to what a snapshot keeps.
import type { V1ObjectMeta, V1RuntimeClass } from "@kubernetes/client-node";
import type {
  RuntimeClassState,
  ServiceEntryState,
  WorkloadEntryState,
  WorkloadGroupState,
} from "../lib/cluster-state/snapshot";
import { conditions, named } from "./slim";

interface RawServiceEntry {
  metadata?: V1ObjectMeta;
  spec?: { hosts?: string[]; addresses?: string[] };
  status?: { conditions?: Parameters<typeof conditions>[0] };
}

export function slimServiceEntry(raw: RawServiceEntry): ServiceEntryState {
  const { hosts = [], addresses = [] } = raw.spec ?? {};
  return { ...named(raw), hosts, hasAddresses: addresses.length > 0, conditions: conditions(raw.status?.conditions) };
}

export function slimWorkloadEntry(raw: Pick<RawServiceEntry, "metadata" | "status">): WorkloadEntryState {
  return { ...named(raw), conditions: conditions(raw.status?.conditions) };
}

interface RawWorkloadGroup {
  metadata?: V1ObjectMeta;
  spec?: { metadata?: { labels?: Record<string, string> } };
}

/** Its own labels mean nothing to the mesh: those of its template go to every entry. */
export function slimWorkloadGroup(raw: RawWorkloadGroup): WorkloadGroupState {
  return { ...named(raw), labels: raw.spec?.metadata?.labels ?? {} };
}

export function slimRuntimeClass(raw: V1RuntimeClass): RuntimeClassState {
  return { ...named(raw), handler: raw.handler ?? "" };
}
