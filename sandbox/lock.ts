// A lock that dies with its holder: a socket in the kernel's abstract namespace, so no file is ever left behind.
import { createHash } from "node:crypto";
import * as net from "node:net";

/** Holds `name` until the returned function is called or the process ends; waits for another holder. */
export async function lock(name: string, onWait: () => void): Promise<() => Promise<void>> {
  const address = `\0istio-ambient-${createHash("sha256").update(name).digest("hex")}`;
  let told = false;
  for (;;) {
    const server = await listen(address);
    if (server !== undefined) return () => new Promise((resolve) => server.close(() => resolve()));
    if (!told) onWait();
    told = true;
    await holderGone(address);
  }
}

function listen(address: string): Promise<net.Server | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      waiting.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => waiting.delete(socket));
    });
    const close = server.close.bind(server);
    server.close = (callback) => {
      for (const socket of waiting) socket.destroy();
      return close(callback);
    };
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** The holder keeps our connection open for as long as it holds the lock. */
function holderGone(address: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.on("error", () => setTimeout(resolve, 100));
    socket.on("close", (hadError) => {
      if (!hadError) resolve();
    });
  });
}
