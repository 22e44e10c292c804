// Paths and methods that a snippet turns away: AuthorizationPolicies on the Gateway, as far as NGINX looks there first.
import { guardedBy, isStarred, policyOf, portEntries, starredPath } from "./access";
import { prefix } from "./annotations/family";
import type { Policies } from "./policies";
import { inert, refused, type Saying, type Verdict } from "./report";
import { namingsOf, redirects, type GatewayOptions, type Naming, type PlacedServer } from "./routes";
import { inOrder, type Location, type ReadIngress, type Server } from "./servers";
import type { ClosedPath } from "./settings";

const fix = "an AuthorizationPolicy with action DENY for what it turns away, on the Gateway";
const names = { server: "server-snippet", location: "configuration-snippet" };

/** AuthorizationPolicies for what the snippets of an Ingress turn away. */
export function closedPaths(owner: ReadIngress, placed: readonly PlacedServer[], gateway: GatewayOptions): Policies {
  const paths = byPath(owner, placed, gateway);
  const methods = byMethod(owner, placed, gateway);
  return { objects: [...paths.objects, ...methods.objects], entries: [...paths.entries, ...methods.entries] };
}

function byMethod(owner: ReadIngress, placed: readonly PlacedServer[], gateway: GatewayOptions): Policies {
  const { methods } = owner.settings;
  if (!methods) return { objects: [], entries: [] };
  const text = JSON.stringify(methods);
  const same = (location: Location) => JSON.stringify(location.owner.settings.methods) === text;
  const { operations, entries } = guardedBy(owner, placed, same, [prefix + names.location]);
  const to = operations.map(({ operation }) => ({ operation: { ...operation, notMethods: methods } }));
  const objects = to.length === 0 ? [] : [policyOf(owner, "methods", gateway, { action: "DENY", rules: [{ to }] })];
  return { objects, entries: [...entries, ...portEntries(owner, [prefix + names.location], objects, gateway)] };
}

function byPath(owner: ReadIngress, placed: readonly PlacedServer[], gateway: GatewayOptions): Policies {
  const servers = placed.map(({ server }) => server);
  const mine = placed.filter((one) =>
    one.placed.some(({ location, pieces }) => location.owner === owner && pieces.length > 0),
  );
  const found = owner.settings.closed.flatMap((closed) =>
    mine.map((one) => ({ closed, operation: operationOf(closed, owner, one, servers) })),
  );
  const operations = found.flatMap(({ operation }) => ("hosts" in operation ? [{ operation }] : []));
  const entries = found.flatMap(({ closed, operation }): Saying[] =>
    "hosts" in operation
      ? []
      : [{ ingress: owner.key, part: "annotation", name: prefix + names[closed.scope], ...operation }],
  );
  const spec = { action: "DENY", rules: [{ to: operations }] };
  const objects = operations.length === 0 ? [] : [policyOf(owner, "closed", gateway, spec)];
  const annotated = [...new Set(owner.settings.closed.map(({ scope }) => prefix + names[scope]))];
  return { objects, entries: [...entries, ...portEntries(owner, annotated, objects, gateway)] };
}

/** What is denied on a host, or why that cannot be said. */
function operationOf(
  closed: ClosedPath,
  owner: ReadIngress,
  { server, placed }: PlacedServer,
  servers: readonly Server[],
): { hosts: string[]; ports: string[]; paths: string[]; notPaths?: string[] } | (Verdict & Pick<Saying, "without">) {
  const { path, reach, rank, scope, late } = closed;
  const speaker = inOrder([...new Set(placed.map(({ location }) => location.owner))]).find(hasServerSnippet);
  if (scope === "server" && speaker && speaker !== owner) {
    const why = `NGINX takes the server-snippet of ${server.host || "*"} from ${speaker.key}`;
    return { ...inert(why), without: server.host };
  }
  const hosts = [server.host, ...server.aliases];
  if (hosts.some((name) => name === "" || name.startsWith("*."))) {
    return refused(
      "an AuthorizationPolicy can name neither all other hosts nor a wildcard with every port",
      "each host by its name",
    );
  }
  const own = placed.filter(({ location }) => location.owner === owner).map(({ location }) => location);
  const others = placed.filter(({ location }) => location.owner !== owner).map(({ location }) => location);
  const isNested = scope === "location" && rank !== "condition";
  const misplaced = own.find(
    (location) => server.regex || location.exact || !location.path.endsWith("/") || !path.startsWith(location.path),
  );
  if (isNested && rank !== "expression" && misplaced) {
    return refused(`NGINX does not load a configuration with location ${path} in that of ${misplaced.path}`, fix);
  }
  if (server.regex && (others.length > 0 ? scope === "location" : scope === "server" && rank === "prefix")) {
    return refused("the paths of the host are regular expressions, of which NGINX may take one first", fix);
  }
  if (scope === "location" && !server.regex) {
    const taking = placed.map(({ location }) => location).filter((location) => contains(location, path));
    const closest = taking.sort((a, b) => b.path.length - a.path.length)[0];
    if (closest && closest.owner !== owner)
      return inert(`${path} goes to ${closest.owner.key}, of which it is no part`);
  }
  const asked = scope === "location" ? others : rank === "condition" ? [] : [...own, ...others];
  const before = server.regex ? [] : asked;
  const notPaths = [...new Set(before.flatMap((location) => ahead(location, closed)))];
  const starred = before.find((one) => isStarred(one.path) && ahead(one, closed).includes(one.path));
  if (starred) return starredPath(starred.path);
  const isRedirected = (naming: Naming) => own.every((location) => redirects(location, naming.server, servers));
  const ports = late && namingsOf(server).every(isRedirected) ? ["443"] : ["80", "443"];
  return {
    hosts: hosts.flatMap((name) => [name, `${name}:*`]),
    ports,
    paths: [reach === "exact" ? path : `${path}*`],
    ...(notPaths.length > 0 ? { notPaths } : {}),
  };
}

function hasServerSnippet({ ingress }: ReadIngress): boolean {
  return ingress.metadata.annotations?.[prefix + names.server] !== undefined;
}

function contains({ path, exact }: Location, closed: string): boolean {
  return exact ? path === closed : closed === path || closed.startsWith(path.replace(/\/?$/, "/"));
}

/** Requests of a path that NGINX finds before the closed one. */
function ahead({ path, exact }: Location, { path: closed, rank, reach, scope }: ClosedPath): string[] {
  if (rank === "exact" || !path.startsWith(closed) || (reach === "exact" && path !== closed)) return [];
  if (exact) return [path];
  const bare = path.replace(/(.)\/$/, "$1");
  // An expression is asked before every prefix, but after a path that is the whole of the request's.
  if (rank === "expression" && scope === "server") return bare === path ? [path] : [];
  return [...(bare === path ? [path] : []), `${bare}/*`];
}
