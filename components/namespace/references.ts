// What a namespace refers to: what of it is in the cluster already, and the waypoint that it names.
import type { Reference } from "../../lib/references/reference";
import { withLate } from "../support/late-references";
import { plain } from "../support/program";
import type { AmbientNamespaceArgs } from "./args";

/** The namespace itself. */
export function ownPlace(namespace: string): Reference[] {
  return [{ type: "namespace", path: "name", name: namespace, isOwn: true }];
}

/** The waypoint that a namespace names; which namespaces that one serves may depend on their labels. */
export function namedWaypoint(args: AmbientNamespaceArgs, namespace: string): Reference[] {
  return withLate(args, (known) => waypointOfNamespace(known, namespace));
}

/** Requests bypass a waypoint that is not there. */
function waypointOfNamespace(args: AmbientNamespaceArgs, namespace: string): Reference[] {
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
