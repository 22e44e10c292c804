// What a policy refers to: its namespace, its Service, and other Services that its routes lead to.
import { waypointOfPolicy, type Reference } from "../../lib/references/reference";
import { withLate } from "../support/late-references";
import { plain } from "../support/program";
import type { WaypointReference } from "../waypoint/args";
import type { TrafficPolicyArgs } from "./args";

/** Namespace and Services. */
export function placesOfPolicy(args: TrafficPolicyArgs, namespace: string): Reference[] {
  return withLate(args, (known) => plainPlaces(known, namespace));
}

function plainPlaces(args: TrafficPolicyArgs, namespace: string): Reference[] {
  const own: Reference[] =
    typeof args.namespace === "string" ? [{ type: "namespace", path: "namespace", name: namespace }] : [];
  const targets = (args.routes ?? []).flatMap(({ to }, route) =>
    to.map(({ service, port }, index) => ({
      path: `routes[${route}].to[${index}]`,
      service: service === undefined ? undefined : plain(service),
      own: service === undefined,
      port: plain(port),
    })),
  );
  const policy = plain(args.service);
  return [
    ...own,
    ...(policy === undefined ? [] : [{ type: "service" as const, path: "service", namespace, name: policy }]),
    ...targets.flatMap(({ path, service, own: isOwn, port }): Reference[] => {
      const name = isOwn ? policy : service;
      return name === undefined || (isOwn && port === undefined)
        ? []
        : [
            {
              type: "service",
              path: `${path}.service`,
              namespace,
              name,
              port: port === undefined ? undefined : { path: `${path}.port`, number: port },
            },
          ];
    }),
  ];
}

/** The waypoint, which the Service has to use. */
export function waypointOfService(
  args: TrafficPolicyArgs,
  waypoint: WaypointReference,
  namespace: string,
): Reference[] {
  return withLate(args, ({ service }) => {
    const name = plain(service);
    return [waypointOfPolicy("waypoint", waypoint, name === undefined ? [] : [{ path: "service", namespace, name }])];
  });
}
