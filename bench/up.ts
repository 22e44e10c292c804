// What an `up` and a preview cost beside what a user would take instead: medians of whole processes, in one run.
// On a sandbox of its own without a mesh (`npm run sandbox -- up --bare`): npm run sandbox -- exec -- tsx bench/up.ts
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { table } from "../sandbox/session/table";
import { bareProgram, ownProgram, run, type Program } from "./programs";
import { CountedCluster, Downloads, type Traffic } from "./wire";

/** Rounds, and previews in each of them. */
const rounds = 3;
const previews = 2;

interface Figures {
  /** Seconds of every run, by what ran. */
  up: number[];
  istioctl: number[];
  preview: number[];
  bareUp: number[];
  barePreview: number[];
  stateBytes: number;
  ours: Traffic;
  others: Traffic;
  downloads: string[];
  bareDownloads: string[];
}

/** A line of the report; what is held against the goal, where there is one, is the ratio, or the value. */
interface Row {
  what: string;
  measured: string;
  beside: string;
  ratio?: number;
  value?: number;
  goal?: number;
}

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "bench-"));
  const [charts, definitions] = [setting("ISTIO_AMBIENT_CHARTS"), setting("ISTIO_AMBIENT_CRDS")];
  if (kubectl("get", "namespace", "istio-system", "--ignore-not-found") !== "") {
    throw new Error("there is a mesh already; run this on a sandbox of its own: `npm run sandbox -- up --bare`");
  }
  const downloads = await Downloads.start(folder, charts, definitions);
  const cluster = await CountedCluster.start(path.join(folder, "kubeconfig"));
  try {
    const figures = await measure(folder, { charts, definitions }, downloads, cluster);
    console.log(report(figures));
  } finally {
    cluster.stop();
    downloads.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  folder: string,
  parts: { charts: string; definitions: string },
  downloads: Downloads,
  cluster: CountedCluster,
): Promise<Figures> {
  // State of its own, so that a run that failed leaves no stack behind.
  const backend = path.join(folder, "state");
  fs.mkdirSync(backend);
  const environment = {
    ...process.env,
    KUBECONFIG: cluster.kubeconfig,
    PULUMI_BACKEND_URL: `file://${backend}`,
    ...trusting(downloads.authority),
  };
  const origins = {
    version: chartVersion(parts.charts),
    repository: `${downloads.address}/charts`,
    definitions: `${downloads.address}/crds.yaml`,
  };
  const own = await ownProgram(path.join(folder, "own"), environment, origins);
  const figures: Figures = {
    ...{ up: [], istioctl: [], bareUp: [], preview: [], barePreview: [] },
    ...{ stateBytes: 0, downloads: [], bareDownloads: [] },
    ...{ ours: { requests: 0, bytes: 0 }, others: { requests: 0, bytes: 0 } },
  };
  let bare: Program | undefined;
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    figures.up.push(seconds("up", await own.up()));
    const state = await own.state();
    figures.stateBytes = Buffer.byteLength(state);
    figures.preview.push(...(await previewsOf("preview", own)));
    figures.downloads = await during(downloads, () => own.preview());
    Object.assign(figures, await cluster.during(() => own.preview()));
    await own.destroy();
    clear();

    const install = ["install", "--set", "profile=ambient", "--skip-confirmation"];
    figures.istioctl.push(seconds("istioctl install", await run("istioctl", install)));
    await run("istioctl", ["uninstall", "--purge", "--skip-confirmation"]);
    clear();

    bare ??= await bareProgram(path.join(folder, "bare"), environment, state);
    kubectl("apply", "--server-side", "-f", parts.definitions);
    figures.bareUp.push(seconds("up of the bare program", await bare.up()));
    figures.barePreview.push(...(await previewsOf("preview of the bare program", bare)));
    figures.bareDownloads = await during(downloads, () => bare!.preview());
    await bare.destroy();
    clear();
  }
  return figures;
}

/** The first preview after an `up` fills caches for those that follow; it is not counted. */
async function previewsOf(name: string, program: Program): Promise<number[]> {
  await program.preview();
  const found: number[] = [];
  for (let count = 0; count < previews; count++) found.push(seconds(name, await program.preview()));
  return found;
}

