// Runs the suites, two at a time, each on a sandbox of its own where it needs one, and adds them up. A suite's name, or that
// of one file of a suite on the sandbox, runs that alone: `npm test -- unit lifecycle/mesh`.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { nodeRefusal } from "../lib/node-version";
import { packageFile } from "../cli/package-file";
import { buildParts } from "../sandbox/build/build";
import { Instance } from "../sandbox/instance";
import { typescript } from "../sandbox/node";
import { chosenPlugins } from "../sandbox/plugins/choice";

const checkout = path.dirname(__dirname);

/** What mocha runs at once. */
interface Job {
  name: string;
  suite: string;
  files: string;
  /** Inside a sandbox, beside it (it enters by itself, since only outside the npm registry answers), or without one. */
  place: "inside" | "beside" | "without";
}

/** Where a job runs: one at a time. */
interface Lane {
  instance: Instance;
  isUp: boolean;
}

interface Result {
  passes: number;
  /** A line for each failure: its title, and the first lines of its message. */
  failed: string[];
}

const suites = ["unit", "consumer", "graph", "plugins", "lifecycle"];

/** Those that take longest come first, so that no lane is left with one at the end. */
const longest = [
  "examples",
  "languages",
  "export",
  "certs",
  "two-teams",
  "adopt",
  "interruption",
  "conformance",
  "sandbox",
  "upgrade",
  "applications",
];

/** Those that repeat others with more variants come last, of them the longest first. */
const variants = ["export-compared", "drift", "adopt-before", "adopt-undo"];

/** No suite begins after this time, in seconds since 1970; those left are named. Without it every suite runs. */
const lastBegin = Number(process.env["TESTS_BEGIN_BEFORE"] ?? Infinity);

/** Two cores are busy with two. */
const mostLanes = 2;
const counts = fs.mkdtempSync(path.join(os.tmpdir(), "counts-"));

/** All of them write the compiled package, so one of them runs at a time. */
const packing = ["consumer", "lifecycle/examples", "lifecycle/languages", "lifecycle/two-teams"];
let packers = 0;
let isStopped = false;
let packed: Promise<unknown> = Promise.resolve();

function allJobs(): Job[] {
  return suites.flatMap((suite): Job[] => {
    const whole = { name: suite, suite, files: `tests/${suite}/**/*.test.ts` };
    if (suite === "unit" || suite === "graph") return [{ ...whole, place: "without" }];
    if (suite === "consumer") return [{ ...whole, place: "beside" }];
    if (suite === "plugins") return [{ ...whole, place: "inside" }];
    const names = fs
      .readdirSync(path.join(__dirname, suite))
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => file.replace(/\.test\.ts$/, ""));
    const order = [...longest, "", ...variants];
    const rank = (name: string): number => order.indexOf(order.includes(name) ? name : "");
    return names
      .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
      .map((name) => ({ name: `${suite}/${name}`, suite, files: `tests/${suite}/${name}.test.ts`, place: "inside" }));
  });
}

/** Runs a command to its end; gives its exit status, and what it said unless that was shown as it came. */
function run(
  argv: string[],
  environment: NodeJS.ProcessEnv,
  shown: boolean,
): Promise<{ status: number; said: string }> {
  const [program = "", ...args] = argv;
  const output = shown ? "inherit" : "pipe";
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: checkout, stdio: ["ignore", output, output], env });
  const said: Buffer[] = [];
  child.stdout?.on("data", (data: Buffer) => said.push(data));
  child.stderr?.on("data", (data: Buffer) => said.push(data));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ status: code ?? 1, said: Buffer.concat(said).toString() }));
  });
}

async function sandbox({ instance }: Lane, args: string[], shown = true): Promise<boolean> {
  const argv = [...typescript("sandbox/main.ts"), ...args];
  return (await run(argv, { SANDBOX_DIR: instance.directory }, shown)).status === 0;
}

/** A suite that ends without a report, or badly after a good one, counts as one failure. */
async function runJob(job: Job, { instance }: Lane, alone: boolean): Promise<Result> {
  const file = path.join(counts, `${job.name.replace("/", "-")}.json`);
  const hooks = job.place === "inside" ? ["--require", "tsx/cjs", "--require", "./tests/lifecycle/hooks.ts"] : [];
  const mocha = [process.execPath, require.resolve("mocha/bin/mocha.js"), "--reporter", "tests/reporter.ts", ...hooks];
  const inside = [...typescript("sandbox/main.ts"), "exec", "--"];
  const argv = [...(job.place === "inside" ? inside : []), ...mocha, job.files];
  console.log(alone ? `\n=== ${job.name} ===` : `begun: ${job.name}`);
  const { status, said } = await run(argv, { SANDBOX_DIR: instance.directory, COUNTS: file }, alone);
  if (!alone) console.log(`\n=== ${job.name} ===\n${said}`);
  const result: Result = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : { passes: 0, failed: [] };
  if (status !== 0 && result.failed.length === 0) result.failed.push(`ended with status ${status}`);
  return { ...result, failed: result.failed.map((failure) => `${job.name}: ${failure}`) };
}

