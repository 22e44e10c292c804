// What goes over the wire: a proxy in front of the API server, and a server of charts and CRDs, both of which count.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";

/** What one kind of client has sent and been sent. */
export interface Traffic {
  requests: number;
  bytes: number;
}

interface Kubeconfig {
  clusters: { cluster: { server: string; "certificate-authority-data"?: string } }[];
  users: { user: { token?: string } }[];
}

/** A kubeconfig that leads to the API server, by way of the counting proxy or directly. */
export class CountedCluster {
  /** By the client's own name; ours gives none. */
  private readonly traffic = new Map<string, Traffic>();
  private readonly direct: string;

  private constructor(
    readonly kubeconfig: string,
    private readonly proxy: http.Server,
  ) {
    this.direct = fs.readFileSync(kubeconfig, "utf8");
  }

  static async start(kubeconfig: string): Promise<CountedCluster> {
    const text = execFileSync("kubectl", ["config", "view", "--raw", "--minify", "-o", "json"], { encoding: "utf8" });
    fs.writeFileSync(kubeconfig, text, { mode: 0o600 });
    const { clusters, users } = JSON.parse(text) as Kubeconfig;
    const { server = "", "certificate-authority-data": authority = "" } = clusters[0]?.cluster ?? {};
    const token = users[0]?.user.token ?? "";
    const ca = Buffer.from(authority, "base64");
    const agent = new https.Agent({ keepAlive: true, ca });
    const proxy = http.createServer();
    const counted = new CountedCluster(kubeconfig, proxy);
    proxy.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      const count = counted.count(request.headers["user-agent"]?.split("/")[0] ?? "");
      const headers = { ...request.headers, host: new URL(server).host, authorization: `Bearer ${token}` };
      const upstream = https.request(new URL(request.url ?? "", server), { agent, method: request.method, headers });
      upstream.on("response", (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on("data", (chunk: Buffer) => (count.bytes += chunk.length));
        answer.pipe(response);
      });
      upstream.on("error", () => response.destroy());
      response.on("close", () => upstream.destroy());
      request.pipe(upstream);
    });
    await listen(proxy);
    return counted;
  }

  /** What is sent while the work is done: by this package, and by all other clients. */
  async during(work: () => Promise<unknown>): Promise<{ ours: Traffic; others: Traffic }> {
    this.traffic.clear();
    const cluster = { server: `http://127.0.0.1:${portOf(this.proxy)}` };
    const config = JSON.parse(this.direct) as Kubeconfig;
    const proxied = { ...config, clusters: config.clusters.map((each) => ({ ...each, cluster })) };
    fs.writeFileSync(this.kubeconfig, JSON.stringify(proxied));
    try {
      await work();
    } finally {
      fs.writeFileSync(this.kubeconfig, this.direct);
    }
    const others = { requests: 0, bytes: 0 };
    for (const [client, { requests, bytes }] of this.traffic) {
      if (client === "") continue;
      others.requests += requests;
      others.bytes += bytes;
    }
    return { ours: this.traffic.get("") ?? { requests: 0, bytes: 0 }, others };
  }

  stop(): void {
    this.proxy.closeAllConnections();
    this.proxy.close();
  }

  private count(client: string): Traffic {
    const known = this.traffic.get(client) ?? { requests: 0, bytes: 0 };
    known.requests += 1;
    this.traffic.set(client, known);
    return known;
  }
}

/** Charts and CRDs as the internet has them: each from its address, again and again. */
export class Downloads {
  /** Paths that were asked for. */
  readonly asked: string[] = [];

  private constructor(
    private readonly server: https.Server,
    /** The authority of the server's certificate. */
    readonly authority: string,
  ) {}

  /** Serves the charts of a directory, and the CRDs of another one as one file. */
  static async start(folder: string, charts: string, definitions: string): Promise<Downloads> {
    const { cert, key, authority } = certificate(folder);
    const server = https.createServer({ cert, key });
    const downloads = new Downloads(server, authority);
    await listen(server);
    const index = path.join(folder, "repository");
    fs.cpSync(charts, index, { recursive: true });
    execFileSync("helm", ["repo", "index", index, "--url", `${downloads.address}/charts`]);
    const texts = fs.readdirSync(definitions).map((file) => fs.readFileSync(path.join(definitions, file), "utf8"));
    server.on("request", (request: http.IncomingMessage, response: http.ServerResponse) => {
      const asked = request.url ?? "";
      downloads.asked.push(asked);
      if (asked === "/crds.yaml") return void response.end(texts.join("\n---\n"));
      const file = path.join(index, path.basename(asked));
      if (fs.existsSync(file)) return void fs.createReadStream(file).pipe(response);
      response.writeHead(404).end();
    });
    return downloads;
  }

  get address(): string {
    return `https://127.0.0.1:${portOf(this.server)}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const request = `
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: bench, namespace: default }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: bench, namespace: default }
spec: { secretName: bench, ipAddresses: [127.0.0.1], issuerRef: { name: bench } }
`;

/** A certificate for loopback, which the sandbox's cert-manager signs. */
function certificate(folder: string): { cert: Buffer; key: Buffer; authority: string } {
  execFileSync("kubectl", ["apply", "-f", "-"], { input: request, stdio: ["pipe", "ignore", "inherit"] });
  execFileSync("kubectl", ["wait", "--for=condition=Ready", "certificate/bench", "--timeout=60s"], { stdio: "ignore" });
  const secret = execFileSync("kubectl", ["get", "secret", "bench", "-o", "json"], { encoding: "utf8" });
  const { data } = JSON.parse(secret) as { data: Record<string, string> };
  const [cert, key] = ["tls.crt", "tls.key"].map((name) => Buffer.from(data[name] ?? "", "base64"));
  execFileSync("kubectl", ["delete", "certificate/bench", "issuer/bench", "secret/bench"], { stdio: "ignore" });
  if (!cert || !key) throw new Error("cert-manager issued no certificate");
  const authority = path.join(folder, "authority.pem");
  fs.writeFileSync(authority, cert);
  return { cert, key, authority };
}

function listen(server: http.Server | https.Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

function portOf(server: http.Server | https.Server): number {
  return (server.address() as AddressInfo).port;
}
