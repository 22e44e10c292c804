// `up`: what is missing is built, the control plane started, the program run on it.
import * as path from "node:path";
import { buildParts, isComplete } from "../build/build";
import { ask } from "../control-plane/control";
import { startAfresh, upControlPlane, waitUntilReady, withLock } from "../control-plane/control-plane";
import { checkout, Instance } from "../instance";
import { checkMachine, nodeCount } from "../control-plane/machine";
import { isAlive, spawnInside } from "../control-plane/namespaces";
import { typescript } from "../node";
import { ensurePlugins } from "../plugins/choice";
import { checkKept, checkPorts, wantedPorts } from "../control-plane/ports";
import { interrupted } from "./exit-status";
import { table } from "./table";
import { withoutTraffic } from "../pods/traffic";

/** Returns the exit status. */
export async function up(instance: Instance, bare: boolean): Promise<number> {
  checkMachine(!isComplete());
  const nodes = nodeCount();
  const ports = wantedPorts(instance);
  return withLock(instance, async () => {
    if (!isAlive(instance)) await checkPorts(ports);
    await buildParts();
    const status = await upControlPlane(instance);
    checkKept(status.ports);
    if (nodes > status.nodes) await ask(instance, "POST", `nodes/${nodes}`);
    const plugins = await ensurePlugins(instance);
    if (bare) {
      console.error(table(plugins.map(({ name, version, origin }) => ["plugin", `${name} ${version}`, origin])));
      if (status.lacks.length > 0) console.error(`  ${withoutTraffic(status.lacks)}`);
      return 0;
    }
    const exitStatus = await runProgram(instance);
    if (exitStatus !== interrupted) return exitStatus;
    console.error(
      "the last run of the program was killed while it made something: starting with an empty control plane",
    );
    await startAfresh(instance);
    await waitUntilReady(instance);
    await ensurePlugins(instance);
    return runProgram(instance);
  });
}

/** The program is told to stop by the end of its input, so that it stops in good order even when this process is killed. */
function runProgram(instance: Instance): Promise<number> {
  const child = spawnInside(instance, typescript(path.join(__dirname, "program.ts")), {
    stdio: ["pipe", "inherit", "inherit"],
    detached: true,
    // An example names the package as its readers do.
    environment: { TSX_TSCONFIG_PATH: path.join(checkout, "tsconfig.dev.json") },
  });
  const stop = (): void => {
    console.error("stopping the program as soon as what it is at is done");
    child.stdin?.end();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, stop);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      for (const signal of signals) process.off(signal, stop);
      resolve(code ?? 1);
    });
  });
}
