// Entries of Istio for what runs outside of pods, and RuntimeClasses, cut down to what a snapshot keeps.
import type { V1ObjectMeta, V1RuntimeClass } from "@kubernetes/client-node";
import type { RuntimeClassState, ServiceEntryState, WorkloadGroupState } from "../lib/cluster-state/snapshot";
import { conditions, named } from "./slim";

interface RawServiceEntry {
  metadata?: V1ObjectMeta;
  spec?: { hosts?: string[] };
  status?: { conditions?: Parameters<typeof conditions>[0] };
}

export function slimServiceEntry(raw: RawServiceEntry): ServiceEntryState {
  return { ...named(raw), hosts: raw.spec?.hosts ?? [], conditions: conditions(raw.status?.conditions) };
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
