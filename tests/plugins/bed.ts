// The test bed of the plugins: a namespace and a stack of their own for each group of tests, run by the real engine
// through the Automation API against the API server of the sandbox.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import * as path from "node:path";
import type { EngineEvent, OpType, PreviewOptions, UpOptions } from "@pulumi/pulumi/automation";
import { LocalWorkspace, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";

export const chart = path.join(__dirname, "..", "fixtures", "chart");

/** What an operation meant to do, or did: how many resources of each kind of step, and the paths that differ. */
export interface Outcome {
  steps: { [op in OpType]?: number };
  /** `name: path` of every difference, sorted. */
  differences: string[];
  /** Names of the resources in the order in which their steps ended. */
  ended: string[];
  outputs: { [name: string]: unknown };
  text: string;
}

interface Deployment {
  resources: { urn: string; outputs?: { [output: string]: unknown } }[];
}

function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Listens to an operation for its steps. */
class Listener {
  private readonly differing = new Set<string>();
  readonly ended: string[] = [];

  readonly onEvent = ({ resourcePreEvent, resOutputsEvent }: EngineEvent): void => {
    const { metadata } = resourcePreEvent ?? {};
    for (const at of Object.keys(metadata?.detailedDiff ?? {}))
      this.differing.add(`${nameIn(metadata?.urn ?? "")}: ${at}`);
    if (resOutputsEvent) this.ended.push(nameIn(resOutputsEvent.metadata.urn));
  };

  outcome(steps: Outcome["steps"] | undefined, text: string, outputs: Outcome["outputs"] = {}): Outcome {
    return { steps: steps ?? {}, differences: [...this.differing].sort(), ended: this.ended, outputs, text };
  }
}

export class Bed {
  readonly namespace: string;
  private made?: Stack;

  constructor(readonly name: string) {
    this.namespace = `${name}-${randomBytes(3).toString("hex")}`;
  }

  open(): void {
    this.kubectl("create", "namespace", this.namespace);
  }

  /** Runs kubectl in the bed's namespace and returns what it printed. */
  kubectl(...args: string[]): string {
    return this.kubectlWith("", ...args);
  }

  kubectlWith(input: string, ...args: string[]): string {
    const options = { input, encoding: "utf8" as const, stdio: ["pipe", "pipe", "pipe"] as ["pipe", "pipe", "pipe"] };
    return execFileSync("kubectl", ["--namespace", this.namespace, ...args], options);
  }

  /** Makes objects as somebody else would, by kubectl. */
  apply(...objects: object[]): void {
    for (const object of objects) this.kubectlWith(JSON.stringify(object), "apply", "--server-side", "--filename", "-");
  }

  /** An object as it is, or undefined. */
  get<T>(kind: string, name: string): T | undefined {
    const found = this.kubectl("get", kind, name, "--ignore-not-found", "--output", "json");
    return found === "" ? undefined : (JSON.parse(found) as T);
  }

  /** One value of an object, by kubectl's JSONPath without its braces. */
  value(kind: string, name: string, jsonpath: string): string {
    return this.kubectl("get", kind, name, "--output", `jsonpath={${jsonpath}}`);
  }

  helm(...args: string[]): string {
    return execFileSync("helm", ["--namespace", this.namespace, ...args], { encoding: "utf8", stdio: "pipe" });
  }

  async stack(program?: PulumiFn): Promise<Stack> {
    this.made ??= await LocalWorkspace.createOrSelectStack({
      stackName: this.namespace,
      projectName: "plugins",
      program: program ?? (async () => Promise.resolve()),
    });
    if (program) this.made.workspace.program = program;
    return this.made;
  }

  async preview(program: PulumiFn, options: PreviewOptions = {}): Promise<Outcome> {
    const listener = new Listener();
    const done = await (await this.stack(program)).preview({ ...options, onEvent: listener.onEvent });
    return listener.outcome(done.changeSummary, done.stdout);
  }

  async up(program: PulumiFn, options: UpOptions = {}): Promise<Outcome> {
    const listener = new Listener();
    const done = await (await this.stack(program)).up({ ...options, onEvent: listener.onEvent });
    const outputs = Object.entries(done.outputs).map(([name, { value }]) => [name, value as unknown]);
    return listener.outcome(
      done.summary.resourceChanges,
      done.stdout,
      Object.fromEntries(outputs) as Outcome["outputs"],
    );
  }

  async refresh(): Promise<Outcome> {
    const listener = new Listener();
    const done = await (await this.stack()).refresh({ onEvent: listener.onEvent });
    return listener.outcome(done.summary.resourceChanges, done.stdout);
  }

  async destroy(): Promise<Outcome> {
    const listener = new Listener();
    const done = await (await this.stack()).destroy({ onEvent: listener.onEvent });
    return listener.outcome(done.summary.resourceChanges, done.stdout);
  }

  /** The recorded state as it is stored, with secrets encrypted. */
  async state(): Promise<string> {
    const { workspace } = await this.stack();
    const options = { cwd: workspace.workDir, encoding: "utf8" as const };
    return execFileSync("pulumi", ["stack", "export", "--stack", this.namespace], options);
  }

  /** The recorded outputs of the resource of that name. */
  async recorded(name: string): Promise<{ [output: string]: unknown } | undefined> {
    const { deployment } = JSON.parse(await this.state()) as { deployment: Deployment };
    return deployment.resources.find(({ urn }) => nameIn(urn) === name)?.outputs;
  }

  /** Removes the stack with everything in it, and the namespace. */
  async clear(): Promise<void> {
    await this.destroy();
    const { workspace } = await this.stack();
    await workspace.removeStack(this.namespace);
    rmSync(workspace.workDir, { recursive: true });
    this.kubectl("delete", "namespace", this.namespace, "--wait=false");
  }
}

/** What went wrong, as the engine told it. */
export async function failure(operation: Promise<unknown>): Promise<string> {
  const outcome = await operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome.message;
  throw new Error("the operation succeeded, and should have failed");
}

/** Waits until something else has come about. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 200));
}
