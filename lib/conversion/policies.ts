// What beside routes keeps the meaning of Ingresses: how backends are spoken to, who is let in, certificates of hosts.
import { metadataOf, redirects, type GatewayOptions, type PlacedServer, type PortNumber } from "./routes";
import { defined } from "../json";
import { keyOf, type Secret, type Service, type Written } from "./objects";
import { changed, mapped, refused, type Entry, type Verdict } from "./report";
import { upstreamKey, type Location, type ReadIngress, type Server, type Servers, type Upstream } from "./servers";
import type { BackendSettings } from "./settings";

/** Objects, and what there is to say about them. */
export interface Policies {
  objects: Written[];
  entries: Entry[];
}

/** How one upstream is spoken to. */
interface Spoken {
  upstream: Upstream;
  backend: BackendSettings;
  owner: ReadIngress;
}

/** DestinationRules, one a Service, with settings for the ports that the Ingresses use. */
export function destinationRules(all: Servers, placed: readonly PlacedServer[], portOf: PortNumber): Policies {
  const spoken = new Map<string, Spoken>();
  const entries: Entry[] = [];
  const say = (upstream: Upstream, backend: BackendSettings, owner: ReadIngress, what: string) => {
    const known = spoken.get(upstreamKey(upstream));
    if (!known) spoken.set(upstreamKey(upstream), { upstream, backend, owner });
    else if (wire(known.backend) !== wire(backend)) {
      const why = `${known.owner.key} speaks otherwise to Service ${upstream.service}, and a DestinationRule holds for all routes`;
      entries.push({ ingress: owner.key, part: "path", name: what, ...refused(why, "the same annotations on both") });
    }
  };
  for (const { server, placed: locations } of placed) {
    for (const { location, pieces } of locations) {
      const { upstream, owner } = location;
      if (pieces.length === 0 || owner.settings.redirect || !isSpokenTo(location, server, all.servers)) continue;
      const { verified, backend } = owner.settings;
      const { tls, ...others } = backend;
      const own: BackendSettings = verified || tls === undefined ? others : backend;
      say(upstream, own, owner, `${server.host}${location.path}`);
      const alternative = all.canaries.get(upstreamKey(upstream));
      if (!alternative) continue;
      // A canary is spoken to as its primary; only its balancing is its own, unless the primary keeps sessions.
      const sessions =
        own.loadBalancer && "consistentHash" in own.loadBalancer ? own : alternative.owner.settings.backend;
      const loadBalancer = sessions.loadBalancer ? { loadBalancer: sessions.loadBalancer } : {};
      const inherited = { connectTimeout: own.connectTimeout, tls: own.tls, upgrade: own.upgrade };
      say(
        alternative.upstream,
        defined({ ...inherited, ...loadBalancer }),
        alternative.owner,
        `${server.host}${location.path}`,
      );
    }
  }
  return { objects: ruleObjects([...spoken.values()], portOf), entries };
}

/** False where TLS is passed on and http redirected: the gateway itself never speaks to the backend. */
export function isSpokenTo(location: Location, server: Server, servers: readonly Server[]): boolean {
  return !server.passthrough || !redirects(location, server, servers);
}

/** What differs on the wire, as text. */
function wire({ connectTimeout, tls, upgrade }: BackendSettings): string {
  return JSON.stringify([connectTimeout, tls, upgrade]);
}

function ruleObjects(spoken: Spoken[], portOf: PortNumber): Written[] {
  const services = new Map<string, Spoken[]>();
  for (const one of spoken.filter(({ backend }) => Object.keys(backend).length > 0)) {
    const key = keyOf(defined({ namespace: one.upstream.namespace, name: one.upstream.service }));
    services.set(key, [...(services.get(key) ?? []), one]);
  }
  return [...services.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, ports]) => {
      const { namespace, service } = ports[0]!.upstream;
      const settings = ports
        .map(({ upstream, backend }) => portSettings(portOf(upstream) ?? 0, backend))
        .sort((a, b) => a.port.number - b.port.number);
      return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: defined({ name: `${service}-ingress`, namespace }),
        spec: { host: service, trafficPolicy: { portLevelSettings: settings } },
      };
    });
}

function portSettings(number: number, { connectTimeout, loadBalancer, tls, upgrade }: BackendSettings) {
  const pool = {
    ...(connectTimeout === undefined ? {} : { tcp: { connectTimeout: `${connectTimeout}s` } }),
    ...(upgrade ? { http: { h2UpgradePolicy: "UPGRADE" } } : {}),
  };
  return {
    port: { number },
    ...(Object.keys(pool).length > 0 ? { connectionPool: pool } : {}),
    ...(loadBalancer ? { loadBalancer } : {}),
    ...(tls ? { tls } : {}),
  };
}

