// The addresses of Services of type LoadBalancer in the sandbox.
import * as assert from "node:assert/strict";
import { assign } from "../../sandbox/control-plane/load-balancer";

describe("the sandbox's load balancer", () => {
  it("gives each Service the lowest address that is free, and lets it keep that", () => {
    const first = assign(["a", "b", "c"], new Map());
    assert.deepEqual(Object.fromEntries(first), { a: "10.246.0.1", b: "10.246.0.2", c: "10.246.0.3" });
    const second = assign(["e", "c", "b", "d"], first);
    assert.deepEqual(Object.fromEntries(second), {
      b: "10.246.0.2",
      c: "10.246.0.3",
      e: "10.246.0.1",
      d: "10.246.0.4",
    });
  });

  it("goes on in the next block of addresses", () => {
    const uids = Array.from({ length: 255 }, (_, index) => String(index));
    const addresses = assign(uids, new Map());
    assert.equal(addresses.get("253"), "10.246.0.254");
    assert.equal(addresses.get("254"), "10.246.1.1");
    assert.equal(new Set(addresses.values()).size, 255);
  });
});
