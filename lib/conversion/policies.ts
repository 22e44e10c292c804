// What beside routes keeps the meaning of Ingresses: how backends are spoken to, who is admitted, certificates of hosts.
import { redirects, type GatewayOptions, type PlacedServer, type PortNumber } from "./routes";
import { prefix } from "./annotations/family";
import { widerCookie } from "./annotations/sessions";
import { meshLabels } from "../istio/labels";
import { defined } from "../json";
import { sharedNames } from "./listeners";
import { foreignName } from "./names";
import type { Input } from "./input";
import { keyOf, type Service, type Written } from "./objects";
import { changed, inert, mapped, refused, type Entry, type Saying, type Verdict } from "./report";
import { upstreamKey, type Location, type ReadIngress, type Server, type Servers, type Upstream } from "./servers";
import type { BackendSettings, SessionCookie, VerifiedBackend } from "./settings";

/** Objects, and what there is to say about them. */
export interface Policies {
  objects: Written[];
  entries: Saying[];
}

/** How an Ingress speaks to an upstream. */
interface Spoken {
  upstream: Upstream;
  backend: BackendSettings;
  verified?: VerifiedBackend;
  owner: ReadIngress;
  path: string;
  /** Host and path. */
  what: string;
}

/** Cookies that name the pod of a session, by the upstream, whose port is a number. */
export type Sessions = ReadonlyMap<string, SessionCookie>;

/** DestinationRules, one a Service, with settings for the ports that the Ingresses use; and what they leave to Envoy. */
export function destinationRules(
  reads: readonly ReadIngress[],
  all: Servers,
  placed: readonly PlacedServer[],
  portOf: PortNumber,
  input: Input,
  gateway: GatewayOptions,
): Policies & { sessions: Sessions } {
  const spoken = new Map<string, Spoken[]>();
  const say = (one: Spoken) => {
    const port = defined({ number: portOf(one.upstream) });
    const key = upstreamKey({ ...one.upstream, port });
    spoken.set(key, [...(spoken.get(key) ?? []), one]);
  };
  for (const { server, placed: locations } of placed) {
    for (const { location, pieces } of locations) {
      const { upstream, owner } = location;
      if (pieces.length === 0 || owner.settings.redirect || !isSpokenTo(location, server, all.servers)) continue;
      const { verified, backend } = owner.settings;
      const { tls, ...others } = backend;
      const own: BackendSettings = verified || tls === undefined ? others : backend;
      const what = `${server.host}${location.path}`;
      const { path } = location;
      say(defined({ upstream, backend: own, verified, owner, path, what }));
      const alternative = all.canaries.get(upstreamKey(upstream));
      if (!alternative) continue;
      // A canary is spoken to as its primary; only its balancing is its own, unless the primary keeps sessions.
      const sessions =
        own.loadBalancer && "consistentHash" in own.loadBalancer ? own : alternative.owner.settings.backend;
      const loadBalancer = sessions.loadBalancer ? { loadBalancer: sessions.loadBalancer } : {};
      const inherited = { connectTimeout: own.connectTimeout, tls: own.tls, upgrade: own.upgrade };
      const backendOfCanary = defined({ ...inherited, ...loadBalancer });
      const { upstream: candidate, owner: beside } = alternative;
      say(defined({ upstream: candidate, backend: backendOfCanary, verified, owner: beside, path, what }));
    }
  }
  const turns = new Map(reads.map((read, index) => [read.key, index]));
  const agreed = [...spoken.values()].map((ways) => agreement(ways, turns));
  const sessions = [...spoken.keys()].flatMap((key, index) => {
    const { session } = agreed[index]!;
    return session ? [[key, session] as const] : [];
  });
  const isWhole = ({ upstream, verified }: Spoken) =>
    verified !== undefined && sectionOf(upstream, input, portOf) === undefined;
  return {
    sessions: new Map(sessions),
    objects: ruleObjects(
      agreed.map(({ one }) => one),
      portOf,
      input,
      gateway,
      isWhole,
    ),
    entries: [
      ...agreed.flatMap(({ entries }) => entries),
      ...unnamedPorts([...spoken.values()], isWhole),
      ...besideVerified(agreed.map(({ one }) => one)),
    ],
  };
}

const serviceKey = ({ namespace, service }: Upstream) => keyOf(defined({ namespace, name: service }));

/** The name of the port, as the Service has it. */
function sectionOf(upstream: Upstream, { services }: Input, portOf: PortNumber): string | undefined {
  const port = portOf(upstream);
  return services.get(serviceKey(upstream))?.spec?.ports?.find((one) => one.port === port)?.name;
}

