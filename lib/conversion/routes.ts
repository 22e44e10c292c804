// The locations of all servers → HTTPRoutes, one or a few for each Ingress.
import { defined } from "../json";
import { literally, type Metadata, type Written } from "./objects";
import type { Names } from "./names";
import { filtersOf, redirectFilter, withClientCertificate, withHsts, withNginxHeaders } from "./filters";
import { ownLabels } from "./labels";
import { place } from "./matches";
import type { Piece, Placed } from "./pieces";
import { marked, withRuleNames, type RouteRule } from "./rules";
import type { RegexRewrite } from "./settings";
import {
  isMutual,
  upstreamKey,
  type Alternative,
  type Location,
  type ReadIngress,
  type Server,
  type Servers,
  type Upstream,
} from "./servers";

/** What the routes attach to. */
export interface GatewayOptions {
  name: string;
  namespace?: string;
  /** Names of its listeners, or their ports, for all listeners of the port. */
  httpListener: string;
  httpsListener: string;
  /** The port of https in redirects, where it is not 443. */
  httpsPort?: number;
  /** True: Strict-Transport-Security in every answer over https, as NGINX sends it. */
  hsts: boolean;
  /** True: the headers that NGINX sends to backends, whatever a client sends under their names. */
  nginxHeaders: boolean;
}

/** The Gateway of a mesh as this package makes it. */
export const standardGateway = { name: "hostk8s-gateway", namespace: "istio-system" };

/** The number of a Service's port; undefined where it is not known. */
export type PortNumber = (upstream: Upstream) => number | undefined;

/** What one Ingress puts on one host. */
interface Share {
  server: Server;
  hostnames: string[];
  http: RouteRule[];
  https: RouteRule[];
}

/** Where a host's locations went. */
export interface PlacedServer {
  server: Server;
  placed: Placed[];
}

/** Every server with its locations as matches. */
export function placeAll(servers: readonly Server[]): PlacedServer[] {
  return servers.map((server) => ({ server, placed: place(server) }));
}

/** NGINX does not redirect what certificate authorities ask for. */
export const neverRedirected = "/.well-known/acme-challenge";

/** True where NGINX redirects the requests of a location to https. */
export function redirects(
  location: Pick<Location, "path" | "owner">,
  server: Server,
  servers: readonly Server[],
): boolean {
  const { forceSslRedirect, sslRedirect, redirect } = location.owner.settings;
  // A redirect of everything comes first.
  if (redirect || location.path.startsWith(neverRedirected)) return false;
  return forceSslRedirect || (sslRedirect && hasCertificate(server, servers));
}

/** True where NGINX finds a certificate by the host's name: its own, or that of the wildcard above. */
function hasCertificate({ host, tls }: Server, servers: readonly Server[]): boolean {
  if (host === "") return false;
  const above = `*.${host.split(".").slice(1).join(".")}`;
  return tls || servers.some((other) => other.host === above && other.tls);
}

/** Names of a host, as which NGINX looks for a certificate: without one it redirects only where that is forced. */
export interface Naming {
  hostnames: string[];
  server: Server;
}

/** The names of a host: without any a route is for every other host, which its aliases do not go with. */
export function namingsOf(server: Server): Naming[] {
  const { host, aliases, bareAliases } = server;
  const certified = aliases.filter((alias) => !bareAliases.includes(alias));
  return [
    { hostnames: host === "" ? [] : [host, ...certified], server },
    ...bareAliases.map((alias) => ({ hostnames: [alias], server: { ...server, host: alias, tls: false } })),
  ];
}

/** Builds the routes of one set of servers. */
export class RouteBuilder {
  /** What Envoy makes of the path, by the names of rules. */
  readonly captured = new Map<string, RegexRewrite>();

