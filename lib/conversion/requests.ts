// The requests by which NGINX and the gateway are compared: for every host and path, whatever its annotations make matter.
import { certificateFor } from "./certificate";
import { inputOf } from "./input";
import { readAll, type ConvertOptions } from "./read";
import { demandsCertificate, serversOf, upstreamKey, type Location, type Server, type Servers } from "./servers";
import type { HeaderChanges, Interception } from "./settings";
import { shapeOf } from "./shapes";
import { wordOf } from "./words";

/** A request for both sides. */
export interface Request {
  scheme: "http" | "https";
  method: string;
  host: string;
  path: string;
  headers: { [name: string]: string };
  /** False where chance decides which backend answers. */
  decided: boolean;
}

/** What to derive. */
export interface RequestOptions {
  schemes: readonly ("http" | "https")[];
  methods: readonly string[];
  limit: number;
}

/**
 * The requests, how many more there would be, the headers of answers that the Ingresses say something of, those of them whose
 * values each side has its own of, the hosts to which they give a certificate, and those that limit requests.
 */
export function requestsOf(
  documents: readonly unknown[],
  options: ConvertOptions,
  wanted: RequestOptions,
): { requests: Request[]; left: number; headers: string[]; varying: string[]; certified: string[]; limited: string[] } {
  const input = inputOf(documents);
  const reads = readAll(input, options, []);
  const servers = serversOf(reads, certificateFor(input.secrets));
  const every = wanted.schemes.flatMap((scheme) =>
    servers.servers
      // Of what clients need a certificate for, nothing can be asked without one.
      .filter((server) => scheme === "http" || !demandsCertificate(server))
      .flatMap((server) => requestsFor(server, servers))
      .filter(({ method }) => wanted.methods.includes(method))
      .map((one) => ({ ...one, scheme })),
  );
  const unique = [...new Map(every.map((one) => [JSON.stringify(one), one])).values()];
  const headers = reads.flatMap(({ settings: { responseHeaders, envoy } }) => [
    ...Object.keys({ ...responseHeaders.set, ...responseHeaders.add, ...envoy.successHeaders }),
    ...responseHeaders.remove,
  ]);
  const varying = reads.flatMap(({ settings: { responseHeaders } }) => varyingIn(responseHeaders));
  const lowered = (names: string[]) => [...new Set(names.map((name) => name.toLowerCase()))];
  return {
    requests: some(unique, wanted.limit),
    left: Math.max(0, unique.length - wanted.limit),
    headers: lowered(headers),
    varying: lowered(varying),
    certified: servers.servers.filter(({ certificate }) => certificate).map(({ host }) => hostOf(host)),
    limited: servers.servers
      .filter(({ locations }) => locations.some(({ owner }) => owner.settings.envoy.requests))
      .flatMap(({ host, aliases }) => [host, ...aliases].map(hostOf)),
  };
}

