// `istio-ambient convert --compare`: the same requests to NGINX and to the gateway, and what differs between the answers.
import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { reason } from "../cluster/connection";
import type { ConvertOptions } from "../lib/conversion/read";
import { differenceOf, differencesText, type Answer, type Difference } from "../lib/conversion/differences";
import { requestsOf, type Request } from "../lib/conversion/requests";
import { violationLine } from "../lib/validation/violations";
import { exit, UsageError } from "./exit";
import { endProgress, progress, type Terminal } from "./terminal";

/** The flags of --compare. */
export interface CompareOptions {
  compare?: string[];
  https?: string[];
  methods: string;
  header?: string[];
  backendHeader?: string[];
  maxRequests: string;
  rate: string;
  output?: string;
}

/** No server answered at one of the two URLs. Its message is for the user. */
class NoAnswerError extends Error {
  override name = "NoAnswerError";
}

type Sides = { [scheme in Request["scheme"]]?: [nginx: URL, gateway: URL] };

/** How long one answer may take. */
const answerMs = 10_000;

/** How much of a body is read: some never end. */
const bodyBytes = 2 ** 20;

/** What requests are made of. */
const knownMethods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/** Sends everything; gives the exit code. */
export async function compare(
  documents: readonly unknown[],
  settings: ConvertOptions,
  options: CompareOptions,
  terminal: Terminal,
): Promise<number> {
  const sides: Sides = {
    ...(options.compare ? { http: urlsOf("--compare", options.compare) } : {}),
    ...(options.https ? { https: urlsOf("--https", options.https) } : {}),
  };
  const limit = numberOf("--max-requests", options.maxRequests);
  const rate = numberOf("--rate", options.rate);
  const schemes = (["http", "https"] as const).filter((scheme) => sides[scheme]);
  const methods = methodsOf(options.methods);
  const { requests, left, headers, varying, ...hosts } = requestsOf(documents, settings, { schemes, methods, limit });
  const own = (options.header ?? []).map((name) => name.toLowerCase());
  const looks = {
    headers: [...headers, ...own],
    varying: varying.filter((name) => !own.includes(name)),
    backendHeaders: options.backendHeader ?? ["x-backend", "x-served-by"],
    ...hosts,
  };
  const differences: Difference[] = [];
  try {
    for (const [index, request] of requests.entries()) {
      progress(terminal, `request ${index + 1} of ${requests.length}`);
      const pause = sleep(1000 / rate);
      const [nginx, gateway] = await Promise.all(sides[request.scheme]!.map((url) => answerOf(request, url)));
      const difference = differenceOf(request, nginx!, gateway!, looks);
      if (difference) differences.push(difference);
      await pause;
    }
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    terminal.err(`${error.message}\n`);
    return exit.unreachable;
  } finally {
    endProgress(terminal);
  }
  const data = { sent: requests.length, left, differences };
  terminal.out(
    options.output === "json"
      ? `${JSON.stringify(data, null, 2)}\n`
      : differencesText(differences, requests.length, left),
  );
  return differences.length === 0 ? exit.good : exit.failed;
}

function methodsOf(text: string): string[] {
  const methods = text.split(",").map((method) => method.trim().toUpperCase());
  if (methods.every((method) => knownMethods.includes(method))) return methods;
  const rule = `must be some of ${knownMethods.join(", ")}, with commas between them`;
  throw new UsageError(violationLine({ path: "--methods", got: text, rule, fix: "--methods GET,HEAD,OPTIONS" }));
}

function urlsOf(option: string, given: string[]): [URL, URL] {
  const scheme = option === "--https" ? "https" : "http";
  const all = given.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : []));
  const [nginx, gateway] = all.filter(({ protocol }) => protocol === `${scheme}:`);
  if (given.length === 2 && nginx && gateway) return [nginx, gateway];
  const fix = `${option} ${scheme}://localhost:${scheme === "https" ? "8443" : "8080"} ${scheme}://localhost:${scheme === "https" ? "8444" : "8081"}`;
  throw new UsageError(
    violationLine({ path: option, got: given.join(" "), rule: `must be two URLs of ${scheme}, NGINX's first`, fix }),
  );
}

function numberOf(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new UsageError(
    violationLine({ path: option, got: text, rule: "must be a whole number from 1", fix: `${option} 100` }),
  );
}

/** The answer of one side, which is reached by its own address whatever the request's host is. */
function answerOf({ method, host, path, headers }: Request, url: URL): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isHttps = url.protocol === "https:";
    const options: https.RequestOptions = {
      method,
      host: url.hostname,
      port: url.port,
      path,
      headers: { ...headers, host, connection: "close" },
      timeout: answerMs,
      // Without the sessions of an agent every handshake shows its certificate.
      agent: false,
      // Whether the certificates are valid is other people's concern; that both sides show the same one is not.
      ...(isHttps ? { servername: host, rejectUnauthorized: false } : {}),
    };
    const fail = (why: string) =>
      reject(new NoAnswerError(`no answer from ${url.origin} to ${method} ${host}${path}: ${why}`));
    const sent = (isHttps ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      const shown = certificateOf(response.socket);
      let bytes = 0;
      const done = () => {
        clearTimeout(last);
        resolve({
          status: response.statusCode ?? 0,
          headers: flat(response.headers),
          body: Buffer.concat(chunks).toString("utf8"),
          ...shown,
        });
        response.destroy();
      };
      const last = setTimeout(done, answerMs);
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes >= bodyBytes) done();
      });
      response.on("error", (error) => {
        clearTimeout(last);
        fail(reason(error));
      });
      response.on("end", done);
    });
    sent.on("timeout", () => sent.destroy(new Error(`nothing within ${answerMs / 1000} s`)));
    sent.on("error", (error) => fail(reason(error)));
    sent.end();
  });
}

/** What tells one certificate from another. */
function certificateOf(socket: Socket): { certificate?: string } {
  if (!(socket instanceof TLSSocket)) return {};
  const { subject, subjectaltname, serialNumber } = socket.getPeerCertificate();
  const names = subjectaltname ?? [subject?.CN ?? []].flat().join(", ");
  return { certificate: `${names}, serial number ${serialNumber}` };
}

function flat(headers: http.IncomingHttpHeaders): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]),
  );
}