  constructor(
    private readonly all: Servers,
    private readonly placed: readonly PlacedServer[],
    private readonly gateway: GatewayOptions,
    private readonly portOf: PortNumber,
    /** The ListenerSet with the certificate of a host. */
    private readonly listenerSet: (server: Server) => { name: string; namespace?: string } | undefined,
    /** The upstreams whose sessions Envoy keeps. */
    private readonly sessions: Pick<ReadonlySet<string>, "has">,
  ) {}

  /** The routes of one Ingress. */
  routesOf(owner: ReadIngress, names: Names): Written[] {
    const groups = new Map<string, Share[]>();
    for (const share of this.placed.flatMap((one) => this.shareOf(owner, one))) {
      const key = JSON.stringify([
        share.http,
        share.https,
        share.hostnames.length === 0,
        this.listenerSet(share.server),
      ]);
      groups.set(key, [...(groups.get(key) ?? []), share]);
    }
    const specs = [...groups.values()].flatMap((shares) => this.written(shares));
    const all = [...specs, ...this.wwwRoutes(owner).map((spec) => ({ suffix: "-www", spec }))];
    return all.map(({ suffix, spec }) => {
      const metadata = metadataOf(owner, names.claim(owner, suffix));
      const named = withRuleNames(spec, owner, metadata.name, suffix === "-www", this.sessions, this.captured);
      return { apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata, spec: named };
    });
  }

  /** Rules of the Ingress on one host, for both listeners. */
  private shareOf(owner: ReadIngress, { server, placed }: PlacedServer): Share[] {
    const mine = placed.filter(({ location, pieces }) => location.owner === owner && pieces.length > 0);
    const appRoot =
      server.appRoot?.owner === owner
        ? [appRootRule(server.appRoot.path, owner.settings.envoy.queryless === true)]
        : [];
    if (mine.length === 0 && appRoot.length === 0) return [];
    const rules = mine.flatMap((one) => this.rulesOf(one, server.appRoot !== undefined));
    const shown = (rule: RouteRule, scheme: "http" | "https") =>
      isMutual(server) ? withClientCertificate(rule, scheme, server.clientCertificates!) : rule;
    const https = server.passthrough
      ? []
      : [...appRoot, ...rules.map(({ rule }) => shown(this.gateway.hsts ? withHsts(rule) : rule, "https"))];

    const plain = rules.map((one) => ({ ...one, rule: shown(one.rule, "http") }));
    return namingsOf(server).map((naming) => ({
      server,
      hostnames: naming.hostnames,
      http: this.httpRules(owner, { server: naming.server, placed }, appRoot, plain),
      https,
    }));
  }

  /** What http to some names of a host gets: rules of the Ingress, and redirects to https instead of them. */
  private httpRules(
    owner: ReadIngress,
    { server, placed }: PlacedServer,
    appRoot: RouteRule[],
    rules: { rule: RouteRule; location: Location; piece: Piece }[],
  ): RouteRule[] {
    const { servers } = this.all;
    const isRedirected = (one: Parameters<typeof redirects>[0]) => redirects(one, server, servers);
    const plain = rules.map(({ rule, location, piece }) =>
      piece.redirectTo === undefined && isRedirected(location) ? this.redirectRule(piece.match) : rule,
    );
    const served = placed.filter(({ pieces }) => pieces.length > 0);
    const rest = { path: "/", owner: server.owner };
    const redirectsRest = isRedirected(rest) && !server.locations.some(({ path, exact }) => path === "/" && !exact);
    const everything = served.every(({ location, pieces }) => isRedirected(location) && pieces.every(isPlain));
    // What no path serves is redirected as well; one rule does for all where nothing else is to be done.
    const speaks =
      (served.find(({ location }) => location.owner === server.owner) ?? served[0])?.location.owner === owner;
    if (everything && isRedirected(rest) && !server.appRoot) {
      return speaks ? [this.redirectRule({ type: "PathPrefix", value: "/" })] : [];
    }
    const expressions = served.some(({ pieces }) => pieces.some(({ match }) => match.type === "RegularExpression"));
    const anything = expressions ? { type: "RegularExpression", value: ".*" } : { type: "PathPrefix", value: "/" };
    const last = redirectsRest && speaks ? [this.redirectRule(anything)] : [];
    return unique([...appRoot, ...plain, ...last]);
  }

