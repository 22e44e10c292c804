// One request over http for a host of the gateway, and its answer.
import * as http from "node:http";

/** What is asked for. */
export interface Wanted {
  path?: string;
  method?: string;
  headers?: { [name: string]: string };
}

/** What came of it. */
export interface Response {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Asks a host, whose gateway is at the URL. */
export function ask(
  host: string,
  url: string,
  { path = "/", method = "GET", headers = {} }: Wanted = {},
): Promise<Response> {
  const { hostname, port } = new URL(url);
  const options = { host: hostname, port, path, method, agent: false, headers: { ...headers, host }, timeout: 10_000 };
  return new Promise((resolve, reject) => {
    const sent = http.request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    sent.end();
  });
}
