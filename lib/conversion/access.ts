// Who is admitted: AuthorizationPolicies on the Gateway for the hosts and paths of an Ingress.
import { defined } from "../json";
import { foreignName } from "./names";
import { keyOf, type Written } from "./objects";
import type { Piece } from "./pieces";
import type { Policies } from "./policies";
import { openOtherwise } from "./annotations/closed";
import { prefix, redirectedBefore, redirectsAll } from "./annotations/family";
import { changed, refused, type Entry, type Saying, type Verdict } from "./report";
import {
  namingsOf,
  neverRedirected,
  redirects,
  standardGateway,
  type GatewayOptions,
  type Naming,
  type PlacedServer,
} from "./routes";
import { hostsOf, type Location, type ReadIngress } from "./servers";

/** The requests of an Ingress, for the `to` of a rule. */
interface Guarded {
  operations: { operation: object }[];
  entries: Entry[];
}

/** AuthorizationPolicies for the source ranges of an Ingress. */
export function sourceRanges(owner: ReadIngress, placed: readonly PlacedServer[], gateway: GatewayOptions): Policies {
  const { allow, deny } = owner.settings;
  if (!allow && !deny) return { objects: [], entries: [] };
  const text = JSON.stringify([allow, deny]);
  // NGINX redirects before it looks at addresses.
  const same = ({ owner: { settings } }: Location) =>
    !settings.redirect && JSON.stringify([settings.allow, settings.deny]) === text;
  const annotated = Object.keys(owner.ingress.metadata.annotations ?? {}).filter((name) =>
    name.endsWith("list-source-range"),
  );
  if (owner.settings.redirect) return redirected(owner, annotated);
  const { operations, entries } = guardedBy(owner, placed, same, annotated);
  const policy = (suffix: string, source: object) =>
    policyOf(owner, suffix, gateway, { action: "DENY", rules: [{ from: [{ source }], to: operations }] });
  const objects =
    operations.length === 0
      ? []
      : [
          ...(deny ? [policy("denylist", { remoteIpBlocks: deny })] : []),
          ...(allow ? [policy("allowlist", { notRemoteIpBlocks: allow })] : []),
        ];
  return { objects, entries: [...entries, ...portEntries(owner, annotated, objects, gateway)] };
}

/** What is said of the ports of a Gateway that this package may not have made. */
export function portEntries(
  owner: ReadIngress,
  annotated: readonly string[],
  objects: readonly Written[],
  { name, namespace }: GatewayOptions,
): Entry[] {
  const isStandard = name === standardGateway.name && namespace === standardGateway.namespace;
  if (isStandard || objects.length === 0) return [];
  const gateway = keyOf(defined({ name, namespace }));
  const verdict = changed(
    `the policy is for ports 80 and 443 of the gateway's pods, as this package's gateways have them: on any other port Gateway ${gateway} admits everyone`,
  );
  return annotated.map((one) => ({ ingress: owner.key, part: "annotation", name: one, ...verdict }));
}

/** An AuthorizationPolicy that has the Ingress's service asked, save where a certificate authority asks. */
export function externalAuth(owner: ReadIngress, placed: readonly PlacedServer[], gateway: GatewayOptions): Policies {
  const provider = owner.settings.authProvider?.name;
  if (provider === undefined) return { objects: [], entries: [] };
  const same = ({ path, owner: { settings } }: Location) =>
    !settings.redirect && settings.authProvider?.name === provider && !path.startsWith(neverRedirected);
  const annotated = Object.keys(owner.ingress.metadata.annotations ?? {}).filter((name) =>
    /\/auth-(url|type)$/.test(name),
  );
  if (owner.settings.redirect) return redirected(owner, annotated);
  const { operations, entries } = guardedBy(owner, placed, same, annotated);
  const spec = { action: "CUSTOM", provider: { name: provider }, rules: [{ to: operations }] };
  const objects = operations.length === 0 ? [] : [policyOf(owner, "auth", gateway, spec)];
  return { objects, entries: [...entries, ...portEntries(owner, annotated, objects, gateway)] };
}

/** No policy, which is said here where a snippet redirects, and with the annotations else. */
function redirected(owner: ReadIngress, annotated: string[]): Policies {
  const { key, ingress } = owner;
  const { metadata } = ingress;
  const isSaid = redirectsAll({ other: (name) => metadata.annotations?.[prefix + name] });
  const sayings = (name: string) =>
    hostsOf(owner).map((without): Saying => ({ ingress: key, part: "annotation", name, without, ...redirectedBefore }));
  return { objects: [], entries: isSaid ? [] : annotated.flatMap(sayings) };
}

/** A policy of the Ingress on the Gateway. */
export function policyOf(owner: ReadIngress, suffix: string, gateway: GatewayOptions, spec: object): Written {
  return {
    apiVersion: "security.istio.io/v1",
    kind: "AuthorizationPolicy",
    metadata: defined({ name: foreignName(owner, suffix), namespace: gateway.namespace }),
    spec: { targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: gateway.name }], ...spec },
  };
}