  /** The rules of a location; a redirect of the root of the host comes before them. */
  private rulesOf({ location, pieces }: Placed, rootTaken: boolean) {
    return pieces
      .filter(({ match }) => !(rootTaken && match.type === "Exact" && match.value === "/"))
      .flatMap((piece) => this.variants(location, piece).map((rule) => ({ rule: this.headed(rule), location, piece })));
  }

  private headed(rule: RouteRule): RouteRule {
    return this.gateway.nginxHeaders ? withNginxHeaders(rule) : rule;
  }

  /** The rule of a piece, once for each way to the canary. */
  private variants(location: Location, piece: Piece): RouteRule[] {
    const settings = location.owner.settings;
    const match = { path: piece.match };
    if (piece.redirectTo !== undefined) {
      const redirect = redirectFilter({ path: piece.redirectTo, code: piece.redirectCode ?? 301 });
      return [{ ...marked(piece.isQueryless), matches: [match], filters: [redirect] }];
    }
    const filters = filtersOf(location, piece);
    const rule = (headers: object[], backendRefs: object[]) => ({
      ...marked(settings.redirect?.isQueryless),
      matches: [headers.length > 0 ? { ...match, headers } : match],
      ...(filters.length > 0 ? { filters } : {}),
      ...(settings.redirect ? {} : { backendRefs }),
      ...(piece.captured && !settings.redirect ? { captured: piece.captured } : {}),
    });
    const primary = this.backend(location.upstream);
    const alternative = this.all.canaries.get(upstreamKey(location.upstream));
    if (!alternative || settings.redirect) return [rule([], [primary])];
    const { namespace } = alternative.upstream;
    const isForeign = namespace !== undefined && namespace !== location.upstream.namespace;
    const candidate = { ...this.backend(alternative.upstream), ...(isForeign ? { namespace } : {}) };
    return [
      ...choices(alternative).map(({ header, toCanary }) => rule([header], [toCanary ? candidate : primary])),
      rule([], shares(alternative, primary, candidate)),
    ];
  }

  private backend(upstream: Upstream): { name: string; port?: number } {
    const port = this.portOf(upstream);
    return { name: upstream.service, ...(port === undefined ? {} : { port }) };
  }

  private redirectRule(match: object): RouteRule {
    const { httpsPort } = this.gateway;
    const requestRedirect = {
      scheme: "https",
      ...(httpsPort === undefined ? {} : { port: httpsPort }),
      statusCode: 308,
    };
    return { matches: [{ path: match }], filters: [{ type: "RequestRedirect", requestRedirect }] };
  }

  /** One route for both listeners where their rules are the same, else one for each. */
  private written(shares: Share[]): { suffix: string; spec: object }[] {
    const { http, https, server } = shares[0]!;
    const hostnames = [...new Set(shares.flatMap((share) => share.hostnames))];
    const spec = (parentRefs: object[], rules: RouteRule[]) =>
      (hostnames.length > 0 ? chunks(hostnames) : [undefined]).flatMap((names) =>
        chunks(rules).map((some) => ({
          parentRefs,
          ...(names ? { hostnames: names } : {}),
          rules: some,
        })),
      );
    const certified = this.certified(server);
    if (!isMutual(server) && JSON.stringify(http) === JSON.stringify(https)) {
      return spec([this.parent(), ...certified], https).map((one) => ({ suffix: "", spec: one }));
    }
    // The Gateway's own listener demands no certificate of clients, whichever name they shake hands with.
    const secure = isMutual(server) ? certified : [this.parent(this.gateway.httpsListener), ...certified];
    return [
      ...spec(secure, https).map((one) => ({ suffix: "", spec: one })),
      ...spec([this.parent(this.gateway.httpListener)], http).map((one) => ({
        suffix: isRedirect(http) ? "-redirect" : "-http",
        spec: one,
      })),
    ];
  }