/** Ports whose certificate is verified and whose name is not known, beside other ports of their Service. */
function unnamedPorts(spoken: readonly Spoken[][], isWhole: (one: Spoken) => boolean): Entry[] {
  return spoken.flatMap((ways) => {
    const { upstream } = ways[0]!;
    const isAlone = spoken.every((other) => other === ways || serviceKey(other[0]!.upstream) !== serviceKey(upstream));
    const why = "a BackendTLSPolicy without the name of a port is for every port of its Service";
    const verdict = refused(why, `-f with Service ${upstream.service}, whose ports have names`);
    return isAlone
      ? []
      : ways
          .filter(isWhole)
          .map(({ owner, what }): Entry => ({ ingress: owner.key, part: "path", name: what, ...verdict }));
  });
}

/** What an older Istio makes of both kinds for one port. */
function besideVerified(spoken: readonly Spoken[]): Entry[] {
  const ca = `${prefix}proxy-ssl-secret`;
  return spoken
    .filter(({ verified, backend }) => verified && Object.keys(backend).length > 0)
    .filter(({ owner }) => owner.ingress.metadata.annotations?.[ca] !== undefined)
    .map(({ owner, upstream: { service } }): Entry => {
      const why = `with Istio 1.30 DestinationRule ${service}-ingress has no effect beside the BackendTLSPolicy`;
      return { ingress: owner.key, part: "annotation", name: ca, ...changed(why) };
    });
}

/** The one way in which a Service's port can be spoken to, and who asks for another one. */
function agreement(
  ways: Spoken[],
  turns: ReadonlyMap<string, number>,
): { one: Spoken; entries: Entry[]; session?: SessionCookie } {
  const [first] = ways as [Spoken];
  const others = ways.filter((way) => wire(way) !== wire(first));
  const why = `${first.owner.key} speaks otherwise to Service ${first.upstream.service}, and a DestinationRule or BackendTLSPolicy holds for all routes`;
  const balancing = balanced(ways, turns);
  const wide = widened(balancing, ways);
  const loadBalancer = wide ?? balancing?.backend.loadBalancer;
  const isPersistent = balancing?.owner.settings.envoy.persistent === true;
  const unheard = ways.filter(
    ({ backend: { loadBalancer } }) =>
      loadBalancer && JSON.stringify(loadBalancer) !== JSON.stringify(balancing?.backend.loadBalancer),
  );
  const entry = ({ owner, what }: Spoken, verdict: Verdict): Entry => ({
    ingress: owner.key,
    part: "path",
    name: what,
    ...verdict,
  });
  return {
    one: { ...first, backend: defined({ ...first.backend, loadBalancer: isPersistent ? undefined : loadBalancer }) },
    ...(isPersistent ? defined({ session: (loadBalancer as Hashing).consistentHash?.httpCookie }) : {}),
    entries: [
      ...(wide
        ? [{ ingress: balancing!.owner.key, part: "annotation" as const, name: `${prefix}affinity`, ...wider }]
        : []),
      ...others.map((way) => entry(way, refused(why, "the same annotations on both"))),
      ...unheard.map((way) =>
        entry(way, inert(`NGINX picks the pods of Service ${way.upstream.service} as ${balancing!.owner.key} says`)),
      ),
    ],
  };
}

/** Who says how pods are picked: in NGINX's order the last one with a cookie, else the first one with anything. */
function balanced(ways: Spoken[], turns: ReadonlyMap<string, number>): Spoken | undefined {
  const inTurn = ways
    .filter(({ backend }) => backend.loadBalancer)
    .sort((a, b) => turns.get(a.owner.key)! - turns.get(b.owner.key)!);
  return inTurn.filter(({ backend }) => setsCookie(backend.loadBalancer!)).at(-1) ?? inTurn[0];
}

const wider = changed(widerCookie);

/** The cookie for all paths, where it would be for one of them and the Service gets requests of others too. */
function widened(balancing: Spoken | undefined, ways: readonly Spoken[]): object | undefined {
  const hash = (balancing?.backend.loadBalancer as Hashing | undefined)?.consistentHash;
  const said = balancing?.owner.ingress.metadata.annotations?.[`${prefix}session-cookie-path`]?.trim() ?? "";
  const path = hash?.httpCookie?.path;
  if (said !== "" || path === undefined) return undefined;
  const isSent = (way: Spoken) => way.path === path || way.path.startsWith(path.replace(/\/?$/, "/"));
  return ways.every(isSent) ? undefined : { consistentHash: { httpCookie: { ...hash!.httpCookie, path: "/" } } };
}

