// The programs that are measured, each in a folder of its own and run by the real `pulumi`.
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";

const checkout = path.dirname(__dirname);
const stack = "bench";

/** A process that ended, and how long it took. */
export interface Run {
  seconds: number;
  output: string;
}

/** Runs a command to its end; fails with all that it said. */
export function run(
  command: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Run> {
  const begun = process.hrtime.bigint();
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
      if (code === 0) resolve({ seconds, output });
      else reject(new Error(`${command} ${args.join(" ")} ended with ${String(code)}:\n${output}`));
    });
  });
}

/** One program and its stack. */
export class Program {
  constructor(
    private readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Whole processes, without the preview that a person is shown before. */
  up(): Promise<Run> {
    return this.pulumi("up", "--yes", "--skip-preview");
  }

  /** Fails where anything would change. */
  preview(): Promise<Run> {
    return this.pulumi("preview", "--expect-no-changes");
  }

  destroy(): Promise<Run> {
    return this.pulumi("destroy", "--yes", "--skip-preview");
  }

  /** The recorded state as text. */
  async state(): Promise<string> {
    return (await this.pulumi("stack", "export")).output;
  }

  /** Makes the stack, with this configuration. */
  async init(config: object): Promise<this> {
    fs.writeFileSync(path.join(this.folder, `Pulumi.${stack}.yaml`), stringify({ config }));
    await run("pulumi", ["stack", "init", stack, "--non-interactive"], { cwd: this.folder, env: this.environment });
    return this;
  }

  private pulumi(...args: string[]): Promise<Run> {
    const words = [...args, "--stack", stack, "--non-interactive", "--color", "never"];
    return run("pulumi", words, { cwd: this.folder, env: this.environment });
  }
}

/** Where a program takes its charts and CRDs from. */
export interface Origins {
  version: string;
  repository: string;
  definitions: string;
}

/** The program of this repository, as a clone has it after `npm install`. */
export async function ownProgram(folder: string, environment: NodeJS.ProcessEnv, from: Origins): Promise<Program> {
  const listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", listing, { cwd: checkout, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files.filter((each) => fs.existsSync(path.join(checkout, each)))) {
    fs.cpSync(path.join(checkout, file), path.join(folder, file));
  }
  linkModules(folder);
  const settings = fs.readFileSync(path.join(checkout, "Pulumi.sandbox.yaml"), "utf8");
  const { config } = parse(settings) as { config: Record<string, object> };
  const mesh = {
    ...config["istio-ambient:mesh"],
    version: from.version,
    charts: { repository: from.repository },
    gatewayApi: { source: from.definitions },
  };
  return new Program(folder, environment).init({ ...config, "istio-ambient:mesh": mesh });
}

interface State {
  deployment: { resources?: { type: string; inputs?: Record<string, unknown> }[] };
}

/** The four releases of a mesh that stands, with their values, and a Gateway: nothing else, and nobody who looks. */
export function bareProgram(folder: string, environment: NodeJS.ProcessEnv, state: string): Promise<Program> {
  const { resources = [] } = (JSON.parse(state) as State).deployment;
  const releases = resources
    .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
    .map(({ inputs = {} }) => inputs)
    .map(({ chart, name, namespace, repositoryOpts, values, version }) => ({
      ...{ chart, name, namespace, repositoryOpts, values, version },
      createNamespace: true,
    }));
  if (releases.length !== 4) throw new Error(`the state holds ${releases.length} releases instead of 4`);
  fs.mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string) => fs.writeFileSync(path.join(folder, file), text);
  write("Pulumi.yaml", stringify({ name: "bare", runtime: "nodejs", main: "index.ts" }));
  write("package.json", JSON.stringify({ name: "bare", private: true }));
  fs.copyFileSync(path.join(checkout, "tsconfig.json"), path.join(folder, "tsconfig.json"));
  write("index.ts", bareSource(releases));
  linkModules(folder);
  return new Program(folder, environment).init({});
}

function bareSource(releases: object[]): string {
  return `import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const releases = ${JSON.stringify(releases, undefined, 2)};
const dependsOn: pulumi.Resource[] = [];
for (const release of releases) {
  dependsOn.push(new k8s.helm.v3.Release(release.name, release, { dependsOn: [...dependsOn] }));
}
new k8s.apiextensions.CustomResource(
  "gateway",
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "gateway", namespace: "istio-system" },
    spec: { gatewayClassName: "istio", listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
  },
  { dependsOn },
);
`;
}

function linkModules(folder: string): void {
  fs.symlinkSync(path.join(checkout, "node_modules"), path.join(folder, "node_modules"));
}
