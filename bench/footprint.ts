// What the mesh of a cluster takes with more and more enrolled pods, idle and under load: the tables of docs/footprint.md.
// On a cluster with a mesh: npx tsx bench/footprint.ts --gateway istio-system/hostk8s-gateway --url http://localhost:8081
// Once for each footprint; `--help` says what else there is. It makes the namespace footprint-bench, and takes it away.
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { readFootprint } from "../cluster/footprint";
import type { FootprintState } from "../lib/footprint/footprint";
import { parts, type Part } from "../lib/footprint/parts";
import { load, type Outcome } from "./load";

const namespace = "footprint-bench";
/** The kubelet looks every ten seconds or so. */
const betweenLooks = 10_000;

interface Options {
  gateway?: string;
  url?: string;
  image: string;
  pods: string;
  settle: string;
  looks: string;
  rate: string;
  seconds: string;
  churn: string;
}

interface Line {
  what: string;
  memory: Partial<Record<Part, number>>;
}

async function main(options: Options): Promise<void> {
  const counts = options.pods.split(",").map(Number);
  const lines: Line[] = [];
  apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: ambient } });
  try {
    for (const count of counts) {
      scaleTo(count, options.image);
      await sleep(Number(options.settle) * 1000);
      lines.push(await look(`${count} pods, idle`, Number(options.looks)));
      console.log(row(lines[lines.length - 1]!));
      if (count > 0 && options.url && options.gateway) {
        lines.push(await underLoad(count, options, options.url, options.gateway));
        console.log(row(lines[lines.length - 1]!));
      }
    }
    if (Number(options.churn) > 0) churn(Number(options.churn), options.image);
  } finally {
    execFileSync("kubectl", ["delete", "namespace", namespace, "--timeout=120s"], { stdio: "ignore" });
  }
  console.log(table(lines));
}

const ambient = { "istio.io/dataplane-mode": "ambient" };

async function underLoad(count: number, options: Options, url: string, gateway: string): Promise<Line> {
  const [into = "", name = ""] = gateway.split("/");
  apply({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "bench", namespace },
    spec: {
      parentRefs: [{ name, namespace: into }],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/bench" } }],
          filters: [
            { type: "URLRewrite", urlRewrite: { path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } } },
          ],
          backendRefs: [{ name: "app-1", port: 80 }],
        },
      ],
    },
  });
  const target = `${url.replace(/\/$/, "")}/bench`;
  for (let tries = 0; tries < 60 && (await load(target, 1, 1, 1)).failed > 0; tries++) await sleep(500);
  const steady = load(target, Number(options.rate), 20, Number(options.seconds));
  await sleep(Number(options.seconds) * 600);
  const busy = await look(`${count} pods, ${options.rate} requests/s`, 1);
  say(`${options.rate} requests/s`, await steady);
  return busy;
}

function say(what: string, { requests, failed, rate, median, p99 }: Outcome): void {
  console.log(`${what}: ${requests} requests, ${failed} failed, ${rate}/s, median ${median} ms, p99 ${p99} ms`);
}

/** So many pods are made and ended; says which containers of the mesh were started again meanwhile. */
function churn(pods: number, image: string): void {
  const before = restarts();
  const each = 40;
  for (let made = 0; made < pods; made += each) {
    scaleTo(0, image);
    scaleTo(each, image);
  }
  const after = restarts();
  const again = [...after].filter(([name, count]) => count !== (before.get(name) ?? 0)).map(([name]) => name);
  console.log(`${pods} pods came and went; started again: ${again.join(", ") || "none"}`);
}

/** How often the containers of each pod of the mesh were started again. */
function restarts(): Map<string, number> {
  const path = "{range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount}{'\\n'}{end}".replace(
    /'/g,
    '"',
  );
  const text = execFileSync("kubectl", ["get", "pods", "-n", "istio-system", "-o", `jsonpath=${path}`], {
    encoding: "utf8",
  });
  const entries = text
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  return new Map(entries.map(([name = "", ...counts]) => [name, counts.reduce((sum, each) => sum + Number(each), 0)]));
}

