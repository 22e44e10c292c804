// What a person sees of a build: which part of how many, and for how long it has been at it.
import * as fs from "node:fs";
import type { Part } from "./part";

/** The last lines of a log, indented, for an error message. */
export function tail(file: string, lines = 12): string {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trimEnd() : "";
  const last = text === "" ? ["(nothing)"] : text.split("\n").slice(-lines);
  return last.map((line) => `    ${line}`).join("\n");
}

export class Progress {
  private done = 0;
  private failed = 0;
  private readonly begun = Date.now();
  private readonly live = process.stderr.isTTY;

  constructor(
    private readonly total: number,
    cached: number,
    cache: string,
  ) {
    if (total > 0) console.error(`${total} parts to build, ${cached} in the cache ${cache}`);
  }

  /** Reports one part while it is built. */
  async during(part: Part, work: () => Promise<void>): Promise<void> {
    const label = `${part.name} ${part.version}`;
    const begun = Date.now();
    try {
      await this.ticking(() => label, work);
      this.over(`${label} done in ${seconds(begun)}`);
    } catch (error) {
      this.failed += 1;
      this.over(`${label} failed after ${seconds(begun)}`);
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${label} could not be built: ${reason}`, { cause: error });
    }
  }

  /** Reports parts that are built together, each as soon as it is there; of those that never are it says nothing. */
  async together<P extends Part>(parts: P[], isThere: (part: P) => boolean, work: () => Promise<void>): Promise<void> {
    const begun = Date.now();
    const waiting = new Set(parts);
    const look = (): string => {
      for (const part of [...waiting].filter(isThere)) {
        waiting.delete(part);
        this.over(`${part.name} ${part.version} done after ${seconds(begun)}`);
      }
      const [first] = waiting;
      return waiting.size === 1 && first ? `${first.name} ${first.version}` : `${waiting.size} programs`;
    };
    await this.ticking(look, work);
    look();
  }

  /** Reports one part that does not have to be built after all. */
  without(part: Part, reason: string): void {
    this.over(`${part.name} ${part.version} is not built: ${reason}`);
  }

  end(): void {
    const outcome = this.failed > 0 ? `${this.failed} of ${this.total} could not be had` : "all parts are there";
    if (this.total > 0) console.error(`  ${outcome}, ${seconds(this.begun)}`);
  }

  /** Shows what is at work, and for how long: every second on a terminal, elsewhere every 20 seconds. */
  private async ticking(label: () => string, work: () => Promise<void>): Promise<void> {
    const begun = Date.now();
    let ticks = 0;
    const show = (rest: string): boolean =>
      process.stderr.write(
        `${this.live ? "\r\x1b[K" : ""}  [${this.done + 1}/${this.total}] ${rest}${this.live ? "" : "\n"}`,
      );
    if (!this.live) show(`${label()} ...`);
    const timer = setInterval(() => {
      const text = label();
      ticks += 1;
      if (this.live || ticks % 20 === 0) show(`${text} ${seconds(begun)}`);
    }, 1000);
    try {
      await work();
    } finally {
      clearInterval(timer);
    }
  }

  private over(outcome: string): void {
    this.done += 1;
    process.stderr.write(`${this.live ? "\r\x1b[K" : ""}  [${this.done}/${this.total}] ${outcome}\n`);
  }
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}
