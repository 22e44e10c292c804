// Waypoints: named by someone, able to serve what they are named for, and running. Traffic bypasses a wrong one in silence.
import {
  condition,
  type ClusterSnapshot,
  type GatewayState,
  type Named,
  type ServiceState,
} from "../cluster-state/snapshot";
import { finding, type Check } from "./check";
import { said } from "./gateways";
import { gatewayDeployment, marks, share, waypoints } from "./mesh";

const trafficTypes = ["service", "workload", "all", "none"];
const hbonePort = 15008;

export const waypointChecks: Check[] = [
  {
    id: "waypoint-exists",
    category: "waypoints",
    claim: "every waypoint that is in use exists",
    severity: "error",
    hint: "Without the waypoint traffic goes directly to the pods, and no L7 policy applies.",
    needs: ["namespaces", "services", "pods", "gateways", "gatewayClasses"],
    run: (snapshot) =>
      missingWaypoints(snapshot).map(({ kind, object, label, waypoint }) =>
        finding(kind, object, `${marks.useWaypoint}=${label}`, `Gateway ${waypoint} is a waypoint`, {
          run: `istioctl waypoint apply --name ${label} --namespace ${waypoint.split("/")[0] ?? ""}`,
        }),
      ),
  },
  {
    id: "waypoint-for",
    category: "waypoints",
    claim: "the traffic type of every waypoint is valid",
    severity: "error",
    hint: "“namespace” is not valid: traffic then bypasses the waypoint without an error.",
    needs: ["gateways", "gatewayClasses"],
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
    id: "waypoint-listener",
    category: "waypoints",
    claim: "every waypoint has a mesh listener",
    severity: "error",
    hint: "ztunnel reaches a waypoint only by HBONE on port 15008.",
    needs: ["gateways", "gatewayClasses"],
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
    hint: "The condition of the Service says why it is not.",
    needs: ["services", "namespaces", "gateways", "gatewayClasses"],
    run(snapshot) {
      const missing = new Set(missingWaypoints(snapshot).map(({ waypoint }) => waypoint));
      const namespaces = new Map(snapshot.namespaces.map((namespace) => [namespace.name, namespace]));
      const usedBy = (service: ServiceState) =>
        (named("Service", service) ?? named("Namespace", namespaces.get(service.namespace)))?.waypoint ?? "";
      return snapshot.services.flatMap((service) => {
        const bound = condition(service.conditions, "istio.io/WaypointBound");
        // A waypoint that does not exist is waypoint-exists' to tell.
        if (bound?.status !== "False" || missing.has(usedBy(service))) return [];
        return [
          finding("Service", service, said("istio.io/WaypointBound", bound), "istiod binds it to its waypoint", {
            run: `kubectl describe service ${service.name} --namespace ${service.namespace}`,
          }),
        ];
      });
    },
  },
  {
    id: "waypoint-pods",
    category: "waypoints",
    claim: "every waypoint has running pods",
    severity: "error",
    hint: "Without a pod every request of enrolled clients fails, although Gateway and Service look healthy.",
    needs: ["gateways", "gatewayClasses", "deployments"],
    run: (snapshot) =>
      waypoints(snapshot)
        .filter((gateway) => !gateway.addressed)
        .flatMap((gateway) => {
          const deployment = gatewayDeployment(snapshot, gateway);
          if (deployment && deployment.available > 0) return [];
          const got = deployment ? `${share(0, deployment.desired)} replicas available` : "none";
          const run =
            deployment?.desired === 0
              ? `kubectl scale deployment ${gateway.name} --namespace ${gateway.namespace} --replicas 1`
              : `kubectl describe pods --namespace ${gateway.namespace} --selector ${marks.gatewayName}=${gateway.name}`;
          return [finding("Deployment", gateway, got, "at least one pod of the waypoint is available", { run })];
        }),
  },
];

interface User {
  kind: string;
  object: { namespace: string; name: string };
  /** Value of the label. */
  label: string;
  /** namespace/name */
  waypoint: string;
}

/** The waypoint that an object names by its label, if it names one. */
function named(kind: string, object: Named | undefined): User | undefined {
  const label = object?.labels[marks.useWaypoint];
  if (!object || label === undefined || label === "none") return undefined;
  const own = kind === "Namespace" ? object.name : object.namespace;
  return { kind, object, label, waypoint: `${object.labels[marks.useWaypointNamespace] ?? own}/${label}` };
}

/** Everything that names a waypoint which is none. */
function missingWaypoints(snapshot: ClusterSnapshot): User[] {
  const known = new Set(waypoints(snapshot).map((gateway) => `${gateway.namespace}/${gateway.name}`));
  const users = [
    ...snapshot.namespaces.map((namespace) => named("Namespace", namespace)),
    ...snapshot.services.map((service) => named("Service", service)),
    ...snapshot.pods.map((pod) => named("Pod", pod)),
  ];
  return users.filter((user) => user !== undefined).filter(({ waypoint }) => !known.has(waypoint));
}

function isHbone({ port, protocol }: GatewayState["listeners"][number]): boolean {
  return port === hbonePort && protocol === "HBONE";
}

function listenerText({ listeners }: GatewayState): string {
  return listeners.length === 0 ? "no listener" : listeners.map((l) => `${l.protocol} on port ${l.port}`).join(", ");
}
