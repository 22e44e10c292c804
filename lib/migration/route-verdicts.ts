// What becomes of routes: VirtualServices, and routes of Gateway API.
import { meshLabels } from "../istio/labels";
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";
import { nameOf } from "./objects";
import { awayText, awayVerdict, isLost, lostVerdict, unattachedTexts } from "./past-waypoints";
import { parentServices, routeEffects, routeHoles, routeLosses } from "./route-effects";
import {
  hostServices,
  isForMesh,
  isForWaypoints,
  list,
  map,
  parents,
  servicesAt,
  texts,
  type Traffic,
} from "./traffic-objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import type { WaypointPlan } from "./waypoint";

const ofSubsets = "make a Service of each subset, and route to these";
const stays = "it is for gateways, which stay";
const delegated = "the VirtualServices that delegate to it have the result";

/** Row of a VirtualService. */
export function virtualServiceVerdict(
  object: Traffic,
  facts: MigrationFacts,
  waypoint: WaypointPlan | undefined,
): Verdict {
  const { traffic, namespace } = facts;
  const undone = subsetsOfGateways(object, facts, waypoint);
  if (undone.length > 0) {
    const why =
      `gateways go through the waypoint to ${unique(undone.map(({ service }) => service)).join(", ")}, and past its subsets ` +
      `(${unique(undone.map(({ subset }) => subset)).join(", ")}): the waypoint sends their requests to all pods`;
    return verdict(object, is.blocks, why, { fix: ofSubsets });
  }
  const all = texts(object.spec?.["hosts"]);
  if (!isForMesh(object) || all.length === 0)
    return verdict(object, is.carriesOver, all.length > 0 ? stays : delegated);
  const hosts = hostServices(object, facts);
  if (!isForWaypoints(object, facts)) {
    if (hosts.length === 0) return verdict(object, is.carriesOver, stays);
    const why =
      `ambient callers go to ${hosts.join(", ")} without its routes: a waypoint takes those of its own namespace and of the ` +
      "Service's alone";
    return lostVerdict(object, why, `move it to the namespace ${namespace.name}`);
  }
  const away = all.filter((host) => servicesAt(host, object, facts).length === 0);
  if (hosts.length === 0) return awayVerdict(object, away, "its routes");
  const mixed = traffic.find((other) => parentServices(other, namespace.name).some((name) => hosts.includes(name)));
  const subsets = unique(destinationsOf(object).flatMap(({ subset }) => subset ?? []));
  if (mixed) {
    const why = `${nameOf(mixed)} is for the same Service: a waypoint does not define which of the two counts`;
    return verdict(object, is.blocks, why, { fix: `delete one of them` });
  }
  if (list(object.spec?.["http"]).some((route) => map(route)["delegate"] !== undefined)) {
    return verdict(object, is.blocks, "a waypoint reads no delegates", {
      fix: "write the routes of the delegates into it",
    });
  }
  if (subsets.length > 0) {
    const why = `it routes to subsets (${subsets.join(", ")}), which a waypoint may not know`;
    return verdict(object, is.blocks, why, { fix: ofSubsets });
  }
  const bySource = sourceMatches(object);
  if (bySource.length > 0) {
    const fix = "match what callers send, such as a header, or give these callers a Service of their own";
    return verdict(object, is.blocks, bySource.join("; "), { fix });
  }
  const more = away.length > 0 ? `; ${awayText(away, "its routes")}` : "";
  const why = `ztunnel does not route by HTTP; VirtualService is alpha on waypoints${more}`;
  return routedVerdict(object, facts, waypoint, why);
}

/** Where a VirtualService sends requests, and copies of them. */
export function destinationsOf({ spec }: Traffic): { host: string; subset?: string }[] {
  const routes = ["http", "tls", "tcp"].flatMap((protocol) => list(spec?.[protocol]).map(map));
  const weighted = routes.flatMap(({ route, mirrors }) => [...list(route), ...list(mirrors)].map(map));
  const all = [...weighted.map(({ destination }) => map(destination)), ...routes.map(({ mirror }) => map(mirror))];
  return all.flatMap(({ host, subset }) =>
    host === undefined ? [] : { host: textOf(host), ...(subset === undefined ? {} : { subset: textOf(subset) }) },
  );
}

/**
 * Subsets to which gateways send requests, of Services through whose waypoint these go from now on. Source: istio
 * pilot/pkg/xds/endpoints/endpoint_builder.go (findServiceWaypoint comes before the filter by subset).
 */
