// The Linux namespaces of a sandbox: made by unshare, entered by nsenter, gone with their first process.
import { ChildProcess, spawn, spawnSync, StdioOptions } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { checkout, Instance } from "../instance";
import { userNamespace } from "./machine";
import { typescript } from "../node";

/** Starts the supervisor in namespaces of its own; it lives on when this process ends. */
export function startSupervisor(instance: Instance): ChildProcess {
  const own = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", ...userNamespace];
  // The shell is the namespace's first process, since a shell reaps the orphans that fall to it. The one outside writes
  // down its process id before unshare takes its place.
  const first = ["sh", "-c", '"$@"; exit $?', "sandbox", ...typescript(path.join(__dirname, "supervisor.ts"))];
  const script = 'echo $$ > "$1"; shift; exec "$@"';
  const outer = ["sh", "-c", script, "sandbox", instance.pidFile, "unshare", ...own, ...first];
  const log = fs.openSync(instance.logFile("supervisor"), "w");
  const child = spawn("flock", ["--no-fork", "--nonblock", instance.lockFile, ...outer], {
    cwd: checkout,
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
    env: instance.environment(),
  });
  child.on("error", (error) => fs.writeSync(log, `${error.message}\n`));
  fs.closeSync(log);
  child.unref();
  return child;
}

/** Whether any process of the sandbox lives. */
export function isAlive(instance: Instance): boolean {
  if (!fs.existsSync(instance.lockFile)) return false;
  return spawnSync("flock", ["--nonblock", "--conflict-exit-code", "75", instance.lockFile, "true"]).status === 75;
}

/** Process id of the `unshare` whose end is the end of the sandbox. */
export function outerPid(instance: Instance): number | undefined {
  if (!fs.existsSync(instance.pidFile)) return undefined;
  const pid = Number(fs.readFileSync(instance.pidFile, "utf8"));
  const commandLine = `/proc/${pid}/cmdline`;
  // A number that meanwhile belongs to another program is not ours.
  if (!pid || !fs.existsSync(commandLine)) return undefined;
  return fs.readFileSync(commandLine, "utf8").startsWith("unshare\0") ? pid : undefined;
}

/** Ends every process of the sandbox at once. */
export async function killAll(instance: Instance): Promise<void> {
  for (let attempt = 0; isAlive(instance); attempt += 1) {
    const pid = outerPid(instance);
    if (pid !== undefined) process.kill(pid, "SIGKILL");
    if (attempt > 200) throw new Error(`processes that hold ${instance.lockFile} do not end; \`fuser\` names them`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Inside {
  stdio: StdioOptions;
  /** In a process group of its own, out of reach of the terminal's signals. */
  detached?: boolean;
  /** Ends with the process that started it, whatever ends that one. */
  tied?: boolean;
  environment?: NodeJS.ProcessEnv;
}

/** Runs a command inside the sandbox. */
export function spawnInside(
  instance: Instance,
  argv: string[],
  { stdio, detached, tied, environment }: Inside,
): ChildProcess {
  const outer = outerPid(instance);
  if (outer === undefined)
    throw new Error(`the sandbox in ${instance.directory} does not run; start it with \`make up\``);
  const first = fs.readFileSync(`/proc/${outer}/task/${outer}/children`, "utf8").trim().split(" ")[0] ?? "";
  const user = userNamespace.length > 0 ? ["--user", "--preserve-credentials"] : [];
  const enter = ["nsenter", "--target", first, "--net", "--pid", "--mount", ...user, "--"];
  const tie = tied ? ["setpriv", "--pdeathsig", "KILL"] : [];
  // Entering a mount namespace leads to its root folder.
  const back = ["sh", "-c", 'cd "$0" && exec "$@"', process.cwd()];
  fs.mkdirSync(instance.temporary, { recursive: true });
  const [program = "", ...args] = [...tie, ...enter, ...tie, ...back, ...argv];
  return spawn(program, args, { stdio, detached, env: { ...instance.environment(), ...environment } });
}