interface Hashing {
  consistentHash?: { httpCookie?: SessionCookie };
}

/** True where the cookie is set for the client, and not only looked at. */
function setsCookie(loadBalancer: Hashing): boolean {
  return loadBalancer.consistentHash?.httpCookie?.ttl !== undefined;
}

/** False where TLS is passed on and http redirected: the gateway itself never speaks to the backend. */
export function isSpokenTo(location: Location, server: Server, servers: readonly Server[]): boolean {
  return !server.passthrough || !redirects(location, server, servers);
}

/** What differs on the wire, as text. */
function wire({ backend: { connectTimeout, tls, upgrade }, verified }: Spoken): string {
  return JSON.stringify([connectTimeout, tls, upgrade, verified]);
}

/** For a whole Service where its BackendTLSPolicy is: istiod takes nothing of that for a port with settings of its own. */
function ruleObjects(
  spoken: Spoken[],
  portOf: PortNumber,
  input: Input,
  gateway: GatewayOptions,
  isWhole: (one: Spoken) => boolean,
): Written[] {
  const services = new Map<string, Spoken[]>();
  for (const one of spoken.filter(({ backend }) => Object.keys(backend).length > 0)) {
    const key = keyOf(defined({ namespace: one.upstream.namespace, name: one.upstream.service }));
    services.set(key, [...(services.get(key) ?? []), one]);
  }
  return [...services.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, ports]) => {
      const { namespace, service } = ports[0]!.upstream;
      const all = spoken.filter(({ upstream: { namespace: other, service: name } }) => {
        return keyOf(defined({ namespace: other, name })) === key;
      });
      const settings = ports
        .map(({ upstream, backend }) => ({ port: { number: portOf(upstream) ?? 0 }, ...settingsOf(backend) }))
        .sort((a, b) => a.port.number - b.port.number);
      const whole = ports.find(isWhole);
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: defined({ name: `${service}-ingress`, namespace }),
        spec: {
          host: service,
          ...clients(all, input.services.get(key), gateway),
          trafficPolicy: whole ? settingsOf(whole.backend) : { portLevelSettings: settings },
        },
      };
    });
}

/**
 * For the gateway alone, as NGINX's settings are for NGINX. For all clients where a BackendTLSPolicy is, with which istiod merges
 * only a rule for all, and where a waypoint stands between the gateway and the Service, unless it is for TLS: that passes through.
 */
function clients(all: Spoken[], service: Service | undefined, { namespace }: GatewayOptions): { exportTo?: string[] } {
  const isBehindWaypoint = service?.metadata.labels?.[meshLabels.ingressUseWaypoint] === "true";
  if (all.some(({ verified }) => verified !== undefined)) return {};
  if (isBehindWaypoint && all.every(({ backend: { tls } }) => tls === undefined)) return {};
  return { exportTo: [namespace ?? "."] };
}

function settingsOf({ connectTimeout, loadBalancer, tls, upgrade }: BackendSettings) {
  const pool = {
    ...(connectTimeout === undefined ? {} : { tcp: { connectTimeout: `${connectTimeout}s` } }),
    ...(upgrade ? { http: { h2UpgradePolicy: "UPGRADE" } } : {}),
  };
  return {
    ...(Object.keys(pool).length > 0 ? { connectionPool: pool } : {}),
    ...(loadBalancer ? { loadBalancer } : {}),
    ...(tls ? { tls } : {}),
  };
}

