// A Release whose pods cannot start: the cause is said while there is time to take it away, and then the mesh comes up.
import * as assert from "node:assert/strict";
import { AmbientMesh } from "../../components";
import { apply, condition, get, kubectl, settled, sources, TestStack } from "./support";

const program = (): Promise<void> => {
  const preflight = { ignore: { admission: "the quota goes while the mesh waits for it" } };
  new AmbientMesh("mesh", {
    ...sources,
    platform: "kind",
    adoptNamespace: true,
    gateway: { enabled: false },
    preflight,
  });
  return Promise.resolve();
};

describe("a Release whose pods cannot start", () => {
  let stack: TestStack;

  before(async () => {
    apply(`
apiVersion: v1
kind: Namespace
metadata: { name: istio-system }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: none, namespace: istio-system }
spec: { hard: { pods: "0" } }
`);
    stack = await TestStack.open("slow", program);
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "istio-system");
  });

  it("warns of it with the cause, and goes on once that is gone", async () => {
    const warned = new Promise<string>((resolve) => {
      stack.onDiagnostic = (text) => (text.includes("still waiting") ? resolve(text) : undefined);
    });
    const up = stack.up();
    const warning = await Promise.race([warned, up.then(() => "the mesh came up without a warning")]);
    assert.match(
      warning,
      /^warning: still waiting for Deployment istio-system\/istiod after \d+ s; last seen: Available=False \(MinimumReplicasUnavailable: .*\)$/m,
    );
    assert.match(warning, /^ {2}`ReplicaSet istio-system\/istiod-\w+`: FailedCreate: .* exceeded quota: none, /m);
    kubectl("delete", "resourcequota", "none", "-n", "istio-system");
    // The controller tries again after minutes; a new ReplicaSet does at once.
    kubectl("rollout", "restart", "deployment/istiod", "-n", "istio-system");
    await up;
    const [istiod] = await settled(
      () => get("deployment", "istiod", "-n", "istio-system"),
      ([deployment]) => condition(deployment, "Available") === "True",
    );
    assert.equal(condition(istiod, "Available"), "True");
  });
});
