// What a policy refers to: its namespace, and the Services that its rules are about.
import { waypointOfPolicy, type Reference } from "../../lib/references/reference";
import { withLate } from "../support/late-references";
import { plain } from "../support/program";
import type { WaypointReference } from "../waypoint/args";
import type { AccessPolicyArgs } from "./args";
import type { AccessRule, HttpAccessRule } from "./objects";

/** Namespace and Services. */
export function placesOfPolicy(args: AccessPolicyArgs, namespace: string): Reference[] {
  return withLate(args, (known) => plainPlaces(known, namespace));
}

function plainPlaces(args: AccessPolicyArgs, namespace: string): Reference[] {
  const own: Reference[] =
    typeof args.namespace === "string" ? [{ type: "namespace", path: "namespace", name: namespace }] : [];
  return [...own, ...servicesOf(args, namespace).map((each): Reference => ({ type: "service", ...each }))];
}

/** The gateways that rules admit as clients. */
export function gatewaysOf(path: string, allow: AccessRule[] | HttpAccessRule[]): Reference[] {
  return allow.flatMap(({ gateway }: AccessRule | HttpAccessRule, index): Reference[] =>
    gateway
      ? [
          {
            type: "client",
            path: `${path}[${index}].gateway`,
            gateway: { namespace: gateway.namespace, name: gateway.name },
          },
        ]
      : [],
  );
}

/** The waypoint that enforces the rules about requests. */
export function waypointOfRequests(
  args: AccessPolicyArgs,
  waypoint: WaypointReference,
  namespace: string,
): Reference[] {
  return withLate(args, (known) => [waypointOfPolicy("http.waypoint", waypoint, servicesOf(known, namespace))]);
}

function servicesOf({ http }: AccessPolicyArgs, namespace: string) {
  const services = (plain(http?.services) ?? []) as string[];
  return services.map((name, index) => ({ path: `http.services[${index}]`, namespace, name }));
}