  /** The ListenerSet of a host with a certificate. */
  private certified(server: Server): object[] {
    const set = this.listenerSet(server);
    return set ? [{ group: "gateway.networking.k8s.io", kind: "ListenerSet", ...set }] : [];
  }

  private parent(listener?: string): object {
    const { name, namespace } = this.gateway;
    const isPort = listener !== undefined && /^\d+$/.test(listener);
    return defined({
      name,
      namespace,
      sectionName: isPort ? undefined : listener,
      port: isPort ? Number(listener) : undefined,
    });
  }

  /** The other host of from-to-www-redirect. */
  private wwwRoutes(owner: ReadIngress): object[] {
    const served = this.placed.filter(({ server }) => server.www?.owner === owner);
    return served.map(({ server }) => ({
      parentRefs: [this.parent(), ...this.certified(server)],
      hostnames: [server.www!.from],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/" } }],
          filters: [redirectFilter({ hostname: server.host, code: 308 })],
        },
      ],
    }));
  }
}

/** Name and namespace of an object made for an Ingress, with the Ingress's own labels. */
export function metadataOf({ ingress: { metadata }, settings }: ReadIngress, name: string): Written["metadata"] {
  const { namespace, labels } = metadata as Metadata;
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...ownLabels(labels),
    ...(Object.keys(settings.kept).length > 0 ? { annotations: settings.kept } : {}),
  };
}

function isPlain({ redirectTo }: Piece): boolean {
  return redirectTo === undefined;
}

function isRedirect(rules: RouteRule[]): boolean {
  return rules.every((rule) => !("backendRefs" in rule));
}

/** An HTTPRoute takes 16 rules, and as many hosts. */
function chunks<T>(all: T[]): T[][] {
  return all.length === 0 ? [] : [all.slice(0, 16), ...chunks(all.slice(16))];
}

function unique(rules: RouteRule[]): RouteRule[] {
  const texts = rules.map((rule) => JSON.stringify(rule));
  return rules.filter((_, index) => texts.indexOf(texts[index]!) === index);
}

function appRootRule(path: string, isQueryless: boolean): RouteRule {
  const matches = [{ path: { type: "Exact", value: "/" } }];
  return { ...marked(isQueryless), matches, filters: [redirectFilter({ path, code: 302 })] };
}

/** Headers and cookies that decide before the weights do, in NGINX's order. */
function choices({
  canary: { header, headerValue, headerPattern, cookie },
}: Alternative): { header: object; toCanary: boolean }[] {
  const exact = (value: string) => ({ name: header, value });
  const byHeader =
    header === undefined || header === ""
      ? []
      : headerValue !== undefined && headerValue !== ""
        ? [{ header: exact(headerValue), toCanary: true }]
        : headerPattern !== undefined && headerPattern !== ""
          ? [{ header: { type: "RegularExpression", name: header, value: `.*(?:${headerPattern}).*` }, toCanary: true }]
          : [
              { header: exact("always"), toCanary: true },
              { header: exact("never"), toCanary: false },
            ];
  const inCookie = (value: string) => ({
    type: "RegularExpression",
    name: "Cookie",
    value: `(?:.*;\\s*)?${literally(cookie ?? "")}=${value}(?:;.*)?`,
  });
  const byCookie =
    cookie === undefined || cookie === ""
      ? []
      : [
          { header: inCookie("always"), toCanary: true },
          { header: inCookie("never"), toCanary: false },
        ];
  return [...byHeader, ...byCookie];
}

/** Both backends with their weights, where both get any. */
function shares({ canary: { weight, total } }: Alternative, primary: object, candidate: object): object[] {
  const canaryWeight = Math.min(Math.max(weight, 0), total);
  if (canaryWeight === 0) return [primary];
  return [
    { ...primary, weight: total - canaryWeight },
    { ...candidate, weight: canaryWeight },
  ];
}
