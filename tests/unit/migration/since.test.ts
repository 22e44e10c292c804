// Taking a migration back a day later: what others have changed since stays, and what stands against it is named.
import * as assert from "node:assert/strict";
import type { SidecarCluster, Thing } from "../fixtures/sidecars";
import { on, onSidecars, own, policy, service, shop, workload, type Migrate } from "./cluster";

/** Migrates the namespace, has others change it, and takes it back. */
function later(
  change: (cluster: SidecarCluster) => void,
  then: (back: { code: number; out: string; err: string }, cluster: SidecarCluster, migrate: Migrate) => unknown,
): Promise<void> {
  const cluster = shop();
  return on(cluster, async (migrate) => {
    const applied = await migrate("apply", ...own);
    assert.equal(applied.code, 0, applied.err);
    change(cluster);
    await then(await migrate("rollback", ...own, "--timeout", "2s"), cluster, migrate);
  });
}

const goOn = "run `istio-ambient migrate rollback --namespace shop` to go on\n";
const goes = "the waypoint shop/waypoint, which this rollback deletes";
const outside = "outside ambient, every client could reach it";

/** A change of an object, by its kind and name. */
function edit(cluster: SidecarCluster, kind: string, name: string, change: (thing: Thing) => void): void {
  const thing = structuredClone(cluster.one(kind, name));
  change(thing);
  cluster.put(thing);
}

function template(thing: Thing): { metadata: Thing["metadata"]; spec: { [field: string]: unknown } } {
  return thing.spec!["template"] as ReturnType<typeof template>;
}

