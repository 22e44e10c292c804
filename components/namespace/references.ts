// The waypoint that a namespace names.
import type { Reference } from "../../lib/references/reference";
import { plain } from "../support/program";
import type { AmbientNamespaceArgs } from "./args";

/** Requests bypass a waypoint that is not there. */
export function waypointOfNamespace(args: AmbientNamespaceArgs, namespace: string): Reference[] {
  const [name, at] = [plain(args.useWaypoint), plain(args.useWaypointNamespace ?? namespace)];
  return name === undefined || name === "none" || at === undefined
    ? []
    : [
        {
          type: "waypoint",
          path: "useWaypoint",
          waypoint: { namespace: at, name },
          services: [],
          isOptional: true,
          user: at === namespace ? undefined : namespace,
        },
      ];
}
