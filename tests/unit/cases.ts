// Tables of wrong and right input: every violation of a case is asserted with its whole text.
import * as assert from "node:assert/strict";
import { violationLine } from "../../lib/validation/violations";
import { Rule } from "../../lib/validation/rules";

/** Arguments, and the message of every violation in them. */
export type WrongCase = [args: object, ...messages: string[]];

export function checkCases(component: string, rules: Rule, wrong: WrongCase[], right: object[]): void {
  describe(`wrong input of ${component}`, () => {
    for (const [args, ...messages] of wrong) {
      it(JSON.stringify(args), () => assert.deepEqual(rules(args, "").map(violationLine), messages));
    }
  });

  describe(`right input of ${component}`, () => {
    for (const args of right) {
      it(JSON.stringify(args), () => assert.deepEqual(rules(args, "").map(violationLine), []));
    }
  });
}
