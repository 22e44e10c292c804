// Clients of all kinds: with a certificate or without, for one name while asking for another, with TLS 1.2, of HTTP/1.0.
import * as https from "node:https";
import * as net from "node:net";
import * as tls from "node:tls";

/** What a client shows, and whom it asks for. */
export interface Client {
  /** The name that it shakes hands with, where that is not the host. */
  servername?: string;
  cert?: string;
  key?: string;
  /** Resumes the session that it has from a request before. */
  agent?: https.Agent;
  send?: { [name: string]: string };
}

/** What it got: an answer, or the reason why there was none. */
export interface Got {
  status?: number;
  location?: string;
  error?: string;
  /** Headers that the backend saw. */
  saw: { [name: string]: string };
}

/** Asks for `/` of a host by https. */
export function askAs({ servername, cert, key, agent, send = {} }: Client, host: string, url: string): Promise<Got> {
  const { hostname, port } = new URL(url);
  const shown = cert === undefined ? {} : { cert, key };
  const options = {
    host: hostname,
    port,
    path: "/",
    agent: agent ?? false,
    servername: servername ?? host,
    timeout: 10_000,
  };
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve({ error: error.code ?? error.message, saw: {} });
    const sent = https.request(
      { ...options, ...shown, headers: { ...send, host }, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", failed);
        response.on("end", () => {
          const { location } = response.headers;
          const found = location === undefined ? {} : { location };
          resolve({ status: response.statusCode ?? 0, ...found, saw: sawOf(Buffer.concat(chunks)) });
        });
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", failed);
    sent.end();
  });
}

function sawOf(body: Buffer): { [name: string]: string } {
  const text = body.toString();
  return text.startsWith("{") ? ((JSON.parse(text) as { headers?: { [name: string]: string } }).headers ?? {}) : {};
}

/** The cipher that a client of TLS 1.2 and the gateway agree on. */
export function cipherOf(servername: string, url: string): Promise<string> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve) => {
    const options = { host, port: Number(port || 443), servername, maxVersion: "TLSv1.2", rejectUnauthorized: false };
    const socket = tls.connect(options as tls.ConnectionOptions);
    socket.on("secureConnect", () => {
      const { name } = socket.getCipher();
      socket.end(() => resolve(name));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
}

/** True where the backend, which speaks no TLS, has answered the handshake. */
export function hasReachedBackend(answer: string): boolean {
  return answer === "ERR_SSL_WRONG_VERSION_NUMBER";
}

/** The text that a Secret holds. */
export function base64(text: string): string {
  return Buffer.from(text, "base64").toString();
}

/** The first line of the answer to a client of HTTP/1.0. */
export function askedByOld(host: string, url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ host: hostname, port: Number(port || 80) });
    socket.write(`GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => resolve(Buffer.concat(chunks).toString().split("\r\n")[0]!));
    socket.on("error", reject);
  });
}
