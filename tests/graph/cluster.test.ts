// Which cluster a component works on beside the plugin: never another one than its provider's.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, GatewayApi, HttpRoute } from "../../components";
import { targetText } from "../../components/support/own-command";
import { faultOf, preview } from "./applications";
import { record, Recording } from "./record";

const unknown = "the kubeconfig of an explicit provider cannot be read; must be set next to it";
const route = { namespace: "shop", parent: { name: "gateway" }, backends: [{ service: "web", port: 80 }] };

function targetOf(recording: Recording, command: string): unknown {
  return (recording.find(command).inputs["environment"] as Record<string, unknown>)["ISTIO_AMBIENT_TARGET"];
}

describe("the cluster of a component", () => {
  it("has to be named for an explicit provider", async () => {
    const message = await faultOf(() => {
      new HttpRoute("web", route, { provider: new k8s.Provider("other", { kubeconfig: "{}" }) });
    });
    assert.equal(
      message,
      `invalid arguments for HttpRoute "web":\n  \`cluster\`: missing; ${unknown}; write \`cluster: { context: "kind-kind" }\``,
    );
  });

  it("is named once for all components with the same provider", async () => {
    const recording = await record(() => {
      const provider = new k8s.Provider("other", { kubeconfig: "{}" });
      new AmbientMesh("mesh", { preflight: { enabled: false }, cluster: { context: "east" } }, { provider });
      new GatewayApi("crds", {}, { provider });
    }, preview);
    assert.equal(targetOf(recording, "crds-bundle"), '{"context":"east"}');
  });

  it("is not that of another provider", async () => {
    const message = await faultOf(() => {
      const east = new k8s.Provider("east", { context: "east" });
      new HttpRoute("one", { ...route, cluster: { context: "east" } }, { provider: east });
      new HttpRoute(
        "two",
        { ...route, namespace: "other", hostnames: ["two.example.com"] },
        { provider: new k8s.Provider("west", { context: "west" }) },
      );
    });
    assert.ok(message.startsWith('invalid arguments for HttpRoute "two":\n  `cluster`: missing; '), message);
  });

  it("cannot be another one than the default provider's", async () => {
    const message = await faultOf(() => void new HttpRoute("web", { ...route, cluster: { context: "east" } }));
    const rule =
      "must not be set without a provider: the config keys kubernetes:kubeconfig and kubernetes:context choose the cluster";
    assert.equal(
      message,
      `invalid arguments for HttpRoute "web":\n  \`cluster\`: got "{ context }"; ${rule}; write ` +
        "`{ provider: new kubernetes.Provider(...) }`",
    );
  });

  it("is a secret in the state where it may hold credentials", async () => {
    assert.equal(await pulumi.isSecret(targetText({ kubeconfig: "apiVersion: v1\nkind: Config" })), true);
    assert.equal(await pulumi.isSecret(targetText({ kubeconfig: "~/.kube/config", context: "east" })), false);
  });
});
