// Asks a program whether it is ready: over HTTP, or by whether it accepts a connection.
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";

/** Whether a GET of the address answers 200; the certificates here sign themselves. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const get = url.startsWith("https:") ? https.get : http.get;
    const request = get(url, { rejectUnauthorized: false, timeout: 2000, agent: false }, (response) => {
      response.resume();
      response.on("error", () => resolve(false));
      response.on("end", () => resolve(response.statusCode === 200));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}

/** Whether a connection to the address is accepted. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: 2000 }, () => socket.end(() => resolve(true)));
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    socket.on("error", () => resolve(false));
  });
}
