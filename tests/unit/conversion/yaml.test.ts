// The YAML of a conversion, read as kubectl reads it: by YAML 1.1, where Yes is a boolean and 1:30 a number.
import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { yamlText } from "../../../lib/conversion/yaml";

describe("the YAML of a conversion", () => {
  for (const value of ["Yes", "on", "off", "y", "null", "~", "1e3", "012", "1:30", "0x1f", "2024-01-01", "*", "a: b"]) {
    it(`keeps the text ${value}`, () => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "text" }, data: { value } };
      const text = yamlText([object]);
      assert.deepEqual(parse(text, { version: "1.1" }), object);
      assert.deepEqual(parse(text), object);
    });
  }

  it("repeats what is there twice rather than naming it", () => {
    const spec = { same: { a: 1 } };
    const object = { apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec: { one: spec.same, two: spec.same } };
    assert.equal(
      yamlText([object]),
      "apiVersion: v1\nkind: X\nmetadata:\n  name: x\nspec:\n  one:\n    a: 1\n  two:\n    a: 1\n",
    );
  });
});
