// Routes of the Gateway API, as istiod judged them, and what no condition of theirs tells.
import { objectName } from "../cluster-state/object-name";
import { servicePortsText } from "../cluster-state/route-backends";
import {
  condition,
  type ClusterSnapshot,
  type Named,
  type Reference,
  type RouteParent,
  type RouteParentReference,
  type RouteState,
} from "../cluster-state/snapshot";
import { finding, type Check, type Finding } from "./check";
import { describe, isNamed, judgedGateways, said } from "./gateways";
import { attachedSets } from "./listener-sets";
import { enrolls, hasProxy, isLive, marks, waypoints } from "./mesh";
import { isKnownIn } from "./policy-readers";
import { isInReach } from "./virtual-services";
import { serviceWaypoint } from "./waypoint-users";

export const routeChecks: Check[] = [
  {
    id: "routes",
    category: "gateways",
    claim: "every route is accepted and its backends exist",
    severity: "error",
    hint: "A route that is not accepted gets no traffic; one without a backend answers 500.",
    needs: ["routes", "gateways"],
    also: ["gatewayClasses", "listenerSets", "services", "serviceEntries"],
    isLocal: true,
    run(snapshot) {
      const isMissing = missingParents(snapshot);
      return [...orphans(snapshot, isMissing), ...refused(snapshot), ...refusedByServices(snapshot, isMissing)];
    },
  },
  {
    id: "route-ports",
    category: "gateways",
    claim: "every route uses ports that its Services have",
    severity: "error",
    hint: "istiod accepts a route to a port that its Service does not have, and answers its requests with 500.",
    needs: ["routes", "services"],
    isLocal: true,
    run: (snapshot) =>
      snapshot.routes.filter(isJudgedByIstio).flatMap((route) =>
        route.backends.flatMap((backend) => {
          const service = backend.kind === "Service" ? snapshot.services.find(isNamed(backend)) : undefined;
          if (!service || service.ports.some(({ port }) => port === backend.port)) return [];
          return [routeFinding(route, `port ${backend.port}`, servicePortsText(service))];
        }),
      ),
  },
  {
    id: "service-routes",
    category: "gateways",
    claim: "every Service of the mesh that has routes of its own has a waypoint",
    severity: "warning",
    hint: "istiod accepts such a route, but only waypoints and sidecars apply it; ztunnel does not route by HTTP.",
    needs: ["routes", "services", "namespaces"],
    also: ["gateways", "gatewayClasses", "pods"],
    isLocal: true,
    run: unfollowed,
  },
];

/** Parents that istiod reads, and where they are listed. */
const parentLists: Partial<Record<string, "gateways" | "listenerSets" | "services" | "serviceEntries">> = {
  Gateway: "gateways",
  ListenerSet: "listenerSets",
  XListenerSet: "listenerSets",
  Service: "services",
  ServiceEntry: "serviceEntries",
};

type Missing = (ref: RouteParentReference) => boolean;

/** Tells of a parent whether it does not exist; of what could not be read it does not. */
function missingParents(snapshot: ClusterSnapshot): Missing {
  const known = new Map<string, Set<string>>();
  return (ref) => {
    const list = parentLists[ref.kind];
    if (list === undefined || !isKnownIn(snapshot, list, ref.namespace)) return false;
    const names = known.get(ref.kind) ?? namesOf(ref.kind, snapshot[list]);
    known.set(ref.kind, names);
    return !names.has(objectName(ref.kind, ref));
  };
}

function namesOf(kind: string, objects: (Named & { kind?: string })[]): Set<string> {
  const own = objects.filter((each) => (each.kind ?? kind) === kind);
  return new Set(own.map((each) => objectName(kind, each)));
}

/** Routes whose parents do not exist. */
function orphans({ routes }: ClusterSnapshot, isMissing: Missing): Finding[] {
  return routes.flatMap((route) =>
    route.parents
      .filter(isMissing)
      .map((ref) =>
        routeFinding(route, `parent ${objectName(ref.kind, ref)}, which does not exist`, "its parents exist"),
      ),
  );
}

/** Routes that istiod does not accept, or whose references it cannot resolve. */
function refused(snapshot: ClusterSnapshot): Finding[] {
  const isOurs = judgedParents(snapshot);
  return snapshot.routes.flatMap((route) =>
    route.parents.filter(isOurs).flatMap((ref) => {
      const status = answerTo(route, ref);
      const bad = ["Accepted", "ResolvedRefs"]
        .map((type) => ({ type, found: condition(status?.conditions ?? [], type) }))
        .find(({ found }) => found?.status !== "True");
      if (!bad) return [];
      const rule = `${ref.kind} ${ref.namespace}/${ref.name} accepts it and its backends exist`;
      return [routeFinding(route, said(bad.type, bad.found), rule)];
    }),
  );
}

