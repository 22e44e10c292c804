// Ingresses → objects for the gateway, and a report that names every part of them.
import { externalAuth, sourceRanges } from "./access";
import { prefix } from "./annotations/family";
import { canaryTls } from "./canary-tls";
import { closedPaths } from "./closed";
import { certificateFor } from "./certificate";
import { hostTls } from "./client-certificates";
import { clientFilters } from "./client-filters";
import { certificatesOf } from "./certificates/certificates";
import { envoyFilters } from "./envoy-filters";
import { distinct, type ExtensionProvider } from "./extension-providers";
import { headerEntries } from "./header-counts";
import { ignoredEntries, besideEntries } from "./ignored";
import { inputOf, type Input } from "./input";
import type { Written } from "./objects";
import { certificateListeners } from "./listeners";
import { Names } from "./names";
import { shutPaths } from "./network-policies";
import { backendTls, destinationRules, referenceGrants, tlsEntries } from "./policies";
import { leftEntries, readAll, type ConvertOptions } from "./read";
import { passthroughEntries, tlsRoutes } from "./passthrough";
import { changed, converted, inert, together, type Entry, type Saying, type Verdict } from "./report";
import { rootRewrites } from "./root-rewrites";
import { placeAll, redirects, RouteBuilder, standardGateway, type PlacedServer, type PortNumber } from "./routes";
import { portNumbers, reachable, reachableCanaries, upstreamFault } from "./upstreams";
import { sharedHosts, unreadNotes } from "./shared-hosts";
import { headerNotes } from "./trusted-headers";
import { hostsOf, serversOf, type ReadIngress, type Server, type Servers } from "./servers";

/** What a conversion gives. */
export interface Conversion {
  /** Empty where something was refused. */
  objects: Written[];
  /** What the mesh must have for them. */
  providers: ExtensionProvider[];
  entries: Entry[];
  /** What holds for all routes. */
  notes: string[];
  /** True where something was refused and not accepted. */
  refused: boolean;
}

/** The options of a conversion for a gateway as this package makes it. */
export const standardOptions: ConvertOptions = {
  gateway: {
    ...standardGateway,
    httpListener: "http",
    httpsListener: "https",
    hsts: false,
    nginxHeaders: false,
  },
  className: "nginx",
  classless: true,
  accept: [],
  authProviders: [],
  elsewhere: [],
  envoyFilters: true,
};

/** Converts every Ingress of the class that is among the documents. */
export function convert(documents: readonly unknown[], options: ConvertOptions = standardOptions): Conversion {
  const input = inputOf(documents);
  const entries = [...input.unreadable, ...input.strays, ...leftEntries(input, options)];
  const read = readAll(input, options, entries);
  const portOf = portNumbers(input);
  const all = serversOf(read, certificateFor(input.secrets));
  entries.push(...besideEntries(read, all.servers));
  const servers = { ...all, canaries: reachableCanaries(all, portOf, input) };
  const placed = placeAll(servers.servers).map((one) =>
    reachable(rootRewrites(one, options.envoyFilters), portOf, input),
  );
  const built = build(read, servers, placed, portOf, input, options);
  const hostsOfKey = (key: string) => read.filter((one) => one.key === key).flatMap(hostsOf);
  const said = [
    ...entries,
    ...pathEntries(read, servers, placed, portOf, input, options),
    ...built.entries,
    ...sharedHosts(read, options),
  ];
  const judged = together(inReportOrder(said), hostsOfKey).map((entry) => accepted(entry, options.accept));
  const isRefused = judged.some(({ outcome }) => outcome === "refused");
  const objects = isRefused ? [] : built.objects;
  const notes = [...headerNotes(objects, read, options.gateway), ...unreadNotes(options)];
  return { objects, providers: providersOf(read, objects), entries: judged, notes, refused: isRefused };
}

/** The providers that the policies among the objects name. */
function providersOf(read: readonly ReadIngress[], objects: readonly Written[]): ExtensionProvider[] {
  const named = objects.map(({ spec }) => (spec as { provider?: { name: string } } | undefined)?.provider?.name);
  const all = distinct(read.flatMap(({ settings }) => settings.authProvider ?? []));
  return all.filter(({ name }) => named.includes(name));
}

