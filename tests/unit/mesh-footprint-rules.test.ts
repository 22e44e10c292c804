// The footprint of AmbientMesh, and the limits that have to fit what it requests.
import * as assert from "node:assert/strict";
import { limitRule, meshRules } from "../../components/mesh/rules";
import { UNKNOWN, violationLine } from "../../lib/validation/violations";

const refusals = (args: object): string[] => meshRules(args, "").map(violationLine);

describe("the footprint of AmbientMesh", () => {
  it("is one of two words", () => {
    assert.deepEqual(refusals({ footprint: "slim" }), [
      '`footprint`: got "slim"; must be one of "standard", "lean"; write `footprint: "lean"`',
    ]);
    assert.deepEqual(refusals({ footprint: "standard" }), []);
  });

  it("decides which limit is below the request, where that is not given", () => {
    const dataplane = { memoryLimit: "48Mi" };
    const below =
      '`dataplane.memoryLimit`: got "48Mi"; must not be below the request, which is 64Mi; write `memoryLimit: "64Mi"`';
    assert.deepEqual(refusals({ dataplane }), [below]);
    assert.deepEqual(refusals({ footprint: "standard", dataplane }), [below]);
    assert.deepEqual(refusals({ footprint: "lean", dataplane }), []);
    assert.deepEqual(refusals({ footprint: "lean", dataplane: { memory: "64Mi", ...dataplane } }), [below]);
  });

  it("refuses no limit beside a request that is not known yet", () => {
    assert.deepEqual(refusals({ dataplane: { memory: UNKNOWN, memoryLimit: "48Mi" } }), []);
  });

  it("is heeded of a limit that comes late, too", () => {
    const late = limitRule("dataplane", "lean")({ memoryLimit: "24Mi" }, "dataplane").map(violationLine);
    assert.deepEqual(late, [
      '`dataplane.memoryLimit`: got "24Mi"; must not be below the request, which is 32Mi; write `memoryLimit: "32Mi"`',
    ]);
  });
});
