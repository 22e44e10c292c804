// The command line of the sandbox: `npm run sandbox -- <command>`.
import { Command } from "commander";
import { buildParts } from "./build";
import { ask } from "./control";
import { Instance } from "./instance";
import { killAll, spawnInside } from "./namespaces";
import { clear, upControlPlane, withLock } from "./up";

const instance = Instance.current();
const program = new Command("sandbox")
  .description("a throw-away control plane with the mesh on it")
  .enablePositionalOptions();

program
  .command("build")
  .description("build the parts that the cache does not have")
  .action(() => buildParts());

program
  .command("up")
  .description("start the control plane and put the mesh on it")
  .option("--bare", "only the control plane, with cert-manager")
  .action(async () => {
    await withLock(instance, () => upControlPlane(instance));
  });

program
  .command("down")
  .description("end the sandbox, with everything in it")
  .action(async () => {
    await withLock(instance, async () => {
      await killAll(instance);
      clear(instance);
    });
  });

program
  .command("status")
  .description("show the parts of the sandbox")
  .action(async () => console.log(await ask(instance, "GET", "status")));

program
  .command("exec")
  .description("run a command inside the sandbox")
  .argument("<command...>")
  .passThroughOptions()
  .action((argv: string[]) => {
    const child = spawnInside(instance, argv, "inherit");
    child.on("exit", (code) => (process.exitCode = code ?? 1));
  });

for (const command of ["stop", "start"] as const) {
  program
    .command(command)
    .argument("<part>")
    .description(`${command} one part of the control plane`)
    .action(async (part: string) => {
      await ask(instance, "POST", `${command}/${part}`);
    });
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
