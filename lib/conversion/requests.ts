// The requests by which NGINX and the gateway are compared: for every host and path, whatever its annotations make matter.
import { certificateFor } from "./certificate";
import { inputOf } from "./input";
import { readAll, type ConvertOptions } from "./read";
import { demandsCertificate, serversOf, upstreamKey, type Location, type Server, type Servers } from "./servers";
import { shapeOf } from "./shapes";

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
 * The requests, how many more there would be, the headers of answers that the Ingresses say something of, and the hosts
 * to which they give a certificate.
 */
export function requestsOf(
  documents: readonly unknown[],
  options: ConvertOptions,
  wanted: RequestOptions,
): { requests: Request[]; left: number; headers: string[]; certified: string[] } {
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
  return {
    requests: some(unique, wanted.limit),
    left: Math.max(0, unique.length - wanted.limit),
    headers: [...new Set(headers.map((name) => name.toLowerCase()))],
    certified: servers.servers.filter(({ certificate }) => certificate).map(({ host }) => hostOf(host)),
  };
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
  const redirected = location.owner.settings.pathRedirects.map(({ from }) => get(from, true));
  const closed = location.owner.settings.closed.flatMap(({ path, reach }) =>
    (reach === "exact" ? [path, `${path}x`] : [path, `${path}/a`]).map((one) => get(one, decided)),
  );
  return [
    ...plain,
    ...redirected,
    ...closed,
    ...headers,
    ...cookies,
    ...cors,
    { ...get(`${first}?a=1&b=%2F`, decided) },
  ];
}

/** An origin that the annotations name. */
function originsOf({ owner }: Location): { Origin: string }[] {
  const { cors } = owner.settings;
  return (cors?.origins ?? []).filter((origin) => !origin.includes("*")).map((Origin) => ({ Origin }));
}

/** Paths that the location takes, or only just does not. */
function samplesOf({ path, exact }: Location, regex: boolean): string[] {
  const shape = regex ? shapeOf(path) : undefined;
  const head = regex ? (shape?.literal ?? /^(?:\/|[-\w~!&',;=:@%.])*/.exec(path)![0]) : path;
  const bare = head.replace(/\/$/, "");
  const around = [bare === "" ? "/" : bare, `${bare}/`, `${bare}/a`, `${bare}/a/b/`];
  const beside = bare === "" ? [] : [`${bare}x`];
  const cases = bare.toUpperCase() === bare ? [] : [bare.toUpperCase(), `${bare.toUpperCase()}/a`];
  const all = exact ? [path, `${path}/`, ...beside] : [...around, ...beside, ...cases];
  return [...new Set(all)];
}
