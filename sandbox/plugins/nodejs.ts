// Stand-in for Pulumi's language host for Node.js, so that the real CLI runs a program's folder, and a plugin's: it starts
// each by the SDK that is installed with it.
import { ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { RunPluginRequest, RunPluginResponse, RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { engineAddress } from "./process";
import { endProgram, folderOf, runProgram, serveLanguage } from "./running";

const address = engineAddress();

/** The command line of a program, its options as the SDK's entry point takes them. */
function commandLine(request: RunRequest, folder: string, entryPoint: string): string[] {
  const options: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine: address,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": request.getInfo()?.getRootDirectory() ?? "",
    stack: request.getStack(),
    pwd: request.getPwd() || folder,
    parallel: String(request.getParallel()),
  };
  const given = Object.entries(options).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value]));
  return [...given, ...(request.getDryrun() ? ["--dry-run"] : []), entryPoint, ...request.getArgsList()];
}

/** Runs a program to its end. */
function run(request: RunRequest): Promise<RunResponse> {
  const folder = folderOf(request);
  const entryPoint = request.getInfo()?.getEntryPoint() || ".";
  const runner = runnerOf(folder);
  if (runner === undefined) {
    return Promise.resolve(new RunResponse().setError(missing(folder)));
  }
  const argv = [process.execPath, runner, ...commandLine(request, folder, entryPoint)];
  return runProgram(request, { argv, environment: { PULUMI_NODEJS_TYPESCRIPT: "true" } });
}

function missing(folder: string): string {
  return `the Pulumi SDK is not installed in ${folder}: run \`npm install\` there`;
}

/** An entry point of the SDK that belongs to the program in this folder. */
function runnerOf(folder: string, entry = "run"): string | undefined {
  try {
    return createRequire(path.join(folder, "program.js")).resolve(`@pulumi/pulumi/cmd/${entry}`);
  } catch {
    return undefined;
  }
}

const plugins = new Set<ChildProcess>();

/** Runs a plugin for as long as the engine listens to it. */
function runPlugin(call: grpc.ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
  const { request } = call;
  const folder = request.getInfo()?.getProgramDirectory() ?? request.getProgram();
  const runner = runnerOf(folder, "run-plugin");
  if (runner === undefined) {
    call.emit("error", { code: grpc.status.FAILED_PRECONDITION, details: missing(folder) });
    return;
  }
  const env = Object.fromEntries(request.getEnvList().map((each) => each.split(/=(.*)/s).slice(0, 2)));
  const plugin = spawn(process.execPath, [runner, folder, ...request.getArgsList()], {
    cwd: request.getPwd(),
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, PULUMI_NODEJS_TYPESCRIPT: "true" } as NodeJS.ProcessEnv,
  });
  plugins.add(plugin);
  plugin.stdout.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStdout(data)));
  plugin.stderr.on("data", (data: Buffer) => call.write(new RunPluginResponse().setStderr(data)));
  plugin.on("close", (code) => {
    plugins.delete(plugin);
    call.write(new RunPluginResponse().setExitcode(code ?? 0));
    call.end();
  });
  call.on("cancelled", () => plugin.kill());
}

function endAll(): void {
  endProgram();
  for (const plugin of plugins) plugin.kill();
}

serveLanguage(address, run, endAll, {
  runPlugin,
  // No registry answers inside a sandbox; what a program or a plugin needs is there.
  installDependencies: (call: grpc.ServerWritableStream<unknown, unknown>) => call.end(),
});