function subsetsOfGateways(object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined) {
  if (!isOfGateways(object, facts)) return [];
  const attached = (waypoint?.services ?? []).filter(
    ({ labels }) =>
      labels[meshLabels.useWaypoint] !== waypoint?.name || labels[meshLabels.ingressUseWaypoint] !== "true",
  );
  return destinationsOf(object).flatMap(({ host, subset }) => {
    if (subset === undefined) return [];
    const called = servicesAt(host, object, facts).filter((name) => attached.some((each) => each.name === name));
    return called.map((service) => ({ service, subset }));
  });
}

/** Its own gateways, or those of the VirtualServices that delegate to it. */
function isOfGateways(object: Traffic, { traffic }: MigrationFacts): boolean {
  const { name, namespace } = object.metadata;
  const roots = traffic.filter((other) =>
    delegatesOf(other).some((each) => each.name === name && each.namespace === namespace),
  );
  return [object, ...roots].some(({ spec }) => texts(spec?.["gateways"]).some((gateway) => gateway !== "mesh"));
}

/** The VirtualServices that have the routes of another one. */
export function delegatesOf({ kind, metadata, spec }: Traffic): { name: string; namespace: string | undefined }[] {
  if (kind !== "VirtualService") return [];
  const delegates = list(spec?.["http"]).map((route) => map(map(route)["delegate"]));
  return delegates.flatMap(({ name, namespace = metadata.namespace }) =>
    typeof name === "string" ? { name, namespace: namespace === undefined ? undefined : textOf(namespace) } : [],
  );
}

function unique(all: readonly string[]): string[] {
  return [...new Set(all)];
}

/**
 * What a route asks of callers that a waypoint takes for something else. Source: istio pilot/pkg/networking/core
 * (waypointInboundRoute, sourceMatchHTTP, getTLSRouteMatch, getTCPRouteMatch).
 */
function sourceMatches({ spec }: Traffic): string[] {
  const matches = (protocol: string) => list(spec?.[protocol]).flatMap((each) => list(map(each)["match"]).map(map));
  const byHttp = matches("http");
  const byConnection = [...matches("tls"), ...matches("tcp")];
  const isGiven = (among: typeof byHttp, key: string) => among.some((match) => match[key] !== undefined);
  return [
    ...(isGiven([...byHttp, ...byConnection], "sourceLabels") ? ["a waypoint drops matches with sourceLabels"] : []),
    ...(isGiven(byHttp, "sourceNamespace")
      ? ["a waypoint compares sourceNamespace with its own namespace, not with that of the caller"]
      : []),
    ...(isGiven(byConnection, "sourceNamespace")
      ? ["a waypoint drops matches of TCP and TLS with sourceNamespace"]
      : []),
    ...(matches("tls").some(({ sniHosts }) => !isFullName(texts(sniHosts)))
      ? ["a waypoint drops matches of TLS by any SNI but the full name of the Service"]
      : []),
  ];
}

function isFullName([host = "", ...others]: string[]): boolean {
  return others.length === 0 && /^[^.]+\.[^.]+\.svc\./.test(host);
}

/** Row of a route of Gateway API. */
export function routeVerdict(object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict {
  const called = parents(object).filter(({ kind }) => kind === "Service");
  if (called.length === 0) return verdict(object, is.carriesOver, stays);
  const own = facts.namespace.name;
  const away = called
    .map(({ name, namespace = own }) => `${name}.${namespace}`)
    .filter((host) => servicesAt(host, object, facts).length === 0);
  if (away.length === called.length) return awayVerdict(object, away, "its routes");
  const more = away.length > 0 ? `; ${awayText(away, "its routes")}` : "";
  return routedVerdict(object, facts, waypoint, `ztunnel does not route by HTTP${more}`);
}

/** A waypoint routes as sidecars did; what policies make of the requests may differ. */
function routedVerdict(
  object: Traffic,
  facts: MigrationFacts,
  waypoint: WaypointPlan | undefined,
  why: string,
): Verdict {
  const { hosts } = routeEffects(object, facts);
  const unseen = unattachedTexts(hosts, facts, "its routes");
  if (isLost(hosts, facts)) return lostVerdict(object, unseen.join("; "));
  const holes = routeHoles(object, facts, waypoint);
  if (holes.length > 0) {
    const fix = "rewrite the policies for the Service and the request that callers send, then --accept";
    return verdict(object, is.hole, holes.join("; "), { fix });
  }
  return verdict(object, is.needsWaypoint, [why, ...unseen, ...routeLosses(object, facts)].join("; "));
}
