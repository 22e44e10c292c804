// The machine's own ports that lead to the sandbox's NodePorts, as the port maps of kind do it: on 127.0.0.1 only.
import { ChildProcess } from "node:child_process";
import * as net from "node:net";
import { Instance } from "../instance";
import { nodeAddresses } from "./network";

/** Where requests come in, by the name of the gateway's listener. */
export interface HostPorts {
  http: number;
  https: number;
}
const names = ["http", "https"] as const;
const variables = { http: "SANDBOX_HTTP_PORT", https: "SANDBOX_HTTPS_PORT" };

/** Ports of the checkout's own sandbox; every other one takes free ones. */
const usual: HostPorts = { http: 8081, https: 8444 };

/** NodePorts behind them: those of kind's port maps. */
const nodePorts: HostPorts = { http: 30081, https: 30444 };

const host = "127.0.0.1";

/** The ports that are asked for; 0 is any free one. */
export function wantedPorts(instance: Instance, environment: NodeJS.ProcessEnv = process.env): HostPorts {
  const wanted = (name: keyof HostPorts): number => {
    const variable = variables[name];
    const text = environment[variable] ?? String(instance.isDefault ? usual[name] : 0);
    if (/^\d+$/.test(text) && Number(text) <= 65535) return Number(text);
    throw new Error(
      `${variable}: got "${text}"; it is a port from 1 to 65535, or 0 for a free one; write \`${variable}=${usual[name]}\``,
    );
  };
  const ports = { http: wanted("http"), https: wanted("https") };
  if (ports.http !== ports.https || ports.http === 0) return ports;
  throw new Error(
    `${variables.https}: got "${ports.https}"; http has this port; write \`${variables.https}=0\` for a free port`,
  );
}

/** Says which port is not the one that was asked for, where a sandbox runs already: it keeps those it began with. */
export function checkKept(running: HostPorts, environment: NodeJS.ProcessEnv = process.env): void {
  const faults = names.flatMap((name) => {
    const asked = environment[variables[name]];
    if (!asked || Number(asked) === 0 || Number(asked) === running[name]) return [];
    return [`${variables[name]}: got "${asked}"; this sandbox runs with ${running[name]}; run \`make down\` first`];
  });
  if (faults.length > 0) throw new Error(faults.join("\n"));
}

/** Says which port is taken, before anything is started. */
export async function checkPorts(wanted: HostPorts): Promise<void> {
  const servers = await listenAll(wanted);
  await Promise.all(servers.map((server) => closed(server)));
}

/** Listens outside the sandbox and gives the sockets to its supervisor: with that they end. */
export async function handOver(wanted: HostPorts, supervisor: ChildProcess): Promise<void> {
  const servers = await listenAll(wanted);
  try {
    await new Promise<void>((resolve) => {
      supervisor.once("disconnect", resolve);
      supervisor.once("message", () => resolve());
      names.forEach((name, index) => supervisor.send(name, servers[index]));
    });
  } finally {
    if (supervisor.connected) supervisor.disconnect();
    await Promise.all(servers.map((server) => closed(server)));
  }
}

/** In the supervisor: takes the sockets over, and relays what comes in on them. */
export async function takeOver(): Promise<HostPorts> {
  const ports: Partial<HostPorts> = {};
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("the command that started this sandbox ended too early"));
    process.once("disconnect", gone);
    process.on("message", (name: keyof HostPorts, server: net.Server) => {
      relay(server, nodePorts[name]);
      ports[name] = portOf(server);
      if (ports.http === undefined || ports.https === undefined) return;
      process.off("disconnect", gone);
      process.send?.("taken");
      resolve({ http: ports.http, https: ports.https });
    });
  });
}

/** The same ports inside the sandbox, and the usual ones, so that a command in there reaches what its user reaches. */
export async function listenInside(ports: HostPorts): Promise<void> {
  for (const name of names) {
    for (const port of new Set([ports[name], usual[name]])) relay(await listen(port, name), nodePorts[name]);
  }
}

function relay(server: net.Server, nodePort: number): void {
  server.on("connection", (outer: net.Socket) => {
    const inner = net.connect({ host: nodeAddresses(0).address, port: nodePort, noDelay: true });
    outer.setNoDelay(true);
    outer.pipe(inner).pipe(outer);
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
}

/** Both or none; each that cannot be had is named. */
async function listenAll(wanted: HostPorts): Promise<net.Server[]> {
  const results = await Promise.allSettled(names.map((name) => listen(wanted[name], name)));
  const servers = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const faults = results.flatMap((result) => (result.status === "rejected" ? [(result.reason as Error).message] : []));
  if (faults.length === 0) return servers;
  await Promise.all(servers.map((server) => closed(server)));
  throw new Error(faults.join("\n"));
}

function listen(port: number, name: keyof HostPorts): Promise<net.Server> {
  const server = net.createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(new Error(refusal(port, name, error))));
    server.listen({ port, host }, () => resolve(server));
  });
}

function refusal(port: number, name: keyof HostPorts, error: NodeJS.ErrnoException): string {
  const variable = variables[name];
  const rule = error.code === "EADDRINUSE" ? `another program listens on ${host}:${port}` : error.message;
  return `${variable}: got "${port}"; ${rule}; write \`${variable}=0\` for a free port`;
}

function portOf(server: net.Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a server without a port");
  return address.port;
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
