// Settings for proxies with Envoy that no proxy reads: ztunnel has none, and istiod reports nothing.
// Source: pilot/pkg/model (policyattachment.go, push_context.go, proxy_config.go) of istio/istio, releases 1.30 and 1.31.
import type { ClusterSnapshot, ProxyPolicyKind, ProxyPolicyState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { hasProxy, isIngressPod, isWaypointPod, marks, some, waypoints } from "./mesh";
import { gatewayTarget, proxyReads, serviceTarget, unboundTargets, unreadPods, type Reads } from "./policy-readers";

const needs: Check["needs"] = ["proxyPolicies", "pods", "namespaces"];

export const proxyPolicyChecks: Check[] = [
  {
    id: "policy-plugins",
    category: "policies",
    claim: "a proxy runs every WasmPlugin and TrafficExtension",
    severity: "warning",
    hint: "ztunnel runs no plugins, and a waypoint those that target it or its Services; no condition tells of the others.",
    needs: [...needs, "services"],
    also: ["serviceEntries", "workloadEntries", "gateways"],
    isLocal: true,
    run(snapshot) {
      const plugins = ofKinds(snapshot, "WasmPlugin", "TrafficExtension");
      if (plugins.length === 0) return [];
      const unread = unreadPods(snapshot, "all");
      const unbound = unboundTargets(snapshot, ["Gateway", "GatewayClass", "Service", "ServiceEntry"]);
      return plugins.flatMap((plugin) => [
        ...unreadFinding(plugin, unread(plugin), "a plugin for a waypoint targets a Service or the waypoint", {
          write: serviceTarget,
        }),
        ...unbound(plugin).map(({ got, rule, write }) => finding(plugin.kind, plugin, got, rule, { write })),
      ]);
    },
  },
  {
    id: "policy-filters",
    category: "policies",
    claim: "a proxy applies every EnvoyFilter",
    severity: "warning",
    hint: "ztunnel is no Envoy; a waypoint takes filters that target its Gateway, and Istio supports none there.",
    needs,
    also: ["workloadEntries", "gateways", "gatewayClasses"],
    isLocal: true,
    run(snapshot) {
      const filters = ofKinds(snapshot, "EnvoyFilter");
      if (filters.length === 0) return [];
      const unread = unreadPods(snapshot, "all");
      const unbound = unboundTargets(snapshot, ["Gateway", "GatewayClass"]);
      return filters.flatMap((filter) => [
        ...unreadFinding(
          filter,
          unread(filter, filterReads(filter)),
          "ztunnel and waypoints take no EnvoyFilter by labels",
          {
            write: gatewayTarget,
          },
        ),
        ...unbound(filter).map(({ got, rule, write }) => finding(filter.kind, filter, got, rule, { write })),
        ...wrongContexts(snapshot, filter),
      ]);
    },
  },
  {
    id: "policy-sidecars",
    category: "policies",
    claim: "a sidecar reads every Sidecar",
    severity: "warning",
    hint: "Neither ztunnel nor waypoints read it: pods of the mesh connect to what it does not list.",
    needs,
    also: ["workloadEntries"],
    isLocal: true,
    run(snapshot) {
      const sidecars = ofKinds(snapshot, "Sidecar");
      if (sidecars.length === 0) return [];
      const unread = unreadPods(snapshot, "without selector");
      return sidecars.flatMap((sidecar) =>
        unreadFinding(sidecar, unread(sidecar, hasProxy), "ztunnel and waypoints read no Sidecar", describe(sidecar)),
      );
    },
  },
  {
    id: "policy-proxies",
    category: "policies",
    claim: "a proxy reads every ProxyConfig",
    severity: "warning",
    hint: "It is for sidecars, gateways and waypoints; ztunnel has the values of its chart.",
    needs,
    also: ["workloadEntries"],
    isLocal: true,
    run(snapshot) {
      const configs = ofKinds(snapshot, "ProxyConfig");
      if (configs.length === 0) return [];
      const unread = unreadPods(snapshot, "without selector");
      const reads: Reads = (pod) => proxyReads(pod) || isWaypointPod(pod);
      return configs.flatMap((config) =>
        unreadFinding(config, unread(config, reads), "ztunnel reads no ProxyConfig", describe(config)),
      );
    },
  },
];

export function ofKinds({ proxyPolicies }: ClusterSnapshot, ...kinds: ProxyPolicyKind[]): ProxyPolicyState[] {
  return proxyPolicies.filter(({ kind }) => kinds.includes(kind));
}

/** Kinds that have no targets. */
const lacking: Partial<Record<ProxyPolicyKind, string>> = { Sidecar: "no sidecar in", ProxyConfig: "no proxy in" };

export function unreadFinding(
  policy: ProxyPolicyState,
  pods: { name: string }[] | undefined,
  rule: string,
  fix: Finding["fix"],
): Finding[] {
  if (!pods) return [];
  const got = `${lacking[policy.kind] ?? "no targetRefs, for"} ${some(pods.map(({ name }) => name))}`;
  return [finding(policy.kind, policy, got, rule, fix)];
}

function describe({ kind, namespace, name }: ProxyPolicyState): Finding["fix"] {
  return { run: `kubectl describe ${kind.toLowerCase()}s.networking.istio.io ${name} --namespace ${namespace}` };
}

/** Patches are for sidecars or for gateways by their context. */
const sidecarContexts = ["ANY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND"];
const gatewayContexts = ["ANY", "GATEWAY"];

/** A classic gateway is told from a sidecar by nothing that holds: it counts for both. */
function filterReads({ contexts = [] }: ProxyPolicyState): Reads {
  const isForGateways = contexts.some((context) => gatewayContexts.includes(context));
  return (pod) => hasProxy(pod) || (isForGateways && isIngressPod(pod));
}

/** Targets at whose proxies no patch has an effect: a waypoint's listeners have the contexts of sidecars. */
function wrongContexts(snapshot: ClusterSnapshot, filter: ProxyPolicyState): Finding[] {
  const { contexts = [], targets } = filter;
  if (contexts.length === 0) return [];
  const ofWaypoints = new Set(waypoints(snapshot).map(({ namespace, name }) => `${namespace}/${name}`));
  return targets.flatMap(({ kind, namespace, name }) => {
    const gateway = snapshot.gateways.find((each) => each.namespace === namespace && each.name === name);
    const isWaypoint = kind === "GatewayClass" || ofWaypoints.has(`${namespace}/${name}`);
    if (kind !== "GatewayClass" && gateway === undefined) return [];
    const known = isWaypoint ? sidecarContexts : gatewayContexts;
    if (contexts.some((context) => known.includes(context))) return [];
    const what = isWaypoint ? "a waypoint" : "a gateway";
    const rule = `the proxies of ${what} know the contexts ${known.slice(1).join(" and ")} only`;
    const write = `match: { context: ${known[1] ?? ""} }`;
    return [finding(filter.kind, filter, `context ${contexts.join(", ")} at ${kind} ${name}`, rule, { write })];
  });
}

/** Whether some waypoint serves a Service of the namespace, or runs in it. */
export function hasWaypoint({ namespaces, services, pods }: ClusterSnapshot): (namespace: string) => boolean {
  const uses = ({ labels }: { labels: Record<string, string> }) => (labels[marks.useWaypoint] ?? "none") !== "none";
  const found = new Set([
    ...namespaces.filter(uses).map(({ name }) => name),
    ...services.filter(uses).map(({ namespace }) => namespace),
    ...pods.filter(isWaypointPod).map(({ namespace }) => namespace),
  ]);
  return (namespace) => found.has(namespace);
}
