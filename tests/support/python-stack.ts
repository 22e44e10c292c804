// A stack of a program in Python, run by Pulumi's Automation API for Python: no language host is involved.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { EngineEvent } from "@pulumi/pulumi/automation";
import { partPath } from "../../sandbox/build/cache";
import { Listener, Outcome } from "./outcome";

export class PythonStack {
  /** The program's folder has its Pulumi.yaml and, below sdks/, the SDK of the package. */
  constructor(
    private readonly folder: string,
    readonly name: string,
  ) {}

  preview(): Promise<Outcome> {
    return this.run("preview");
  }

  up(): Promise<Outcome> {
    return this.run("up");
  }

  /** Destroys what is left and forgets the stack. */
  async remove(): Promise<void> {
    await this.run("remove");
  }

  private async run(operation: string): Promise<Outcome> {
    const log = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "events-")), "events");
    const argv = ["-u", path.join(__dirname, "inline.py"), operation, this.name, log];
    const packages = [path.join(this.folder, "sdks", "istio-ambient"), partPath("python-packages")];
    const environment = { PYTHONPATH: packages.join(path.delimiter), ISTIO_AMBIENT_PACKAGE: undefined };
    const child = spawn("python3", argv, {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => (said[name] += text));
    const status = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? signal));
    });
    const listener = new Listener();
    const lines = fs.existsSync(log) ? fs.readFileSync(log, "utf8").split("\n").filter(Boolean) : [];
    for (const line of lines) listener.onEvent(JSON.parse(line) as EngineEvent);
    fs.rmSync(path.dirname(log), { recursive: true });
    if (status !== 0) throw listener.failure(`${operation} ended with ${String(status)}:\n${said.stderr}`);
    return listener.outcome(operation === "up" ? (JSON.parse(said.stdout) as Record<string, unknown>) : {});
  }
}
