// What is left of a kubelet where kwok plays the pods: the logs of those that a process stands behind, for `kubectl logs`,
// and what the pods of a node use.
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { ControlPlane } from "../control-plane/boot";
import { nodeName } from "../control-plane/network";
import { pause, ServiceStatus } from "../control-plane/service";
import { summary } from "./usage";

/** Where the API server looks for a kubelet on every node. */
const port = 10250;

/** How long a log was, and when. */
interface Size {
  at: number;
  bytes: number;
}

/** Enough for an hour of a log that grows all the time. */
const remembered = 7200;

export class Kubelet {
  /** Lines have no time of their own, so it is the size of the file that tells what is newer than a time. */
  private readonly sizes = new Map<string, Size[]>();

  /** `processes` gives what stands behind a pod, by "<namespace>/<name>". */
  constructor(
    private readonly plane: ControlPlane,
    private readonly processes: () => Map<string, ServiceStatus>,
  ) {}

  /** Listens on the addresses of all nodes, for as long as the sandbox lives. */
  async run(): Promise<never> {
    const own = (name: string): Buffer => fs.readFileSync(path.join(this.plane.credentials.apiServerDirectory, name));
    const server = https.createServer(
      { cert: own("apiserver.crt"), key: own("apiserver.key") },
      (request, response) => {
        this.answer(request, response).catch((error: Error) => response.destroy(error));
      },
    );
    server.listen(port, "0.0.0.0");
    for (;;) {
      this.measure();
      await pause(500);
    }
  }

  private measure(): void {
    const files = new Set([...this.processes().values()].map(({ log }) => log));
    for (const file of this.sizes.keys()) if (!files.has(file)) this.sizes.delete(file);
    for (const file of files) {
      const sizes = this.sizes.get(file) ?? [];
      const bytes = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (sizes.at(-1)?.bytes !== bytes) sizes.push({ at: Date.now(), bytes });
      this.sizes.set(file, sizes.slice(-remembered));
    }
  }

  private async answer({ url, socket }: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url ?? "/", "https://kubelet");
    if (pathname === "/stats/summary") {
      const node = nodeName(socket.localAddress ?? "");
      const { items } = await this.plane.core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node}` });
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(summary(node, items, this.processes())));
      return;
    }
    const [, kind, namespace, pod] = pathname.split("/");
    const file = kind === "containerLogs" ? this.processes().get(`${namespace}/${pod}`)?.log : undefined;
    if (!file || !fs.existsSync(file)) {
      response.writeHead(404).end(`no process runs for ${pathname}\n`);
      return;
    }
    response.writeHead(200, { "content-type": "text/plain" });
    let sent = this.start(file, searchParams);
    const rest = (): Buffer => {
      const bytes = bytesFrom(file, sent);
      sent += bytes.length;
      return bytes;
    };
    response.write(lastLines(rest().toString(), searchParams.get("tailLines")));
    while (searchParams.get("follow") === "true" && !response.closed) {
      await pause(200);
      response.write(rest());
    }
    response.end();
  }

  /** Where in the file what was asked for begins. */
  private start(file: string, asked: URLSearchParams): number {
    const seconds = asked.get("sinceSeconds");
    const time = asked.get("sinceTime");
    const since = seconds ? Date.now() - Number(seconds) * 1000 : time ? Date.parse(time) : 0;
    return (
      this.sizes
        .get(file)
        ?.filter(({ at }) => at <= since)
        .at(-1)?.bytes ?? 0
    );
  }
}

function bytesFrom(file: string, start: number): Buffer {
  const descriptor = fs.openSync(file, "r");
  try {
    const bytes = Buffer.alloc(Math.max(fs.fstatSync(descriptor).size - start, 0));
    fs.readSync(descriptor, bytes, 0, bytes.length, start);
    return bytes;
  } finally {
    fs.closeSync(descriptor);
  }
}

function lastLines(text: string, count: string | null): string {
  if (count === null) return text;
  const lines = text.replace(/\n$/, "").split("\n");
  return Number(count) === 0 ? "" : `${lines.slice(-Number(count)).join("\n")}\n`;
}
