// Telemetry that nothing comes of: no proxy reads it, or it names a provider that the mesh does not have.
// Source: pilot/pkg/model/telemetry.go and pkg/config/mesh/mesh.go of istio/istio, releases 1.30 and 1.31; istio#52590;
// IST0157, IST0160 of Istio's analyzers.
import type { ClusterSnapshot, ProxyPolicyState, TelemetryPart } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { meshConfigs, rootNamespace } from "./mesh-config";
import { proxyReads, serviceTarget, unboundTargets, unreadPods } from "./policy-readers";
import { hasWaypoint, ofKinds, unreadFinding } from "./proxy-policies";

export const telemetryChecks: Check[] = [
  {
    id: "policy-telemetry",
    category: "policies",
    claim: "a proxy reads every Telemetry",
    severity: "warning",
    hint: "ztunnel reads none, and a waypoint none that selects pods by their labels; its metrics and logs stay as they are.",
    needs: ["proxyPolicies", "pods", "namespaces", "services"],
    also: ["serviceEntries", "workloadEntries", "gateways"],
    isLocal: true,
    run: unreadTelemetry,
  },
  {
    id: "telemetry-providers",
    category: "policies",
    claim: "the mesh has the providers of every Telemetry",
    severity: "warning",
    hint: "istiod leaves out a provider that is not in meshConfig.extensionProviders, without an error.",
    needs: ["proxyPolicies", "deployments"],
    run: unprovided,
  },
];

function unreadTelemetry(snapshot: ClusterSnapshot): Finding[] {
  const all = ofKinds(snapshot, "Telemetry");
  if (all.length === 0) return [];
  const root = rootNamespace(snapshot);
  const unread = unreadPods(snapshot, "without selector");
  const unbound = unboundTargets(snapshot, ["Gateway", "Service", "ServiceEntry"]);
  const isServed = hasWaypoint(snapshot);
  const servedNamespaces = snapshot.namespaces.some(({ name }) => isServed(name));
  return all.flatMap((telemetry) => {
    // Waypoints read what is for a whole namespace, their own or that of a Service, and what is for the mesh.
    const isByNamespace =
      telemetry.pods === undefined &&
      (isServed(telemetry.namespace) || (telemetry.namespace === root && servedNamespaces));
    return [
      ...(isByNamespace
        ? []
        : unreadFinding(
            telemetry,
            unread(telemetry, proxyReads),
            "ztunnel reads no Telemetry; one for a waypoint targets it",
            {
              write: serviceTarget,
            },
          )),
      ...unbound(telemetry).map(({ got, rule, write }) => finding("Telemetry", telemetry, got, rule, { write })),
    ];
  });
}

/** Those that istiod has without any configuration. */
const ownProviders = ["prometheus", "stackdriver", "envoy"];

function unprovided(snapshot: ClusterSnapshot): Finding[] {
  const all = ofKinds(snapshot, "Telemetry");
  const configs = meshConfigs(snapshot);
  // What may not be read may have them all.
  if (all.length === 0 || configs.length === 0 || configs.includes(undefined)) return [];
  const named = configs.flatMap((config) => config?.extensionProviders ?? []).flatMap(({ name }) => name ?? []);
  const known = new Set([...ownProviders, ...named].map((name) => name.toLowerCase()));
  // Where no provider is found, access logs go to the mesh's file as before.
  const hasDefault = (section: TelemetryPart["section"]) =>
    configs.some(
      (config) =>
        (config?.defaultProviders?.[section] ?? []).length > 0 ||
        (section === "accessLogging" && config?.accessLogFile),
    );
  const root = rootNamespace(snapshot);
  return all.flatMap((telemetry) =>
    (telemetry.parts ?? [])
      .filter(({ isOff }) => !isOff)
      .flatMap((part) => {
        const unknown = part.providers.filter((name) => !known.has(name.toLowerCase()));
        const [first] = unknown;
        if (first !== undefined) {
          const got = `${part.section}: provider ${unknown.join(", ")}`;
          const rule = `meshConfig.extensionProviders has ${[...named, ...ownProviders].join(", ")} only`;
          return [
            finding("Telemetry", telemetry, got, rule, { write: `extensionProviders: [{ name: ${first}, ... }]` }),
          ];
        }
        // The chart sets one for metrics; a wider Telemetry may bring one of the others.
        const isLeft = part.providers.length === 0 && part.section !== "metrics" && !hasDefault(part.section);
        if (!isLeft || all.some((other) => provides(other, telemetry, part, root))) return [];
        const rule = "it names a provider where the mesh has no default one";
        const write = `${part.section}: [{ providers: [{ name: ... }] }]`;
        return [finding("Telemetry", telemetry, `${part.section} without a provider`, rule, { write })];
      }),
  );
}

/** Whether a Telemetry as wide or wider has a provider for the same. */
function provides(
  other: ProxyPolicyState,
  { namespace }: ProxyPolicyState,
  { section }: TelemetryPart,
  root: string,
): boolean {
  const isWider = [namespace, root].includes(other.namespace) && other.pods === undefined && other.targets.length === 0;
  return isWider && (other.parts ?? []).some((part) => part.section === section && part.providers.length > 0);
}
