// What becomes of Istio's traffic objects, and of what the mesh does for all of them.
import type { Labels } from "../istio/labels";
import { destinationRuleVerdict, servicesOfRule } from "./destination-rule-verdict";
import { members } from "./members";
import { isPartOf, targetsOf, type Attached, type KubeObject } from "./objects";
import type { MigrationFacts } from "./facts";
import { parentServices } from "./route-effects";
import { routeVerdict, virtualServiceVerdict } from "./route-verdicts";
import { hostServices, isForWaypoints, list, map, type Traffic } from "./traffic-objects";
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
    if (object.kind === "VirtualService") return isForWaypoints(object, facts) ? hostServices(object, facts) : [];
    if (object.kind === "DestinationRule") return servicesOfRule(object, facts);
    return parentServices(object, namespace.name);
  });
  const own = services.filter((service) => service.namespace === namespace.name);
  const labelled = own.filter(({ labels }) => (labels["istio.io/use-waypoint"] ?? "none") !== "none");
  return new Set([
    ...byRoutes.filter((name) => own.some((service) => service.name === name)),
    ...labelled.map(({ name }) => name),
  ]);
}

const unknownKind: Judge = (object) =>
  verdict(object, is.loses, "this package does not know the kind; nothing is done about it");

const judges: { [kind: string]: Judge } = {
  VirtualService: virtualServiceVerdict,
  DestinationRule: destinationRuleVerdict,
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
