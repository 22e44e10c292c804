// Mocha's usual report, and the counts of the run in the file that COUNTS names, for the sum over all suites.
import * as fs from "node:fs";
import * as Mocha from "mocha";

class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      if (process.env.COUNTS)
        fs.writeFileSync(process.env.COUNTS, JSON.stringify({ passes, failures: failures + pending }));
    });
  }
}

module.exports = CountingReporter;
