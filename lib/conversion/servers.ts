// NGINX's view of all Ingresses together: one server a host, with the locations that are left after every claim.
import { defined } from "../json";
import type { Ingress } from "./objects";
import { keyOf } from "./objects";
import { inert, refused, type Verdict } from "./report";
import type { CanarySettings, ClientCertificateSettings, Settings } from "./settings";

/** An Ingress with what its annotations say. */
export interface ReadIngress {
  key: string;
  ingress: Ingress;
  settings: Settings;
}

/** A port of a Service. */
export interface Upstream {
  namespace?: string;
  service: string;
  port: { number?: number; name?: string };
}

/** A path of a server. */
export interface Location {
  /** As the Ingress says it. */
  path: string;
  exact: boolean;
  upstream: Upstream;
  owner: ReadIngress;
  /** It comes from the Ingress's default backend. */
  standard: boolean;
  /** No path `/` of another Ingress replaces it. */
  fixed?: boolean;
}

/** A host, "" for every other one. */
export interface Server {
  host: string;
  /** The oldest Ingress of it, whose settings hold for the host as a whole. */
  owner: ReadIngress;
  aliases: string[];
  /** Those of them that its certificate is not for. */
  bareAliases: string[];
  /** Whose aliases these are. */
  aliasOwner?: ReadIngress;
  locations: Location[];
  /** All paths are regular expressions. */
  regex: boolean;
  /** True where it has any certificate, be it NGINX's own. */
  tls: boolean;
  certificate?: { owner: ReadIngress; secret: string };
  /** The CA of the certificates that its clients must show. */
  clientCertificates?: ClientCertificateSettings & { owner: ReadIngress };
  ciphers?: { owner: ReadIngress; names: string[] };
  /** Whose CA is for its backends where the Ingress has none. */
  backendCa?: ReadIngress;
  appRoot?: { owner: ReadIngress; path: string };
  www?: { owner: ReadIngress; from: string };
  /** The location whose Service gets the TLS connections as they are. */
  passthrough?: Location;
}

/** A path that another Ingress has claimed before. */
export interface Lost {
  owner: ReadIngress;
  host: string;
  path: string;
  winner: string;
}

/** A canary and the Service that it stands in for. */
export interface Alternative {
  owner: ReadIngress;
  upstream: Upstream;
  canary: CanarySettings;
}

/** Everything that NGINX would serve. */
export interface Servers {
  servers: Server[];
  lost: Lost[];
  /** By the upstream that they share requests with. */
  canaries: Map<string, Alternative>;
  /** Host and path of canaries, with the upstream that they stand in for. */
  joined: {
    owner: ReadIngress;
    host: string;
    path: string;
    primary: string;
    upstream: Upstream;
    beside: ReadIngress;
  }[];
  /** Host and path of canaries that stand in for nothing. */
  idle: { owner: ReadIngress; host: string; path: string; verdict: Verdict }[];
}

