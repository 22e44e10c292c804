// Stand-in for Pulumi's language host for Node.js, so that the real CLI runs a program's folder: it starts the program by the
// SDK that is installed with it.
import { ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import * as path from "node:path";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import {
  GetRequiredPackagesResponse,
  LanguageHandshakeResponse,
  RunRequest,
  RunResponse,
} from "@pulumi/pulumi/proto/language_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { engineAddress, pluginInfo, serve, unary } from "./process";

/** Exit status by which the SDK says that what stopped the program was shown already. */
const shownAlready = 32;

const address = engineAddress();
let program: ChildProcess | undefined;

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
  const folder = request.getInfo()?.getProgramDirectory() || request.getPwd();
  const entryPoint = request.getInfo()?.getEntryPoint() || ".";
  const runner = runnerOf(folder);
  const response = new RunResponse();
  if (runner === undefined) {
    response.setError(`the Pulumi SDK is not installed in ${folder}: run \`npm install\` there`);
    return Promise.resolve(response);
  }
  const config = JSON.stringify(Object.fromEntries(request.getConfigMap().toArray()));
  program = spawn(process.execPath, [runner, ...commandLine(request, folder, entryPoint)], {
    cwd: request.getPwd() || folder,
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_CONFIG: config,
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      PULUMI_NODEJS_TYPESCRIPT: "true",
    },
  });
  const child = program;
  return new Promise((resolve) => {
    const end = (error: string): void => {
      response.setError(error);
      resolve(response);
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => {
      response.setBail(code === shownAlready);
      end(
        code === 0 || code === shownAlready
          ? ""
          : `${signal ? `Program ended by ${signal}` : `Program exited with non-zero exit code: ${code}`}`,
      );
    });
  });
}

/** The SDK's entry point that belongs to the program in this folder. */
function runnerOf(folder: string): string | undefined {
  try {
    return createRequire(path.join(folder, "program.js")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    return undefined;
  }
}

process.on("exit", () => program?.kill());

serve(new EngineClient(address, grpc.credentials.createInsecure()), (server) =>
  server.addService(LanguageRuntimeService, {
    handshake: unary(() => new LanguageHandshakeResponse()),
    getPluginInfo: unary(pluginInfo),
    // The CLI would download what is named here; in a sandbox every plugin is there.
    getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
    run: unary(run),
    cancel: unary(() => {
      program?.kill();
      return new Empty();
    }),
  }),
);
