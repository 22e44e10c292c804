// The command that stands between ztunnel and the gateway: what it runs at up and at destroy, and what it never does.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs, OnDestroy } from "../../components";
import { launcher } from "../../components/support/own-command";
import { record } from "./record";

interface Recorded {
  interpreter?: string[];
  create?: string;
  update?: string;
  delete?: string;
  triggers?: unknown;
  environment: Record<string, unknown>;
}

const preflight = { enabled: false };

async function recordCommand(args: AmbientMeshArgs, provider?: { context: string }): Promise<Recorded> {
  const recording = await record(() => {
    const opts = provider && { provider: new k8s.Provider("other", provider) };
    new AmbientMesh("mesh", { preflight, gatewayApi: { install: false }, gateway: { enabled: false }, ...args }, opts);
  });
  return recording.find("mesh-data-plane").inputs as unknown as Recorded;
}

describe("the data plane's command", () => {
  it("waits at every change of a release, and unenrolls at destroy", async () => {
    const command = await recordCommand({ namespace: "mesh-system" });
    assert.equal(command.create, "ready --repair --namespace mesh-system --node-namespace mesh-system --wait 3m");
    assert.equal(command.update, command.create);
    assert.equal(command.delete, "unenroll --timeout 5m");
    assert.deepEqual(Object.keys(command.environment), ["ISTIO_AMBIENT_REVISIONS"]);
  });

  it("has no triggers: they would replace it, and its delete step unenrolls everybody", async () => {
    assert.equal((await recordCommand({})).triggers, undefined);
  });

  it("leaves the mesh as it is told", async () => {
    assert.equal((await recordCommand({ onDestroy: "drain" })).delete, "unenroll --drain --timeout 30m");
    assert.equal((await recordCommand({ onDestroy: "refuse" })).delete, "unenroll --refuse --timeout 1m");
    assert.equal((await recordCommand({ onDestroy: "ignore" })).delete, undefined);
  });

  it("records which cluster it works on", async () => {
    const cluster = { kubeconfig: "~/.kube/config", context: "one" };
    const { environment } = await recordCommand({ cluster }, { context: "one" });
    assert.equal(environment["ISTIO_AMBIENT_TARGET"], '{"kubeconfig":"~/.kube/config","context":"one"}');
  });

  it("names the package and no path, so that it is found after an upgrade and on another machine", async () => {
    const { interpreter } = await recordCommand({});
    assert.deepEqual(interpreter, ["node", "-e", launcher]);
    assert.equal(launcher.includes(process.cwd()), false);
  });

  it("is refused with a word that it does not know", async () => {
    await assert.rejects(recordCommand({ onDestroy: "leave" as OnDestroy }), (error: unknown) => {
      assert.ok(pulumi.InputPropertiesError.isInstance(error));
      assert.equal(
        error.message,
        'invalid arguments for AmbientMesh "mesh":\n  `onDestroy`: got "leave"; must be one of "unenroll", "drain", ' +
          '"refuse", "ignore"; write `onDestroy: "drain"`',
      );
      return true;
    });
  });
});
