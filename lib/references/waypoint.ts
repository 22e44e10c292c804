// The waypoint that policies and namespaces name: it exists, it takes requests to Services, and its users use it.
import { meshLabels, type Labels } from "../istio/labels";
import type { ObjectKind } from "../ownership/kinds";
import { ownerOf } from "../ownership/owner";
import { fieldOf } from "../validation/code";

import { admits } from "../gateway-api/admission";
import { findIn, gatewayOf, labelsOf, meantOf, type ClusterView } from "./cluster";
import type { Judged } from "./places";
import type { RoutedReference, WaypointReference } from "./reference";

const waypointClass = "istio-waypoint";

/** What is wrong with the waypoint of a policy, or of a namespace. */
export function waypointFaults(view: ClusterView, reference: WaypointReference): Judged[] {
  const { waypoint, path, isOptional, user } = reference;
  if (view.program.makes("Gateway", waypoint.namespace, waypoint.name)) {
    return reference.services.flatMap((service) => useFaults(view, reference, service));
  }
  const found = findIn(view, "Gateway", waypoint.namespace, waypoint.name);
  if (found === "unread") {
    return [];
  }
  const live = found && gatewayOf(found);
  if (!found || live?.className !== waypointClass) {
    return [missing(view, reference)];
  }
  const got = `${waypoint.namespace}/${waypoint.name}`;
  const takes = found.labels[meshLabels.waypointFor] ?? "service";
  if (!["service", "all"].includes(takes)) {
    const rule = `must take requests to Services; this waypoint, which ${ownerOf(found)}, is for ${takes}`;
    return [{ violation: { path, got, rule, fix: 'waypointFor: "all"' }, isCertain: !isOptional }];
  }
  const labels = user === undefined ? {} : labelsOf(view, "Namespace", "", user);
  if (user !== undefined && !live.listeners.some((each) => admits(each, live.namespace, user, labels))) {
    const rule = `must take requests of the namespace ${user}; the listeners of this waypoint, which ${ownerOf(found)}, do not`;
    const fix = `new Waypoint("${waypoint.name}", { namespace: "${user}", for: [{ namespace: "${user}" }] })`;
    return [{ violation: { path, got, rule, fix }, isCertain: false }];
  }
  return reference.services.flatMap((service) => useFaults(view, reference, service));
}

function missing(view: ClusterView, { path, waypoint, isOptional }: WaypointReference): Judged {
  const all = (view.list("Gateway", waypoint.namespace) ?? []).filter(
    (each) => gatewayOf(each).className === waypointClass,
  );
  const shown = all.map((each) => `${each.namespace}/${each.name}`).sort();
  const other =
    all.find((each) => each.name === waypoint.name) ??
    meantOf(waypoint.name, all) ??
    (all.length === 1 ? all[0] : undefined);
  const list = shown.length === 0 ? "" : `: ${shown.slice(0, 5).join(", ")}`;
  const until = isOptional ? "; until there is one, requests bypass it" : "";
  const rule = `must be an existing waypoint, or one of this program${list}${until}`;
  const field = fieldOf(path);
  const fix = other
    ? field === "waypoint"
      ? `waypoint: { name: "${other.name}", namespace: "${other.namespace}" }`
      : `useWaypoint: "${other.name}", useWaypointNamespace: "${other.namespace}"`
    : `new Waypoint("${waypoint.name}", { namespace: "${waypoint.namespace}", for: [{ namespace: "${waypoint.namespace}" }] })`;
  const got = `${waypoint.namespace}/${waypoint.name}`;
  return { violation: { path, got, rule, fix }, isCertain: view.program.isComplete && !isOptional };
}

/** A Service that uses no waypoint, which alone applies the routes of a Service. */
export function routedFaults(view: ClusterView, { path, namespace, name }: RoutedReference): Judged[] {
  const own = knownLabels(view, "Service", namespace, name);
  const whole = knownLabels(view, "Namespace", "", namespace);
  const used = own?.[meshLabels.useWaypoint] ?? whole?.[meshLabels.useWaypoint] ?? "none";
  if (!own || !whole || used !== "none") {
    return [];
  }
  const rule = `must be a Service that uses a waypoint, which applies its routes; Service ${namespace}/${name} uses none`;
  const fix = `new Waypoint("waypoint", { namespace: "${namespace}", for: [{ namespace: "${namespace}", service: "${name}" }] })`;
  return [{ violation: { path, got: `${namespace}/${name}`, rule, fix }, isCertain: false }];
}

/** Labels of an object as they will be; undefined where they cannot be known. */
function knownLabels(view: ClusterView, kind: ObjectKind, namespace: string, name: string): Labels | undefined {
  const isLabelled = view.labels.some(
    (each) => each.kind === kind && each.namespace === namespace && each.name === name,
  );
  const found = findIn(view, kind, namespace, name);
  const made = view.program.makes(kind, namespace, name)
    ? (view.program.labels(kind, namespace, name) ?? (isLabelled ? {} : undefined))
    : typeof found === "object"
      ? {}
      : undefined;
  return made && { ...made, ...labelsOf(view, kind, namespace, name) };
}

/** A Service that does not use the waypoint: the policy would be waited for in vain, or enforced by another one. */
function useFaults(
  view: ClusterView,
  { waypoint }: WaypointReference,
  { path, namespace, name }: WaypointReference["services"][number],
): Judged[] {
  const own = knownLabels(view, "Service", namespace, name);
  const whole = knownLabels(view, "Namespace", "", namespace);
  if (!own || !whole) {
    return [];
  }
  const labels = own[meshLabels.useWaypoint] === undefined ? whole : own;
  const used = labels[meshLabels.useWaypoint] ?? "none";
  const usedAt = labels[meshLabels.useWaypointNamespace] ?? namespace;
  if (used === waypoint.name && usedAt === waypoint.namespace) {
    return [];
  }
  const { program } = view;
  const isOwn =
    program.makes("Gateway", waypoint.namespace, waypoint.name) ||
    program.makes("Service", namespace, name) ||
    program.makes("Namespace", "", namespace);
  const isPlanned = plansWaypoint(view, "Service", namespace, name) || plansWaypoint(view, "Namespace", "", namespace);
  // A label that the program puts on it may have still to arrive.
  if (isOwn && !isPlanned && used === "none") {
    return [];
  }
  const uses = used === "none" ? "no waypoint" : `the waypoint ${usedAt}/${used}`;
  const rule = `must use the waypoint ${waypoint.namespace}/${waypoint.name}; Service ${namespace}/${name} uses ${uses}`;
  const fix =
    used === "none"
      ? `for: [{ namespace: "${namespace}", service: "${name}" }]`
      : `waypoint: { name: "${used}", namespace: "${usedAt}" }`;
  return [{ violation: { path, got: name, rule, fix }, isCertain: program.isComplete && (!isOwn || isPlanned) }];
}

/** True where the program says which waypoint the object uses. */
function plansWaypoint({ labels, program }: ClusterView, kind: ObjectKind, namespace: string, name: string): boolean {
  const written = program.labels(kind, namespace, name);
  return (
    (written !== undefined && meshLabels.useWaypoint in written) ||
    labels.some(
      (each) =>
        each.kind === kind &&
        each.namespace === namespace &&
        each.name === name &&
        meshLabels.useWaypoint in each.labels,
    )
  );
}
