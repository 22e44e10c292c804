// Routes of the Gateway API, as istiod judged them, and what no condition of theirs tells.
import { objectName } from "../cluster-state/object-name";
import { servicePortsText } from "../cluster-state/route-backends";
import { condition, type ClusterSnapshot, type Reference, type RouteState } from "../cluster-state/snapshot";
import { isReadIn } from "../cluster-state/within";
import { finding, type Check, type Finding } from "./check";
import { describe, isNamed, judgedGateways, said } from "./gateways";
import { enrolls, marks, waypoints } from "./mesh";
import { serviceWaypoint } from "./waypoint-users";

export const routeChecks: Check[] = [
  {
    id: "routes",
    category: "gateways",
    claim: "every route is accepted and its backends exist",
    severity: "error",
    hint: "A route that is not accepted gets no traffic; one without a backend answers 500.",
    needs: ["routes", "gateways"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) => [...orphans(snapshot), ...refused(snapshot)],
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
    also: ["gateways", "gatewayClasses"],
    isLocal: true,
    run: unfollowed,
  },
];

/** Routes whose parents do not exist. */
function orphans(snapshot: ClusterSnapshot): Finding[] {
  return snapshot.routes.flatMap((route) =>
    route.parents
      .filter((ref) => ref.kind === "Gateway" && !snapshot.gateways.some(isNamed(ref)))
      .filter(({ namespace }) => isReadIn(snapshot, "gateways", namespace))
      .map((ref) =>
        routeFinding(route, `parent ${objectName("Gateway", ref)}, which does not exist`, "its parents exist"),
      ),
  );
}

/** Routes that istiod does not accept, or whose references it cannot resolve. */
function refused(snapshot: ClusterSnapshot): Finding[] {
  const ours = judgedGateways(snapshot);
  return snapshot.routes.flatMap((route) =>
    route.parents
      .filter((ref) => ref.kind === "Gateway" && ours.some(isNamed(ref)))
      .flatMap((ref) => {
        const status = route.status.find(({ parent }) => isNamed(ref)(parent));
        const bad = ["Accepted", "ResolvedRefs"]
          .map((type) => ({ type, found: condition(status?.conditions ?? [], type) }))
          .find(({ found }) => found?.status !== "True");
        if (!bad) return [];
        const rule = `Gateway ${ref.namespace}/${ref.name} accepts it and its backends exist`;
        return [routeFinding(route, said(bad.type, bad.found), rule)];
      }),
  );
}

/** Routes of Services in ambient namespaces, where no waypoint follows them. */
function unfollowed(snapshot: ClusterSnapshot): Finding[] {
  const waypointOf = serviceWaypoint(snapshot);
  const isEnrolled = enrolls(snapshot);
  const services = new Map(snapshot.services.map((service) => [`${service.namespace}/${service.name}`, service]));
  const isUnfollowed = (ref: Reference) => {
    const service = services.get(`${ref.namespace}/${ref.name}`);
    return service && isEnrolled({ namespace: ref.namespace, labels: {} }) && !waypointOf("Service", service);
  };
  return snapshot.routes.flatMap((route) =>
    route.parents
      .filter((ref) => ref.kind === "Service" && isUnfollowed(ref))
      .map(({ namespace, name }) => {
        const waypoint = waypoints(snapshot).find((gateway) => gateway.namespace === namespace)?.name;
        const run = waypoint
          ? `kubectl label service ${name} --namespace ${namespace} --overwrite ${marks.useWaypoint}=${waypoint}`
          : `istioctl waypoint apply --enroll-namespace --namespace ${namespace}`;
        const got = `parent Service ${namespace}/${name}, which has no waypoint`;
        return finding(route.kind, route, got, "only a waypoint applies the routes of a Service", { run });
      }),
  );
}

function isJudgedByIstio({ status }: RouteState): boolean {
  return status.some(({ controller }) => controller.startsWith("istio.io/"));
}

function routeFinding(route: RouteState, got: string, rule: string): Finding {
  return finding(route.kind, route, got, rule, describe(route.kind.toLowerCase(), route));
}
