// What a machine lacks for a sandbox is said all at once.
import * as assert from "node:assert/strict";
import { Machine, missing, nodeCount } from "../../sandbox/control-plane/machine";

const good: Machine = {
  platform: "linux",
  architecture: "x64",
  go: "1.26.8",
  tools: ["unshare", "nsenter", "flock", "setpriv", "mount", "ip"],
  namespaceError: undefined,
};

describe("a machine for the sandbox", () => {
  it("lacks nothing where all is there", () => assert.deepEqual(missing(good, true), []));

  it("needs no Go where nothing is to be built", () =>
    assert.deepEqual(missing({ ...good, go: undefined }, false), []));

  it("takes a Go that is newer, also a candidate", () => {
    assert.deepEqual(missing({ ...good, go: "1.27rc1" }, true), []);
    assert.deepEqual(missing({ ...good, go: "1.26" }, true), []);
  });

  it("names a Go that is too old", () => {
    assert.deepEqual(missing({ ...good, go: "1.25.9" }, true), [
      "Go 1.26.0 or newer, to build the parts: this is 1.25.9",
    ]);
  });

  it("names everything that is missing", () => {
    const bare: Machine = {
      platform: "darwin",
      architecture: "arm64",
      go: undefined,
      tools: ["flock", "setpriv", "mount"],
      namespaceError: "unshare failed: Operation not permitted",
    };
    assert.deepEqual(missing(bare, true), [
      "Linux on x64: this is darwin on arm64",
      "Go 1.26.0 or newer, to build the parts: there is no `go`",
      "`unshare`, which comes with the package util-linux",
      "`nsenter`, which comes with the package util-linux",
      "`ip`, which comes with the package iproute2",
      'the right to make namespaces: be root, or have user namespaces allowed; unshare says "unshare failed: Operation not permitted"',
    ]);
  });
});

describe("SANDBOX_NODES", () => {
  it("is one node where it is not set", () => assert.equal(nodeCount({}), 1));
  it("may be up to 200", () => assert.equal(nodeCount({ SANDBOX_NODES: "200" }), 200));
  for (const text of ["0", "201", "-1", "1.5", "two", ""]) {
    it(`refuses "${text}"`, () => {
      const message = `SANDBOX_NODES: got "${text}"; it is a whole number from 1 to 200; write \`SANDBOX_NODES=1\``;
      assert.throws(() => nodeCount({ SANDBOX_NODES: text }), { message });
    });
  }
});
