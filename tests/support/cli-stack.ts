// A stack as its user has it: a program in a folder of its own, run by the real `pulumi`.
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EngineEvent } from "@pulumi/pulumi/automation";
import { parse, stringify } from "yaml";
import { Listener, Outcome } from "./outcome";

/** One stack of the program in a folder. */
export class CliStack {
  /** Where `pulumi` is called; anywhere but in the program's folder it is told that folder by `-C`. */
  from: string | undefined;
  /** What the last operation printed. */
  said = "";

  private constructor(
    private folder: string,
    readonly name: string,
  ) {}

  /** Makes a stack with this configuration, which goes into the folder as the stack's file. */
  static init(folder: string, name: string, config: Record<string, unknown>): CliStack {
    fs.writeFileSync(path.join(folder, `Pulumi.${name}.yaml`), stringify({ config }));
    const stack = new CliStack(folder, name);
    stack.pulumi("stack", "init", name);
    return stack;
  }

  preview(): Promise<Outcome> {
    return this.run("preview");
  }

  async up(): Promise<Outcome> {
    const outcome = await this.run("up", "--yes", "--skip-preview");
    return { ...outcome, outputs: this.outputs() };
  }

  /** Fails where something was not as recorded, if no change is expected. */
  refresh({ expectNoChanges = false } = {}): Promise<Outcome> {
    return this.run("refresh", "--yes", "--skip-preview", ...(expectNoChanges ? ["--expect-no-changes"] : []));
  }

  destroy(): Promise<Outcome> {
    return this.run("destroy", "--yes", "--skip-preview");
  }

  /** The recorded state as text, with secrets encrypted. */
  state(): string {
    return this.pulumi("stack", "export", "--stack", this.name);
  }

  outputs(): Record<string, unknown> {
    return JSON.parse(this.pulumi("stack", "output", "--json", "--show-secrets", "--stack", this.name)) as Record<
      string,
      unknown
    >;
  }

  /** The program lies elsewhere from now on, as in the checkout of somebody else. */
  move(folder: string): void {
    fs.renameSync(this.folder, folder);
    this.folder = folder;
  }

  /** Destroys what is left and forgets the stack. */
  async remove(): Promise<void> {
    await this.destroy();
    this.pulumi("stack", "rm", this.name, "--yes");
  }

  /** One command of `pulumi` that says something at once. */
  private pulumi(...args: string[]): string {
    const [cwd, ...words] = this.call(args);
    return execFileSync("pulumi", words, {
      cwd,
      encoding: "utf8",
      env: environment(),
      stdio: "pipe",
      maxBuffer: 64 * 2 ** 20,
    });
  }

  /** Where a command is called, and its words. */
  private call(args: string[]): [string, ...string[]] {
    const plain = ["--non-interactive", "--color", "never"];
    return this.from === undefined
      ? [this.folder, ...args, ...plain]
      : [this.from, "-C", this.folder, ...args, ...plain];
  }

  private async run(...args: string[]): Promise<Outcome> {
    const workDir = fs.mkdtempSync(path.join(os.tmpdir(), "events-"));
    const log = path.join(workDir, "events");
    const [cwd, ...words] = this.call([...args, "--stack", this.name, "--event-log", log]);
    const child = spawn("pulumi", words, { cwd, stdio: ["ignore", "pipe", "pipe"], env: environment() });
    this.said = "";
    for (const output of [child.stdout, child.stderr])
      output.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    const status = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal));
    });
    const listener = new Listener();
    const lines = fs.existsSync(log) ? fs.readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    for (const line of lines) listener.onEvent(JSON.parse(line) as EngineEvent);
    fs.rmSync(workDir, { recursive: true });
    if (status !== 0) throw listener.failure(`pulumi ${args.join(" ")} ended with ${String(status)}:\n${this.said}`);
    return listener.outcome();
  }
}

/** The sandbox's, without what a test that has the components loaded knows of where they are. */
function environment(): NodeJS.ProcessEnv {
  // Among the options for debugging is the log of events.
  return { ...process.env, ISTIO_AMBIENT_PACKAGE: undefined, PULUMI_DEBUG_COMMANDS: "true" };
}

/** Configuration of a stack as its file in a folder has it. */
export function configOf(folder: string, stack: string): Record<string, unknown> {
  const file = fs.readFileSync(path.join(folder, `Pulumi.${stack}.yaml`), "utf8");
  return (parse(file) as { config: Record<string, unknown> }).config;
}
