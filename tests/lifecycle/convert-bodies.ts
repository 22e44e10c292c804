// Limits of bodies and of silence: Ingresses that set them, and requests with bodies as clients send them: with their length
// ahead, in chunks without it, or none but a wish to upgrade.
import * as http from "node:http";
import * as https from "node:https";
import type { Ingress } from "../../lib/conversion/objects";
import { ingress } from "./convert-ask";

/** A request and the status of its answer. */
export interface BodyAsk {
  host: string;
  scheme?: "http" | "https";
  url?: string;
  /** How much is sent; nothing where it is absent. */
  bytes?: number;
  /** What the Content-Length announces, where that is not what is sent; then the client waits for the answer. */
  announced?: number;
  /** Without a Content-Length. */
  chunked?: boolean;
  headers?: { [name: string]: string };
  status: number;
  location?: string;
  /** The header of the answer that a snippet adds. */
  added?: string;
  /** The answer's own Server header, where it matters; "" for none. */
  server?: string;
}

const small = { "proxy-body-size": "8k" };

/** For a conversion each. */
export const limitedIngresses: Ingress[][] = [
  [ingress("small.test", small, { "/": "web" }), ingress("small-tls.test", small, { "/": "web" }, { tls: true })],
  [
    ingress("large.test", { "proxy-body-size": "20m", "proxy-read-timeout": "1" }, { "/": "web" }),
    ingress("streamed.test", { ...small, "proxy-request-buffering": "off" }, { "/": "web" }),
    ingress("moved.test", { "permanent-redirect": "https://new.test/there" }, { "/": "web" }),
    ingress("rooted.test", { "app-root": "/app" }, { "/": "web" }),
    ingress(
      "counted.test",
      { "limit-rpm": "1", "limit-burst-multiplier": "2", "proxy-next-upstream": "off" },
      { "/": "web", "/more": "web" },
    ),
    ingress("added.test", { "configuration-snippet": 'add_header X-Added "it\'s %20 there";' }, { "/": "web" }),
    ingress("nameless.test", { "server-snippet": "more_clear_headers Server;" }, { "/": "web" }),
    ingress("wordy.test", { "proxy-buffer-size": "128k" }, { "/": "shop" }),
    ingress(
      "exempt.test",
      { "limit-rpm": "1", "limit-burst-multiplier": "1", "limit-whitelist": "0.0.0.0/0,::/0" },
      { "/": "web" },
    ),
  ],
];

/** Of these hosts, and of one without limits. */
export const bodyAsks: BodyAsk[] = [
  { host: "small.test", bytes: 8192, status: 200 },
  { host: "small.test", bytes: 8193, status: 413 },
  { host: "small.test", bytes: 8192, chunked: true, status: 200 },
  { host: "small.test", bytes: 8193, chunked: true, status: 413 },
  { host: "small.test", status: 200 },
  { host: "small.test", headers: { connection: "Upgrade", upgrade: "websocket" }, status: 200 },
  { host: "small-tls.test", scheme: "https", bytes: 8192, status: 200 },
  { host: "small-tls.test", scheme: "https", bytes: 8193, chunked: true, status: 413 },
  // More than Envoy would collect by itself.
  { host: "large.test", bytes: 20 * 2 ** 20, chunked: true, status: 200 },
  // The backend has it as it comes, and here does not answer before all of it.
  { host: "large.test", url: "/?delay=500", bytes: 20 * 2 ** 20 + 1, chunked: true, status: 413 },
  { host: "large.test", bytes: 1, announced: 20 * 2 ** 20 + 1, status: 413 },
  { host: "large.test", url: "/?delay=3000", status: 504 },
  { host: "large.test", url: "/?delay=100", status: 200 },
  { host: "streamed.test", bytes: 8193, status: 413 },
  { host: "streamed.test", bytes: 8192, chunked: true, status: 200 },
  { host: "streamed.test", bytes: 8193, chunked: true, status: 413 },
  { host: "moved.test", url: "/a?b=c", status: 301, location: "https://new.test/there" },
  { host: "rooted.test", url: "/?b=c", status: 302, location: "http://rooted.test/app" },
  { host: "rooted.test", url: "/other?b=c", status: 200 },
  // The first request and a burst of two, whichever the path; then one a minute.
  { host: "counted.test", status: 200 },
  { host: "counted.test", url: "/more", status: 200 },
  { host: "counted.test", status: 200 },
  { host: "counted.test", status: 503 },
  { host: "counted.test", url: "/more", status: 503 },
  { host: "exempt.test", status: 200 },
  { host: "exempt.test", status: 200 },
  { host: "exempt.test", status: 200 },
  { host: "added.test", status: 200, added: "it's %20 there" },
  { host: "added.test", url: "/?status=302", status: 302, added: "it's %20 there" },
  { host: "added.test", url: "/?status=404", status: 404 },
  { host: "nameless.test", status: 200, server: "" },
  { host: "nameless.test", url: "/?status=404", status: 404, server: "" },
  { host: "paths.test", url: "/foo", status: 200, server: "istio-envoy" },
  { host: "wordy.test", url: "/?filler=120000", status: 200 },
  { host: "paths.test", url: "/foo/bar?filler=120000", status: 502 },
  { host: "paths.test", url: "/foo", bytes: 8193, status: 200 },
  { host: "paths.test", url: "/foo", bytes: 8193, chunked: true, status: 200 },
  { host: "paths.test", url: "/foo?delay=1500", status: 200 },
];

/** Of hosts of both conversions, once the second one is deleted. */
export const leftAsks: BodyAsk[] = [
  { host: "large.test", status: 404 },
  { host: "small.test", bytes: 8193, chunked: true, status: 413 },
  { host: "small-tls.test", scheme: "https", bytes: 8193, chunked: true, status: 413 },
];

/** The requests with what they got. */
export async function answers(asks: readonly BodyAsk[], urls: { [scheme: string]: string }): Promise<BodyAsk[]> {
  const given: BodyAsk[] = [];
  for (const one of asks) given.push({ ...one, ...(await answerTo(one, urls[one.scheme ?? "http"]!)) });
  return given;
}

/** Status and Location of the answer. */
function answerTo(
  { host, scheme = "http", url = "/", bytes = 0, announced, chunked = false, headers = {}, server: wanted }: BodyAsk,
  base: string,
): Promise<Pick<BodyAsk, "status" | "location" | "added" | "server">> {
  const { hostname, port } = new URL(base);
  const length = chunked || bytes === 0 ? {} : { "content-length": String(announced ?? bytes) };
  return new Promise((resolve, reject) => {
    const options = {
      method: bytes > 0 ? "POST" : "GET",
      host: hostname,
      port,
      path: url,
      agent: false,
      headers: { ...headers, ...length, host },
      servername: host,
      rejectUnauthorized: false,
      maxHeaderSize: 2 ** 18,
      timeout: 10_000,
    };
    const sent = (scheme === "https" ? https : http).request(options, (response) => {
      response.resume();
      const { location, server, "x-added": added } = response.headers as { [name: string]: string | undefined };
      resolve({
        status: response.statusCode ?? 0,
        ...(location === undefined ? {} : { location }),
        ...(added === undefined ? {} : { added }),
        ...(wanted === undefined ? {} : { server: server ?? "" }),
      });
      response.on("end", () => sent.destroy());
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    if (bytes > 0) sent.write(Buffer.alloc(bytes, "x"));
    if (announced === undefined) sent.end();
  });
}
