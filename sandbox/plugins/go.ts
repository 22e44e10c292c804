// Stand-in for Pulumi's language host for Go: it builds and starts the program, which finds the engine by its environment,
// as the SDK looks for it.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { engineAddress } from "./process";
import { folderOf, runProgram, serveLanguage } from "./running";

const address = engineAddress();

function environment(request: RunRequest): Record<string, string> {
  return {
    PULUMI_MONITOR: request.getMonitorAddress(),
    PULUMI_ENGINE: address,
    PULUMI_PROJECT: request.getProject(),
    PULUMI_STACK: request.getStack(),
    PULUMI_ORGANIZATION: request.getOrganization(),
    PULUMI_ROOT_DIRECTORY: request.getInfo()?.getRootDirectory() ?? "",
    PULUMI_DRY_RUN: String(request.getDryrun()),
    PULUMI_PARALLEL: String(request.getParallel()),
  };
}

/** Builds the program in a folder; what is built already is not built again as long as nothing of it has changed. */
function built(folder: string): string {
  const program = path.join(os.tmpdir(), `program-${createHash("sha256").update(folder).digest("hex").slice(0, 12)}`);
  // The flags of the part go-sdk: with others the compiler would begin anew.
  const offline = {
    GOFLAGS: "-mod=mod -buildvcs=false -trimpath",
    GOOS: "linux",
    GOARCH: "amd64",
    GOPROXY: "off",
    GOSUMDB: "off",
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
  execFileSync("go", ["build", "-gcflags=all=-dwarf=false", "-ldflags=-s -w", "-o", program, "."], {
    cwd: folder,
    env: { ...process.env, ...offline },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return program;
}

/** Runs a program to its end, or says why it cannot be built. */
function run(request: RunRequest): Promise<RunResponse> {
  try {
    return runProgram(request, { argv: [built(folderOf(request))], environment: environment(request) });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: Buffer };
    return Promise.resolve(new RunResponse().setError(stderr?.toString() || message));
  }
}

serveLanguage(address, run);
