// Headers that applications trust, as a client forges them, and what a backend must see of them.
import * as assert from "node:assert/strict";
import { isIP } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { istioAmbient } from "../unit/fixtures/terminal";
import { ingress } from "./convert-ask";
import { askAs } from "./convert-handshake";
import { apply, settled } from "./support";

const host = "trusting.test";
const names = ["Real-IP", "Forwarded-For", "Forwarded-Host", "Forwarded-Port", "Forwarded-Scheme", "Scheme"];
const others = ["X-Original-Forwarded-For", "X-Original-Forwarded-Host", "Proxy", "X_Real_IP", "X-Other"];
const forged: { [name: string]: string } = Object.fromEntries(
  [...names.map((name) => `X-${name}`), ...others].map((name) => [name, "forged"]),
);

/** Converts a host with NGINX's headers, and waits until its backend sees them instead of a client's. */
export async function sendsTrueHeaders(
  write: (name: string, documents: object[]) => string,
  url: string,
): Promise<void> {
  const file = write("trusting.yaml", [ingress(host, {}, { "/": "web" }, { tls: true })]);
  const { code, out, err } = await istioAmbient(["convert", "-f", file, "--nginx-headers"]);
  assert.equal(code, 0, err);
  apply(out);
  const seen = await settled(async () => ofForged((await askAs({ send: forged }, host, url)).saw), isTrue);
  assert.ok(isTrue(seen), JSON.stringify(seen));
}

/** What the backend saw under these names. */
function ofForged(saw: { [name: string]: string }): { [name: string]: string } {
  const sent = Object.keys(forged).map((name) => name.toLowerCase());
  return Object.fromEntries(Object.entries(saw).filter(([name]) => sent.includes(name)));
}

/** True where the backend sees what NGINX would send it. */
function isTrue(seen: { [name: string]: string }): boolean {
  const address = seen["x-real-ip"] ?? "";
  const wanted = {
    "x-real-ip": address,
    "x-forwarded-for": address,
    "x-forwarded-host": host,
    "x-forwarded-port": "443",
    "x-forwarded-scheme": "https",
    "x-scheme": "https",
    "x-other": "forged",
  };
  return isIP(address) > 0 && isDeepStrictEqual(seen, wanted);
}