/** Headers with what belongs to one request or to one connection. */
function varyingIn({ set, add }: HeaderChanges): string[] {
  const ofOne = /%(REQ\(X-REQUEST-ID|REQ\(X-FORWARDED-FOR|DOWNSTREAM_)/;
  return Object.entries({ ...set, ...add }).flatMap(([name, value]) => (ofOne.test(value) ? [name] : []));
}

/** As many as wanted: the first ones of every host rather than all of the first hosts. */
function some(all: readonly Request[], limit: number): Request[] {
  const counts = new Map<string, number>();
  const turns = all.map(({ scheme, host }, index) => {
    const key = `${scheme}://${host}`;
    const turn = counts.get(key) ?? 0;
    counts.set(key, turn + 1);
    return { index, turn };
  });
  const first = turns.sort((a, b) => a.turn - b.turn || a.index - b.index).slice(0, limit);
  return first.sort((a, b) => a.index - b.index).map(({ index }) => all[index]!);
}

type Bare = Omit<Request, "scheme">;

function requestsFor(server: Server, servers: Servers): Bare[] {
  const names = [server.host, ...server.aliases].map(hostOf);
  const locations = server.locations.flatMap((location) => requestsTo(location, server, servers));
  const beside = [get("/", true), get("/no-such-path", true)];
  const www = server.www ? ["/a?b=c", "/a/"].map((path) => ({ ...get(path, true), host: server.www!.from })) : [];
  return [...names.flatMap((host) => [...locations, ...beside].map((one) => ({ ...one, host }))), ...www];
}

/** A name that the host stands for. */
function hostOf(host: string): string {
  return host === "" ? "no-such-host.example" : host.replace(/^\*\./, "any.");
}

const get = (path: string, decided: boolean): Bare => ({ method: "GET", host: "", path, headers: {}, decided });

function requestsTo(location: Location, server: Server, servers: Servers): Bare[] {
  const canary = servers.canaries.get(upstreamKey(location.upstream))?.canary;
  const decided = canary === undefined || canary.weight <= 0 || canary.weight >= canary.total;
  const paths = samplesOf(location, server.regex);
  const plain = paths.flatMap((path) =>
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].map((method) => ({ ...get(path, decided), method })),
  );
  const first = paths[0] ?? "/";
  const withHeader = (name: string, value: string) => ({ ...get(first, true), headers: { [name]: value } });
  const headers = canary?.header
    ? [canary.headerValue ?? "always", "never"].map((value) => ({
        ...withHeader(canary.header!, value),
        decided: decided || value !== "never" || !canary.headerValue,
      }))
    : [];
  const cookies = canary?.cookie
    ? ["always", "never"].map((value) => withHeader("Cookie", `${canary.cookie}=${value}`))
    : [];
  const origin = { Origin: "https://origin.example" };
  const cors = location.owner.settings.cors
    ? [
        { ...get(first, decided), headers: originsOf(location)[0] ?? origin },
        {
          ...get(first, true),
          method: "OPTIONS",
          headers: { ...(originsOf(location)[0] ?? origin), "Access-Control-Request-Method": "GET" },
        },
        { ...get(first, decided), headers: origin },
      ]
    : [];
  const { pathRedirects, pathRewrites, closed, methods, envoy, allow, deny, authProvider } = location.owner.settings;
  const redirected = pathRedirects.map(({ from }) => get(from, true));
  const rewritten = [
    ...pathRewrites.flatMap(({ from }) => [from || "/", `${from}/a`, ...(from === "" ? [] : [`${from}x`])]),
    ...[wordOf(envoy.pathRewrite?.pattern ?? "")].flatMap((word) => (word ? [encoded(word)] : [])),
  ].map((path) => get(path, decided));
  const shut = closed.flatMap(({ path, reach }) => [
    ...(reach === "exact" ? [path, `${path}x`] : [path, `${path}/a`]),
    ...otherSpellings(path),
  ]);
  const isGuarded = [allow, deny, authProvider].some((one) => one !== undefined);
  const guarded = isGuarded ? otherSpellings(first) : [];
  return [
    ...plain,
    ...(methods ? [{ ...get(first, decided), method: "OPTIONS" }] : []),
    ...redirected,
    ...rewritten,
    ...[...shut, ...guarded].map((path) => get(path, decided)),
    ...(envoy.interceptions ?? []).flatMap((one) => intercepted(one, first, decided)),
    ...headers,
    ...cookies,
    ...cors,
    { ...get(`${first}?a=1&b=%2F`, decided) },
  ];
}

/** The path as NGINX takes it too: with two slashes, and with a letter escaped. */
function otherSpellings(path: string): string[] {
  const escaped = path.replace(/[a-z]/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return [`/${path}`, ...(escaped === path ? [] : [escaped])].filter((one) => one !== "//");
}

/** A path in the letters of a URL. */
function encoded(path: string): string {
  return encodeURI(path).replace(/[?#]/g, encodeURIComponent);
}

interface Matcher {
  name: string;
  string_match: { exact?: string; safe_regex?: { regex: string } };
  invert_match?: boolean;
}

/** A request that a snippet answers by itself; none where its condition is that something is otherwise. */
function intercepted({ when }: Interception, first: string, decided: boolean): Bare[] {
  const one = get(first, decided);
  for (const { name, string_match: match, invert_match: isInverted } of when as Matcher[]) {
    const value = match.exact ?? wordOf(match.safe_regex?.regex ?? "");
    if (isInverted || value === undefined || name === ":authority") return [];
    if (name === ":path") one.path = encoded(value);
    else if (name === ":method") one.method = value;
    else one.headers = { ...one.headers, [name]: value };
  }
  return [one];
}

/** An origin that the annotations name. */
function originsOf({ owner }: Location): { Origin: string }[] {
  const { cors } = owner.settings;
  return (cors?.origins ?? []).filter((origin) => !origin.includes("*")).map((Origin) => ({ Origin }));
}

/** Paths that the location takes, or only just does not. */
function samplesOf({ path, exact }: Location, regex: boolean): string[] {
  const shape = regex ? shapeOf(path) : undefined;
  // Of an expression that is none of the usual ones the beginning alone may be no path that it takes.
  const word = regex && !shape ? wordOf(path) : undefined;
  const words = word === undefined ? [] : [encoded(word), encoded(word.toUpperCase()), `${encoded(word)}/a`];
  const head = regex ? (shape?.literal ?? /^(?:\/|[-\w~!&',;=:@%.])*/.exec(path)![0]) : path;
  const bare = head.replace(/\/$/, "");
  const around = [bare === "" ? "/" : bare, `${bare}/`, `${bare}/a`, `${bare}/a/b/`];
  const beside = bare === "" ? [] : [`${bare}x`];
  const cases = bare.toUpperCase() === bare ? [] : [bare.toUpperCase(), `${bare.toUpperCase()}/a`];
  const all = exact ? [path, `${path}/`, ...beside] : [...around, ...beside, ...cases];
  return [...new Set([...words, ...all])];
}
