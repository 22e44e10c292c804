// The command that stands between ztunnel and the gateway: what it runs at up and at destroy, and what it never does.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { record } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

interface Recorded {
  create?: string;
  update?: string;
  delete?: string;
  triggers?: unknown;
  environment: Record<string, unknown>;
}

async function recordCommand(args: AmbientMeshArgs): Promise<Recorded> {
  const recording = await record(() => {
    new AmbientMesh("mesh", { gatewayApi: { install: false }, gateway: { enabled: false }, ...args });
  });
  return recording.find("mesh-data-plane").inputs as unknown as Recorded;
}

const ends = (text: string | undefined, end: string) => assert.ok(text?.endsWith(end), text);

describe("the data plane's command", () => {
  it("waits at every change of a release, and unenrolls at destroy", async () => {
    const command = await recordCommand({ namespace: "mesh-system" });
    ends(command.create, "ready --namespace mesh-system --node-namespace mesh-system --wait 3m");
    assert.equal(command.update, command.create);
    ends(command.delete, "unenroll --timeout 5m");
    assert.deepEqual(Object.keys(command.environment), ["ISTIO_AMBIENT_REVISIONS"]);
  });

  it("has no triggers: they would replace it, and its delete step unenrolls everybody", async () => {
    assert.equal((await recordCommand({})).triggers, undefined);
  });

  it("leaves the mesh as it is told", async () => {
    ends((await recordCommand({ onDestroy: "drain" })).delete, "unenroll --drain --timeout 30m");
    ends((await recordCommand({ onDestroy: "refuse" })).delete, "unenroll --refuse --timeout 1m");
    assert.equal((await recordCommand({ onDestroy: "ignore" })).delete, undefined);
  });

  it("records which cluster it works on", async () => {
    const preflight = { kubeconfig: "~/.kube/config", context: "one", enabled: false };
    const { environment } = await recordCommand({ preflight });
    assert.equal(environment["ISTIO_AMBIENT_TARGET"], '{"kubeconfig":"~/.kube/config","context":"one"}');
  });

  it("is refused with a word that it does not know", async () => {
    await assert.rejects(recordCommand({ onDestroy: "leave" }), (error: unknown) => {
      assert.ok(pulumi.InputPropertiesError.isInstance(error));
      assert.equal(
        error.message,
        'AmbientMesh "mesh" cannot be made:\n' +
          '  `onDestroy`: got "leave"; it is one of "unenroll", "drain", "refuse", "ignore"; write `onDestroy: "drain"`',
      );
      return true;
    });
  });
});
