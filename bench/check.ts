// What one look of `istio-ambient check` costs on a large cluster: seconds, memory and requests.
// On a sandbox of its own, which is ended afterwards: npm run sandbox -- exec -- tsx bench/check.ts
// 10,000 pods in 1,000 namespaces, or in as many as the first argument says. Goals: 5 s and 250 MB; of 50,000, 15 s and 400 MB.
// With --served the same lists come from a process on loopback, beside a recorded mesh: a real API server takes most of an
// hour to be filled with 50,000 pods. No sandbox is needed: npx tsx bench/check.ts 5000 --served
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiClient } from "../cluster/client";
import { readSnapshot } from "../cluster/snapshot";
import { checks } from "../lib/checks";
import { judge, tally } from "../lib/checks/verdicts";
import { ApiServer } from "../tests/unit/fixtures/api-server";
import { MeshApi } from "../tests/unit/fixtures/mesh-api";
import { servedLists } from "./served-lists";

const namespaces = Number(process.argv[2] ?? 1000) || 1000;
const isServed = process.argv.includes("--served");
const podsEach = 10;
/** Objects that are made at the same time. */
const parallel = 16;

interface Cost {
  seconds: number;
  /** Of CPU: other work on the machine changes little of it. */
  cpuSeconds: number;
  megabytes: number;
  requests: number;
  pods: number;
  namespaces: number;
  outcomes: Record<string, number>;
}

/** One look, in a process of its own, so that nothing else counts. */
async function look(): Promise<Cost> {
  const client = await ApiClient.connect({}, 120_000);
  const snapshot = await readSnapshot(client);
  const report = judge(checks, snapshot, { now: new Date(), publishedNodePorts: [30081, 30444] });
  client.close();
  return {
    // From the start of the process: Node itself and the client library count too.
    seconds: Math.round(process.uptime() * 10) / 10,
    cpuSeconds: Math.round((process.cpuUsage().user + process.cpuUsage().system) / 100_000) / 10,
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    requests: client.requests,
    pods: snapshot.pods.length,
    namespaces: snapshot.namespaces.length,
    outcomes: tally(report),
  };
}

async function fill(): Promise<void> {
  const client = await ApiClient.connect({}, 30 * 60_000);
  const nodes = (await client.get("/api/v1/nodes")) as { body: { items: { metadata: { name: string } }[] } };
  const node = nodes.body.items[0]?.metadata.name ?? "";
  const queue = Array.from({ length: namespaces }, (_, index) => nameOf(index));
  let done = 0;
  const worker = async () => {
    for (let name = queue.pop(); name; name = queue.pop()) {
      for (const [path, object] of objectsOf(name, node)) await create(client, path, object);
      done += 1;
      if (done % 100 === 0) console.error(`${done} of ${namespaces} namespaces`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  // kwok is still at work; a look in the meantime would measure that too.
  while (await isPending(client)) await sleep(1000);
  client.close();
}

/** Makes an object that may be there already; an API server that cannot keep up is asked again. */
async function create(client: ApiClient, path: string, object: object): Promise<void> {
  for (let tries = 1; ; tries++) {
    const reply = await client.post(path, object);
    if (reply.kind === "ok" || (reply.kind === "failed" && reply.status === 409)) return;
    const isBusy = reply.kind === "failed" && (reply.status === 429 || reply.status >= 500);
    if (!isBusy || tries === 10) throw new Error(`${path}: ${reply.kind === "missing" ? "not found" : reply.why}`);
    await sleep(2000);
  }
}

async function isPending(client: ApiClient): Promise<boolean> {
  const reply = await client.get("/api/v1/pods?limit=1&fieldSelector=status.phase=Pending");
  return reply.kind === "ok" && (reply.body as { items: unknown[] }).items.length > 0;
}

const nameOf = (index: number) => `bench-${String(index).padStart(4, "0")}`;

/** A namespace of the mesh with one application, as its objects' paths and bodies. */
function objectsOf(namespace: string, node: string): [string, object][] {
  const base = `/api/v1/namespaces/${namespace}`;
  const container = {
    name: "web",
    image: "docker.io/library/nginx:1.29",
    ports: [{ containerPort: 8080, name: "http" }],
    env: Array.from({ length: 10 }, (_, index) => ({ name: `SETTING_${index}`, value: `value-${index}` })),
    readinessProbe: { httpGet: { path: "/ready", port: "http" } },
    resources: { requests: { cpu: "1m", memory: "1Mi" } },
  };
  const pods = Array.from({ length: podsEach }, (_, index): [string, object] => [
    `${base}/pods`,
    {
      metadata: {
        name: `web-${index}`,
        labels: { app: "web", "app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": namespace },
        annotations: { "ambient.istio.io/redirection": "enabled" },
      },
      // Bound already: the scheduler would take minutes for what does not matter here.
      spec: { nodeName: node, containers: [container], tolerations: [{ operator: "Exists" }] },
    },
  ]);
  return [
    ["/api/v1/namespaces", { metadata: { name: namespace, labels: { "istio.io/dataplane-mode": "ambient" } } }],
    [`${base}/serviceaccounts`, { metadata: { name: "default" } }],
    [`${base}/services`, { metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } }],
    ...pods,
  ];
}

async function lookFilled(args: string[]): Promise<string> {
  await fill();
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

/** The look at a server in this process, which answers meanwhile. */
async function lookServed(args: string[]): Promise<string> {
  const mesh = new MeshApi();
  const [{ metadata: node }] = mesh.all("/api/v1/nodes") as [{ metadata: { name: string } }];
  for (let index = 0; index < namespaces; index++) {
    for (const [path, object] of servedLists(objectsOf(nameOf(index), node.name))) mesh.add(path, object);
  }
  mesh.serve(2 + namespaces * podsEach);
  const server = await ApiServer.start(mesh);
  const env = { ...process.env, KUBECONFIG: server.kubeconfig };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  server.stop();
  return stdout;
}

async function main(): Promise<void> {
  if (process.argv[2] === "look") {
    console.log(JSON.stringify(await look()));
    return;
  }
  const args = ["--require", "tsx/cjs", __filename, "look"];
  const child = isServed ? await lookServed(args) : await lookFilled(args);
  const cost = JSON.parse(child) as Cost;
  console.log(`${cost.namespaces} namespaces, ${cost.pods} pods: ${JSON.stringify(cost.outcomes)}`);
  console.log(`${cost.seconds} s, ${cost.cpuSeconds} s of CPU   ${cost.megabytes} MB   ${cost.requests} requests`);
}

void main();
