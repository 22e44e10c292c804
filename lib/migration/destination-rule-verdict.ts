// What becomes of DestinationRules: callers with sidecars take them, and the waypoint of the called Service.
import { textOf } from "../validation/violations";
import type { MigrationFacts } from "./facts";
import { awayVerdict, isLost, unattachedTexts } from "./past-waypoints";
import { originations, originationVerdict } from "./tls-origination";
import {
  hasTrafficPolicy,
  hasWorkloadSelector,
  list,
  map,
  placeOf,
  ruledServices,
  servicesAt,
  type Traffic,
} from "./traffic-objects";
import { verdict, verdictKinds as is, type Verdict } from "./verdict";
import type { WaypointPlan } from "./waypoint";

const without = "ztunnel has no connection limits, outlier detection or load balancing by HTTP";

/** The Services of the namespace that need a waypoint for it. One of the whole mesh is no reason for a waypoint, but for TLS. */
export function servicesOfRule(object: Traffic, facts: MigrationFacts): string[] {
  const isOwn = placeOf(object, facts.namespace.name) === facts.namespace.name;
  const isForWaypoint = (isOwn && hasTrafficPolicy(object)) || originations(object).length > 0;
  return isForWaypoint && !hasWorkloadSelector(object) ? ruledServices(object, facts) : [];
}

/** Its row. */
export function destinationRuleVerdict(
  object: Traffic,
  facts: MigrationFacts,
  waypoint: WaypointPlan | undefined,
): Verdict {
  if (originations(object).length > 0) return originationVerdict(object, facts);
  if (placeOf(object, facts.namespace.name) !== facts.namespace.name) return rootVerdict(object, facts, waypoint);
  const mode = map(map(object.spec?.["trafficPolicy"])["tls"])["mode"];
  if (mode === "DISABLE") {
    return verdict(object, is.rewritten, "callers with sidecars keep its plaintext; ztunnel encrypts all the same");
  }
  if (list(object.spec?.["subsets"]).length > 0) {
    return verdict(object, is.loses, "ztunnel knows no subsets: make a Service of each one that is routed to");
  }
  if (!hasTrafficPolicy(object)) return verdict(object, is.carriesOver, "nothing of it is for sidecars alone");
  const host = textOf(object.spec?.["host"]);
  const own = servicesAt(host, object, facts);
  if (own.length === 0) return awayVerdict(object, [host], "its traffic policy");
  if (hasWorkloadSelector(object)) {
    const why = "ztunnel has no traffic policy, and a waypoint takes none that has a workloadSelector";
    return verdict(object, is.loses, why, { fix: "write it without the workloadSelector" });
  }
  if (isLost(own, facts))
    return verdict(object, is.loses, unattachedTexts(own, facts, "its traffic policy").join("; "));
  return verdict(object, is.needsWaypoint, without);
}

/** One of the whole mesh, for Services that have none of their own. */
function rootVerdict(object: Traffic, facts: MigrationFacts, waypoint: WaypointPlan | undefined): Verdict {
  const behind = waypoint?.services.map(({ name }) => name) ?? [];
  const lost = ruledServices(object, facts).filter((name) => !behind.includes(name));
  if (lost.length === 0) return verdict(object, is.needsWaypoint, without);
  const why = `${without}, and this plan has no waypoint for ${lost.join(", ")}`;
  return verdict(object, is.loses, why, {
    fix: `a DestinationRule of the namespace ${facts.namespace.name}, for which the plan has one`,
  });
}