/** NGINX's order: the oldest first, of one age the last by name. */
export function inOrder(all: readonly ReadIngress[]): ReadIngress[] {
  const age = ({ ingress }: ReadIngress) => ingress.metadata.creationTimestamp ?? "";
  return [...all].sort((a, b) => compare(age(a), age(b)) || compare(b.key, a.key));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** True where clients are asked for a certificate, by a listener that is the host's own. */
export function isMutual({ host, certificate, clientCertificates }: Server): boolean {
  return host !== "" && certificate !== undefined && clientCertificates !== undefined;
}

/** True where no client without one gets an answer. */
export function demandsCertificate(server: Server): boolean {
  return isMutual(server) && server.clientCertificates!.judged?.demanded !== false;
}

/** One upstream's name. */
export function upstreamKey({ namespace, service, port }: Upstream): string {
  return `${keyOf(defined({ namespace, name: service }))}:${port.number ?? port.name ?? ""}`;
}

/** `certifies` says whether a TLS Secret's certificate is for a host that the tls section does not name. */
export function serversOf(
  all: readonly ReadIngress[],
  certifies: (owner: ReadIngress, secret: string, host: string) => boolean,
): Servers {
  const ordered = inOrder(all);
  const plain = ordered.filter(({ settings }) => settings.canary === undefined);
  const servers = new Map<string, Server>();
  const lost: Lost[] = [];
  for (const read of plain) for (const host of hostsOf(read)) open(servers, read, host);
  for (const read of plain) addDefault(servers, read);
  for (const read of plain) for (const rule of read.ingress.spec.rules ?? []) addRule(servers, lost, read, rule);
  for (const read of plain) for (const host of hostsOf(read)) addTls(servers.get(host)!, read, certifies);
  const list = [...servers.values()].sort((a, b) => compare(a.host, b.host));
  const named = new Set(servers.keys());
  for (const server of list) finish(server, servers, named);
  // The redirect of a name comes before every alias.
  const redirected = new Set(list.map(({ www }) => www?.from));
  for (const server of list) {
    server.aliases = server.aliases.filter((alias) => !redirected.has(alias));
    // Of all other hosts the certificate is NGINX's own.
    const { owner, secret } = (server.host !== "" && server.certificate) || {};
    server.bareAliases = server.aliases.filter((alias) => !owner || !secret || !certifies(owner, secret, alias));
  }
  for (const read of plain) for (const host of hostsOf(read)) passOn(servers.get(host)!, read);
  return { servers: list, lost, ...alternatives(ordered, servers) };
}

/** The hosts of its rules, each once. */
export function hostsOf({ ingress }: ReadIngress): string[] {
  return [...new Set((ingress.spec.rules ?? []).map(({ host }) => (host ?? "").toLowerCase()))];
}

function open(servers: Map<string, Server>, owner: ReadIngress, host: string): Server {
  const known = servers.get(host);
  if (known) return known;
  const server: Server = { host, owner, aliases: [], bareAliases: [], locations: [], regex: false, tls: false };
  servers.set(host, server);
  return server;
}

/**
 * The default backend answers for every host of the Ingress that is the oldest of the host; for all other hosts, that of
 * the oldest Ingress without rules, which no path `/` replaces.
 */
function addDefault(servers: Map<string, Server>, owner: ReadIngress): void {
  const upstream = upstreamOf(owner, owner.ingress.spec.defaultBackend?.service);
  if (!upstream) return;
  const isForAll = (owner.ingress.spec.rules ?? []).length === 0;
  const own = isForAll
    ? [open(servers, owner, "")]
    : [...servers.values()].filter((server) => server.owner === owner && server.host !== "");
  for (const server of own) {
    if (server.locations.length > 0) continue;
    server.locations.push({
      path: "/",
      exact: false,
      upstream,
      owner,
      standard: true,
      ...(isForAll ? { fixed: true } : {}),
    });
  }
}

type Rule = NonNullable<Ingress["spec"]["rules"]>[number];

function addRule(servers: Map<string, Server>, lost: Lost[], owner: ReadIngress, rule: Rule): void {
  const server = servers.get((rule.host ?? "").toLowerCase())!;
  for (const { path: given, pathType, backend } of rule.http?.paths ?? []) {
    const upstream = upstreamOf(owner, backend.service);
    if (!upstream) continue;
    const path = given === undefined || given === "" ? "/" : given;
    const exact = pathType === "Exact";
    const rival = server.locations.find((location) => location.path === path && location.exact === exact);
    if (rival && (!rival.standard || rival.fixed)) {
      lost.push({ owner, host: server.host, path, winner: rival.owner.key });
      continue;
    }
    if (rival) server.locations.splice(server.locations.indexOf(rival), 1);
    server.locations.push({ path, exact, upstream, owner, standard: false });
  }
}

function upstreamOf(
  { ingress }: ReadIngress,
  service: { name: string; port?: Upstream["port"] } | undefined,
): Upstream | undefined {
  if (!service) return undefined;
  const { namespace } = ingress.metadata;
  return { ...(namespace === undefined ? {} : { namespace }), service: service.name, port: service.port ?? {} };
}

/** The first Ingress with a tls section gives the host its certificate, NGINX's own where no Secret is for the host. */
function addTls(
  server: Server,
  owner: ReadIngress,
  certifies: (owner: ReadIngress, secret: string, host: string) => boolean,
): void {
  if (server.aliases.length === 0 && owner.settings.aliases.length > 0) {
    server.aliases = owner.settings.aliases;
    server.aliasOwner = owner;
  }
  const { clientCertificates, ciphers } = owner.settings;
  if (clientCertificates) server.clientCertificates ??= { ...clientCertificates, owner };
  if (owner.settings.verifiesHosts !== undefined) server.backendCa ??= owner;
  if (ciphers) server.ciphers ??= { owner, names: ciphers };
  const tls = owner.ingress.spec.tls ?? [];
  if (server.tls || tls.length === 0) return;
  server.tls = true;
  const named = tls.find(({ hosts }) => hosts?.some((host) => host.toLowerCase() === server.host));
  const fitting = named ?? tls.find(({ secretName }) => secretName && certifies(owner, secretName, server.host));
  if (fitting?.secretName) server.certificate = { owner, secret: fitting.secretName };
}

/** With ssl-passthrough on any Ingress of the host, TLS goes to the Service of its path `/`, and no certificate is shown. */
function passOn(server: Server, { settings }: ReadIngress): void {
  const root = server.locations.find(({ path }) => path === "/");
  if (!settings.passthrough || !root || server.host === "") return;
  server.passthrough = root;
  delete server.certificate;
}

/** What holds for the host as a whole, and the order of its locations: the longest path first. */
function finish(server: Server, servers: Map<string, Server>, named: Set<string>): void {
  const { redirect } = server.owner.settings;
  const claimed = server.locations.some(({ path, exact }) => path === "/" && !exact);
  if (redirect && !claimed && server.host !== "") {
    // NGINX gives every host a path `/` with the settings of its oldest Ingress: here it redirects all else too.
    const upstream = { service: "", port: {} };
    server.locations.push({ path: "/", exact: false, upstream, owner: server.owner, standard: true });
  }
  server.locations.sort((a, b) => b.path.length - a.path.length || compare(b.path, a.path));
  // A name that two hosts claim belongs to the first of them.
  server.aliases = [...new Set(server.aliases)].filter((alias) => !named.has(alias)).sort();
  for (const alias of server.aliases) named.add(alias);
  const speakers = [server.owner, ...server.locations.map(({ owner }) => owner)];
  server.regex =
    server.locations.some(rewrites) || speakers.some(({ settings }) => settings.useRegex) || ownerRewrites(server);
  const root = server.locations.find(({ owner }) => owner.settings.appRoot !== undefined);
  if (root) server.appRoot = { owner: root.owner, path: root.owner.settings.appRoot! };
  const www = server.locations.find(({ owner }) => owner.settings.fromToWww);
  const from = server.host.startsWith("www.") ? server.host.slice(4) : `www.${server.host}`;
  if (www && server.host !== "" && !server.host.startsWith("*.") && !servers.has(from)) {
    server.www = { owner: www.owner, from };
  }
}

/** True where the backend sees another path. */
export function rewrites({ path, owner }: Location): boolean {
  return owner.settings.rewriteTarget !== undefined && owner.settings.rewriteTarget !== path;
}

/** True where NGINX adds a slash to the path, and then sends the path without it for all that is below. */
export function isFlattened({ path, exact, owner: { settings } }: Location): boolean {
  return settings.rewriteTarget === path && !exact && !settings.useRegex && !path.endsWith("/");
}

/** NGINX gives every host a location `/` with the settings of the host's oldest Ingress, until some Ingress claims it. */
function ownerRewrites({ locations, owner: { settings } }: Server): boolean {
  const claimed = locations.some(({ path, exact }) => path === "/" && !exact);
  return !claimed && settings.rewriteTarget !== undefined && settings.rewriteTarget !== "/";
}

/** Canaries belong to the upstream, so they stand in wherever its requests come from; each upstream has one at most. */
function alternatives(
  ordered: ReadIngress[],
  servers: Map<string, Server>,
): Pick<Servers, "canaries" | "joined" | "idle"> {
  const canaries: Servers["canaries"] = new Map();
  const joined: Servers["joined"] = [];
  const idle: Servers["idle"] = [];
  const policies = new Map<string, CanarySettings>();
  const primaries = new Map(
    [...servers.values()].flatMap(({ locations }) => locations.map((l) => [upstreamKey(l.upstream), l.owner])),
  );
  const makers = makersOf(ordered);
  for (const owner of ordered) {
    const canary = owner.settings.canary;
    if (!canary) continue;
    for (const { host, path, exact, service } of claimsOf(owner, servers.get("")?.locations ?? [])) {
      const upstream = upstreamOf(owner, service);
      if (!upstream) continue;
      const key = upstreamKey(upstream);
      if (!policies.has(key)) policies.set(key, canary);
      const primary = servers.get(host)?.locations.find((l) => l.path === path && l.exact === exact);
      const rival = primary && canaries.get(upstreamKey(primary.upstream));
      const why = !primary
        ? "no other Ingress has this host and path"
        : primaries.has(key)
          ? "its Service gets requests of its own"
          : rival && upstreamKey(rival.upstream) !== key
            ? `the canary of ${rival.owner.key} was there first`
            : undefined;
      const served = makers.get(key)!.settings.canary && primaries.get(key);
      if (served) {
        idle.push({ owner, host, path, verdict: contested(upstream, served) });
        continue;
      }
      if (!primary || why !== undefined) {
        idle.push({ owner, host, path, verdict: inert(`NGINX sends it nothing: ${why}`) });
        continue;
      }
      const stoodFor = upstreamKey(primary.upstream);
      joined.push({ owner, host, path, primary: stoodFor, upstream, beside: primary.owner });
      if (!rival) canaries.set(stoodFor, { owner, upstream, canary: policies.get(key)! });
    }
  }
  return { canaries, joined, idle };
}

/** Who makes an upstream, which is a canary's alone or not: the first with a path, but the last with a default backend. */
function makersOf(ordered: readonly ReadIngress[]): ReadonlyMap<string, ReadIngress> {
  const makers = new Map<string, ReadIngress>();
  for (const owner of ordered) {
    const { defaultBackend, rules = [] } = owner.ingress.spec;
    const standard = upstreamOf(owner, defaultBackend?.service);
    if (standard) makers.set(upstreamKey(standard), owner);
    for (const { backend } of rules.flatMap(({ http }) => http?.paths ?? [])) {
      const upstream = upstreamOf(owner, backend.service);
      if (upstream && !makers.has(upstreamKey(upstream))) makers.set(upstreamKey(upstream), owner);
    }
  }
  return makers;
}

function contested({ service }: Upstream, { key }: ReadIngress): Verdict {
  const why = `Service ${service} is a canary's alone to NGINX, which answers 404 where ${key} sends to it`;
  return refused(why, "a Service of its own for one of the two");
}

/** Hosts and paths of a canary as they stand in it; its default backend is for every path of all other hosts. */
function claimsOf({ ingress: { spec } }: ReadIngress, others: readonly Location[]) {
  const standard = spec.defaultBackend?.service;
  const root = { path: "/", exact: false };
  return [
    ...(spec.rules ?? []).flatMap(({ host, http }) =>
      (http?.paths ?? []).map(({ path, pathType, backend }) => ({
        host: (host ?? "").toLowerCase(),
        path: path === undefined || path === "" ? "/" : path,
        exact: pathType === "Exact",
        service: backend.service,
      })),
    ),
    ...(standard ? (others.length > 0 ? others : [root]) : []).map(({ path, exact }) => ({
      host: "",
      path,
      exact,
      service: standard!,
    })),
  ];
}
