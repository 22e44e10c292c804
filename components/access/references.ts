// What a policy refers to: its namespace, and the Services that its rules are about.
import { waypointOfPolicy, type Reference } from "../../lib/references/reference";
import { plain } from "../support/program";
import type { WaypointReference } from "../waypoint/args";
import type { AccessPolicyArgs } from "./args";

/** Namespace and Services, as far as they are plain. */
export function placesOfPolicy(args: AccessPolicyArgs, namespace: string): Reference[] {
  const own: Reference[] =
    typeof args.namespace === "string" ? [{ type: "namespace", path: "namespace", name: namespace }] : [];
  return [...own, ...servicesOf(args, namespace).map((each): Reference => ({ type: "service", ...each }))];
}

/** The waypoint that enforces the rules about requests. */
export function waypointOfRequests(args: AccessPolicyArgs, waypoint: WaypointReference, namespace: string): Reference {
  return waypointOfPolicy("http.waypoint", waypoint, servicesOf(args, namespace));
}

function servicesOf({ http }: AccessPolicyArgs, namespace: string) {
  const services = (plain(http?.services) ?? []) as string[];
  return services.map((name, index) => ({ path: `http.services[${index}]`, namespace, name }));
}
