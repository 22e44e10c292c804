// A second waypoint, to which a share of the connections goes: the label names it, an annotation says how large the share is,
// and without one it is none. No condition tells of that, and the one of a refused canary says True.
// Source: buildWeightedWaypoints and getCanaryWeight in pilot/pkg/serviceregistry/ambient/waypoints.go, GetConditions in
// pilot/pkg/model/service.go of istio/istio, release 1.31; release 1.30 reads neither the label nor the annotation.
import { canaryWaypointsSince, isOlder, nearestLine } from "../istio/releases";
import { condition, type ClusterSnapshot, type Condition, type Named } from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { describe } from "./gateways";
import { istiods, istioVersion, marks } from "./mesh";
import { canary, missingWaypoints, namedWaypoint } from "./waypoint-users";

const weight = `${canary}-weight`;

export const canaryWaypointsCheck: Check = {
  id: "waypoint-canary",
  category: "waypoints",
  claim: "every canary waypoint gets a share of the connections",
  severity: "warning",
  hint: "Without a valid weight, or without a waypoint of the same object or namespace beside it, a canary gets nothing.",
  needs: ["namespaces", "services"],
  also: ["serviceEntries", "workloadEntries", "workloadGroups", "gateways", "deployments"],
  isLocal: true,
  run(snapshot) {
    const users = canaryUsers(snapshot);
    if (users.length === 0) return [];
    const unread = unreadRelease(snapshot);
    if (unread !== undefined) return users.map((user) => tooOld(user, unread));
    const missing = new Set(
      missingWaypoints(snapshot).flatMap(({ key, object }) => (key === canary ? [object as Named] : [])),
    );
    const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
    const weighing = new Set(weighingNamespaces(snapshot));
    return users.flatMap((user) => judged(user, namespaces, missing, weighing));
  },
};

interface User {
  kind: string;
  object: Named & { conditions?: Condition[] };
}

/** What has the label or the annotation, and what istiod has said something of a canary about. */
function canaryUsers({
  namespaces,
  services,
  serviceEntries,
  workloadEntries,
  workloadGroups,
}: ClusterSnapshot): User[] {
  const all: [string, User["object"][]][] = [
    ["Namespace", namespaces],
    ["Service", services],
    ["ServiceEntry", serviceEntries],
    ["WorkloadEntry", workloadEntries],
    ["WorkloadGroup", workloadGroups],
  ];
  return all.flatMap(([kind, objects]) =>
    objects
      .filter((object) => isNamed(object) || weight in object.labels || weight in object.annotations || refusal(object))
      .map((object) => ({ kind, object })),
  );
}

/** Names a canary; "none" and an empty label name none. */
function isNamed({ labels }: Named): boolean {
  return !["", "none"].includes(labels[canary] ?? "");
}

/** The release that reads no canaries, where every istiod is older. */
function unreadRelease(snapshot: ClusterSnapshot): string | undefined {
  const versions = istiods(snapshot).map(istioVersion);
  const old = versions.filter((version) => version && isOlder(version.version, canaryWaypointsSince));
  return old.length > 0 && old.length === versions.length ? old[0]?.version : undefined;
}

function tooOld({ kind, object }: User, version: string): Finding {
  const got = isNamed(object) ? `${canary}=${object.labels[canary] ?? ""}` : weight;
  const rule = `istiod ${version} reads no canary waypoints, which came with ${canaryWaypointsSince}`;
  return finding(kind, object, got, rule, { write: `version: "${nearestLine(canaryWaypointsSince).newest}"` });
}

function judged(user: User, namespaces: Map<string, Named>, missing: Set<Named>, weighing: Set<string>): Finding[] {
  const { kind, object } = user;
  // What comes from the namespace comes from it only where the object names no waypoint of its own.
  const own = marks.useWaypoint in object.labels;
  const above = kind === "Namespace" || own ? undefined : namespaces.get(object.namespace);
  const unread = unreadMark(user, above);
  if (unread) return [unread];
  const named = `${canary}=${object.labels[canary] ?? above?.labels[canary] ?? ""}`;
  const primary = namedWaypoint(kind, own ? object : undefined) ?? namedWaypoint("Namespace", above);
  if (!primary) {
    const rule = `${marks.useWaypoint} beside it names the waypoint that gets the rest; without one there is no canary`;
    return [finding(kind, object, `${named} alone`, rule, { write: `${marks.useWaypoint}: waypoint` })];
  }
  // One that does not exist is waypoint-exists' to tell.
  if (missing.has(object) || (above !== undefined && missing.has(above))) return [];
  const refused = refusal(object);
  if (refused !== undefined) {
    const fix = /invalid weight/.test(refused) ? share("10") : describe(kind, object);
    return [finding(kind, object, refused, "istiod attaches the canary beside the waypoint", fix)];
  }
  if (weighs(object) || (above && weighs(above)) || (kind === "Namespace" && weighing.has(object.name))) return [];
  const rule = "without a weight the canary waypoint gets 0 % of the connections";
  return [finding(kind, object, `${named} without the annotation ${weight}`, rule, share("10"))];
}

function share(value: string): Finding["fix"] {
  return { write: `metadata: { annotations: { ${weight}: "${value}" } }` };
}

/** A label or an annotation that istiod does not read there. */
function unreadMark({ kind, object }: User, above: Named | undefined): Finding | undefined {
  if (weight in object.labels && !(weight in object.annotations)) {
    const value = object.labels[weight] ?? "";
    return finding(kind, object, `label ${weight}=${value}`, "must be an annotation", share(value));
  }
  if (!["Namespace", "Service", "ServiceEntry"].includes(kind)) {
    const got = isNamed(object) ? `${canary}=${object.labels[canary] ?? ""}` : `annotation ${weight}`;
    const rule = "istiod reads it on a Service, a ServiceEntry or a Namespace only";
    return finding(kind, object, got, rule, { write: "kind: Service" });
  }
  if (isNamed(object) || (above && isNamed(above))) return undefined;
  const rule = `the label ${canary} beside it names the waypoint that gets this share`;
  return finding(kind, object, `annotation ${weight} alone`, rule, { write: `${canary}: waypoint` });
}

function weighs({ annotations }: Named): boolean {
  return weight in annotations;
}

/** Namespaces with something that takes its waypoints from there, and has a weight of its own for them. */
function weighingNamespaces({ services, serviceEntries }: ClusterSnapshot): string[] {
  return [...services, ...serviceEntries]
    .filter((each) => weighs(each) && !(marks.useWaypoint in each.labels))
    .map(({ namespace }) => namespace);
}

/** What istiod says of a canary that it has not attached, in a condition that is True. */
function refusal({ conditions = [] }: User["object"]): string | undefined {
  const message = condition(conditions, "istio.io/WaypointBound")?.message ?? "";
  return /Canary waypoint not attached: (.*)$/.exec(message)?.[1];
}
