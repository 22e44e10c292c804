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

  constructor(
    private readonly total: number,
    cached: number,
    cache: string,
  ) {
    if (total > 0) console.error(`${total} parts to build, ${cached} in the cache ${cache}`);
  }

  /** Reports one part while it is built. */
  async during(part: Part, work: () => Promise<void>): Promise<void> {
    this.done += 1;
    const label = `  [${this.done}/${this.total}] ${part.name} ${part.version}`;
    const begun = Date.now();
    const live = process.stderr.isTTY;
    if (!live) console.error(`${label} ...`);
    const timer = setInterval(
      () => (live ? process.stderr.write(`\r${label} ${seconds(begun)}`) : console.error(`${label} ${seconds(begun)}`)),
      live ? 1000 : 20000,
    );
    try {
      await work();
      process.stderr.write(`${live ? "\r" : ""}${label} done in ${seconds(begun)}\n`);
    } catch (error) {
      this.failed += 1;
      process.stderr.write(`${live ? "\r" : ""}${label} failed after ${seconds(begun)}\n`);
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${part.name} ${part.version} could not be built: ${reason}`, { cause: error });
    } finally {
      clearInterval(timer);
    }
  }

  /** Reports one part that does not have to be built after all. */
  without(part: Part, reason: string): void {
    this.done += 1;
    console.error(`  [${this.done}/${this.total}] ${part.name} ${part.version} is not built: ${reason}`);
  }

  end(): void {
    const outcome = this.failed > 0 ? `${this.failed} of ${this.total} could not be had` : "all parts are there";
    if (this.total > 0) console.error(`  ${outcome}, ${seconds(this.begun)}`);
  }
}

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}
