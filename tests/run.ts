// Runs the suites one after the other, those that need a control plane on a sandbox of their own, and adds them up.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Instance } from "../sandbox/instance";
import { typescript } from "../sandbox/node";
import { chosenPlugins } from "../sandbox/plugins";

const checkout = path.dirname(__dirname);
const suites = ["unit", "graph", "plugins", "lifecycle", "consumer"];
const withoutSandbox = ["unit", "graph"];
/** Needs the npm registry, which a sandbox cannot reach; it enters the sandbox by itself. */
const outside = [...withoutSandbox, "consumer"];
const instance = new Instance(path.join(checkout, ".sandbox", "test"));
const counts = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "counts-")), "counts.json");

interface Counts {
  passes: number;
  failures: number;
}

/** Runs a command to its end and returns its exit status. */
function run(argv: string[]): Promise<number> {
  const [program = "", ...args] = argv;
  const env = { ...process.env, SANDBOX_DIR: instance.directory, COUNTS: counts };
  const child = spawn(program, args, { cwd: checkout, stdio: ["ignore", "inherit", "inherit"], env });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

const sandbox = (...args: string[]): Promise<number> => run([...typescript("sandbox/main.ts"), ...args]);

/** A suite that ends without a report, or badly after a good one, counts as one failure. */
async function runSuite(suite: string): Promise<Counts> {
  console.log(`\n=== ${suite} ===`);
  fs.rmSync(counts, { force: true });
  const mocha = [process.execPath, require.resolve("mocha/bin/mocha.js"), "--reporter", "tests/reporter.ts"];
  const argv = [...mocha, `tests/${suite}/**/*.test.ts`];
  const status = outside.includes(suite) ? await run(argv) : await sandbox("exec", "--", ...argv);
  const result: Counts = fs.existsSync(counts)
    ? JSON.parse(fs.readFileSync(counts, "utf8"))
    : { passes: 0, failures: 1 };
  return { ...result, failures: Math.max(result.failures, status === 0 ? 0 : 1) };
}

async function main(wanted: string[]): Promise<void> {
  const unknown = wanted.filter((suite) => !suites.includes(suite));
  if (unknown.length > 0) throw new Error(`no suite "${unknown[0]}"; there are ${suites.join(", ")}`);
  const results: Counts[] = [];
  try {
    for (const suite of wanted.filter((name) => withoutSandbox.includes(name))) results.push(await runSuite(suite));
    const onSandbox = wanted.filter((name) => !withoutSandbox.includes(name));
    if (onSandbox.length > 0) {
      console.log("\n=== sandbox ===");
      await sandbox("down");
      if ((await sandbox("up", "--bare")) !== 0) results.push({ passes: 0, failures: onSandbox.length });
      else for (const suite of onSandbox) results.push(await runSuite(suite));
    }
    for (const { name, version, origin } of chosenPlugins(instance))
      console.log(`plugin ${name} ${version}: ${origin}`);
  } finally {
    await sandbox("down");
    fs.rmSync(path.dirname(counts), { recursive: true, force: true });
  }
  const sum = (key: keyof Counts): number => results.reduce((total, result) => total + result[key], 0);
  console.log(`${sum("passes")} passed, ${sum("failures")} failed`);
  process.exitCode = sum("failures") === 0 ? 0 : 1;
}

// The suites hear of a Ctrl-C themselves; this process stays to end the sandbox.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

const given = process.argv.slice(2);
main(given.length > 0 ? given : suites).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
