// One long-running program of the control plane: started, watched, restarted when it dies, stopped.
import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { Instance } from "../instance";
import { tail } from "../build/progress";

export interface Command {
  argv: string[];
  environment?: Record<string, string>;
  cwd?: string;
}

export type ServiceState = "stopped" | "starting" | "ready";

export interface ServiceStatus {
  part: string;
  state: ServiceState;
  pid: number | undefined;
  restarts: number;
  log: string;
}

/** How a program is ended. */
export interface Ending {
  /** How long it may take, in milliseconds. */
  grace: number;
  /** Whether it has children that must not outlive it; they share its process group. */
  group: boolean;
}

/** How long a part may take to become ready before its start counts as failed. */
const patience = 60_000;

export class Service {
  private child: ChildProcess | undefined;
  private wanted = false;
  private state: ServiceState = "stopped";
  private restarts = 0;
  private onHold = false;

  constructor(
    readonly name: string,
    private readonly instance: Instance,
    private readonly command: () => Command,
    private readonly isReady: () => Promise<boolean>,
    private readonly ending: Ending = { grace: 3000, group: false },
  ) {}

  status(): ServiceStatus {
    const log = this.instance.logFile(this.name);
    return { part: this.name, state: this.state, pid: this.child?.pid, restarts: this.restarts, log };
  }

  get ready(): boolean {
    return this.state === "ready";
  }

  /** Whether it runs, is on its way to, or may not because a person stopped it. */
  get settled(): boolean {
    return this.wanted || this.onHold;
  }

  /** Stops the program until a person starts it again. */
  async hold(): Promise<void> {
    this.onHold = true;
    await this.stop();
  }

  async release(): Promise<void> {
    this.onHold = false;
    await this.start();
  }

  /** Starts the program and waits until it is ready; a second call only waits. */
  async start(): Promise<void> {
    this.wanted = true;
    const restartsBefore = this.restarts;
    if (this.child === undefined) this.launch();
    const deadline = Date.now() + patience;
    while (this.state !== "ready") {
      if (this.child !== undefined && (await this.isReady().catch(() => false))) this.state = "ready";
      else if (!this.wanted) throw new Error(`${this.name} was stopped while it started`);
      else if (this.restarts - restartsBefore > 2 || Date.now() > deadline) {
        this.wanted = false;
        const what =
          Date.now() <= deadline ? "ends as soon as it is started" : `is not ready after ${patience / 1000} s`;
        const log = this.instance.logFile(this.name);
        throw new Error(`${this.name} ${what}; ${log} ends with:\n${tail(log)}`);
      } else await pause(100);
    }
  }

  /** Ends the program, politely for as long as it is granted. */
  async stop(): Promise<void> {
    this.wanted = false;
    const child = this.child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), this.ending.grace);
    await ended;
    clearTimeout(timer);
  }

  private launch(): void {
    const { argv, environment, cwd } = this.command();
    const [program = "", ...args] = argv;
    const log = fs.openSync(this.instance.logFile(this.name), "a");
    this.state = "starting";
    const child = spawn(program, args, {
      cwd,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...environment },
      detached: this.ending.group,
    });
    fs.closeSync(log);
    this.child = child;
    child.on("error", (error) => fs.appendFileSync(this.instance.logFile(this.name), `${error.message}\n`));
    child.on("close", () => {
      if (this.ending.group && child.pid) endGroup(child.pid);
      this.child = undefined;
      this.state = "stopped";
      if (this.wanted) setTimeout(() => this.relaunch(), 500);
    });
  }

  /** A part that died by itself comes back, and is ready again when it says so. */
  private relaunch(): void {
    if (!this.wanted || this.child !== undefined) return;
    this.restarts += 1;
    this.launch();
    void this.settle();
  }

  private async settle(): Promise<void> {
    while (this.state === "starting") {
      if (await this.isReady().catch(() => false)) this.state = "ready";
      else await pause(200);
    }
  }
}

/** Ends what is left of a process group, which mostly is nothing. */
function endGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
