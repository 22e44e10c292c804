// The supervisor's control socket: HTTP over a Unix-domain socket in the sandbox's folder.
import * as fs from "node:fs";
import * as http from "node:http";
import { Instance } from "../instance";
import { HostPorts } from "./ports";
import { ServiceStatus } from "./service";

export interface Status {
  phase: "starting" | "ready" | "failed";
  /** What went wrong, once the phase is "failed". */
  error?: string;
  nodes: number;
  /** The machine's own ports that lead to the NodePorts. */
  ports: HostPorts;
  /** What is missing for requests to be carried. */
  lacks: string[];
  parts: ServiceStatus[];
}

export interface Handlers {
  status(): Status;
  stop(part: string): Promise<void>;
  start(part: string): Promise<void>;
  nodes(count: string): Promise<void>;
}

/** A socket's path may have 107 bytes; through the open folder it stays short. */
function socketPath(instance: Instance): { path: string; close: () => void } {
  const folder = fs.openSync(instance.directory, "r");
  return { path: `/proc/self/fd/${folder}/control.sock`, close: () => fs.closeSync(folder) };
}

/** Answers on the control socket for as long as this process lives. */
export function serve(instance: Instance, handlers: Handlers): Promise<void> {
  fs.rmSync(instance.file("control.sock"), { force: true });
  const server = http.createServer((request, response) => {
    const [command = "", argument = ""] = (request.url ?? "/").slice(1).split("/");
    const reply = (code: number, body: unknown): void => {
      response.writeHead(code, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    if (request.method === "GET" && command === "status") return reply(200, handlers.status());
    if (request.method === "POST" && (command === "stop" || command === "start" || command === "nodes")) {
      handlers[command](decodeURIComponent(argument)).then(
        () => reply(200, handlers.status()),
        (error: unknown) => reply(409, { error: error instanceof Error ? error.message : String(error) }),
      );
      return;
    }
    reply(404, { error: `no such command: ${request.method} ${request.url}` });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socketPath(instance).path, resolve);
  });
}

/** Sends one command to the supervisor; undefined where none listens. */
export function ask(instance: Instance, method: "GET" | "POST", command: string): Promise<Status | undefined> {
  return new Promise((resolve, reject) => {
    if (!fs.existsSync(instance.file("control.sock"))) return resolve(undefined);
    const socket = socketPath(instance);
    const request = http.request({ socketPath: socket.path, path: `/${command}`, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        socket.close();
        const body: Status & { error?: string } = JSON.parse(Buffer.concat(chunks).toString());
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(body.error));
      });
    });
    request.on("error", () => {
      socket.close();
      resolve(undefined);
    });
    request.end();
  });
}
