// Mocha's usual report, and the run's result in the file that COUNTS names, for the sum over all suites.
import * as fs from "node:fs";
import * as Mocha from "mocha";

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const failed: string[] = [];
    runner.on("fail", (test: Mocha.Runnable, error: unknown) => {
      const [said = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
      failed.push(`${test.fullTitle()}: ${said.slice(0, 200)}`);
    });
    runner.on("pending", (test: Mocha.Test) => failed.push(`${test.fullTitle()}: skipped`));
    runner.once("end", () => {
      if (process.env.COUNTS)
        fs.writeFileSync(process.env.COUNTS, JSON.stringify({ passes: this.stats.passes, failed }));
    });
  }
}

module.exports = CountingReporter;
