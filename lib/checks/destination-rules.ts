// DestinationRules that no proxy applies: waypoints and gateways look for them in three namespaces, ztunnel in none.
// Source: destinationRule and setDestinationRules in pilot/pkg/model/push_context.go, SidecarScope.DestinationRule in
// pilot/pkg/model/sidecar.go, ResolveShortnameToFQDN in pilot/pkg/model/config.go and buildWaypointInboundVIP in
// pilot/pkg/networking/core/cluster_waypoint.go of istio/istio, releases 1.30 and 1.31; IST0174 of Istio's analyzers.
import type { ClusterSnapshot, DestinationRuleState, Named, ServiceState } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { enrolls, hasProxy, isIngressPod, isLive, marks } from "./mesh";
import { rootNamespace } from "./mesh-config";
import { hostsOf, wholeName, type Host } from "./mesh-hosts";
import { isKnownIn, isSelected } from "./policy-readers";
import { trafficProxies, type TrafficProxy } from "./traffic-proxies";

const kind = "DestinationRule";

export const destinationRulesCheck: Check = {
  id: "destination-rules",
  category: "gateways",
  claim: "a proxy applies every DestinationRule of the mesh",
  severity: "warning",
  hint: "ztunnel reads none; a waypoint or a gateway reads those of its own namespace, of the host's and of the root namespace.",
  needs: ["destinationRules", "virtualServices", "services", "routes", "gateways", "pods", "namespaces"],
  also: ["serviceEntries", "gatewayClasses", "listenerSets"],
  run(snapshot) {
    if (snapshot.destinationRules.length === 0) return [];
    const misnamed = misnamedHosts(snapshot);
    const unread = unreadRules(snapshot);
    return snapshot.destinationRules.flatMap((rule) => misnamed(rule) ?? unread(rule) ?? []);
  },
};

/** Hosts that istiod takes for another than the Service that is meant: short ones elsewhere, and half ones. */
function misnamedHosts(snapshot: ClusterSnapshot): (rule: DestinationRuleState) => Finding | undefined {
  const hostOf = hostsOf(snapshot);
  const byName = new Map<string, ServiceState[]>();
  for (const service of snapshot.services) byName.set(service.name, [...(byName.get(service.name) ?? []), service]);
  return (rule) => {
    const { host, namespace } = rule;
    const found = hostOf(host, namespace);
    const isShort = !host.includes(".") && !host.includes("*");
    if (isShort && found === undefined && isKnownIn(snapshot, "services", namespace)) {
      const [other] = byName.get(host) ?? [];
      const whole = `host ${host}, which is ${wholeName({ namespace, name: host })}`;
      const rules = "a short name is one of the rule's own namespace, which has no such Service";
      return other && finding(kind, rule, whole, rules, { write: `host: ${wholeName(other)}` });
    }
    const isHalf = found?.kind === "Service" && !isShort && /^[^.]+\.[^.]+(\.svc)?$/.test(host);
    if (!isHalf) return undefined;
    const rules = "istiod takes a name with a dot for a whole one, and no Service has this name";
    return finding(kind, rule, `host ${host}`, rules, { write: `host: ${wholeName(found.object)}` });
  };
}