/** BackendTLSPolicies, with the CA in a ConfigMap where the Secret is known. */
export function backendTls(
  placed: readonly PlacedServer[],
  services: ReadonlyMap<string, Service>,
  secrets: ReadonlyMap<string, Secret>,
): Written[] {
  const objects = new Map<string, Written>();
  const servers = placed.map(({ server }) => server);
  const all = placed.flatMap(({ server, placed: locations }) => locations.map((one) => ({ server, ...one })));
  for (const { server, location, pieces } of all) {
    const { verified } = location.owner.settings;
    if (!verified || pieces.length === 0 || !isSpokenTo(location, server, servers)) continue;
    const { namespace, service, port } = location.upstream;
    const known = services.get(keyOf(defined({ namespace, name: service })));
    const sectionName = port.name ?? known?.spec.ports?.find((one) => one.port === port.number)?.name;
    const name = `${verified.secret}-ca`;
    objects.set(`tls ${upstreamKey(location.upstream)}`, {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "BackendTLSPolicy",
      metadata: defined({ name: sectionName ? `${service}-${sectionName}` : service, namespace }),
      spec: {
        targetRefs: [{ group: "", kind: "Service", name: service, ...(sectionName ? { sectionName } : {}) }],
        validation: { caCertificateRefs: [{ group: "", kind: "ConfigMap", name }], hostname: verified.hostname },
      },
    });
    const secret = secrets.get(keyOf(defined({ namespace, name: verified.secret })));
    const encoded = secret?.data?.["ca.crt"];
    const ca = encoded === undefined ? secret?.stringData?.["ca.crt"] : Buffer.from(encoded, "base64").toString("utf8");
    if (ca !== undefined) {
      const metadata = defined({ name, namespace });
      objects.set(`ca ${keyOf(metadata)}`, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "ca.crt": ca } });
    }
  }
  return [...objects.values()];
}

/** A ListenerSet for each Ingress that gives hosts their certificates. */
export function listenerSets(placed: readonly PlacedServer[], gateway: GatewayOptions): Written[] {
  const owners = [...new Set(placed.flatMap(({ server }) => (server.certificate ? [server.certificate.owner] : [])))];
  return owners.flatMap((owner) => {
    const certified = placed.filter(({ server }) => server.certificate?.owner === owner && server.host !== "");
    if (certified.length === 0) return [];
    const namespaces = new Set(
      certified.flatMap((one) => one.placed.map(({ location }) => location.owner.ingress.metadata.namespace)),
    );
    const shared = [...namespaces].some((namespace) => namespace !== owner.ingress.metadata.namespace);
    const hosts = certified.flatMap(({ server }) =>
      [server.host, ...server.aliases, ...certifiedWww(server)].map((hostname) => ({
        hostname,
        secret: server.certificate!.secret,
      })),
    );
    return [
      {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "ListenerSet",
        metadata: metadataOf({ ...owner, settings: { ...owner.settings, kept: {} } }, owner.ingress.metadata.name),
        spec: {
          parentRef: defined({ name: gateway.name, namespace: gateway.namespace }),
          listeners: hosts.map(({ hostname, secret }, index) => ({
            name: index === 0 ? "https" : `https-${index + 1}`,
            hostname,
            port: 443,
            protocol: "HTTPS",
            tls: { certificateRefs: [{ name: secret }] },
            ...(shared ? { allowedRoutes: { namespaces: { from: "All" } } } : {}),
          })),
        },
      },
    ];
  });
}

/** The other host of from-to-www-redirect, where the certificate is meant for it too. */
export function certifiedWww({ www, certificate }: Server): string[] {
  const named = (certificate?.owner.ingress.spec.tls ?? []).flatMap(({ hosts, secretName }) =>
    secretName === certificate?.secret ? (hosts ?? []) : [],
  );
  return www && named.includes(www.from) ? [www.from] : [];
}

/** ReferenceGrants for copies that go to Services of other namespaces. */
export function referenceGrants(reads: readonly ReadIngress[]): Written[] {
  return reads.flatMap(({ ingress: { metadata }, settings: { mirror } }) =>
    mirror?.namespace === undefined
      ? []
      : [
          {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "ReferenceGrant",
            metadata: {
              name: [metadata.namespace, metadata.name, "mirror"].filter(Boolean).join("-"),
              namespace: mirror.namespace,
            },
            spec: {
              from: [
                { group: "gateway.networking.k8s.io", kind: "HTTPRoute", namespace: metadata.namespace ?? "default" },
              ],
              to: [{ group: "", kind: "Service", name: mirror.service }],
            },
          },
        ],
  );
}

/** What becomes of the tls section of an Ingress. */
export function tlsEntries(owner: ReadIngress, servers: readonly Server[], gateway: GatewayOptions): Entry[] {
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
      return entry(mapped(`listener of ListenerSet ${set} for ${served.join(", ")}`, detail));
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
