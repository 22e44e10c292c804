// Tables of wrong and right input: every fault of a case is asserted with its whole text.
import * as assert from "node:assert/strict";
import { faultLine } from "../../lib/validation/violations";
import { Rule } from "../../lib/validation/rules";

/** Arguments, and the message of every fault in them. */
export type WrongCase = [args: object, ...messages: string[]];

export function checkCases(component: string, rules: Rule, wrong: WrongCase[], right: object[]): void {
  describe(`wrong input of ${component}`, () => {
    for (const [args, ...messages] of wrong) {
      it(JSON.stringify(args), () => assert.deepEqual(rules(args, "").map(faultLine), messages));
    }
  });

  describe(`right input of ${component}`, () => {
    for (const args of right) {
      it(JSON.stringify(args), () => assert.deepEqual(rules(args, "").map(faultLine), []));
    }
  });
}