/** BackendTLSPolicies, with the CA in a ConfigMap where the Secret is known; a canary is verified as its primary. */
export function backendTls(
  placed: readonly PlacedServer[],
  canaries: Servers["canaries"],
  input: Input,
  portOf: PortNumber,
): Written[] {
  const objects = new Map<string, Written>();
  const servers = placed.map(({ server }) => server);
  const spoken = placed.flatMap(({ server, placed: locations }) =>
    locations
      .filter(({ location, pieces }) => pieces.length > 0 && isSpokenTo(location, server, servers))
      .flatMap(({ location: { upstream, owner } }) => {
        const { verified } = owner.settings;
        const canary = canaries.get(upstreamKey(upstream));
        const source = owner.ingress.metadata.namespace;
        return verified
          ? [upstream, ...(canary ? [canary.upstream] : [])].map((one) => ({ ...one, verified, source }))
          : [];
      }),
  );
  for (const { verified, source, ...upstream } of spoken) {
    const { namespace, service } = upstream;
    const sectionName = sectionOf(upstream, input, portOf);
    const name = `${verified.secret}-ca`;
    objects.set(`tls ${keyOf(defined({ namespace, name: service }))} ${sectionName ?? ""}`, {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "BackendTLSPolicy",
      metadata: defined({ name: sectionName ? `${service}.${sectionName}` : service, namespace }),
      spec: {
        targetRefs: [{ group: "", kind: "Service", name: service, ...(sectionName ? { sectionName } : {}) }],
        validation: { caCertificateRefs: [{ group: "", kind: "ConfigMap", name }], hostname: verified.hostname },
      },
    });
    const secret = input.secrets.get(keyOf(defined({ namespace: source, name: verified.secret })));
    const encoded = secret?.data?.["ca.crt"];
    const ca = encoded === undefined ? secret?.stringData?.["ca.crt"] : Buffer.from(encoded, "base64").toString("utf8");
    if (ca !== undefined) {
      const metadata = defined({ name, namespace });
      objects.set(`ca ${keyOf(metadata)}`, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": ca } });
    }
  }
  return [...objects.values()];
}

/** ReferenceGrants for what goes to Services of other namespaces: copies, and the requests of canaries. */
export function referenceGrants(reads: readonly ReadIngress[], { joined }: Servers): Written[] {
  return reads.flatMap((owner) => {
    const { mirror } = owner.settings;
    const copied = mirror?.namespace === undefined ? [] : [grant(owner, "mirror", mirror.namespace, mirror.service)];
    const candidates = joined.filter(
      ({ beside, upstream }) => beside === owner && upstream.namespace !== owner.ingress.metadata.namespace,
    );
    const shared = new Map(
      candidates.map(({ upstream: { namespace = "default", service } }) => [
        `${namespace}/${service}`,
        grant(owner, `canary-${service}`, namespace, service),
      ]),
    );
    return [...copied, ...shared.values()];
  });
}

/** Has the routes of the Ingress send to a Service of another namespace. */
function grant(owner: ReadIngress, suffix: string, namespace: string, service: string): Written {
  const own = owner.ingress.metadata.namespace ?? "default";
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "ReferenceGrant",
    metadata: { name: foreignName(owner, suffix), namespace },
    spec: {
      from: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: own }],
      to: [{ group: "", kind: "Service", name: service }],
    },
  };
}

const reconnecting = "a browser that is connected for another host with this certificate";

/** What becomes of the tls section of an Ingress. */
export function tlsEntries(
  owner: ReadIngress,
  servers: readonly Server[],
  gateway: GatewayOptions,
  envoyFilters: boolean,
): Entry[] {
  const hosts = new Set((owner.ingress.spec.rules ?? []).map(({ host }) => (host ?? "").toLowerCase()));
  return (owner.ingress.spec.tls ?? []).map(({ hosts: named = [], secretName }) => {
    const passed = servers.filter(({ passthrough, host }) => passthrough && named.includes(host));
    const used = servers.filter(({ certificate }) => certificate?.owner === owner && certificate.secret === secretName);
    const served = used.filter(({ host }) => host !== "").map(({ host }) => host);
    const name = named.length > 0 ? named.join(", ") : "*";
    const entry = (verdict: Verdict): Entry =>
      defined({ ingress: owner.key, part: "tls" as const, name, value: secretName, ...verdict });
    if (secretName !== undefined && served.length > 0) {
      const set = keyOf(defined({ namespace: owner.ingress.metadata.namespace, name: owner.ingress.metadata.name }));
      const detail = `Gateway ${keyOf(defined({ name: gateway.name, namespace: gateway.namespace }))} must allow it: allowedListeners: { from: "All" } of the gateway`;
      const to = `listener of ListenerSet ${set} for ${served.join(", ")}`;
      if (!used.some((server) => sharedNames(server, servers).length > 0)) return entry(mapped(to, detail));
      return entry(
        envoyFilters
          ? mapped(to, `${detail}; ${reconnecting} gets 421, and connects anew`)
          : changed(`${detail}; ${reconnecting} gets 404: without --no-envoy-filters it connects anew`, to),
      );
    }
    if (passed.length > 0 && passed.length === named.length) {
      return entry({ outcome: "converted", detail: "the backend shows its own certificate, as with NGINX" });
    }
    if (named.some((host) => hosts.has(host.toLowerCase())) && secretName !== undefined) {
      return entry({ outcome: "converted", detail: "another Ingress gives the host its certificate, as with NGINX" });
    }
    return secretName === undefined
      ? entry(changed("NGINX's default certificate is replaced by the Gateway's own", "the Gateway's https listener"))
      : entry({ outcome: "converted", detail: "no rule has a host of it, so NGINX never shows its certificate" });
  });
}
