// A request, as the proxies in front of a pod see it.

/** Who a peer is, by its certificate. */
export interface Identity {
  trustDomain: string;
  namespace: string;
  serviceAccount: string;
}

/** What a request says once a proxy reads HTTP. */
export interface Http {
  host: string;
  method: string;
  path: string;
  headers: { [name: string]: string };
  /** The token that comes with it. */
  token?: { principal: string; valid: boolean };
}

/** One connection with one request on it. */
export interface Seen {
  /** None where the peer brought no certificate. */
  identity?: Identity;
  /** Address of the peer. */
  ip: string;
  /** The port at which the proxy takes it: that of the Service at a waypoint, that of the container at a pod. */
  port: number;
  destinationIp: string;
  /** Not given where the port does not speak HTTP. */
  http?: Http;
  /** What an external authorizer answers. */
  authorized: boolean;
}

/** The text that `principals` is compared with; empty for a peer without a certificate. */
export function principalOf(identity: Identity | undefined): string {
  return identity === undefined ? "" : `${identity.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccount}`;
}
