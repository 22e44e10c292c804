// Running a program for the engine: what all stand-ins for language hosts have in common.
import { ChildProcess, spawn } from "node:child_process";
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
import { pluginInfo, serve, unary } from "./process";

/** Exit status by which the SDKs say that what stopped the program was shown already. */
const shownAlready = 32;

/** How a program is started. */
export interface Start {
  argv: string[];
  environment: Record<string, string>;
}

let program: ChildProcess | undefined;

/** The folder of the program. */
export function folderOf(request: RunRequest): string {
  return request.getInfo()?.getProgramDirectory() || request.getPwd();
}

/** The stack's configuration, as every SDK takes it. */
export function configuration(request: RunRequest): Record<string, string> {
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().toArray())),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
  };
}

/** Runs a program to its end. */
export function runProgram(
  request: RunRequest,
  { argv: [command = "", ...args], environment }: Start,
): Promise<RunResponse> {
  const response = new RunResponse();
  const child = spawn(command, args, {
    cwd: request.getPwd() || folderOf(request),
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...configuration(request), ...environment },
  });
  program = child;
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

/** Ends the program, if one runs. */
export function endProgram(): void {
  program?.kill();
}

/** Answers the engine: runs programs by `run`, and ends with `end` what was begun; `more` is what one language has besides. */
export function serveLanguage(
  address: string,
  run: (request: RunRequest) => Promise<RunResponse>,
  end = endProgram,
  more: grpc.UntypedServiceImplementation = {},
): void {
  process.on("exit", end);
  serve(new EngineClient(address, grpc.credentials.createInsecure()), (server) =>
    server.addService(LanguageRuntimeService, {
      handshake: unary(() => new LanguageHandshakeResponse()),
      getPluginInfo: unary(pluginInfo),
      // The CLI would download what is named here; in a sandbox every plugin is there.
      getRequiredPackages: unary(() => new GetRequiredPackagesResponse()),
      run: unary(run),
      cancel: unary(() => {
        end();
        return new Empty();
      }),
      ...more,
    }),
  );
}
