// What a waypoint refers to.
import type { Reference } from "../../lib/references/reference";
import { withLate } from "../support/late-references";
import { plain } from "../support/program";
import type { WaypointArgs } from "./args";

/** Its namespace, and the namespaces and Services that use it. */
export function placesOfWaypoint(args: WaypointArgs, namespace: string): Reference[] {
  return withLate(args, (known) => plainPlaces(known, namespace));
}

function plainPlaces(args: WaypointArgs, namespace: string): Reference[] {
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
