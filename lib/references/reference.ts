// What the arguments of components refer to in a cluster, each with the path at which the user wrote it.
import type { Match } from "./requests";
import type { Needed } from "./cluster";

/** A namespace that something is put into. */
export interface NamespaceReference {
  type: "namespace";
  path: string;
  name: string;
  /** The component makes it or labels it, and it is judged elsewhere whether it may. */
  isOwn?: true;
}

/** A Service that gets requests, is labeled or has a policy. */
export interface ServiceReference {
  type: "service";
  path: string;
  namespace: string;
  name: string;
  port?: { path: string; number: number };
}

/** The Gateway that a route attaches to. */
export interface GatewayReference {
  type: "gateway";
  path: string;
  /** The route itself. */
  route: { namespace: string; name: string; hostnames?: string[]; matches: { path: string; match: Match }[] };
  gateway: { namespace: string; name: string };
  /** What the route names of it: one entry for each of its parentRefs. */
  parents: { section?: string; port?: number }[];
  /** It answers nothing itself and redirects every request to https. */
  redirects?: boolean;
  /** The reference said itself which names are in the certificate, and that was judged. */
  knowsCertificate: boolean;
}

/** The waypoint that enforces a policy, and who has to use it. */
export interface WaypointReference {
  type: "waypoint";
  path: string;
  waypoint: { namespace: string; name: string };
  /** Services whose requests the policy is about. */
  services: { path: string; namespace: string; name: string }[];
  /** Where the label does no harm as long as the waypoint is missing: requests bypass it. */
  isOptional: boolean;
  /** The namespace whose requests it is asked to take; none where a policy names it. */
  user?: string;
}

/** A gateway that a policy admits as a client. */
export interface ClientReference {
  type: "client";
  path: string;
  gateway: { namespace: string; name: string };
}

/** A Service that a route attaches to. */
export interface RoutedReference {
  type: "routed";
  path: string;
  namespace: string;
  name: string;
}

/** The NodePorts that a gateway opens. */
export interface NodePortsReference {
  type: "nodePorts";
  ports: { path: string; port: number }[];
  gateway: { namespace: string; name: string };
}

/** What values refer to that have still to arrive: it is judged then. */
export interface LateReferences {
  type: "late";
  references: Promise<Reference[]>;
}

/** What a component refers to. */
export type Reference =
  | NamespaceReference
  | ServiceReference
  | GatewayReference
  | WaypointReference
  | ClientReference
  | RoutedReference
  | NodePortsReference
  | LateReferences;

/** A reference, and whose it is. */
export interface PlannedReference {
  /** Place in the program. */
  order: number;
  /** HttpRoute "web" */
  component: string;
  reference: Reference;
}

/** The waypoint of a policy, and the Services that have to use it. */
export function waypointOfPolicy(
  path: string,
  { namespace, name }: WaypointReference["waypoint"],
  services: WaypointReference["services"],
): Reference {
  return { type: "waypoint", path, waypoint: { namespace, name }, services, isOptional: false };
}

/** The lists that a reference is held against. */
export function neededFor(reference: Reference): Needed[] {
  switch (reference.type) {
    case "namespace":
      return [{ kind: "Namespace", namespace: reference.name }];
    case "service":
      return [{ kind: "Service", namespace: reference.namespace, name: reference.name }];
    case "gateway":
      return [
        { kind: "Gateway", ...reference.gateway },
        { kind: "Namespace", namespace: reference.route.namespace },
        { kind: "HTTPRoute" },
        ...(reference.route.hostnames && !reference.knowsCertificate
          ? [{ kind: "Certificate" as const, namespace: reference.gateway.namespace }]
          : []),
      ];
    case "waypoint":
      return [
        { kind: "Gateway", ...reference.waypoint },
        ...reference.services.flatMap(({ namespace, name }): Needed[] => [
          { kind: "Service", namespace, name },
          { kind: "Namespace", namespace },
        ]),
      ];
    case "client":
      return [{ kind: "Gateway", ...reference.gateway }];
    case "routed":
      return [
        { kind: "Service", namespace: reference.namespace, name: reference.name },
        { kind: "Namespace", namespace: reference.namespace },
      ];
    case "nodePorts":
      return [{ kind: "Service" }, { kind: "Gateway" }];
    case "late":
      return [];
  }
}