/** Rules of hosts of the mesh that neither a waypoint nor a gateway on the way to them reads. */
function unreadRules(snapshot: ClusterSnapshot): (rule: DestinationRuleState) => Finding | undefined {
  // Any sidecar may be a client, and a classic gateway on the way to any host.
  if (snapshot.pods.some((pod) => isLive(pod) && hasProxy(pod))) return () => undefined;
  const hostOf = hostsOf(snapshot);
  const proxiesOf = trafficProxies(snapshot);
  const isEnrolled = enrolls(snapshot);
  const isRouted = routedSubsets(snapshot);
  const root = rootNamespace(snapshot);
  const gatewayPods = snapshot.pods.filter((pod) => isLive(pod) && isIngressPod(pod));
  return (rule) => {
    const host = hostOf(rule.host, rule.namespace);
    // A wildcard, or a host that is not known, may be behind anything.
    if (!host) return undefined;
    const proxies = proxiesOf(host, rule.host);
    const [first] = proxies;
    if (!first) {
      const isOurs = rule.hasPolicy && isEnrolled({ namespace: host.object.namespace, labels: {} });
      return isOurs ? unapplied(rule) : undefined;
    }
    if (!rule.hasPolicy && !isRouted(rule, host)) return undefined;
    const selectsGateway = gatewayPods.some((pod) => pod.namespace === rule.namespace && isSelected(rule)(pod));
    const isRead = (proxy: TrafficProxy) =>
      proxy.isAny || (reaches(rule, host, proxy, root) && isFor(rule, host, proxy, selectsGateway));
    return proxies.some(isRead) ? undefined : unread(rule, host, first, root);
  };
}

/** Whether a VirtualService routes to a subset that the rule defines: one that does nothing else is of use only then. */
function routedSubsets(snapshot: ClusterSnapshot): (rule: DestinationRuleState, host: Host) => boolean {
  const hostOf = hostsOf(snapshot);
  const routed = snapshot.virtualServices.flatMap(({ namespace, destinations }) =>
    destinations.flatMap(({ host, subset }) => (subset === undefined ? [] : { host: hostOf(host, namespace), subset })),
  );
  return ({ subsets }, host) =>
    routed.some((each) => each.host?.object === host.object && subsets.some(({ name }) => name === each.subset));
}

/** By the namespaces in which istiod looks, and by what is exported from them. */
function reaches(rule: DestinationRuleState, { object }: Host, proxy: TrafficProxy, root: string): boolean {
  return [proxy.namespace, object.namespace, root].includes(rule.namespace) && isExported(rule, proxy.namespace);
}

function isExported({ namespace, exportTo }: DestinationRuleState, to: string): boolean {
  return (
    exportTo.length === 0 || exportTo.some((each) => each === "*" || each === to || (each === "." && to === namespace))
  );
}

/** Rules with a selector are for clients: gateways, and waypoints in front of what is outside of the mesh. */
function isFor(
  { namespace, pods }: DestinationRuleState,
  host: Host,
  proxy: TrafficProxy,
  selectsGateway: boolean,
): boolean {
  if (pods === undefined) return true;
  const isClient = proxy.isGateway ? selectsGateway : host.kind === "ServiceEntry";
  return isClient && namespace === proxy.namespace;
}

function unapplied(rule: DestinationRuleState): Finding {
  const rules = "ztunnel reads no DestinationRule: a waypoint of its host applies it, or a gateway that routes to it";
  return finding(kind, rule, `no waypoint of ${rule.host}`, rules, { write: `${marks.useWaypoint}: waypoint` });
}

/** Why the first proxy on the way does not read it. */
function unread(rule: DestinationRuleState, host: Host, proxy: TrafficProxy, root: string): Finding {
  const { namespace, exportTo } = rule;
  const places: Pick<Named, "namespace">[] = [proxy, host.object, { namespace: root }];
  if (!places.some((place) => place.namespace === namespace)) {
    const rules = `${proxy.what} reads those of its own namespace, of the host's, and of ${root} only`;
    const write = `metadata: { namespace: ${host.object.namespace} }`;
    return finding(kind, rule, `in namespace ${namespace}, for ${rule.host}`, rules, { write });
  }
  if (!isExported(rule, proxy.namespace)) {
    const rules = `${proxy.what} is in namespace ${proxy.namespace}, to which the rule has to be exported`;
    const write = `exportTo: [${[...exportTo, proxy.namespace].map((each) => `"${each}"`).join(", ")}]`;
    return finding(kind, rule, `exportTo ${exportTo.join(", ")}, for ${rule.host}`, rules, { write });
  }
  const rules = `${proxy.what} applies only DestinationRules without one`;
  return finding(kind, rule, `workloadSelector, for ${rule.host}`, rules, { write: "workloadSelector: null" });
}
