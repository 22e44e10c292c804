// Runs inside the sandbox: the repository's program with the real Pulumi engine, on the stack `sandbox`.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { ask } from "./control";
import { errorsShown, report } from "./engine-events";
import { interrupted } from "./exit-status";
import { checkout, Instance } from "./instance";
import { lock } from "./lock";
import { chosenPlugins } from "./plugins";
import { HostPorts } from "./ports";
import { Config, withMachine } from "./stack-config";
import { requests } from "./requests";
import { summary } from "./summary";

const load = createRequire(__filename);
const project = "istio-ambient";
const stackName = "sandbox";

/** What the program exports, as far as it matters here. */
interface Outputs {
  gateway?: unknown;
}

/** The application of an example, which makes the gateway answer. */
interface Application {
  path: string;
  myApp(gateway: unknown): void;
}

/** How long the engine may take to finish what it is at, once it was told to stop. */
const grace = 60_000;

async function main(): Promise<void> {
  const instance = Instance.current();
  // This process is told to stop by the end of its input: that happens also when `up` is killed.
  const stop = new AbortController();
  process.stdin.resume().on("end", () => {
    stop.abort();
    setTimeout(() => process.kill(0, "SIGKILL"), grace).unref();
  });
  // The address belongs to the sandbox's network namespace, so the lock is the sandbox's own.
  await lock("program", () => console.error("the program of an earlier command is still stopping, waiting for it"));
  if (stop.signal.aborted) return;

  const workDir = instance.file("program");
  fs.mkdirSync(workDir, { recursive: true });
  const status = await ask(instance, "GET", "status");
  if (!status) throw new Error(`the sandbox in ${instance.directory} does not run; start it with \`make up\``);
  const withTraffic = status.lacks.length === 0;
  const stack = await openStack(workDir, status.ports, withTraffic);
  if (await wasKilled(stack, instance)) {
    process.exitCode = interrupted;
    return;
  }
  process.chdir(checkout);
  // So that `pulumi stack output` in a shell of the sandbox needs no --stack.
  execFileSync("pulumi", ["stack", "select", stackName], { stdio: ["ignore", "ignore", "inherit"] });
  const result = await stack.up({ onEvent: report, signal: stop.signal });
  console.error(`  the program has run: ${describeChanges(result.summary.resourceChanges ?? {})}`);
  const authority = String(result.outputs.caCertificate?.value ?? "");
  if (authority) fs.writeFileSync(instance.authority, authority);
  console.log(summary(instance, result.outputs, chosenPlugins(instance), status.lacks));
  const applicationPath: unknown = result.outputs.applicationPath?.value;
  if (typeof applicationPath === "string")
    console.log(await requests(instance, status.ports, applicationPath, authority));
}

async function openStack(workDir: string, ports: HostPorts, withApplication: boolean): Promise<Stack> {
  const settingsFile = path.join(workDir, `Pulumi.${stackName}.yaml`);
  const kept: { encryptionsalt?: string } = fs.existsSync(settingsFile)
    ? parse(fs.readFileSync(settingsFile, "utf8"))
    : {};
  const { config }: { config: Config } = parse(
    fs.readFileSync(path.join(checkout, `Pulumi.${stackName}.yaml`), "utf8"),
  );
  fs.writeFileSync(settingsFile, stringify({ ...kept, config: withMachine(config, ports) }));
  return LocalWorkspace.createOrSelectStack(
    { projectName: project, stackName, program: () => runProgram(withApplication) },
    { workDir, projectSettings: { name: project, runtime: "nodejs" } },
  );
}

/**
 * The program has top-level code, so each run loads it anew; what it exports are the stack's outputs. The
 * application of examples/quickstart shares the stack.
 */
function runProgram(withApplication: boolean): Promise<Record<string, unknown>> {
  for (const file of Object.keys(load.cache)) {
    if (file.startsWith(checkout + path.sep) && !file.includes(`${path.sep}node_modules${path.sep}`))
      delete load.cache[file];
  }
  const outputs: Outputs = load(path.join(checkout, "index.ts"));
  if (!withApplication || !outputs.gateway) return Promise.resolve({ ...outputs });
  const application: Application = load(path.join(checkout, "examples", "quickstart", "my-app.ts"));
  application.myApp(outputs.gateway);
  return Promise.resolve({ ...outputs, applicationPath: application.path });
}

/** An engine that was killed leaves operations of which nobody knows whether they happened, and its lock. */
async function wasKilled(stack: Stack, instance: Instance): Promise<boolean> {
  const { deployment }: { deployment?: { pending_operations?: unknown[] } } = await stack.exportStack();
  if (deployment?.pending_operations?.length) return true;
  fs.rmSync(path.join(instance.pulumiState, ".pulumi", "locks"), { recursive: true, force: true });
  return false;
}

function describeChanges(changes: Record<string, number | undefined>): string {
  const { same = 0, ...others } = changes;
  const parts = Object.entries(others).map(([kind, count]) => `${count} to ${kind}`);
  return [...parts, `${same} unchanged`].join(", ");
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    // What the engine reported was shown as it came; its whole output again would bury it.
    const message = error instanceof Error ? error.message : String(error);
    console.error(errorsShown() ? "the program did not succeed; see above" : message);
    process.exit(1);
  },
);
