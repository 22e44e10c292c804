// Calls of `ready`, `unenrol` and `enrol` that cannot be carried out.
import * as assert from "node:assert/strict";
import { targetOf, targetVariable } from "../../cli/target";
import { istioAmbient } from "./fixtures/terminal";

const nowhere = "/nonexistent/kubeconfig";

describe("the commands for entering and leaving a mesh", () => {
  it("enrol only what they have taken out", async () => {
    const { code, err } = await istioAmbient(["enrol"]);
    assert.deepEqual(
      [code, err],
      [
        64,
        '`enrol`: got ""; new namespaces are enrolled by their label istio.io/dataplane-mode; this restores remembered ' +
          "ones; write `istio-ambient enrol --restore`\n",
      ],
    );
  });

  for (const call of [["ready"], ["unenrol"], ["enrol", "--restore"]]) {
    it(`say that there is no cluster: ${call.join(" ")}`, async () => {
      const { code, out, err } = await istioAmbient([...call, "--kubeconfig", nowhere]);
      assert.deepEqual([code, out], [69, ""]);
      assert.equal(err.startsWith(`cannot read kubeconfig ${nowhere}: `), true, err);
    });
  }

  it("refuse a time that is none", async () => {
    const { code, err } = await istioAmbient(["unenrol", "--timeout", "soon"]);
    const rule = "a duration is whole numbers with s, m or h";
    assert.deepEqual([code, err], [64, `\`--timeout\`: got "soon"; ${rule}; write \`--timeout 2m\`\n`]);
  });

  it("work on the cluster that a program recorded, unless flags say another", () => {
    process.env[targetVariable] = JSON.stringify({ context: "kind-kind" });
    try {
      assert.deepEqual(targetOf({}), { context: "kind-kind" });
      assert.deepEqual(targetOf({ context: "other" }), { context: "other" });
    } finally {
      delete process.env[targetVariable];
    }
  });
});
