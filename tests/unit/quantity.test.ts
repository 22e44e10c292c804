// Kubernetes quantities: read as the API server reads them, written as people write them.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { formatCpu, formatMemory, parseQuantity } from "../../lib/validation/quantity";

describe("quantities", () => {
  const readings: [string, number | undefined][] = [
    ["100m", 0.1],
    ["2", 2],
    [".5", 0.5],
    ["64Mi", 67108864],
    ["1.5Gi", 1610612736],
    ["128M", 128e6],
    ["1e3", 1000],
    ["5E", 5e18],
    ["", undefined],
    ["Mi", undefined],
    ["1 Gi", undefined],
    ["1gi", undefined],
    ["-1", undefined],
    ["0x10", undefined],
  ];
  for (const [text, number] of readings) {
    it(`reads "${text}" as ${number}`, () => assert.equal(parseQuantity(text), number));
  }

  it("are written so that reading them gives the same amount", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64_000 }), fc.integer({ min: 0, max: 2 ** 40 }), (milli, bytes) => {
        assert.equal(Math.round(parseQuantity(formatCpu(milli / 1000))! * 1000), milli);
        assert.equal(parseQuantity(formatMemory(bytes)), bytes);
      }),
    );
  });
});
