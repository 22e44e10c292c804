// TLS that goes to the backend as it is: a TLSRoute, and the listener that it attaches to.
import { prefix } from "./annotations/family";
import { defined } from "../json";
import { inSets, listenerName, listenerSet } from "./listeners";
import type { Names } from "./names";
import { type Written } from "./objects";
import { isSpokenTo } from "./policies";
import { inert, refused, type Entry, type Saying, type Verdict } from "./report";
import { metadataOf, type GatewayOptions, type PlacedServer, type PortNumber } from "./routes";
import { hostsOf, upstreamKey, type ReadIngress, type Server } from "./servers";

/** ListenerSets and TLSRoutes for each Ingress whose path `/` gets the TLS of a host. */
export function tlsRoutes(
  placed: readonly PlacedServer[],
  gateway: GatewayOptions,
  portOf: PortNumber,
  names: { sets: Names; routes: Names },
): Written[] {
  const servers = placed.map(({ server }) => server).filter(({ passthrough }) => passthrough);
  const owners = [...new Set(servers.map(({ passthrough }) => passthrough!.owner))];
  return owners.flatMap((owner) =>
    inSets(
      servers.filter(({ passthrough }) => passthrough!.owner === owner),
      () => 1,
    ).flatMap((mine) => {
      const set = names.sets.claim(owner, "-passthrough");
      const listeners = mine.map(({ host }, index) => ({
        name: listenerName("tls", index),
        hostname: host,
        port: 443,
        protocol: "TLS",
        tls: { mode: "Passthrough" },
      }));
      const parent = defined({
        group: "gateway.networking.k8s.io",
        kind: "ListenerSet",
        name: set,
        namespace: owner.ingress.metadata.namespace,
      });
      const routes = mine.map(({ host, passthrough }, index): Written => {
        const { upstream } = passthrough!;
        return {
          apiVersion: "gateway.networking.k8s.io/v1",
          kind: "TLSRoute",
          metadata: metadataOf(owner, names.routes.claim(owner, "")),
          spec: {
            parentRefs: [{ ...parent, sectionName: listenerName("tls", index) }],
            hostnames: [host],
            rules: [{ backendRefs: [defined({ name: upstream.service, port: portOf(upstream) })] }],
          },
        };
      });
      return [listenerSet(owner, set, gateway, listeners), ...routes];
    }),
  );
}

/** What there is to say of ssl-passthrough beyond the annotation; `guarded` where policies go with the routes. */
export function passthroughEntries(
  reads: readonly ReadIngress[],
  placed: readonly PlacedServer[],
  guarded: boolean,
): Saying[] {
  const servers = placed.map(({ server }) => server);
  const encrypted = encryptedUpstreams(placed, servers);
  return reads
    .filter(({ settings }) => settings.passthrough && !settings.canary)
    .flatMap((owner) => {
      const name = `${prefix}ssl-passthrough`;
      const entry = (verdict: Verdict): Entry => ({ ingress: owner.key, part: "annotation", name, ...verdict });
      const hosts = hostsOf(owner).map((host) => servers.find((server) => server.host === host)!);
      const without = hosts.filter(({ passthrough }) => !passthrough);
      const aliased = hosts.filter(({ passthrough, aliases }) => passthrough && aliases.length > 0);
      const twice = hosts.filter(({ passthrough }) => passthrough && encrypted.has(upstreamKey(passthrough.upstream)));
      return [
        ...twice.map(({ passthrough }) =>
          entry(
            refused(
              `the gateway itself speaks TLS to Service ${passthrough!.upstream.service}, and would encrypt what it passes on once more`,
              'force-ssl-redirect: "true", so that it has nothing to say to it',
            ),
          ),
        ),
        ...without.map(({ host }) => ({
          ...entry(inert(`without a path \`/\` NGINX ignores it for ${host || "*"}`)),
          without: host,
        })),
        ...aliased.map(({ host }) =>
          entry(refused(`NGINX passes TLS of ${host} on, but not of its server-alias`, "a host of its own for it")),
        ),
        ...(guarded && without.length < hosts.length
          ? [
              entry(
                refused(
                  "on TLS that is passed on, an AuthorizationPolicy of the other Ingresses knows neither hosts nor paths, and would refuse all of it",
                  "another Gateway for the host, by --gateway",
                ),
              ),
            ]
          : []),
      ];
    });
}

/** Upstreams to which the gateway speaks TLS, with whichever host. */
function encryptedUpstreams(placed: readonly PlacedServer[], servers: readonly Server[]): ReadonlySet<string> {
  const all = placed.flatMap(({ server, placed: locations }) =>
    locations.filter(({ location, pieces }) => pieces.length > 0 && isSpokenTo(location, server, servers)),
  );
  const speaking = all.filter(({ location: { owner } }) => owner.settings.backend.tls ?? owner.settings.verified);
  return new Set(speaking.map(({ location }) => upstreamKey(location.upstream)));
}