/** What a policy of the Ingress is for; `same` is true for every location that gets the same policy. */
export function guardedBy(
  owner: ReadIngress,
  placed: readonly PlacedServer[],
  same: (location: Location) => boolean,
  annotated: string[],
): Guarded {
  const operations: Guarded["operations"] = [];
  const entries: Entry[] = [];
  const servers = placed.map(({ server }) => server);
  for (const one of placed) {
    const mine = one.placed
      .filter(({ location, pieces }) => location.owner === owner && pieces.length > 0)
      .map(({ location }) => location)
      .filter(same);
    if (mine.length === 0) continue;
    const found = operationsOf(one, mine, same);
    // Without ports a policy would hold for whole connections to the Gateway's TCP listeners.
    const isRedirected = ({ server }: Naming) => mine.every((location) => redirects(location, server, servers));
    const namings = namingsOf(one.server);
    const reached = [
      { ports: ["443"], names: namings.filter(isRedirected) },
      { ports: ["80", "443"], names: namings.filter((naming) => !isRedirected(naming)) },
    ].filter(({ names }) => names.length > 0);
    if (Array.isArray(found)) {
      const isOpen = one.placed.some(({ location, pieces }) => !same(location) && pieces.some(isAll));
      if (isOpen && found.some((operation) => "paths" in operation)) {
        const [location] = mine;
        entries.push(
          ...annotated.map((name) => ({
            ingress: owner.key,
            part: "annotation" as const,
            name,
            ...changed(openOtherwise(location!.path)),
          })),
        );
      }
      operations.push(
        ...reached.flatMap(({ ports, names }) => {
          const hosts = names.flatMap(({ hostnames }) => hostnames.flatMap((name) => [name, `${name}:*`]));
          return found.map((operation) => ({ operation: { hosts, ...operation, ports } }));
        }),
      );
    } else {
      entries.push(...annotated.map((name) => ({ ingress: owner.key, part: "annotation" as const, name, ...found })));
    }
  }
  return { operations, entries };
}

/** The paths of the locations, or why no AuthorizationPolicy can name them. */
function operationsOf(
  { server, placed }: PlacedServer,
  mine: Location[],
  same: (location: Location) => boolean,
): object[] | Verdict {
  const names = [server.host, ...server.aliases];
  if (names.some((name) => name === "" || name.startsWith("*."))) {
    return refused(
      "an AuthorizationPolicy can name neither all other hosts nor a wildcard with every port",
      "each host by its name",
    );
  }
  if (placed.every(({ location }) => same(location))) return [{}];
  const all = placed.flatMap(({ location, pieces }) => pieces.map((piece) => ({ location, piece })));
  const expressions = all.filter(({ piece }) => piece.match.type === "RegularExpression");
  const isMine = ({ location }: { location: Location }) => mine.includes(location);
  const isRoot = ({ location }: { location: Location }) => location.path === "/";
  // A prefix comes before every expression, so those of others matter only to a path that is one itself.
  const blurred =
    expressions.some(isMine) && expressions.some((one) => (isMine(one) ? !isRoot(one) : !same(one.location)));
  if (blurred) {
    return refused("an AuthorizationPolicy knows no regular expressions", "a host of its own for these paths");
  }
  const found = all
    .filter(({ location }) => mine.includes(location))
    .map(({ location, piece }) => {
      const below = all.filter(
        (other) => other.location !== location && !same(other.location) && isBelow(other.piece, piece),
      );
      return {
        named: [...(isAll(piece) ? [] : [piece]), ...below.map((other) => other.piece)],
        paths: isAll(piece) ? [] : pathsOf(piece),
        notPaths: [...new Set(below.flatMap((other) => pathsOf(other.piece)))],
      };
    });
  const starred = found.flatMap(({ named }) => named).find(({ match }) => isStarred(match.value));
  if (starred) return starredPath(starred.match.value);
  return found.map(({ paths, notPaths }) => ({
    ...(paths.length > 0 ? { paths } : {}),
    ...(notPaths.length > 0 ? { notPaths } : {}),
  }));
}

function pathsOf({ match: { type, value } }: Piece): string[] {
  if (type === "Exact") return [value];
  return value === "/" ? ["/*"] : [value, `${value}/*`];
}

/** True for a path of an Ingress that a policy would take for everything that begins with it. */
export function isStarred(path: string): boolean {
  return path.endsWith("*");
}

/** The verdict on a policy that would have to name such a path. */
export function starredPath(path: string): Verdict {
  return refused(
    `an AuthorizationPolicy takes the * at the end of ${path} for anything, which NGINX takes as it is`,
    "a path without it, or a host of its own for it",
  );
}

/** True for a prefix or an expression that takes every path. */
function isAll({ match: { type, value } }: Piece): boolean {
  return type === "RegularExpression" || (type === "PathPrefix" && value === "/");
}

function isBelow(one: Piece, outer: Piece): boolean {
  const { type, value } = isAll(outer) ? { type: "PathPrefix", value: "/" } : outer.match;
  if (type !== "PathPrefix") return false;
  const above = value === "/" ? "/" : `${value}/`;
  return one.match.value.startsWith(above) || (one.match.value === value && one.match.type === "Exact");
}
