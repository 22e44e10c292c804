// Mocha's usual report, and the run's result in the file that COUNTS names, for the sum over all suites.
import * as fs from "node:fs";
import * as Mocha from "mocha";

/** Of a failure's message in the sum: enough to see what failed where the output's beginning is cut. */
const mostLines = 25;
const mostCharacters = 2500;

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    runner.on("fail", (test: Mocha.Runnable, error: unknown) => {
      const said = (error instanceof Error ? error.message : String(error)).split("\n").filter((line) => line.trim());
      failed.push([`${test.fullTitle()}:`, ...said.slice(0, mostLines)].join("\n  ").slice(0, mostCharacters));
    });
    runner.on("pending", (test: Mocha.Test) => failed.push(`${test.fullTitle()}: skipped`));
    runner.once("end", () => {
      if (process.env.COUNTS)
        fs.writeFileSync(process.env.COUNTS, JSON.stringify({ passes: this.stats.passes, failed }));
    });
  }
}

module.exports = CountingReporter;
