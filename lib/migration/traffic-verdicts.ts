// What becomes of Istio's traffic objects, and of what the mesh does for all of them.
import { textOf } from "../validation/violations";
import type { Labels } from "../istio/labels";
import { members } from "./members";
import { isPartOf, nameOf, targetsOf, type Attached, type KubeObject } from "./objects";
import type { MigrationFacts } from "./facts";
import { awayText, awayVerdict, isLost, unattachedTexts } from "./past-waypoints";
import { parentServices, routeEffects, routeHoles, routeLosses } from "./route-effects";
import { originations, originationVerdict } from "./tls-origination";
import { hasWorkloadSelector, isForMesh, list, map, parents, servicesAt, texts, type Traffic } from "./traffic-objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import type { WaypointPlan } from "./waypoint";

type Judge = (object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined) => Verdict;

/** Rows of all of them. */
export function trafficVerdicts(facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict[] {
  const rows = facts.traffic.map((object) =>
    isForOthers(object, facts)
      ? verdict(object, is.carriesOver, "it is for no pod that is migrated")
      : (judges[object.kind] ?? unknownKind)(object, facts, waypoint),
  );
  if (!facts.ground.registryOnly) return rows;
  const why = "REGISTRY_ONLY is kept by sidecars alone: ztunnel lets connections to unknown hosts out";
  return [
    ...rows,
    verdict(`ConfigMap ${facts.system}/istio`, is.hole, why, { fix: "an egress NetworkPolicy, then --accept" }),
  ];
}

const selectors: { [kind: string]: [field: string, labels: string] } = {
  EnvoyFilter: ["workloadSelector", "labels"],
  Sidecar: ["workloadSelector", "labels"],
  DestinationRule: ["workloadSelector", "matchLabels"],
};

/** By its selector, or because it patches gateways alone. */
function isForOthers({ kind, spec }: Traffic, facts: MigrationFacts): boolean {
  const [selector, key] = selectors[kind] ?? ["selector", "matchLabels"];
  const labels = map(map(spec?.[selector])[key]) as Labels;
  const patches = list(spec?.["configPatches"]).map((patch) => map(map(patch)["match"])["context"]);
  if (patches.length > 0 && patches.every((context) => context === "GATEWAY")) return true;
  return Object.keys(labels).length > 0 && !members(facts).some(({ podLabels }) => isPartOf(labels, podLabels));
}

/** Services whose traffic is routed by HTTP: they need a waypoint for that. */
export function routedServices(facts: MigrationFacts): Set<string> {
  const { traffic, services, namespace } = facts;
  const byRoutes = traffic.flatMap((object) => {
    const here = (host: string) => servicesAt(host, object, facts);
    if (object.kind === "VirtualService") return isForMesh(object) ? texts(object.spec?.["hosts"]).flatMap(here) : [];
    if (object.kind === "DestinationRule") return isForWaypoint(object) ? here(textOf(object.spec?.["host"])) : [];
    return parentServices(object, namespace.name);
  });
  const own = services.filter((service) => service.namespace === namespace.name);
  const labelled = own.filter(({ labels }) => (labels["istio.io/use-waypoint"] ?? "none") !== "none");
  return new Set([
    ...byRoutes.filter((name) => own.some((service) => service.name === name)),
    ...labelled.map(({ name }) => name),
  ]);
}

/** A DestinationRule that says more than how callers and servers of the mesh speak mTLS, and that a waypoint takes. */
function isForWaypoint(object: Traffic): boolean {
  return !hasWorkloadSelector(object) && (hasTrafficPolicy(object) || originations(object).length > 0);
}

function hasTrafficPolicy({ spec }: Traffic): boolean {
  return Object.keys(map(spec?.["trafficPolicy"])).some((key) => key !== "tls");
}

const unknownKind: Judge = (object) =>
  verdict(object, is.loses, "this package does not know the kind; nothing is done about it");

/** All destinations of a VirtualService, and what it delegates to. */
function routesOf({ spec }: Traffic) {
  const http = list(spec?.["http"]).map(map);
  const routes = http.flatMap((route) => list(route["route"]).map(map));
  return {
    delegates: http.some((route) => route["delegate"] !== undefined),
    subsets: routes.flatMap((route) => map(route["destination"])["subset"] ?? []).map(String),
  };
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

/** No Service of the namespace: its waypoint is none that requests to it go through. */
function isAway(host: string, object: Traffic, facts: MigrationFacts): boolean {
  return servicesAt(host, object, facts).length === 0;
}

const judges: { [kind: string]: Judge } = {
  VirtualService: (object, facts, waypoint) => {
    const { traffic, namespace } = facts;
    if (!isForMesh(object)) return verdict(object, is.carriesOver, "it is for gateways, which stay");
    const all = texts(object.spec?.["hosts"]);
    const away = all.filter((host) => isAway(host, object, facts));
    if (away.length === all.length) return awayVerdict(object, away, "its routes");
    const hosts = all.flatMap((host) => servicesAt(host, object, facts));
    const mixed = traffic.find((other) => parentServices(other, namespace.name).some((name) => hosts.includes(name)));
    const { delegates, subsets } = routesOf(object);
    if (mixed) {
      const why = `${nameOf(mixed)} is for the same Service: a waypoint does not define which of the two counts`;
      return verdict(object, is.blocks, why, { fix: `delete one of them` });
    }
    if (delegates) {
      return verdict(object, is.blocks, "a waypoint reads no delegates", {
        fix: "write the routes of the delegates into it",
      });
    }
    if (subsets.length > 0) {
      const why = `it routes to subsets (${[...new Set(subsets)].join(", ")}), which a waypoint may not know`;
      return verdict(object, is.blocks, why, { fix: "make a Service of each subset, and route to these" });
    }
    const bySource = sourceMatches(object);
    if (bySource.length > 0) {
      const fix = "match what callers send, such as a header, or give these callers a Service of their own";
      return verdict(object, is.blocks, bySource.join("; "), { fix });
    }
    const more = away.length > 0 ? `; ${awayText(away, "its routes")}` : "";
    const why = `ztunnel does not route by HTTP; VirtualService is alpha on waypoints${more}`;
    return routedVerdict(object, facts, waypoint, why);
  },
  DestinationRule: (object, facts) => {
    if (originations(object).length > 0) return originationVerdict(object, facts);
    const mode = map(map(object.spec?.["trafficPolicy"])["tls"])["mode"];
    if (mode === "DISABLE") {
      return verdict(object, is.rewritten, "callers with sidecars keep its plaintext; ztunnel encrypts all the same");
    }
    if (list(object.spec?.["subsets"]).length > 0) {
      return verdict(object, is.loses, "ztunnel knows no subsets: make a Service of each one that is routed to");
    }
    const host = textOf(object.spec?.["host"]);
    const own = servicesAt(host, object, facts);
    if (hasTrafficPolicy(object) && own.length === 0) return awayVerdict(object, [host], "its traffic policy");
    if (hasTrafficPolicy(object) && hasWorkloadSelector(object)) {
      const why = "ztunnel has no traffic policy, and a waypoint takes none that has a workloadSelector";
      return verdict(object, is.loses, why, { fix: "write it without the workloadSelector" });
    }
    if (hasTrafficPolicy(object) && isLost(own, facts))
      return verdict(object, is.loses, unattachedTexts(own, facts, "its traffic policy").join("; "));
    return hasTrafficPolicy(object)
      ? verdict(
          object,
          is.needsWaypoint,
          "ztunnel has no connection limits, outlier detection or load balancing by HTTP",
        )
      : verdict(object, is.carriesOver, "nothing of it is for sidecars alone");
  },
  HTTPRoute: routeVerdict,
  GRPCRoute: routeVerdict,
  TCPRoute: routeVerdict,
  TLSRoute: routeVerdict,
  EnvoyFilter: (object) => {
    const why = "it patches sidecars, has no effect on waypoints, and what it refuses is refused no more";
    return verdict(object, is.hole, why, { fix: "replace it by a policy, or take its loss with --accept" });
  },
  WasmPlugin: (object, _, waypoint) => attachedVerdict(object, waypoint, is.hole, "ztunnel runs no plugins"),
  Telemetry: (object, _, waypoint) =>
    attachedVerdict(object, waypoint, is.loses, "ztunnel has metrics and logs of connections, not of requests"),
  Sidecar: (object) => {
    const isClosed = map(object.spec?.["outboundTrafficPolicy"])["mode"] === "REGISTRY_ONLY";
    return isClosed
      ? verdict(object, is.hole, "ztunnel lets connections to unknown hosts out, which REGISTRY_ONLY refuses", {
          fix: "an egress NetworkPolicy, then --accept",
        })
      : verdict(
          object,
          is.loses,
          "ztunnel knows every Service; networking.istio.io/exportTo of a Service comes nearest",
        );
  },
  ProxyConfig: (object) => verdict(object, is.loses, "ztunnel takes no settings by pod"),
  Gateway: (object) => verdict(object, is.carriesOver, "it is for gateways, which stay"),
  ServiceEntry: (object) => verdict(object, is.carriesOver, "ztunnel knows its hosts; HTTP of them needs a waypoint"),
  WorkloadEntry: (object) => machineVerdict(object),
  WorkloadGroup: (object) => machineVerdict(object),
};

function machineVerdict(object: KubeObject): Verdict {
  return verdict(object, is.blocks, "machines outside the cluster have no ztunnel", {
    fix: "keep the namespace on sidecars",
  });
}

function routeVerdict(object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict {
  const called = parents(object).filter(({ kind }) => kind === "Service");
  if (called.length === 0) return verdict(object, is.carriesOver, "it is for gateways, which stay");
  const own = facts.namespace.name;
  const away = called
    .map(({ name, namespace = own }) => `${name}.${namespace}`)
    .filter((host) => isAway(host, object, facts));
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
  if (isLost(hosts, facts)) return verdict(object, is.loses, unseen.join("; "));
  const holes = routeHoles(object, facts, waypoint);
  if (holes.length > 0) {
    const fix = "rewrite the policies for the Service and the request that callers send, then --accept";
    return verdict(object, is.hole, holes.join("; "), { fix });
  }
  return verdict(object, is.needsWaypoint, [why, ...unseen, ...routeLosses(object, facts)].join("; "));
}

/** A plugin or a telemetry by selector: a waypoint takes it by targetRefs alone. */
function attachedVerdict(
  object: KubeObject<Attached>,
  waypoint: WaypointPlan | undefined,
  otherwise: Verdict["verdict"],
  why: string,
): Verdict {
  if (targetsOf(object.spec ?? {}).length > 0)
    return verdict(object, is.carriesOver, "it is attached by targetRefs already");
  const name = waypoint?.name ?? "waypoint";
  const fix = `spec: { targetRefs: [{ group: gateway.networking.k8s.io, kind: Gateway, name: ${name} }] }`;
  return verdict(object, otherwise, `${why}, and a waypoint takes it by targetRefs alone`, { fix });
}