/** All objects, in the order of namespaces and names: what closes and encrypts comes before the routes to it. */
function build(
  read: ReadIngress[],
  servers: Servers,
  placed: PlacedServer[],
  portOf: PortNumber,
  input: Input,
  options: ConvertOptions,
): { objects: Written[]; entries: Saying[] } {
  const { gateway } = options;
  const issued = certificatesOf(read, input, options);
  const byName = [...read].sort((a, b) => (a.key < b.key ? -1 : 1));
  const names = () => new Names(new Set(read.map(({ key }) => key)));
  const [routeNames, setNames, tlsRouteNames] = [names(), names(), names()];
  const certificates = certificateListeners(placed, gateway, setNames);
  const rules = destinationRules(read, servers, placed, portOf, input, gateway);
  const builder = new RouteBuilder(servers, placed, gateway, portOf, certificates.setOf, rules.sessions);
  const routed = byName.map((owner) => ({ owner, routes: builder.routesOf(owner, routeNames) }));
  const passed = tlsRoutes(placed, gateway, portOf, { sets: setNames, routes: tlsRouteNames });
  const secured = hostTls(byName, servers.servers, input, options.envoyFilters);
  const guards = byName.flatMap((owner) => [
    sourceRanges(owner, placed, gateway),
    externalAuth(owner, placed, gateway),
    closedPaths(owner, placed, gateway),
  ]);
  return {
    objects: [
      ...referenceGrants(byName, servers),
      ...secured.objects,
      ...issued.objects,
      ...rules.objects,
      ...backendTls(placed, servers.canaries, input, portOf),
      ...guards.flatMap(({ objects }) => objects),
      ...envoyFilters(
        routed,
        gateway,
        rules.sessions,
        builder.captured,
        options.envoyFilters ? certificates.reusedBy : () => [],
      ),
      ...clientFilters(byName, servers.servers, gateway),
      ...certificates.objects,
      ...passed,
      ...routed.flatMap(({ routes }) => routes),
    ],
    entries: [
      ...rules.entries,
      ...issued.entries,
      ...secured.entries,
      ...ignoredEntries(byName, servers.servers),
      ...headerEntries(routed),
      ...canaryTls(read, servers.servers, input),
      ...shutPaths(placed, servers, input, portOf, gateway),
      ...guards.flatMap(({ entries }) => entries),
      ...passthroughEntries(
        byName,
        placed,
        guards.some(({ objects }) => objects.length > 0),
      ),
    ],
  };
}

/** What became of hosts, paths, default backends and TLS. */
function pathEntries(
  read: ReadIngress[],
  servers: Servers,
  placed: PlacedServer[],
  portOf: PortNumber,
  input: Input,
  { gateway, envoyFilters: mayFilter }: ConvertOptions,
): Entry[] {
  return read.flatMap((owner) => {
    const entry = (part: Entry["part"], name: string, verdict: Verdict): Entry => ({
      ingress: owner.key,
      part,
      name,
      ...verdict,
    });
    const hosts = owner.settings.canary
      ? []
      : hostsOf(owner).map((host) =>
          entry(
            "host",
            host || "*",
            hostVerdict(
              owner,
              servers.servers.find((s) => s.host === host)!,
              servers.servers,
            ),
          ),
        );
    const paths = placed.flatMap(({ server, placed: locations }) =>
      locations
        .filter(({ location }) => location.owner === owner)
        .map((one) =>
          entry(
            one.location.standard ? "default backend" : "path",
            `${server.host || "*"}${one.location.path}`,
            one.verdict,
          ),
        ),
    );
    const lost = servers.lost
      .filter((one) => one.owner === owner)
      .map(({ host, path, winner }) => entry("path", `${host || "*"}${path}`, inert(`NGINX routes it to ${winner}`)));
    const idle = servers.idle
      .filter((one) => one.owner === owner)
      .map(({ host, path, verdict }) => entry("path", `${host || "*"}${path}`, verdict));
    const joined = servers.joined
      .filter((one) => one.owner === owner)
      .map(({ host, path, primary, upstream, beside }) =>
        entry(
          "path",
          `${host || "*"}${path}`,
          upstreamFault(upstream, portOf, input) ?? joinedVerdict(primary, beside),
        ),
      );
    const rules = owner.ingress.spec.rules ?? [];
    const nothing =
      rules.length === 0 && !owner.ingress.spec.defaultBackend
        ? [entry("ingress", owner.key, inert("it has neither rules nor a default backend, and NGINX serves nothing"))]
        : [];
    return [
      ...nothing,
      ...hosts,
      ...paths,
      ...resourceEntries(owner),
      ...lost,
      ...idle,
      ...joined,
      ...unusedDefault(owner, placed),
      ...tlsEntries(owner, servers.servers, gateway, mayFilter),
    ];
  });
}

