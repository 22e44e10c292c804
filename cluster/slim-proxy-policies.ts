// Policies of Istio for proxies with Envoy, cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { ProxyPolicyKind, ProxyPolicyState, TelemetryPart } from "../lib/cluster-state/snapshot";
import { named } from "./slim";
import { reference, type RawReference } from "./slim-mesh";

interface RawTelemetryPart {
  providers?: { name?: string }[];
  disabled?: boolean;
  disableSpanReporting?: boolean;
}

interface RawProxyPolicy {
  metadata?: V1ObjectMeta;
  spec?: {
    selector?: { matchLabels?: Record<string, string> };
    /** EnvoyFilters and Sidecars have theirs under another name. */
    workloadSelector?: { labels?: Record<string, string> };
    targetRef?: RawReference;
    targetRefs?: RawReference[];
    tracing?: RawTelemetryPart[];
    metrics?: RawTelemetryPart[];
    accessLogging?: RawTelemetryPart[];
    configPatches?: { match?: { context?: string } }[];
  };
}

export function slimProxyPolicy(kind: ProxyPolicyKind): (raw: RawProxyPolicy) => ProxyPolicyState {
  return (raw) => {
    const object = named(raw);
    const { selector, workloadSelector, targetRef, targetRefs = [], ...spec } = raw.spec ?? {};
    const pods = selector?.matchLabels ?? workloadSelector?.labels ?? {};
    return {
      ...object,
      kind,
      targets: [...(targetRef ? [targetRef] : []), ...targetRefs].map((ref) => reference(ref, "", object.namespace)),
      ...(Object.keys(pods).length > 0 ? { pods } : {}),
      ...(kind === "Telemetry" ? { parts: telemetryParts(spec) } : {}),
      ...(kind === "EnvoyFilter" ? { contexts: contexts(spec) } : {}),
    };
  };
}

function telemetryParts(spec: NonNullable<RawProxyPolicy["spec"]>): TelemetryPart[] {
  return (["tracing", "metrics", "accessLogging"] as const).flatMap((section) =>
    (spec[section] ?? []).map(({ providers = [], disabled = false, disableSpanReporting = false }) => ({
      section,
      providers: providers.flatMap(({ name }) => name ?? []),
      isOff: disabled || disableSpanReporting,
    })),
  );
}

/** A patch without a context is for any. */
function contexts({ configPatches = [] }: NonNullable<RawProxyPolicy["spec"]>): string[] {
  return [...new Set(configPatches.map(({ match }) => match?.context ?? "ANY"))];
}