/** Routes of Services that istiod does not take: a backend is missing, or may not be named from another namespace. */
function refusedByServices({ routes }: ClusterSnapshot, isMissing: Missing): Finding[] {
  return routes.flatMap((route) =>
    route.parents
      .filter((ref) => ["Service", "ServiceEntry"].includes(ref.kind) && !isMissing(ref))
      .flatMap((ref) => {
        const status = answerTo(route, ref);
        const bad = ["Accepted", "ResolvedRefs"].flatMap((type) => condition(status?.conditions ?? [], type) ?? []);
        const found = status && isIstios(status) ? bad.find((each) => each.status === "False") : undefined;
        if (!found) return [];
        const rule = `${ref.kind} ${ref.namespace}/${ref.name} takes it and its backends exist`;
        return [routeFinding(route, said(found.type, found), rule)];
      }),
  );
}

/** Parents that an istiod judges routes for: its Gateways, and the ListenerSets that it has attached to them. */
function judgedParents(snapshot: ClusterSnapshot): (ref: RouteParentReference) => boolean {
  const gateways = judgedGateways(snapshot);
  const sets = gateways.flatMap(attachedSets(snapshot));
  const places = new Set([
    ...gateways.map((gateway) => objectName("Gateway", gateway)),
    ...sets.map((set) => objectName(set.kind, set)),
  ]);
  return (ref) => places.has(objectName(ref.kind, ref));
}

/** What istiod said of the route at this parent: a route may attach to several listeners of one Gateway. */
function answerTo({ status }: RouteState, ref: RouteParentReference): RouteParent | undefined {
  const answers = status.filter(
    ({ parent }) =>
      parent.kind === ref.kind && isNamed(ref)(parent) && parent.section === ref.section && parent.port === ref.port,
  );
  return answers.find(isIstios) ?? answers[0];
}

/** Routes of Services in ambient namespaces, where no waypoint follows them. */
function unfollowed(snapshot: ClusterSnapshot): Finding[] {
  const waypointOf = serviceWaypoint(snapshot);
  const isEnrolled = enrolls(snapshot);
  const services = new Map(snapshot.services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const withSidecars = new Set(snapshot.pods.filter((pod) => isLive(pod) && hasProxy(pod)).map((pod) => pod.namespace));
  const judge = (route: RouteState, { namespace, name }: Reference): Finding[] => {
    const service = services.get(`${namespace}/${name}`);
    // Routes of another namespace are for the clients in it: their sidecars apply them.
    const isClients = route.namespace !== namespace && withSidecars.has(route.namespace);
    if (!service || isClients || !isEnrolled({ namespace, labels: {} })) return [];
    const waypoint = waypointOf("Service", service);
    if (waypoint !== undefined) {
      if (isInReach(waypoint, { kind: "Service", object: service }, route.namespace)) return [];
      const got = `parent Service ${namespace}/${name}, of another namespace`;
      const rule = `waypoint ${waypoint} applies the routes of its own namespace and of the Service's only`;
      return [finding(route.kind, route, got, rule, { write: `metadata: { namespace: ${namespace} }` })];
    }
    const there = waypoints(snapshot).find((gateway) => gateway.namespace === namespace)?.name;
    const run = there
      ? `kubectl label service ${name} --namespace ${namespace} --overwrite ${marks.useWaypoint}=${there}`
      : `istioctl waypoint apply --enroll-namespace --namespace ${namespace}`;
    const got = `parent Service ${namespace}/${name}, which has no waypoint`;
    return [finding(route.kind, route, got, "only a waypoint applies the routes of a Service", { run })];
  };
  return snapshot.routes.flatMap((route) =>
    route.parents.filter(({ kind }) => kind === "Service").flatMap((ref) => judge(route, ref)),
  );
}

function isJudgedByIstio({ status }: RouteState): boolean {
  return status.some(isIstios);
}

function isIstios({ controller }: RouteParent): boolean {
  return controller.startsWith("istio.io/");
}

function routeFinding(route: RouteState, got: string, rule: string): Finding {
  return finding(route.kind, route, got, rule, describe(route.kind, route));
}
