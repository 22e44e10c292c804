// What a gateway tells those that refer to it, in the same program or from another stack: its listeners, its hostnames,
// and the ports under which they answer outside.

import { serves } from "./hosts";

export type Protocol = "http" | "https";

/** A listener as a route has to know it. */
export interface ReferencedListener {
  name: string;
  protocol: string;
  port: number;
  hostname?: string;
}

/** A gateway that is referred to; by name alone nothing else of it is known. */
export interface ReferencedGateway {
  listeners?: ReferencedListener[];
  hostPorts?: { http?: number; https?: number };
  certificateNames?: string[];
  /** The listener that the route names; none for all of them. */
  section?: string;
  /** The same by port. */
  port?: number;
}

/** What a gateway serves a route by the listeners that it names. */
export interface Served {
  /** Hostnames of the listeners; none where every host is served. */
  hostnames?: string[];
  /** Names in the certificate; none without one of the gateway's own. */
  certificateNames?: string[];
  /** Port under which https is reached from outside. */
  httpsPort: number;
  /** Names of the listeners of each protocol. */
  listeners: Record<Protocol, string[]>;
}

/** What tells nothing: .NET writes every field of an output, and an empty list in place of none. */
const isTold = (value: unknown): boolean => value !== null && !(Array.isArray(value) && value.length === 0);

/** A reference as a platform in any language gives it: what its stack has not told is missing. */
export function referenceTold<T>(reference: T): T {
  if (typeof reference !== "object" || reference === null || Array.isArray(reference)) {
    return reference;
  }
  const told = Object.entries(reference).flatMap(([field, value]): [string, unknown][] =>
    !ofReference.includes(field) ? [[field, value]] : isTold(value) ? [[field, withoutNulls(value)]] : [],
  );
  return Object.fromEntries(told) as T;
}

/** What a gateway's stack tells of it beside its name; the rest is written by hand. */
const ofReference: string[] = ["listeners", "hostPorts", "certificateNames", "serviceAccount"];

/** Plain values only: what has still to arrive is left as it is. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null)) : value;
}

/** What a gateway serves, where the reference tells. */
export function servedBy(gateway: ReferencedGateway): Served | undefined {
  const { listeners, hostPorts, certificateNames } = gateway;
  if (listeners === undefined) {
    return undefined;
  }
  const named = namedOf(gateway);
  const of = (protocol: Protocol) => ofProtocol(named, protocol).map(({ name }) => name);
  const hostnames = named.map(({ hostname }) => hostname);
  return {
    ...(hostnames.every((hostname) => hostname !== undefined) && { hostnames: [...new Set(hostnames)] }),
    ...(certificateNames && { certificateNames }),
    // A redirect leads to the https listeners, whichever its route names.
    httpsPort: hostPorts?.https ?? ofProtocol(listeners, "https")[0]?.port ?? 443,
    listeners: { http: of("http"), https: of("https") },
  };
}

/** The listeners that a route names. */
function namedOf({ listeners = [], section, port }: ReferencedGateway): ReferencedListener[] {
  return listeners.filter(
    (each) => (section === undefined || section === each.name) && (port === undefined || port === each.port),
  );
}

/**
 * Names of the listeners of a protocol that take a route with these hostnames: one that takes none of them refuses it. Where none
 * takes any, all of them, so that the route is refused with a reason and not left without a parent.
 */
export function listenersFor(gateway: ReferencedGateway, protocol: Protocol, hostnames: string[] = []): string[] {
  const all = ofProtocol(namedOf(gateway), protocol);
  const fitting = all.filter((listener) => hostnames.length === 0 || hostnames.some((host) => serves(listener, host)));
  return (fitting.length > 0 ? fitting : all).map(({ name }) => name);
}

function ofProtocol(listeners: readonly ReferencedListener[], protocol: Protocol): ReferencedListener[] {
  return listeners.filter((listener) => listener.protocol.toLowerCase() === protocol);
}