describe("a rollback a day later", () => {
  it("leaves what owners have changed, and takes away what is the migration's", async () => {
    const mine = policy("own", { selector: { matchLabels: { app: "web" } }, action: "DENY", rules: [] });
    const change = (cluster: SidecarCluster) => {
      edit(cluster, "Deployment", "web", (thing) => (template(thing).spec["image"] = "new"));
      const team = ({ metadata }: Thing) => (metadata.labels = { ...metadata.labels, team: "a" });
      edit(cluster, "Namespace", "shop", team);
      edit(cluster, "Service", "web", team);
      cluster.put(mine);
    };
    const expected = shop();
    await on(expected, () => Promise.resolve());
    change(expected);
    await later(change, (back, cluster) => {
      assert.deepEqual([back.code, back.err], [0, progress(back.err)]);
      assert.deepEqual(cluster.picture(), expected.picture());
      assert.deepEqual(cluster.modes(), onSidecars);
    });
  });

  it("gives sidecars to what came since, and to what its owner has written anew", () =>
    later(
      (cluster) => {
        cluster.put(workload("Deployment", "late"));
        // Without the mark of the migration.
        edit(cluster, "Deployment", "web", (thing) => delete template(thing).metadata.annotations);
      },
      (back, cluster) => {
        assert.equal(back.code, 0, back.err);
        assert.deepEqual(cluster.modes(), { ...onSidecars, late: "sidecar" });
        assert.ok(!JSON.stringify(cluster.picture()).includes("istio-ambient"));
      },
    ));

  it("does without what owners have deleted since", () =>
    later(
      (cluster) => {
        for (const key of ["/apis/apps/v1/namespaces/shop/deployments/orders", "/api/v1/namespaces/shop/pods/orders-1"])
          cluster.objects.delete(key);
        cluster.objects.delete("/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies/orders-from-waypoint");
      },
      (back, cluster) => {
        assert.equal(back.code, 0, back.err);
        const left = Object.entries(onSidecars).filter(([name]) => name !== "orders");
        assert.deepEqual(cluster.modes(), Object.fromEntries(left));
      },
    ));

  it("names all that stands against it before the first step, and goes back once that is gone", () =>
    later(
      (cluster) => {
        edit(cluster, "AuthorizationPolicy", "readers-waypoint", ({ spec }) => (spec!["action"] = "DENY"));
        edit(cluster, "Service", "web", ({ metadata }) => (metadata.labels!["istio.io/use-waypoint"] = "other"));
        const late = service("late");
        cluster.put({ ...late, metadata: { ...late.metadata, labels: { "istio.io/use-waypoint": "waypoint" } } });
        const targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "waypoint" }];
        cluster.put(policy("limits", { targetRefs, action: "DENY", rules: [] }));
        cluster.put(policy("readers", { selector: { matchLabels: { app: "orders" } }, action: "DENY", rules: [] }));
      },
      async (back, cluster, migrate) => {
        const lines = [
          "AuthorizationPolicy shop/readers exists and says something else; rename or delete it, and run this again",
          'Service shop/web was changed since this migration began: its label istio.io/use-waypoint is "other", and was null; ' +
            "put it back, and run this again",
          "AuthorizationPolicy shop/readers-waypoint was changed since this migration began; delete it yourself, or put it " +
            "back, and run this again",
          `Service shop/late uses ${goes}; run \`kubectl label service late --namespace shop istio.io/use-waypoint-\`, and ` +
            "run this again",
          `AuthorizationPolicy shop/limits is attached to ${goes}, and no sidecar reads it; write it with a selector, or ` +
            "delete it, and run this again",
        ];
        assert.deepEqual([back.code, back.err.split("\n").sort()], [1, [...lines, goOn.trim(), ""].sort()]);
        assert.equal(cluster.modes()["web"], "captured");
        for (const name of ["readers-waypoint", "limits", "readers"])
          cluster.objects.delete(`/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies/${name}`);
        edit(cluster, "Service", "web", ({ metadata }) => (metadata.labels!["istio.io/use-waypoint"] = "waypoint"));
        cluster.objects.delete("/api/v1/namespaces/shop/services/late");
        assert.equal((await migrate("rollback", ...own)).code, 0);
        assert.deepEqual(cluster.modes(), onSidecars);
      },
    ));

  it("stops before a pod would be open to every client", () =>
    later(
      (cluster) => {
        cluster.put(workload("Deployment", "tools", { "sidecar.istio.io/inject": "false" }));
      },
      async (back, cluster, migrate) => {
        const patch = '{"spec":{"template":{"metadata":{"labels":{"istio.io/dataplane-mode":"none"}}}}}';
        const line =
          `Deployment shop/tools came after this migration began and gets no sidecar: ${outside}; label its pods ` +
          'sidecar.istio.io/inject: "true", or, to leave it outside, run `kubectl patch deployment tools --namespace shop ' +
          `--type merge --patch '${patch}'\`, and run this again\n`;
        assert.equal(back.code, 1);
        assert.ok(back.err.endsWith(`${line}${goOn}`), back.err);
        assert.equal(cluster.modes()["tools"], "captured");
        edit(cluster, "Deployment", "tools", (thing) => {
          template(thing).metadata.labels!["istio.io/dataplane-mode"] = "none";
        });
        const again = await migrate("rollback", ...own);
        assert.equal(again.code, 0, again.err);
        assert.deepEqual(cluster.modes(), { ...onSidecars, tools: "plain" });
      },
    ));

  it("waits for a Job that has begun since", () =>
    later(
      (cluster) => {
        const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "import", namespace: "shop" } };
        cluster.put({ ...job, spec: { template: { metadata: { labels: { job: "import" } }, spec: {} } } });
        const ownerReferences = [{ kind: "Job", name: "import", controller: true }];
        const metadata = { name: "import-1", namespace: "shop", labels: { job: "import" }, ownerReferences };
        cluster.put({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "import" }] } });
      },
      async (back, cluster, migrate) => {
        const line =
          `Job shop/import runs without a sidecar: ${outside}; wait until it has ended, or run \`kubectl delete job import ` +
          "--namespace shop`, and run this again\n";
        assert.equal(back.code, 1);
        assert.ok(back.err.endsWith(`${line}${goOn}`), back.err);
        cluster.objects.delete("/api/v1/namespaces/shop/pods/import-1");
        assert.equal((await migrate("rollback", ...own)).code, 0);
      },
    ));

  it("says whose source would migrate it again", () =>
    later(
      (cluster) => {
        const note = JSON.stringify({
          ...{ stack: "shop/dev", component: 'AmbientNamespace "shop"', labels: ["istio.io/dataplane-mode"] },
        });
        edit(cluster, "Namespace", "shop", ({ metadata }) => {
          metadata.annotations = { "istio-ambient/labels-1": note };
        });
        edit(cluster, "Service", "web", ({ metadata }) => {
          metadata.annotations = { "argocd.argoproj.io/tracking-id": "shop:/Service:shop/web" };
        });
      },
      (back) => {
        assert.equal(back.code, 0, back.err);
        const lines = [
          "the Argo CD application shop manages Service shop/web: revert the migration in its source too; run `argocd " +
            "app get shop`",
          'AmbientNamespace "shop" of the stack shop/dev sets labels of Namespace shop: remove it from that program, or its ' +
            "next `pulumi up` sets them again",
        ];
        assert.ok(back.err.endsWith(`${lines.join("\n")}\n`), back.err);
      },
    ));
});

/** What a run prints as it goes. */
function progress(err: string): string {
  return err
    .split("\n")
    .filter((line) => line === "" || /^shop: \d+ of \d+: /.test(line))
    .join("\n");
}
