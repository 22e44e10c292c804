// Requests as a client sends them: each on a connection of its own, so that nothing hides behind one that is kept.
import * as http from "node:http";
import * as https from "node:https";
import { TLSSocket } from "node:tls";

export interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
  /** Of the certificate that was shown. */
  serial: string | undefined;
  names: string | undefined;
}

export interface Asked {
  /** Host to ask for; the connection goes where the URL says. */
  host: string;
  headers?: Record<string, string>;
  /** CA that the certificate has to be of. */
  ca?: string;
}

/** Sends one request; rejects where no answer comes. */
export function send(url: string, { host, headers, ca }: Asked): Promise<Answer> {
  const { get } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const options = { agent: false, family: 4, timeout: 10_000, headers: { ...headers, host }, ca, servername: host };
    const request = get(url, options, (response) => {
      const { socket } = response;
      const shown = socket instanceof TLSSocket ? socket.getPeerCertificate() : undefined;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          serial: shown?.serialNumber,
          names: shown?.subjectaltname,
        }),
      );
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 10 s")));
    request.on("error", reject);
  });
}

/** What came of many requests. */
export interface Tally {
  total: number;
  failed: number;
  /** How many answers came from each version of the application. */
  versions: Record<string, number>;
}

/** Sends requests, four at a time, until there were as many or until the function says that it is enough. */
export async function sendAll(url: string, asked: Asked, enough: number | (() => boolean)): Promise<Tally> {
  const tally: Tally = { total: 0, failed: 0, versions: {} };
  let begun = 0;
  const client = async (): Promise<void> => {
    while (typeof enough === "number" ? begun < enough : !enough()) {
      begun += 1;
      const answer = await send(url, asked).catch(() => undefined);
      tally.total += 1;
      if (answer?.status !== 200) tally.failed += 1;
      else {
        const { version } = JSON.parse(answer.body) as { version: string };
        tally.versions[version] = (tally.versions[version] ?? 0) + 1;
      }
      // A user's pace where it is about a time, so that the machine is not kept from what is waited for.
      if (typeof enough !== "number") await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  return tally;
}