/** A canary, of which a session may be part. */
function joinedVerdict(primary: string, { ingress }: ReadIngress): Verdict {
  const note = (name: string) => ingress.metadata.annotations?.[prefix + name]?.trim();
  const isKept = note("affinity") === "cookie" && note("affinity-canary-behavior") !== "legacy";
  const to = `a backend beside ${primary}`;
  return isKept
    ? changed("NGINX keeps a client on the canary by its cookie; here every request is decided anew", to)
    : converted(to);
}

/** Backends that are no Services: NGINX answers 404 for them. */
function resourceEntries(owner: ReadIngress): Entry[] {
  return (owner.ingress.spec.rules ?? []).flatMap(({ host, http }) =>
    (http?.paths ?? [])
      .filter(({ backend }) => !backend.service)
      .map(({ path }) => ({
        ingress: owner.key,
        part: "path" as const,
        name: `${host || "*"}${path ?? "/"}`,
        ...inert("its backend is not a Service, so NGINX answers 404"),
      })),
  );
}

/** A default backend that no host of the Ingress needs. */
function unusedDefault(owner: ReadIngress, placed: readonly PlacedServer[]): Entry[] {
  const used = placed.some((one) => one.placed.some(({ location }) => location.owner === owner && location.standard));
  if (!owner.ingress.spec.defaultBackend || used || owner.settings.canary) return [];
  return [
    {
      ingress: owner.key,
      part: "default backend",
      name: "*",
      ...inert("every host of it has a path `/` of its own, or an older Ingress, or no name"),
    },
  ];
}

function hostVerdict(owner: ReadIngress, server: Server, servers: readonly Server[]): Verdict {
  if (server.locations.length === 0) {
    const wider = servers.filter(({ host }) => host === "" || (host.startsWith("*.") && isBelow(server.host, host)));
    return wider.length === 0
      ? inert("it has no path, and NGINX answers 404 for it")
      : changed(`it has no path: NGINX answers 404 for it, the gateway as for ${wider.at(-1)!.host || "*"}`);
  }
  const { preserveTrailingSlash, sslRedirect, forceSslRedirect } = owner.settings;
  const isRedirected = redirects({ path: "/", owner }, server, servers);
  const details = [
    ...(server.host.startsWith("*.") ? ["`*` stands for any number of labels; NGINX takes one"] : []),
    ...(isRedirected && !preserveTrailingSlash
      ? ["the redirect to https keeps the last slash of a path, which NGINX takes away"]
      : []),
    ...(server.tls && !server.passthrough
      ? ["answers over https have no Strict-Transport-Security unless --hsts says so"]
      : []),
  ];
  const to = isRedirected ? "hostnames, and a redirect to https" : "hostnames";
  const without = server.host === "" && (owner.ingress.spec.tls ?? []).length > 0 && sslRedirect && !forceSslRedirect;
  if (without)
    return converted(
      "a route without hostnames",
      "NGINX has no certificate for hosts without a rule, so it does not redirect them",
    );
  if (server.host === "") return converted("a route without hostnames");
  return details.length > 0 ? changed(details.join("; "), to) : converted(to);
}

function isBelow(host: string, wildcard: string): boolean {
  return host.endsWith(wildcard.slice(1));
}

const partOrder: Entry["part"][] = ["ingress", "annotation", "host", "path", "default backend", "tls"];

/** By Ingress, part and name, so that the order of documents does not show. */
function inReportOrder(entries: Saying[]): Saying[] {
  const rank = (entry: Saying) =>
    [entry.ingress, partOrder.indexOf(entry.part), entry.name, entry.detail ?? ""].join("\u0000");
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0));
}

function accepted(entry: Entry, accept: readonly string[]): Entry {
  const names = [entry.name, ...(entry.name.startsWith(prefix) ? [entry.name.slice(prefix.length)] : [])];
  if (entry.outcome !== "refused" || !names.some((name) => accept.includes(name))) return entry;
  return { ...entry, outcome: "accepted", detail: `skipped: ${entry.detail ?? ""}` };
}
