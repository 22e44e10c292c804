// What a waypoint refers to, and how policies refer to one.
import type { Reference } from "../../lib/references/reference";
import { plain } from "../support/program";
import type { WaypointArgs, WaypointReference } from "./args";

/** Its namespace, and the namespaces and Services that use it, as far as they are plain. */
export function placesOfWaypoint(args: WaypointArgs, namespace: string): Reference[] {
  const own: Reference[] =
    typeof args.namespace === "string" ? [{ type: "namespace", path: "namespace", name: namespace }] : [];
  return [
    ...own,
    ...args.for.flatMap((user, index): Reference[] => {
      const [at, service] = [plain(user.namespace), plain(user.service)];
      if (at === undefined) {
        return [];
      }
      return [
        { type: "namespace", path: `for[${index}].namespace`, name: at },
        ...(service === undefined
          ? []
          : [{ type: "service" as const, path: `for[${index}].service`, namespace: at, name: service }]),
      ];
    }),
  ];
}

/** The waypoint of a policy, and the Services that have to use it. */
export function waypointOfPolicy(
  path: string,
  waypoint: WaypointReference,
  services: { path: string; namespace: string; name: string }[],
): Reference {
  const { namespace, name } = waypoint;
  return { type: "waypoint", path, waypoint: { namespace, name }, services, isOptional: false };
}
