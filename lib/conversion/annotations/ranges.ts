// Ranges of addresses, by which clients are admitted or not.
import { isIP } from "node:net";
import { changed, mapped, type Verdict } from "../report";
import type { Surroundings } from "./family";

/** What they need to mean anything. */
export const needsAddress =
  "the gateway must see the client's own address: externalTrafficPolicy Local on its Service, or meshConfig.defaultConfig.gatewayTopology.numTrustedProxies";

/** The verdict on ranges; istiod puts CUSTOM before DENY, and NGINX asks by address first. */
export function byAddress(field: string, { other }: Surroundings): Verdict {
  const to = `AuthorizationPolicy DENY with ${field}, on the Gateway`;
  const first = ["auth-url", "auth-type"].find((name) => other(name) !== undefined);
  if (first === undefined) return mapped(to, needsAddress);
  const order = `${first} is asked first: clients that are turned away by address may be sent to sign in before`;
  return changed(`${needsAddress}; ${order}`, to);
}

/** The ranges of all addresses. */
export const everyAddress = ["0.0.0.0/0", "::/0"];

/** An address, or one with the length of its network part. */
export function isRange(text: string): boolean {
  const [address = "", length, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (version === 4 ? 32 : 128));
}
