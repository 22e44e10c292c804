// Runs what makes a part, with its output in a log.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import { tail } from "./progress";

const gibibyte = 1024 ** 3;

/**
 * How Go's compilers may use memory. They collect garbage for a third of their time, and most have ended before they need
 * it: within the limit they collect none. As many run at once as there are cores; half of the machine is theirs.
 */
export function compilerMemory(total = os.totalmem(), cores = os.availableParallelism()): NodeJS.ProcessEnv {
  const limit = Math.min(total / 2 / cores, 3 * gibibyte);
  return limit < gibibyte ? {} : { GOGC: "off", GOMEMLIMIT: `${Math.floor(limit)}B` };
}

/** Runs a program to its end and gives what it printed; it is killed with this process. */
export function run(argv: string[], cwd: string, log: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const file = fs.openSync(log, "a");
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...argv], {
      cwd,
      stdio: ["ignore", "pipe", file],
      env: {
        ...process.env,
        ...compilerMemory(),
        CGO_ENABLED: "0",
        GOFLAGS: "-mod=mod -buildvcs=false -trimpath",
        GOWORK: "off",
        GOOS: "linux",
        GOARCH: "amd64",
      },
    });
    const output: Buffer[] = [];
    child.stdout?.on("data", (data: Buffer) => {
      output.push(data);
      fs.writeSync(file, data);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      fs.closeSync(file);
      if (code === 0) return resolve(Buffer.concat(output).toString());
      reject(
        new Error(
          `\`${argv.slice(0, 2).join(" ")}\` ended with ${signal ?? `status ${code}`}; ${log} ends with:\n${tail(log)}`,
        ),
      );
    });
  });
}

/** Folder of a module's sources, downloaded where Go does not have it yet. */
export async function download(module: string, version: string, work: string, log: string): Promise<string> {
  const output = await run(["go", "mod", "download", "-json", `${module}@${version}`], work, log);
  const found: { Dir?: string } = JSON.parse(output);
  if (found.Dir === undefined) throw new Error(`go mod download did not say where ${module} is`);
  return found.Dir;
}
