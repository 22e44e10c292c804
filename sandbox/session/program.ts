// Runs inside the sandbox: the program of the checkout with the real Pulumi CLI, on the stack `sandbox`, and then an
// application that answers through its gateway.
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { ask } from "../control-plane/control";
import { aim, Gateway, openDemo } from "./demo";
import { errorsShown, report } from "./engine-events";
import { interrupted } from "./exit-status";
import { checkout, Instance } from "../instance";
import { lock } from "../lock";
import { chosenPlugins } from "../plugins/choice";
import { HostPorts } from "../control-plane/ports";
import { Config, withMachine } from "./stack-config";
import { requests } from "./requests";
import { summary } from "./summary";

const project = "istio-ambient";
const stackName = "sandbox";

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

  const status = await ask(instance, "GET", "status");
  if (!status) throw new Error(`the sandbox in ${instance.directory} does not run; start it with \`make up\``);
  const mesh = await openMesh(instance, status.ports);
  const demo = await openDemo(stackName, folder(instance, "demo"));
  if ((await wasKilled(mesh)) || (await wasKilled(demo))) {
    process.exitCode = interrupted;
    return;
  }
  // What a killed engine has left; the lock above says that none runs.
  fs.rmSync(join(instance.pulumiState, ".pulumi", "locks"), { recursive: true, force: true });

  const options = { onEvent: report, signal: stop.signal };
  // With secrets its summary would be read with the checkout's own settings, and what it lacks be written into these.
  const { outputs, summary: done } = await mesh.up({ ...options, showSecrets: false });
  console.error(`  the program has run: ${describeChanges(done.resourceChanges ?? {})}`);
  const authority = String(outputs.caCertificate?.value ?? "");
  if (authority) fs.writeFileSync(instance.authority, authority);
  const gateway: Gateway | undefined = outputs.gateway?.value;
  let path: string | undefined;
  if (gateway?.name && status.lacks.length === 0) {
    path = aim(demo, gateway);
    const { summary: deployed } = await demo.up(options);
    console.error(`  the application is there: ${describeChanges(deployed.resourceChanges ?? {})}`);
  }
  console.log(summary(instance, outputs, chosenPlugins(instance), status.lacks));
  if (path) console.log(await requests(instance, status.ports, path, authority));
}

/** The program of this checkout, as `pulumi up` runs it here; its settings are those of the checkout and the machine's. */
async function openMesh(instance: Instance, ports: HostPorts): Promise<Stack> {
  const settings = instance.settings;
  const kept: { encryptionsalt?: string } = fs.existsSync(settings) ? parse(fs.readFileSync(settings, "utf8")) : {};
  const own = join(checkout, basename(settings));
  const { config }: { config: Config } = parse(fs.readFileSync(own, "utf8"));
  // Made in a folder of the sandbox, so that what belongs to a stack alone is not written into the checkout's settings.
  const workDir = folder(instance, basename(dirname(settings)));
  fs.writeFileSync(settings, stringify({ ...kept, config: withMachine(config, ports) }));
  const program = (): Promise<void> => Promise.resolve();
  await LocalWorkspace.createOrSelectStack(
    { projectName: project, stackName, program },
    { workDir, projectSettings: { name: project, runtime: "nodejs" } },
  );
  return LocalWorkspace.selectStack({ stackName, workDir: checkout });
}

function folder(instance: Instance, name: string): string {
  const made = instance.file(name);
  fs.mkdirSync(made, { recursive: true });
  return made;
}

/** An engine that was killed leaves operations of which nobody knows whether they happened. */
async function wasKilled(stack: Stack): Promise<boolean> {
  const { deployment }: { deployment?: { pending_operations?: unknown[] } } = await stack.exportStack();
  return Boolean(deployment?.pending_operations?.length);
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
