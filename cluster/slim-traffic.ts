// Istio's rules for traffic by host, cut down to what a snapshot keeps.
import type { V1ObjectMeta } from "@kubernetes/client-node";
import type { DestinationRuleState, TrafficDestination, VirtualServiceState } from "../lib/cluster-state/snapshot";
import { named } from "./slim";

interface RawDestination {
  host?: string;
  subset?: string;
}

interface RawRoute {
  route?: { destination?: RawDestination; weight?: number }[];
  mirror?: RawDestination;
  mirrors?: { destination?: RawDestination }[];
}

interface RawVirtualService {
  metadata?: V1ObjectMeta;
  spec?: { hosts?: string[]; gateways?: string[]; http?: RawRoute[]; tcp?: RawRoute[]; tls?: RawRoute[] };
}

export function slimVirtualService(raw: RawVirtualService): VirtualServiceState {
  const { hosts = [], gateways = [], http = [], tcp = [], tls = [] } = raw.spec ?? {};
  const destinations = [...http, ...tcp, ...tls].flatMap(reached).map(({ host = "", subset }) => ({
    host,
    ...(subset ? { subset } : {}),
  }));
  return {
    ...named(raw),
    hosts,
    isForMesh: gateways.every((name) => name === "mesh"),
    hasHttp: http.length > 0,
    destinations: distinct(destinations),
  };
}

/** A destination without a weight gets nothing beside others, and everything alone. */
function reached({ route = [], mirror, mirrors = [] }: RawRoute): RawDestination[] {
  const weighted = route.length > 1 ? route.filter(({ weight = 0 }) => weight > 0) : route;
  return [...weighted, ...mirrors, ...(mirror ? [{ destination: mirror }] : [])].flatMap(
    ({ destination }) => destination ?? [],
  );
}

function distinct(destinations: TrafficDestination[]): TrafficDestination[] {
  return [...new Map(destinations.map((each) => [`${each.host} ${each.subset ?? ""}`, each])).values()];
}

interface RawTrafficPolicy {
  tls?: { mode?: string };
  portLevelSettings?: RawTrafficPolicy[];
}

interface RawDestinationRule {
  metadata?: V1ObjectMeta;
  spec?: {
    host?: string;
    exportTo?: string[];
    workloadSelector?: { matchLabels?: Record<string, string> };
    trafficPolicy?: RawTrafficPolicy;
    subsets?: { name: string; labels?: Record<string, string>; trafficPolicy?: RawTrafficPolicy }[];
  };
}

export function slimDestinationRule(raw: RawDestinationRule): DestinationRuleState {
  const { host = "", exportTo = [], workloadSelector, trafficPolicy, subsets = [] } = raw.spec ?? {};
  return {
    ...named(raw),
    host,
    exportTo,
    ...(workloadSelector ? { pods: workloadSelector.matchLabels ?? {} } : {}),
    hasPolicy: [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)].some(asksForMore),
    subsets: subsets.map(({ name, labels = {} }) => ({ name, labels })),
  };
}

/** Istio's own mutual TLS is what ztunnel does anyway. */
function asksForMore({ tls, portLevelSettings = [], ...others }: RawTrafficPolicy = {}): boolean {
  const isOwn = tls === undefined || tls.mode === "ISTIO_MUTUAL";
  const fields = Object.keys(others).filter((key) => key !== "port");
  return !isOwn || fields.length > 0 || portLevelSettings.some(asksForMore);
}
