// What the components of one program know of each other: which gateway serves which hosts, who claimed which requests.
import * as pulumi from "@pulumi/pulumi";

export type Protocol = "http" | "https";

/** What a gateway of this program serves, as far as it is plain. */
export interface GatewayFacts {
  /** Host names of the listeners; none where every host is served or where they are not known yet. */
  hostnames?: string[];
  /** Names in the certificate; none without one, or where they are not known. */
  certificateNames?: string[];
  /** Port under which https is reached from outside. */
  httpsPort: pulumi.Input<number>;
  /** Number of listeners of each protocol. */
  listeners: Record<Protocol, number>;
}

const gateways = new WeakMap<object, GatewayFacts>();

/** Remembers a gateway by the output that routes name it with. */
export function announceGateway(parentRef: object, facts: GatewayFacts): void {
  gateways.set(parentRef, facts);
}

/** The gateway of this program behind a `parent`. */
export function gatewayBehind(parent: unknown): GatewayFacts | undefined {
  return typeof parent === "object" && parent !== null ? gateways.get(parent) : undefined;
}

const claimed = new WeakMap<object, Map<string, string>>();

/** Everything claimed in this run of the program, by key. One process may run several programs, one after another. */
export function claimsOfProgram(): Map<string, string> {
  const run = pulumi.runtime.getMonitor() ?? {};
  const claims = claimed.get(run) ?? new Map<string, string>();
  claimed.set(run, claims);
  return claims;
}

const numbers = new WeakMap<object, number>();
let next = 0;

/** The same text for the same thing: plain values by what they say, Outputs by which they are. */
export function identity(value: unknown): string {
  if (!pulumi.Output.isInstance(value)) {
    return JSON.stringify(value) ?? "";
  }
  const number = numbers.get(value) ?? next++;
  numbers.set(value, number);
  return `output ${number}`;
}

/** The value where it is plain through and through. */
export function plain<T>(value: pulumi.Input<T> | undefined): T | undefined {
  return isPlain(value) ? (value as T) : undefined;
}

function isPlain(value: unknown): boolean {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return false;
  }
  return typeof value === "object" && value !== null ? Object.values(value).every(isPlain) : true;
}