/** The next job: one that does not have to wait for what another lane runs, as long as there is such a one. */
function next(queue: Job[]): Job | undefined {
  if (isStopped || Date.now() / 1000 > lastBegin) return undefined;
  const ready = packers > 0 ? queue.findIndex(({ name }) => !packing.includes(name)) : 0;
  const [job] = queue.splice(Math.max(ready, 0), 1);
  if (job && packing.includes(job.name)) packers += 1;
  return job;
}

/** Takes jobs until none is left. */
async function work(lane: Lane, queue: Job[], alone: boolean): Promise<Result[]> {
  const results: Result[] = [];
  for (let job = next(queue); job; job = next(queue)) {
    if (job.place !== "without" && !lane.isUp) {
      results.push({ passes: 0, failed: [`${job.name}: not run, its sandbox did not come up`] });
      continue;
    }
    const result = packing.includes(job.name) ? await packAndRun(job, lane, alone) : await runJob(job, lane, alone);
    results.push(result);
    // What a failure leaves on the cluster would make the next suites fail too.
    if (result.failed.length > 0 && job.place === "inside" && queue.length > 0 && !isStopped) await renew(lane);
  }
  return results;
}

function packAndRun(job: Job, lane: Lane, alone: boolean): Promise<Result> {
  const running = packed.then(() => runJob(job, lane, alone)).finally(() => (packers -= 1));
  packed = running;
  return running;
}

async function renew(lane: Lane): Promise<void> {
  await sandbox(lane, ["down"], false);
  lane.isUp = await sandbox(lane, ["up", "--bare"]);
}

async function main(wanted: string[]): Promise<void> {
  const refusal = nodeRefusal(process.versions.node, packageFile().engines.node);
  if (refusal !== undefined) throw new Error(`${refusal}; \`make test\` brings its own`);
  const jobs = allJobs();
  const unknown = wanted.find((name) => !jobs.some((job) => job.name === name || job.suite === name));
  if (unknown !== undefined) {
    throw new Error(
      `no suite "${unknown}"; there are ${[...new Set([...suites, ...jobs.map(({ name }) => name)])].join(", ")}`,
    );
  }
  const queue = jobs.filter(
    ({ name, suite }) => wanted.length === 0 || wanted.includes(name) || wanted.includes(suite),
  );
  const alone = queue.length === 1;
  const count = Math.min(mostLanes, queue.length);
  const lanes = Array.from({ length: count }, (_, index): Lane => {
    const instance = new Instance(path.join(checkout, ".sandbox", `test-${index + 1}`));
    return { instance, isUp: false };
  });
  const results: Result[] = [];
  try {
    if (queue.some(({ place }) => place !== "without")) {
      console.log("\n=== sandbox ===");
      await buildParts({ forTests: true });
      for (const lane of lanes) await renew(lane);
    }
    results.push(...(await Promise.all(lanes.map((lane) => work(lane, queue, alone)))).flat());
    const [first] = lanes;
    for (const { name, version, origin } of first ? chosenPlugins(first.instance) : [])
      console.log(`plugin ${name} ${version}: ${origin}`);
  } finally {
    for (const lane of lanes) await sandbox(lane, ["down"]);
    fs.rmSync(counts, { recursive: true, force: true });
  }
  const passes = results.reduce((total, result) => total + result.passes, 0);
  const failed = results.flatMap((result) => result.failed);
  // Again at the end: the report of each is thousands of lines above.
  if (!alone) for (const failure of failed) console.log(`failed: ${failure}`);
  if (!isStopped) for (const { name } of queue) console.log(`not begun, it is too late: ${name}`);
  console.log(`${passes} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 && !isStopped ? 0 : 1;
}

// The suites hear of a Ctrl-C themselves; this process begins no other, and stays to end the sandboxes.
process.on("SIGINT", () => (isStopped = true));
process.on("SIGTERM", () => (isStopped = true));

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
