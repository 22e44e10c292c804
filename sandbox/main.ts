// The command line of the sandbox: `npm run sandbox -- <command>`.
import * as fs from "node:fs";
import { Command } from "commander";
import { buildParts, isComplete } from "./build/build";
import { ask } from "./control-plane/control";
import { withLock } from "./control-plane/control-plane";
import { unavailable } from "./session/exit-status";
import { Instance } from "./instance";
import { checkMachine } from "./control-plane/machine";
import { isAlive, killAll, spawnInside } from "./control-plane/namespaces";
import { endText, statusText } from "./session/status";
import { up } from "./session/up";

const instance = Instance.current();
const program = new Command("sandbox")
  .description("a throw-away control plane with the mesh on it")
  .enablePositionalOptions();

program
  .command("up")
  .description("start the control plane and put the mesh on it")
  .option("--bare", "the control plane only, with cert-manager")
  .action(async ({ bare }: { bare?: boolean }) => {
    process.exitCode = await up(instance, bare === true);
  });

program
  .command("down")
  .description("end the sandbox, with everything in it")
  .action(async () => {
    if (!fs.existsSync(instance.directory)) return console.error(endText(instance, undefined));
    await withLock(instance, async () => {
      const running = isAlive(instance) ? ((await ask(instance, "GET", "status"))?.parts ?? []) : undefined;
      await killAll(instance);
      instance.clear();
      console.error(endText(instance, running));
    });
  });

program
  .command("status")
  .description("show the parts of the sandbox")
  .action(async () => console.log(statusText(instance, await ask(instance, "GET", "status"))));

program
  .command("exec")
  .description("run a command inside the sandbox")
  .argument("<command...>")
  .passThroughOptions()
  .action((argv: string[]) => runInside(argv));

program
  .command("shell")
  .description("open a shell inside the sandbox")
  .action(async () => {
    if (!isAlive(instance)) {
      console.error(statusText(instance, undefined));
      process.exitCode = unavailable;
      return;
    }
    await runInside([process.env.SHELL || "/bin/sh"]);
  });

for (const command of ["stop", "start"] as const) {
  program
    .command(command)
    .argument("<part>", "a name from `status`")
    .description(`${command} one part of the control plane`)
    .action(async (part: string) => {
      const status = await ask(instance, "POST", `${command}/${encodeURIComponent(part)}`);
      if (!status) throw new Error(`the sandbox in ${instance.directory} does not run; start it with \`make up\``);
    });
}

program
  .command("build")
  .description("build the parts that the cache does not have")
  .option("--tests", "those too that only tests need: helm, istioctl, the conformance suite, what is upgraded from")
  .action(async ({ tests }: { tests?: boolean }) => {
    checkMachine(tests === true || !isComplete());
    await buildParts({ forTests: tests });
    if (isAlive(instance)) instance.linkPrograms();
  });

/** The terminal's signals reach the command by themselves; this process only waits for its end. */
function runInside(argv: string[]): Promise<void> {
  const child = spawnInside(instance, argv, { stdio: "inherit", tied: !process.stdin.isTTY });
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