/** The median of several looks, in bytes of memory that the processes have for themselves. */
async function look(what: string, looks: number): Promise<Line> {
  const seen: FootprintState[] = [];
  for (let index = 0; index < looks; index++) {
    if (index > 0) await sleep(betweenLooks);
    seen.push(await readFootprint({}, 60_000, () => undefined));
  }
  const memory = parts.flatMap((part) => {
    const sums = seen.map(({ pods }) => {
      const used = pods.filter((pod) => pod.part === part).flatMap((pod) => pod.used ?? []);
      return used.reduce((sum, { rss, workingSet }) => sum + (rss ?? workingSet), 0);
    });
    const sorted = sums.sort((a, b) => a - b);
    return [[part, sorted[Math.floor(sorted.length / 2)] ?? 0]];
  });
  return { what, memory: Object.fromEntries(memory) as Line["memory"] };
}

function row({ what, memory }: Line): string {
  const cells = parts.map((part) => mebibytes(memory[part] ?? 0));
  const total = Object.values(memory).reduce((sum, bytes) => sum + bytes, 0);
  return `| ${[what, ...cells, mebibytes(total)].join(" | ")} |`;
}

function mebibytes(bytes: number): string {
  return bytes === 0 ? "–" : (bytes / 2 ** 20).toFixed(1);
}

function table(lines: Line[]): string {
  const heading = ["MiB", ...parts, "sum"];
  return [`| ${heading.join(" | ")} |`, `|${" --- |".repeat(heading.length)}`, ...lines.map(row)].join("\n");
}

let running = 0;

/** So many Services with one pod each. */
function scaleTo(count: number, image: string): void {
  const numbers = (to: number) => Array.from({ length: to }, (_, index) => `app-${index + 1}`);
  const gone = numbers(running).slice(count);
  if (gone.length > 0) kubectl("delete", "deployment,service", ...gone, "-n", namespace, "--ignore-not-found");
  if (gone.length > 0) kubectl("wait", "--for=delete", "pod", "-n", namespace, "-l", `app in (${gone.join(",")})`);
  const more = numbers(count).slice(running);
  if (more.length > 0) {
    apply({ apiVersion: "v1", kind: "List", items: more.flatMap((name) => application(name, image)) });
    kubectl("rollout", "status", ...more.map((name) => `deployment/${name}`), "-n", namespace, "--timeout=120s");
  }
  running = count;
}

function application(name: string, image: string): object[] {
  const labels = { app: name };
  const args = image.includes("agnhost") ? { args: ["netexec", "--http-port=8080"] } : {};
  const container = { name: "app", image, ...args, ports: [{ containerPort: 8080 }] };
  const spec = { terminationGracePeriodSeconds: 1, containers: [container] };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080, appProtocol: "http" }] },
    },
  ];
}

function apply(object: object): void {
  execFileSync("kubectl", ["apply", "--server-side", "-f", "-"], { input: JSON.stringify(object), stdio: "pipe" });
}

function kubectl(...args: string[]): void {
  execFileSync("kubectl", args, { stdio: "pipe" });
}

new Command()
  .option("--gateway <namespace/name>", "gateway for the load, which a route of its own leads through")
  .option("--url <url>", "where that gateway is reached; without these two there is no load")
  .option("--image <image>", "an HTTP server on port 8080", "registry.k8s.io/e2e-test-images/agnhost:2.53")
  .option("--pods <list>", "how many enrolled pods, one after the other", "0,5,20,40")
  .option("--settle <seconds>", "how long to wait before each measurement", "60")
  .option("--looks <number>", "measurements, of which the median counts", "5")
  .option("--rate <number>", "requests a second", "200")
  .option("--seconds <number>", "how long each load lasts", "30")
  .option("--churn <pods>", "at the end, so many pods come and go", "0")
  .action(main)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
