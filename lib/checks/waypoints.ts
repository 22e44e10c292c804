// Waypoints: named by a namespace, Service or workload, able to serve what they are named for, and running. Traffic bypasses a wrong one without an error.
import { condition, type ClusterSnapshot, type GatewayState } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";
import { finding, type Check, type Finding } from "./check";
import { said } from "./gateways";
import {
  capturesDns,
  deployedName,
  enrolls,
  gatewayDeployment,
  hasProxy,
  isLive,
  marks,
  share,
  some,
  waypoints,
} from "./mesh";
import { headlessFindings } from "./headless-services";
import { isOfSomeRevision } from "./revisions";
import {
  labelText,
  missingWaypoints,
  namedWaypoint,
  serviceWaypoint,
  userKinds,
  waypointUsers,
  type WaypointUser,
} from "./waypoint-users";

const trafficTypes = ["service", "workload", "all", "none"];
const hbonePort = 15008;

export const waypointChecks: Check[] = [
  {
    id: "waypoint-exists",
    category: "waypoints",
    claim: "every waypoint that is in use exists",
    severity: "error",
    hint: "Without the waypoint traffic goes directly to the pods, and no L7 policy applies.",
    needs: [...userKinds, "gateways"],
    also: ["gatewayClasses", "serviceEntries", "workloadEntries", "workloadGroups"],
    isLocal: true,
    run: (snapshot) =>
      missingWaypoints(snapshot).map((user) =>
        user.label === "" ? emptyFinding(user) : missingFinding(snapshot, user),
      ),
  },
  {
    id: "waypoint-for",
    category: "waypoints",
    claim: "the traffic type of every waypoint is valid",
    severity: "error",
    hint: "“namespace” is not valid: traffic then bypasses the waypoint without an error.",
    needs: ["gateways"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      waypoints(snapshot).flatMap((gateway) => {
        const value = gateway.labels[marks.waypointFor];
        if (value === undefined || trafficTypes.includes(value)) return [];
        const rule = `it must be one of ${trafficTypes.join(", ")}`;
        return [
          finding("Gateway", gateway, `${marks.waypointFor}=${value}`, rule, {
            run: `kubectl label gateway ${gateway.name} --namespace ${gateway.namespace} --overwrite ${marks.waypointFor}=service`,
          }),
        ];
      }),
  },
  {
    id: "waypoint-serves",
    category: "waypoints",
    claim: "every waypoint serves the kind of traffic that it is named for",
    severity: "warning",
    hint: "A waypoint for Services does not see what is addressed to a pod or a machine itself, whatever their label says.",
    needs: ["pods", "gateways"],
    also: [
      ...(["gatewayClasses", "workloadEntries", "workloadGroups", "services", "namespaces"] as const),
      ...(["authorizationPolicies", "routes"] as const),
    ],
    isLocal: true,
    run: (snapshot) => [
      ...unservedFindings(snapshot),
      ...headlessFindings(snapshot, (gateway) => !isForServices(trafficType(snapshot, gateway))),
    ],
  },
  {
    id: "waypoint-listener",
    category: "waypoints",
    claim: "every waypoint has a mesh listener",
    severity: "error",
    hint: "ztunnel reaches a waypoint only by HBONE on port 15008.",
    needs: ["gateways"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      waypoints(snapshot)
        .filter((gateway) => !gateway.listeners.some(isHbone))
        .map((gateway) =>
          finding("Gateway", gateway, listenerText(gateway), `it has an HBONE listener on port ${hbonePort}`, {
            write: `listeners: [{ name: mesh, port: ${hbonePort}, protocol: HBONE }]`,
          }),
        ),
  },
  {
    id: "waypoint-bound",
    category: "waypoints",
    claim: "every Service with a waypoint label is bound to its waypoint",
    severity: "error",
    hint: "The condition of the Service, ServiceEntry or WorkloadEntry says why it is not.",
    needs: ["services", "namespaces", "gateways"],
    also: ["gatewayClasses", "serviceEntries", "workloadEntries", "pods"],
    isLocal: true,
    run(snapshot) {
      const missing = new Set(missingWaypoints(snapshot).map(({ waypoint }) => waypoint));
      const usedBy = serviceWaypoint(snapshot);
      const services = snapshot.services.map((object) => bindable("Service", object, usedBy("Service", object)));
      const entries = snapshot.serviceEntries.map((object) =>
        bindable("ServiceEntry", object, usedBy("ServiceEntry", object)),
      );
      const unserved = new Set(unservedFindings(snapshot).map(({ object }) => object));
      const machines = snapshot.workloadEntries
        .filter((entry) => !unserved.has(objectName("WorkloadEntry", entry)))
        .map((object) => bindable("WorkloadEntry", object, namedWaypoint("WorkloadEntry", object)?.waypoint));
      const unbound = [...services, ...entries, ...machines].flatMap(({ kind, object, waypoint }) => {
        const bound = condition(object.conditions, "istio.io/WaypointBound");
        // A waypoint that does not exist is waypoint-exists' to tell.
        if (bound?.status !== "False" || missing.has(waypoint ?? "")) return [];
        const run = `kubectl describe ${kind.toLowerCase()} ${object.name} --namespace ${object.namespace}`;
        return [
          finding(kind, object, said("istio.io/WaypointBound", bound), "istiod binds it to its waypoint", { run }),
        ];
      });
      return [...unbound, ...inactiveEntries(snapshot)];
    },
  },
  {
    id: "waypoint-dns",
    category: "waypoints",
    claim: "every ServiceEntry with a waypoint has addresses that ztunnel knows",
    severity: "warning",
    hint: "ztunnel finds a service by its address; without DNS capture, a ServiceEntry without addresses has none.",
    needs: [],
    also: ["serviceEntries"],
    isLocal: true,
    unjudged(snapshot) {
      const gap = snapshot.gaps.serviceEntries;
      return gap && gap.cause !== "missing" && !gap.partial && !capturesDns(snapshot) ? gap.why : undefined;
    },
    run: (snapshot) =>
      capturesDns(snapshot)
        ? []
        : snapshot.serviceEntries
            .filter((entry) => !entry.hasAddresses && namedWaypoint("ServiceEntry", entry))
            .map((entry) =>
              finding(
                "ServiceEntry",
                entry,
                `no addresses for ${some(entry.hosts)}`,
                "istio-cni captures DNS, so that its names get addresses of the mesh, or it has addresses of its own",
                { write: "cni: { ambient: { dnsCapture: true } }" },
              ),
            ),
  },
  {
    id: "waypoint-pods",
    category: "waypoints",
    claim: "every waypoint has running pods",
    severity: "error",
    hint: "Without a pod every request of enrolled clients fails, although Gateway and Service look healthy.",
    needs: ["gateways", "deployments"],
    also: ["gatewayClasses"],
    isLocal: true,
    run: (snapshot) =>
      waypoints(snapshot)
        .filter((gateway) => !gateway.addressed && isOfSomeRevision(snapshot, gateway))
        .flatMap((gateway) => {
          const deployment = gatewayDeployment(snapshot, gateway);
          if (deployment && deployment.available > 0) return [];
          const object = { namespace: gateway.namespace, name: deployedName(snapshot, gateway) };
          const got = deployment ? `${share(0, deployment.desired)} replicas available` : "none";
          const run =
            deployment?.desired === 0
              ? `kubectl scale deployment ${object.name} --namespace ${object.namespace} --replicas 1`
              : `kubectl describe pods --namespace ${gateway.namespace} --selector ${marks.gatewayName}=${gateway.name}`;
          return [finding("Deployment", object, got, "at least one pod of the waypoint is available", { run })];
        }),
  },
];

/** ServiceEntries that ztunnel can do nothing with. istiod says so of those for sidecars too, which need no waypoint. */
function inactiveEntries(snapshot: ClusterSnapshot): Finding[] {
  const isEnrolled = enrolls(snapshot);
  const withSidecars = new Set(snapshot.pods.filter((pod) => isLive(pod) && hasProxy(pod)).map((pod) => pod.namespace));
  return snapshot.serviceEntries.flatMap((entry) => {
    const { namespace } = entry;
    const missing = condition(entry.conditions, "istio.io/WaypointMissing");
    if (missing?.status !== "True" || withSidecars.has(namespace) || !isEnrolled({ namespace, labels: {} })) return [];
    const got = `istio.io/WaypointMissing, ${missing.reason}: ${missing.message}`;
    const rule = "a waypoint serves it, since ztunnel alone leaves it out";
    return [finding("ServiceEntry", entry, got, rule, { write: `${marks.useWaypoint}: waypoint` })];
  });
}

function missingFinding(snapshot: ClusterSnapshot, user: WaypointUser): Finding {
  const [namespace = ""] = user.waypoint.split("/");
  const rule = `Gateway ${user.waypoint} is a waypoint`;
  const isThere = snapshot.gaps.namespaces || snapshot.namespaces.some(({ name }) => name === namespace);
  const [namesake] = waypoints(snapshot).filter(({ name }) => name === user.label);
  if (!isThere && namesake) {
    const write = `${user.key}-namespace: ${namesake.namespace}`;
    return finding(user.kind, user.object, labelText(user), `${rule}; namespace ${namespace} does not exist`, {
      write,
    });
  }
  const create = isThere ? "" : `kubectl create namespace ${namespace} && `;
  const run = `${create}istioctl waypoint apply --name ${user.label} --namespace ${namespace}`;
  return finding(user.kind, user.object, labelText(user), rule, { run });
}

/** A label without a value names a waypoint too, and hides the one of the namespace. */
function emptyFinding(user: WaypointUser): Finding {
  const rule = "it must be the name of a waypoint, or none";
  return finding(user.kind, user.object, `${user.key} without a value`, rule, { write: `${user.key}: none` });
}

/** Pods and machines whose waypoint is not for such. */
function unservedFindings(snapshot: ClusterSnapshot): Finding[] {
  const known = new Map(waypoints(snapshot).map((gateway) => [`${gateway.namespace}/${gateway.name}`, gateway]));
  return waypointUsers(snapshot)
    .filter(({ isWorkload }) => isWorkload)
    .flatMap((user) => {
      const gateway = known.get(user.waypoint);
      if (!gateway) return [];
      const { namespace, name } = gateway;
      const type = trafficType(snapshot, gateway);
      if (isForServices(type)) {
        const rule = `Gateway ${user.waypoint} is for "${type}", and only one for workload or all serves it`;
        const run = `kubectl label gateway ${name} --namespace ${namespace} --overwrite ${marks.waypointFor}=all`;
        return [finding(user.kind, user.object, labelText(user), rule, { run })];
      }
      const isAdmitted =
        namespace === user.object.namespace || (gateway.listeners.find(isHbone)?.from ?? "Same") !== "Same";
      if (isAdmitted) return [];
      const rule = `Gateway ${user.waypoint} admits what is in its own namespace only`;
      const write = "allowedRoutes: { namespaces: { from: All } }";
      return [finding(user.kind, user.object, labelText(user), rule, { write })];
    });
}

/** An object that istiod binds to a waypoint. */
function bindable<T>(kind: string, object: T, waypoint: string | undefined) {
  return { kind, object, waypoint };
}

/** For Services alone, or for nothing; what is not known may be for all. */
function isForServices(type: string | undefined): boolean {
  return type === "service" || type === "none";
}

/** What a waypoint is for: its label, that of its class, or Services; undefined where its class may not be read. */
function trafficType(snapshot: ClusterSnapshot, { labels, className }: GatewayState): string | undefined {
  const gap = snapshot.gaps.gatewayClasses;
  if (!(marks.waypointFor in labels) && gap && gap.cause !== "missing") return undefined;
  const kind = snapshot.gatewayClasses.find(({ name }) => name === className);
  return labels[marks.waypointFor] ?? kind?.labels[marks.waypointFor] ?? "service";
}

function isHbone({ port, protocol }: GatewayState["listeners"][number]): boolean {
  return port === hbonePort && protocol === "HBONE";
}

function listenerText({ listeners }: GatewayState): string {
  return listeners.length === 0 ? "no listener" : listeners.map((l) => `${l.protocol} on port ${l.port}`).join(", ");
}
