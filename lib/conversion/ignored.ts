// Settings of a host that have no effect, since NGINX takes them from one Ingress only, or has the name already.
import { prefix } from "./annotations/family";
import { openOtherwise } from "./annotations/closed";
import { changed, inert, mapped, refused, type Saying, type Verdict } from "./report";
import { hostsOf, type ReadIngress, type Server } from "./servers";
import type { Interception } from "./settings";

/** What there is to say of server-alias, app-root and from-to-www-redirect beyond the annotations. */
export function ignoredEntries(reads: readonly ReadIngress[], servers: readonly Server[]): Saying[] {
  const byHost = new Map(servers.map((server) => [server.host, server]));
  const byAlias = new Map([
    ...servers.flatMap(({ aliases, host }) =>
      aliases.map((alias) => [alias, `NGINX serves ${alias} as ${host || "*"}`] as const),
    ),
    ...servers.flatMap(({ www, host }) => (www ? [[www.from, `NGINX redirects ${www.from} to ${host}`] as const] : [])),
  ]);
  return reads
    .filter(({ settings }) => !settings.canary)
    .flatMap((read) =>
      hostsOf(read).flatMap((host) => {
        const server = byHost.get(host)!;
        const saying = (name: string) => (verdict: Verdict) => ({
          ingress: read.key,
          part: "annotation" as const,
          name: prefix + name,
          ...verdict,
        });
        const idle = (name: string) => (why: string) => ({ ...saying(name)(inert(why)), without: host });
        const { aliases } = read.settings;
        const isTaken = server.aliasOwner !== read || !aliases.some((alias) => server.aliases.includes(alias));
        return [
          ...aliasesOf(read, server, byHost, byAlias)
            .map(inert)
            .map(saying("server-alias"))
            .map((one) => (isTaken ? { ...one, without: host } : one)),
          ...appRootOf(read, server).map(idle("app-root")),
          ...rewritten(read, server).map(saying("configuration-snippet")),
          ...hostWide(read, server).map(saying("server-snippet")),
          ...overtaken(read, server).map(saying("server-snippet")),
          ...unverified(read, server).map(saying("backend-protocol")),
          ...wwwOf(read, server, byHost).map(idle("from-to-www-redirect")),
        ];
      }),
    );
}

function aliasesOf(
  read: ReadIngress,
  { host, aliases, aliasOwner }: Server,
  byHost: ReadonlyMap<string, Server>,
  byAlias: ReadonlyMap<string, string>,
): string[] {
  const given = read.settings.aliases;
  if (given.length === 0) return [];
  if (aliasOwner !== read) return [`NGINX takes the aliases of ${host || "*"} from ${aliasOwner!.key}`];
  return given
    .filter((alias) => alias !== host && !aliases.includes(alias))
    .map((alias) => (byHost.has(alias) ? `${alias} has rules of its own` : byAlias.get(alias)!));
}

/** A rewrite of a snippet is for plain paths. */
function rewritten({ settings }: ReadIngress, { host, regex }: Server): Verdict[] {
  if (settings.pathRewrites.length === 0 || !regex) return [];
  const why = `the paths of ${host || "*"} are regular expressions, beside which a rewrite has no place`;
  return [refused(why, "rewrite-target, or the change of the path in the application")];
}

/** What Envoy closes beside policies: beside other Ingresses it cannot tell which of the host's paths NGINX takes first. */
export function besideEntries(reads: readonly ReadIngress[], servers: readonly Server[]): Saying[] {
  return reads.flatMap((read) => {
    const { envoy } = read.settings;
    const isShared = servers.some(
      ({ locations }) => locations.some(({ owner }) => owner === read) && locations.some(({ owner }) => owner !== read),
    );
    const isRival = ({ beside, before }: Interception) => beside !== undefined && before === "everything" && isShared;
    const all = envoy.interceptions ?? [];
    const left = all.filter((one) => !isRival(one));
    if (left.length > 0) envoy.interceptions = left;
    else delete envoy.interceptions;
    return all.flatMap((one): Saying[] => {
      if (one.beside === undefined) return [];
      const name = prefix + (one.before === "everything" ? "server-snippet" : "configuration-snippet");
      const verdict = isRival(one) ? changed(openOtherwise(one.beside)) : mapped("EnvoyFilter with direct_response");
      return [{ ingress: read.key, part: "annotation", name, ...verdict }];
    });
  });
}

/** Of a host of expressions NGINX asks these before a location that is a prefix. */
function overtaken({ settings }: ReadIngress, { host, regex }: Server): Verdict[] {
  const isPrefix =
    settings.envoy.interceptions?.some(
      ({ location, beside }) => beside === undefined && location && "prefix" in location && !location.isFirm,
    ) === true;
  if (!isPrefix || !regex) return [];
  const why = `the paths of ${host || "*"} are regular expressions, of which NGINX may take one first`;
  return [refused(why, "location ~ in place of the location")];
}

/** A server-snippet is for the paths of every Ingress of its host. */
function hostWide(read: ReadIngress, { host, locations }: Server): Verdict[] {
  const other = locations.find(({ owner }) => owner !== read)?.owner;
  if (!read.settings.hostWide || !other) return [];
  return [
    refused(
      `${other.key} has paths of ${host || "*"} too, for which it is as well`,
      "each line as a filter of the HTTPRoutes",
    ),
  ];
}

/** The CA of one Ingress is for all backends of its hosts. */
function unverified({ settings }: ReadIngress, { host, backendCa }: Server): Verdict[] {
  const hasOwn = settings.verifiesHosts !== undefined;
  if (!settings.backend.tls || hasOwn || !backendCa?.settings.verifiesHosts) return [];
  return [
    refused(
      `NGINX verifies it all the same: proxy-ssl-secret of ${backendCa.key} is for every path of ${host || "*"}`,
      `proxy-ssl-secret, proxy-ssl-verify and proxy-ssl-name of ${backendCa.key} on this Ingress too`,
    ),
  ];
}

function appRootOf(read: ReadIngress, { host, appRoot }: Server): string[] {
  const given = read.settings.appRoot;
  if (given === undefined || appRoot?.path === given) return [];
  return appRoot
    ? [`NGINX redirects / of ${host || "*"} to ${appRoot.path}, as ${appRoot.owner.key} says`]
    : [`NGINX ignores it for ${host || "*"}, of which the Ingress has no path`];
}

function wwwOf(read: ReadIngress, { host, www }: Server, byHost: ReadonlyMap<string, Server>): string[] {
  if (!read.settings.fromToWww || www) return [];
  const from = host.startsWith("www.") ? host.slice(4) : `www.${host}`;
  return [byHost.has(from) ? `${from} has rules of its own` : `NGINX ignores it for ${host || "*"}`];
}
