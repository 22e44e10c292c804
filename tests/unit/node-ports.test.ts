// NodePorts that messages propose.
import * as assert from "node:assert/strict";
import { freeNodePorts } from "../../lib/istio/node-ports";

describe("proposed NodePorts", () => {
  it("are each another one, and none that is taken", () => {
    const propose = freeNodePorts((port) => [30081, 30083].includes(port));
    assert.deepEqual([propose(), propose(), propose()], [30082, 30084, 30085]);
  });

  it("are never those that a kind cluster gives to NGINX", () => {
    const propose = freeNodePorts((port) => port < 30440);
    assert.deepEqual([propose(), propose(), propose(), propose()], [30440, 30441, 30442, 30444]);
  });
});
