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
}

const small = { "proxy-body-size": "8k" };

/** For a conversion each. */
export const limitedIngresses: Ingress[][] = [
  [ingress("small.test", small, { "/": "web" }), ingress("small-tls.test", small, { "/": "web" }, { tls: true })],
  [
    ingress("large.test", { "proxy-body-size": "2m", "proxy-read-timeout": "1" }, { "/": "web" }),
    ingress("streamed.test", { ...small, "proxy-request-buffering": "off" }, { "/": "web" }),
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
  // More than Envoy collects by itself.
  { host: "large.test", bytes: 1.5 * 2 ** 20, chunked: true, status: 200 },
  { host: "large.test", bytes: 1, announced: 2 ** 21 + 1, status: 413 },
  { host: "large.test", url: "/?delay=3000", status: 504 },
  { host: "large.test", url: "/?delay=100", status: 200 },
  { host: "streamed.test", bytes: 8193, status: 413 },
  { host: "streamed.test", bytes: 8193, chunked: true, status: 200 },
  { host: "paths.test", url: "/foo", bytes: 8193, status: 200 },
  { host: "paths.test", url: "/foo", bytes: 8193, chunked: true, status: 200 },
  { host: "paths.test", url: "/foo?delay=1500", status: 200 },
];

/** The requests with the statuses that they got. */
export async function answers(asks: readonly BodyAsk[], urls: { [scheme: string]: string }): Promise<BodyAsk[]> {
  const given: BodyAsk[] = [];
  for (const one of asks) given.push({ ...one, status: await statusOf(one, urls[one.scheme ?? "http"]!) });
  return given;
}

/** The status of the answer. */
function statusOf(
  { host, scheme = "http", url = "/", bytes = 0, announced, chunked = false, headers = {} }: BodyAsk,
  base: string,
): Promise<number> {
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
      timeout: 10_000,
    };
    const sent = (scheme === "https" ? https : http).request(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      response.on("end", () => sent.destroy());
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    if (bytes > 0) sent.write(Buffer.alloc(bytes, "x"));
    if (announced === undefined) sent.end();
  });
}
