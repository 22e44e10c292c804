// Workloads that are not ready: what stops, what goes on without them, and what serves in the meantime.
import * as assert from "node:assert/strict";
import { progressOf } from "../../../cluster/migration-progress";
import { on, onAmbient, onSidecars, own, shop } from "./cluster";

const quick = [...own, "--timeout", "1s"];
const orders =
  "Deployment shop/orders did not get its new pods ready in time: 1 of 1 are new, 0 available; the old ones serve on";
const describeOrders = "run `kubectl describe deployment orders --namespace shop`";
const before = "it was not ready before this rollback began either";

describe("a workload that is not ready", () => {
  it("stops a migration, and not its rollback, which goes on past it and says so", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      cluster.broken = ["orders"];
      const found = cluster.picture();
      assert.equal((await migrate("apply", ...quick)).code, 1);
      const { code, out, err } = await migrate("rollback", ...quick);
      assert.deepEqual([code, out], [0, "the namespace shop is as it was, with sidecars\n"], err);
      assert.equal(
        err
          .split("\n")
          .filter((line) => line.startsWith("Deployment"))
          .join(),
        `${orders}; ${describeOrders}; ${before}, so that the rollback goes on`,
      );
      assert.deepEqual(cluster.modes(), onSidecars);
      assert.deepEqual(cluster.picture(), found);
    });
  });

  it("stops a rollback that broke it, however often it is run", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      await migrate("apply", ...own);
      cluster.breaksOnRoll = ["orders"];
      for (const run of [1, 2]) {
        const { code, err } = await migrate("rollback", ...quick);
        assert.equal(code, 1, `run ${run}`);
        assert.ok(
          err.endsWith(
            `${orders}; ${describeOrders}\nrun \`istio-ambient migrate rollback ${own.join(" ")}\` to go on\n`,
          ),
          err,
        );
      }
    });
  });

  it("stops a rollback where it has pods that only their capture protects", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      await migrate("apply", ...own);
      cluster.broken = ["orders"];
      cluster.stuck = ["orders"];
      const { code, err } = await migrate("rollback", ...quick);
      assert.equal(code, 1);
      assert.ok(
        err.endsWith(
          `Deployment shop/orders has pods that are not with a sidecar: orders-1; ${before}; delete these pods, or run \`kubectl ` +
            "scale deployment orders --namespace shop --replicas 0`, and run this again\nrun `istio-ambient migrate rollback " +
            "--namespace shop` to go on\n",
        ),
        err,
      );
      assert.equal(cluster.modes()["orders"], onAmbient.orders);
      assert.equal(cluster.one("Namespace", "shop").metadata.labels?.["istio.io/dataplane-mode"], "ambient");
    });
  });

  const serving: [string, object, string][] = [
    ["Deployment", { strategy: { type: "RollingUpdate" } }, "the old ones serve on"],
    [
      "Deployment",
      { strategy: { type: "Recreate" } },
      "its strategy Recreate has ended the old ones, so that none serves",
    ],
    [
      "StatefulSet",
      {},
      "the pods with lower numbers are the old ones and serve on; the rollout stops at the one that is not ready, and if it is of " +
        "an earlier template, it has to be deleted by hand",
    ],
    [
      "DaemonSet",
      {},
      "nodes with a new pod that is not ready have none that serves; on the others the old ones serve on",
    ],
    ["DaemonSet", { updateStrategy: { rollingUpdate: { maxSurge: "50%" } } }, "the old ones serve on"],
  ];
  for (const [kind, spec, text] of serving) {
    it(`is told of with what serves: ${kind} ${JSON.stringify(spec)}`, () => {
      const key = { apiVersion: "apps/v1", kind, namespace: "shop", name: "web" };
      const status = { replicas: 3, desiredNumberScheduled: 3, updatedReplicas: 1, updatedNumberScheduled: 1 };
      const live = { apiVersion: "apps/v1", kind, metadata: { name: "web" }, spec: { replicas: 3, ...spec }, status };
      assert.equal(
        progressOf(live, key),
        `${kind} shop/web did not get its new pods ready in time: 1 of 3 are new, 0 available; ${text}; run \`kubectl describe ` +
          `${kind.toLowerCase()} web --namespace shop\``,
      );
    });
  }
});