async function during(downloads: Downloads, work: () => Promise<unknown>): Promise<string[]> {
  downloads.asked.length = 0;
  await work();
  return [...downloads.asked];
}

function seconds(name: string, { seconds: taken }: { seconds: number }): number {
  console.error(`  ${name}: ${taken.toFixed(1)} s`);
  return taken;
}

/** Nothing of a mesh is left, so that the next one begins on an empty cluster. */
function clear(): void {
  kubectl("delete", "namespace", "istio-system", "--ignore-not-found");
  const names = kubectl("get", "crd", "-o", "name").split("\n");
  const left = names.filter((name) => /\.istio\.io$|\.gateway\.networking\.(x-)?k8s\.io$/.test(name));
  if (left.length > 0) kubectl("delete", ...left);
  const policy = "safe-upgrades.gateway.networking.k8s.io";
  for (const kind of ["validatingadmissionpolicy", "validatingadmissionpolicybinding"]) {
    kubectl("delete", kind, policy, "--ignore-not-found");
  }
}

function report(figures: Figures): string {
  const { stateBytes, ours, others, downloads, bareDownloads } = figures;
  const [up, istioctl] = [median(figures.up), median(figures.istioctl)];
  const [preview, bare, bareUp] = [median(figures.preview), median(figures.barePreview), median(figures.bareUp)];
  const own = downloads.filter((asked) => !asked.startsWith("/charts/"));
  const rows: Row[] = [
    { what: "up", measured: time(up), beside: `istioctl install ${time(istioctl)}`, ratio: up / istioctl, goal: 2 },
    { what: "", measured: time(up), beside: `four Releases and a Gateway ${time(bareUp)}`, ratio: up / bareUp },
    {
      what: "preview without change",
      measured: time(preview),
      beside: `four Releases and a Gateway ${time(bare)}`,
      ratio: preview / bare,
      goal: 1.1,
    },
    { what: "state, KB", measured: kilobytes(stateBytes), beside: "", value: stateBytes / 1000, goal: 250 },
    {
      what: "requests of a preview",
      measured: `${ours.requests}, ${kilobytes(ours.bytes)}`,
      beside: `the plugin ${others.requests}, ${kilobytes(others.bytes)}`,
      value: ours.requests,
      goal: 20,
    },
    {
      what: "downloads of a preview",
      measured: String(own.length),
      beside: `the plugin ${downloads.length - own.length}, the bare program's ${bareDownloads.length}`,
      value: own.length,
      goal: 0,
    },
  ];
  const cells = rows.map(({ what, measured, beside, ratio, value = ratio ?? 0, goal }) => [
    what,
    measured,
    beside,
    ratio?.toFixed(2) ?? "",
    goal === undefined ? "" : `${value <= goal ? "" : "missed: "}≤ ${goal}`,
  ]);
  const { model = "" } = os.cpus()[0] ?? {};
  const machine = `${os.cpus().length} × ${model}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, load ${os.loadavg()[0]?.toFixed(1) ?? ""}`;
  return [table([["", "measured", "beside", "ratio", "goal"], ...cells]), machine].join("\n");
}

function median(values: number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

function time(value: number): string {
  return `${value.toFixed(1)} s`;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} KB`;
}

/** The authority, for programs in Go and in Node. */
function trusting(authority: string): NodeJS.ProcessEnv {
  return { SSL_CERT_FILE: authority, NODE_EXTRA_CA_CERTS: authority };
}

function chartVersion(directory: string): string {
  const [, version] =
    /^istiod-(.*)\.tgz$/.exec(fs.readdirSync(directory).find((name) => name.startsWith("istiod-")) ?? "") ?? [];
  if (version === undefined) throw new Error(`${directory} holds no chart of istiod`);
  return version;
}

function kubectl(...args: string[]): string {
  return execFileSync("kubectl", args, { encoding: "utf8", maxBuffer: 2 ** 26 });
}

function setting(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run this inside the sandbox`);
  return value;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
