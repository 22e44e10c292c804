// Calls of `ready`, `unenroll` and `enroll` that cannot be carried out.
import * as assert from "node:assert/strict";
import { targetOf, targetVariable } from "../../cli/target";
import { ApiServer } from "./fixtures/api-server";
import { lists } from "./fixtures/breakages";
import { MeshApi } from "./fixtures/mesh-api";
import { istioAmbient } from "./fixtures/terminal";

const nowhere = "/nonexistent/kubeconfig";

describe("the commands for entering and leaving a mesh", () => {
  it("enroll only what they have taken out", async () => {
    const { code, err } = await istioAmbient(["enroll"]);
    assert.deepEqual(
      [code, err],
      [
        64,
        "`--restore`: missing; `enroll` returns what `unenroll` removed, and a new namespace joins the mesh by its label " +
          "istio.io/dataplane-mode=ambient; run `istio-ambient enroll --restore`\n",
      ],
    );
  });

  for (const call of [["ready"], ["unenroll"], ["enroll", "--restore"]]) {
    it(`say that there is no cluster: ${call.join(" ")}`, async () => {
      const { code, out, err } = await istioAmbient([...call, "--kubeconfig", nowhere]);
      assert.deepEqual([code, out], [69, ""]);
      assert.equal(err.startsWith(`cannot read kubeconfig ${nowhere}: `), true, err);
    });
  }

  it("refuse a namespace that does not exist, and say that there is nothing to do", async () => {
    const mesh = new MeshApi();
    mesh.add(lists.namespaces, { metadata: { name: "empty" } });
    const server = await ApiServer.start(mesh);
    try {
      const call = (...argv: string[]) => istioAmbient([...argv, "--kubeconfig", server.kubeconfig]);
      const message = '`--namespace`: got "emty"; must be an existing namespace; write `--namespace empty`\n';
      for (const command of [["unenroll"], ["enroll", "--restore"]]) {
        const { code, out, err } = await call(...command, "--namespace", "emty");
        assert.deepEqual({ code, out, err }, { code: 64, out: "", err: message });
      }
      assert.deepEqual(await call("unenroll", "--namespace", "empty"), {
        code: 0,
        out: "nothing is enrolled\n",
        err: "",
      });
    } finally {
      await server.stop();
    }
  });

  it("refuse a time that is none", async () => {
    const { code, err } = await istioAmbient(["unenroll", "--timeout", "soon"]);
    const rule = "must be a duration such as 90s, 2m or 1h30m";
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
