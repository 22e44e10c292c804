// A mesh in a namespace that somebody else made: it comes up there, and leaves the namespace as it found it.
import * as assert from "node:assert/strict";
import { AmbientMesh } from "../../components";
import { apply, get, kubectl, sources, TestStack } from "./support";

const theirs = `
apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels: { team: platform, pod-security.kubernetes.io/warn: restricted }
  annotations: { example.com/owner: somebody }
`;

/** Labels and annotations of the namespace. */
function marks(): object {
  const { labels, annotations } = get("namespace", "istio-system")[0]!.metadata;
  return { labels, annotations };
}

describe("a mesh in a namespace that it adopts", () => {
  let adoptNamespace = true;
  let stack: TestStack;

  before(async () => {
    apply(theirs);
    stack = await TestStack.open("adoption", () => {
      new AmbientMesh("mesh", { ...sources, platform: "kind", adoptNamespace, gateway: { enabled: false } });
      return Promise.resolve();
    });
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "istio-system", "--ignore-not-found");
  });

  it("comes up, and has nothing to change at the second preview nor after a refresh", async () => {
    await stack.up();
    assert.deepEqual((await stack.preview()).steps, []);
    await stack.refresh({ expectNoChanges: true });
    const { labels } = get("namespace", "istio-system")[0]!.metadata;
    assert.equal(labels!["pod-security.kubernetes.io/enforce"], "privileged");
  });

  it("leaves the namespace as it was", async () => {
    await stack.destroy();
    assert.deepEqual(marks(), {
      labels: {
        team: "platform",
        "pod-security.kubernetes.io/warn": "restricted",
        "kubernetes.io/metadata.name": "istio-system",
      },
      annotations: { "example.com/owner": "somebody" },
    });
    assert.deepEqual(get("all", "-n", "istio-system"), []);
  });

  it("keeps a namespace of its own when it is told to adopt it", async () => {
    kubectl("delete", "namespace", "istio-system");
    adoptNamespace = false;
    await stack.up();
    const { uid } = get("namespace", "istio-system")[0]!.metadata;
    adoptNamespace = true;
    assert.deepEqual((await stack.up()).steps, ["update mesh", "update mesh-namespace"]);
    assert.equal(get("namespace", "istio-system")[0]!.metadata.uid, uid);
    assert.deepEqual((await stack.preview()).steps, []);
  });
});
