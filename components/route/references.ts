// What a route refers to: its namespace, its backends, and the Gateway that it attaches to.
import type { GatewayReference, Reference } from "../../lib/references/reference";
import type { Match } from "../../lib/references/requests";
import { below } from "../../lib/validation/rules";
import { withLate } from "../support/late-references";
import { isHosted, plain, registry, type ServiceOfProgram } from "../support/program";
import type { HttpRouteArgs } from "./args";
import type { Parent, RouteRule } from "./objects";
import type { RouteRuleArgs, RouteVersionArgs } from "./rule-args";

/** Namespace and Services; what comes from a resource of the program is there when it arrives. */
export function placesOfRoute(args: HttpRouteArgs, namespace: string, cluster: string): Reference[] {
  return withLate(args, (known) => plainPlaces(known, namespace, cluster));
}

function plainPlaces(args: HttpRouteArgs, namespace: string, cluster: string): Reference[] {
  const named: Reference[] =
    typeof args.namespace === "string" ? [{ type: "namespace", path: "namespace", name: namespace }] : [];
  const parent = plain(args.parent) as Parent | undefined;
  const service: Reference[] = parent?.kind === "Service" ? parentService(parent, namespace, cluster) : [];
  return [...named, ...service, ...backendsAt(args).flatMap(([path, version]) => backend(path, version, namespace))];
}

/** The Service that a route attaches to, and its waypoint. */
function parentService({ name, namespace = "" }: Parent, own: string, cluster: string): Reference[] {
  const at = { cluster, namespace: namespace || own, service: name };
  // In another language a Waypoint may come after the route has been judged.
  const isKnown = !isHosted() && !registry().waypointUsers.things.some((user) => mayUse(user, at));
  return [
    ...serviceReference("parent.name", { service: name, namespace: at.namespace }, own),
    ...(isKnown ? [{ type: "routed" as const, path: "parent", namespace: at.namespace, name }] : []),
  ];
}

/** True where a Waypoint of this program serves the Service, or one whose name is still to come and may be this one. */
function mayUse(user: ServiceOfProgram, { cluster, namespace, service }: ServiceOfProgram): boolean {
  const may = (given: unknown, known: unknown) => [known, undefined].includes(plain(given) as string | undefined);
  return user.cluster === cluster && may(user.namespace, namespace) && may(user.service, service);
}

/** Every backend with its path. */
function backendsAt(args: HttpRouteArgs): [string, RouteVersionArgs][] {
  const rules: [string, RouteRuleArgs][] = args.rules
    ? args.rules.map((rule, index) => [`rules[${index}]`, rule])
    : [["", { backends: args.backends, canary: args.canary }]];
  return rules.flatMap(([at, { backends = [], canary, mirror }]): [string, RouteVersionArgs][] => [
    ...backends.map((each, index): [string, RouteVersionArgs] => [below(at, `backends[${index}]`), each]),
    ...(canary
      ? ([
          [below(at, "canary.stable"), canary.stable],
          [below(at, "canary.candidate"), canary.candidate],
        ] as [string, RouteVersionArgs][])
      : []),
    ...(mirror ? [[below(at, "mirror.backend"), mirror.backend] as [string, RouteVersionArgs]] : []),
  ]);
}

function backend(path: string, version: RouteVersionArgs, namespace: string): Reference[] {
  const number = plain(version.port);
  return serviceReference(
    `${path}.service`,
    version,
    namespace,
    number === undefined ? undefined : { path: `${path}.port`, number },
  );
}

function serviceReference(
  path: string,
  version: Pick<RouteVersionArgs, "service" | "namespace">,
  namespace: string,
  port?: { path: string; number: number },
): Reference[] {
  const name = plain(version.service);
  const at = version.namespace === undefined ? namespace : plain(version.namespace);
  return name === undefined || at === undefined ? [] : [{ type: "service", path, namespace: at, name, port }];
}

/** What is known of a route once its parent is. */
export interface KnownRoute {
  namespace: string;
  name: string;
  hostnames: string[] | undefined;
  parents: Parent[];
  rules: RouteRule[];
  /** Path of the rules; empty where they were not written as such. */
  at: string;
}

/** The Gateway, where the parent is one. */
export function gatewayOfRoute({ namespace, name, hostnames, parents, rules, at }: KnownRoute): GatewayReference[] {
  const [parent] = parents;
  if (!parent || (parent.kind ?? "Gateway") !== "Gateway") {
    return [];
  }
  const matches = rules.flatMap((rule, index) =>
    (rule.matches ?? [{}]).map((match: Match, each) => ({
      path: rule.matches && at !== "" ? `${at}[${index}].matches[${each}]` : "",
      match,
    })),
  );
  return [
    {
      type: "gateway",
      path: "parent",
      route: { namespace, name, hostnames, matches },
      gateway: { namespace: parent.namespace ?? namespace, name: parent.name },
      parents: parents.map(({ section, port }) => ({ section, port })),
      redirects: rules.every(({ redirect }) => redirect?.scheme === "https" && redirect.hostname === undefined),
      knowsCertificate: parent.certificateNames !== undefined,
    },
  ];
}
