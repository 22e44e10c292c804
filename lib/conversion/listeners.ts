// ListenerSets: the listeners of hosts with a certificate, and of those whose TLS is passed on, beside their Ingresses.
import { defined } from "../json";
import type { Names } from "./names";
import type { Written } from "./objects";
import { metadataOf, type GatewayOptions, type PlacedServer } from "./routes";
import { isMutual, type ReadIngress, type Server } from "./servers";

/** Name and namespace of a ListenerSet. */
export interface SetName {
  name: string;
  namespace?: string;
}

/** ListenerSets, and which of them has the certificate of a host. */
export interface CertificateListeners {
  objects: Written[];
  setOf: (server: Server) => SetName | undefined;
}

/** How many listeners a ListenerSet takes. */
const most = 64;

/** ListenerSets for each Ingress that gives hosts their certificates. */
export function certificateListeners(
  placed: readonly PlacedServer[],
  gateway: GatewayOptions,
  names: Names,
): CertificateListeners {
  const sets = new Map<Server, SetName>();
  const certified = placed.filter(({ server }) => server.certificate && server.host !== "");
  const owners = [...new Set(certified.map(({ server }) => server.certificate!.owner))];
  const objects = owners.flatMap((owner) => {
    const mine = certified.filter(({ server }) => server.certificate!.owner === owner);
    // A set of its own, so that no route reaches the host by a listener that demands no certificate, nor those below it.
    const isAlone = ({ server }: PlacedServer) => isMutual(server) || isAbove(server, mine);
    const together = mine.filter((one) => !isAlone(one));
    const alone = mine.filter(isAlone).map((one) => [one]);
    return [...inSets(together, ({ server }) => hostnamesOf(server).length), ...alone].map((some) => {
      const name = names.claim(owner, "");
      for (const { server } of some) sets.set(server, defined({ name, namespace: owner.ingress.metadata.namespace }));
      const shared = some.some((one) => isShared(one, owner));
      const hosts = some.flatMap(({ server }) =>
        hostnamesOf(server).map((hostname) => ({ hostname, secret: server.certificate!.secret, server })),
      );
      const listeners = hosts.map(({ hostname, secret, server }, index) => ({
        name: listenerName("https", index),
        hostname,
        port: 443,
        protocol: "HTTPS",
        tls: { certificateRefs: [{ name: secret }], ...tlsOptions(server, hostname) },
        ...(shared ? { allowedRoutes: { namespaces: { from: "All" } } } : {}),
      }));
      return listenerSet(owner, name, gateway, listeners);
    });
  });
  return { objects, setOf: (server) => sets.get(server) };
}

/** True where an Ingress of another namespace has paths of the host too. */
function isShared({ placed }: PlacedServer, owner: ReadIngress): boolean {
  return placed.some(({ location }) => location.owner.ingress.metadata.namespace !== owner.ingress.metadata.namespace);
}

/** True for a wildcard above other hosts: istiod attaches its routes to their listeners too, where these are in one set. */
function isAbove(server: Server, all: readonly PlacedServer[]): boolean {
  const wildcards = hostnamesOf(server).filter((name) => name.startsWith("*."));
  return all.some(
    (other) =>
      other.server !== server &&
      hostnamesOf(other.server).some((name) => wildcards.some((wildcard) => name.endsWith(wildcard.slice(1)))),
  );
}

/** All names of a host that its certificate is shown for. */
function hostnamesOf(server: Server): string[] {
  return [server.host, ...server.aliases, ...certifiedWww(server)];
}

/** The names of a host whose listeners have its own settings of TLS. */
export function guardedNames(server: Server): string[] {
  return hostnamesOf(server).filter((name) => name !== server.www?.from);
}

/** The other host of from-to-www-redirect, where the certificate is meant for it too. */
function certifiedWww({ www, certificate }: Server): string[] {
  const named = (certificate?.owner.ingress.spec.tls ?? []).flatMap(({ hosts, secretName }) =>
    secretName === certificate?.secret ? (hosts ?? []) : [],
  );
  return www && named.includes(www.from) ? [www.from] : [];
}

/** What only Istio knows of TLS; the other host of from-to-www-redirect has NGINX's usual settings. */
function tlsOptions(server: Server, hostname: string): { options?: { [name: string]: string } } {
  const options = {
    ...(isMutual(server)
      ? { "gateway.istio.io/tls-terminate-mode": server.clientCertificates!.judged ? "OPTIONAL_MUTUAL" : "MUTUAL" }
      : {}),
    ...(server.ciphers ? { "gateway.istio.io/tls-cipher-suites": server.ciphers.names.join(",") } : {}),
  };
  return Object.keys(options).length === 0 || hostname === server.www?.from ? {} : { options };
}

/** As few groups as there have to be, each with the listeners of one ListenerSet at most. */
export function inSets<T>(all: readonly T[], listenersOf: (one: T) => number): T[][] {
  const groups: T[][] = [];
  let left = 0;
  for (const one of all) {
    const wanted = listenersOf(one);
    if (groups.length === 0 || wanted > left) {
      groups.push([]);
      left = most;
    }
    groups.at(-1)!.push(one);
    left -= wanted;
  }
  return groups;
}

/** The first listener of a ListenerSet has the name alone, the others a number. */
export function listenerName(name: string, index: number): string {
  return index === 0 ? name : `${name}-${index + 1}`;
}

/** A ListenerSet on the Gateway, with the labels of the Ingress. */
export function listenerSet(owner: ReadIngress, name: string, gateway: GatewayOptions, listeners: object[]): Written {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "ListenerSet",
    metadata: metadataOf({ ...owner, settings: { ...owner.settings, kept: {} } }, name),
    spec: { parentRef: defined({ name: gateway.name, namespace: gateway.namespace }), listeners },
  };
}
