// Migrating a namespace and taking it back, on a cluster in memory: cut off at every write, met by others, stopped.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import Ajv from "ajv";
import { recordName } from "../../../lib/migration/record";
import { on, onAmbient, onSidecars, own, shop, workload } from "./cluster";

const schema = JSON.parse(
  fs.readFileSync(path.join(__dirname, "..", "..", "..", "docs", "migrate.schema.json"), "utf8"),
) as object;

const plan = `Namespace shop: can be migrated

Result for each object:
  rewritten         Deployment shop/batch: it has no sidecar; it stays outside by the label istio.io/dataplane-mode: none, which its template gets
  needs a waypoint  AuthorizationPolicy shop/readers: ztunnel drops rules with methods: without a waypoint these requests are refused
                    becomes AuthorizationPolicy shop/readers-waypoint
  needs a waypoint  AuthorizationPolicy shop/no-deletes: ztunnel does not see methods: without a waypoint the rule has no effect, or refuses more than it says
                    becomes AuthorizationPolicy shop/no-deletes-waypoint
  carries over      Deployment shop/web: its pods are replaced, new ones first
  carries over      Deployment shop/orders: its pods are replaced, new ones first
  carries over      StatefulSet shop/db: its pods are replaced one after the other

Calls, as far as policies, Services and traffic objects tell:
  unknown -> Deployment web: no object names its callers
  Deployment web -> Deployment orders: AuthorizationPolicy shop/readers

Restarted in this order:
  Deployment web
  StatefulSet db
  Deployment orders

On the way:
  once its pods are replaced, web, orders can be reached through its Services alone, no longer by the address of a pod
  clients outside the mesh reach no waypoint: what comes from load balancers, NodePorts or the API server is denied at web from then on; where it has to get in, send it through a gateway of the mesh
  callers with sidecars in shop itself are refused there from the moment a server's pods are replaced until their own are

Steps, each written down in the namespace before it is done:
   1. restart Deployment shop/batch: it stays outside the mesh
   2. create AuthorizationPolicy shop/readers-waypoint: has no effect before the waypoint is attached
   3. create AuthorizationPolicy shop/no-deletes-waypoint: has no effect before the waypoint is attached
   4. create Gateway shop/waypoint: no traffic goes through it yet
   5. wait for Gateway shop/waypoint: its pods are ready
   6. wait for AuthorizationPolicy shop/readers-waypoint and 1 more: istiod has seen them
   7. create AuthorizationPolicy shop/orders-from-waypoint: the waypoint may reach the pods of orders
   8. wait for AuthorizationPolicy shop/orders-from-waypoint: ztunnel holds them
   9. label Service shop/web: ambient callers and gateways go through the waypoint
  10. label Service shop/orders: ambient callers and gateways go through the waypoint
  11. wait for AuthorizationPolicy shop/readers-waypoint and 1 more: the waypoint holds them
  12. create AuthorizationPolicy shop/web-without-sidecar: a pod that is replaced before its workload is restarted has no sidecar: only the waypoint reaches it
  13. wait for AuthorizationPolicy shop/web-without-sidecar: ztunnel enforces it
  14. label Namespace shop: new pods without a sidecar are captured
  15. label Namespace shop: new pods get no sidecar
  16. create AuthorizationPolicy shop/web-from-waypoint: from here on only the waypoint reaches the pods of web
  17. wait for AuthorizationPolicy shop/web-from-waypoint: ztunnel enforces it
  18. delete AuthorizationPolicy shop/web-without-sidecar: web-from-waypoint takes its place
  19. restart Deployment shop/web: its pods lose their sidecars and are captured
  20. restart StatefulSet shop/db: its pods lose their sidecars and are captured
  21. restart Deployment shop/orders: its pods lose their sidecars and are captured
  22. wait for Deployment shop/web and 2 more: every pod is captured and has no sidecar
  23. delete AuthorizationPolicy shop/readers: the waypoint enforces it
  24. delete AuthorizationPolicy shop/no-deletes: the waypoint enforces it

Nothing was written. To migrate it: run \`istio-ambient migrate apply --namespace shop\`
`;

describe("migrating a namespace", () => {
  it("begins with a plan that writes nothing", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      const { code, out, err } = await migrate("plan");
      assert.deepEqual([code, out, err], [0, plan, ""]);
      assert.deepEqual(cluster.writes, []);
    });
  });

  it("has a plan and states as JSON", async () => {
    const cluster = shop();
    const validate = new Ajv().compile(schema);
    await on(cluster, async (migrate) => {
      for (const action of ["plan", "status"]) {
        const { out } = await migrate(action, "--output", "json");
        assert.ok(validate(JSON.parse(out)), JSON.stringify(validate.errors));
      }
      await migrate("apply", ...own);
      const { out } = await migrate("status", "--output", "json");
      assert.ok(validate(JSON.parse(out)), JSON.stringify(validate.errors));
    });
  });

  it("leaves the sidecars and takes them back", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      const before = cluster.picture();
      const applied = await migrate("apply", ...own);
      assert.equal(applied.code, 0, applied.err);
      assert.deepEqual(cluster.modes(), onAmbient);
      assert.deepEqual(
        cluster
          .all("AuthorizationPolicy")
          .map(({ metadata }) => metadata.name)
          .sort(),
        ["no-deletes-waypoint", "orders-from-waypoint", "readers-waypoint", "web-from-waypoint"],
      );
      const again = await migrate("apply", ...own);
      assert.deepEqual(
        [again.code, again.out],
        [
          0,
          "the namespace shop is migrated already; `istio-ambient migrate rollback --namespace shop` takes it back\n",
        ],
      );
      const back = await migrate("rollback", ...own);
      assert.deepEqual([back.code, back.out], [0, "the namespace shop is as it was, with sidecars\n"], back.err);
      assert.deepEqual(cluster.modes(), onSidecars);
      assert.deepEqual(cluster.picture(), before);
    });
  });

  it("goes on after it was cut off at any write, there and back", async () => {
    const counted = shop();
    const writes = await on(counted, async (migrate) => {
      await migrate("apply", ...own);
      return counted.writes.length;
    });
    for (let at = 1; at <= writes; at += 1) {
      const cluster = shop();
      await on(cluster, async (migrate) => {
        const before = cluster.picture();
        cluster.hangsUp = (count) => count === at;
        assert.equal((await migrate("apply", ...own)).code, 69, `write ${at}`);
        assert.equal((await migrate("apply", ...own)).code, 0);
        assert.deepEqual(cluster.modes(), onAmbient);
        const from = cluster.writes.length;
        cluster.hangsUp = (count) => count === from + at;
        await migrate("rollback", ...own);
        cluster.hangsUp = () => false;
        const left = cluster.all("ConfigMap").some(({ metadata }) => metadata.name === recordName);
        if (left) assert.equal((await migrate("rollback", ...own)).code, 0);
        assert.deepEqual(cluster.modes(), onSidecars);
        assert.deepEqual(cluster.picture(), before);
      });
    }
  });

  it("goes back from any step", async () => {
    for (const at of [1, 3, 5, 8, 13, 18, 23, 28, 33, 38]) {
      const cluster = shop();
      await on(cluster, async (migrate) => {
        const before = cluster.picture();
        cluster.hangsUp = (count) => count === at;
        await migrate("apply", ...own);
        const back = await migrate("rollback", ...own);
        assert.equal(back.code, 0, back.err);
        assert.deepEqual(cluster.picture(), before);
      });
    }
  });

  it("names what others have changed, and leaves it", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      await migrate("apply", ...own);
      const copy = cluster.one("AuthorizationPolicy", "readers-waypoint");
      cluster.put({ ...copy, spec: { ...copy.spec, action: "DENY" } });
      const { code, err } = await migrate("rollback", ...own);
      assert.equal(code, 1);
      assert.match(
        err,
        /AuthorizationPolicy shop\/readers-waypoint was changed since this migration began; delete it yourself, or put it back, and run this again\nrun `istio-ambient migrate rollback --namespace shop` to go on\n$/,
      );
      assert.equal(cluster.one("AuthorizationPolicy", "readers-waypoint").spec!["action"], "DENY");
    });
  });

  it("keeps the label that captures until pods that end in ambient are gone", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      assert.equal((await migrate("apply", ...own)).code, 0);
      const metadata = {
        ...{ name: "web-0", namespace: "shop", deletionTimestamp: "2026-11-01T00:00:00Z" },
        annotations: { "ambient.istio.io/redirection": "enabled" },
      };
      const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] }, status: { phase: "Running" } };
      cluster.put(pod);
      const { code, err } = await migrate("rollback", ...own, "--timeout", "1s");
      assert.equal(code, 1);
      assert.match(
        err,
        /Pod shop\/web-0 is still ending: outside ambient, every client could reach it; wait until it is gone, and run this again/,
      );
      const mode = () => cluster.one("Namespace", "shop").metadata.labels?.["istio.io/dataplane-mode"];
      assert.equal(mode(), "ambient");
      cluster.put({ ...pod, status: { phase: "Succeeded" } });
      assert.equal((await migrate("rollback", ...own)).code, 0);
      assert.equal(mode(), undefined);
    });
  });

  it("stops where new pods are not ready in time", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      const before = cluster.picture();
      cluster.stuck = ["orders"];
      const { code, err } = await migrate("apply", ...own, "--timeout", "1s");
      assert.equal(code, 1);
      assert.match(
        err,
        /Deployment shop\/orders did not get its new pods ready in time: 1 of 1 are new, 1 available; the old ones serve on; run `kubectl describe deployment orders --namespace shop`\nrun `istio-ambient migrate apply --namespace shop` to go on, `istio-ambient migrate rollback --namespace shop` to go back\n$/,
      );
      assert.equal(cluster.modes()["orders"], "sidecar");
      const status = await migrate("status");
      assert.deepEqual(
        [status.code, status.out],
        [
          1,
          "shop  on its way, at step 21 of 24 (1 pod with a sidecar, 2 pods captured); run `istio-ambient migrate apply " +
            "--namespace shop` or `istio-ambient migrate rollback --namespace shop`\n\n1 pod with a sidecar left in the cluster, in shop\n",
        ],
      );
      cluster.stuck = [];
      assert.equal((await migrate("rollback", ...own)).code, 0);
      assert.deepEqual(cluster.picture(), before);
    });
  });

  it("tells the pods of workloads with overlapping selectors apart by their owners", async () => {
    const cluster = shop();
    const canary = workload("Deployment", "web-canary");
    const labels = { app: "web", track: "canary" };
    const template = { metadata: { labels }, spec: { serviceAccountName: "web" } };
    cluster.put({ ...canary, spec: { ...canary.spec, selector: { matchLabels: labels }, template } });
    await on(cluster, async (migrate) => {
      const before = cluster.picture();
      const modes = () => cluster.podModes("web-1", "web-canary-1");
      const applied = await migrate("apply", ...own, "--timeout", "1s");
      assert.deepEqual([applied.code, modes()], [0, ["captured", "captured"]], applied.err);
      const back = await migrate("rollback", ...own, "--timeout", "1s");
      assert.deepEqual([back.code, modes()], [0, ["sidecar", "sidecar"]], back.err);
      assert.deepEqual(cluster.picture(), before);
    });
  });

  it("is refused while another run is at work", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      cluster.hangsUp = (count) => count === 4;
      await migrate("apply", ...own);
      const record = cluster.one("ConfigMap", recordName);
      const run = JSON.stringify({ host: "elsewhere", pid: 1, at: new Date().toISOString() });
      cluster.put({ ...record, metadata: { ...record.metadata, annotations: { "istio-ambient/run": run } } });
      const { code, err } = await migrate("apply", ...own);
      assert.equal(code, 1);
      assert.match(
        err,
        /^another run of `istio-ambient migrate` is at work \(process 1 on elsewhere, seen at .*\); run this one again once that is through\n/,
      );
    });
  });

  it("does not begin where something blocks", async () => {
    const cluster = shop();
    cluster.put({
      apiVersion: "networking.istio.io/v1",
      kind: "WorkloadGroup",
      metadata: { name: "machines", namespace: "shop" },
    });
    await on(cluster, async (migrate) => {
      const { code, err } = await migrate("apply", ...own);
      assert.deepEqual(
        [code, err],
        [
          1,
          "WorkloadGroup shop/machines: machines outside the cluster have no ztunnel; first: keep the namespace on sidecars\n",
        ],
      );
      assert.deepEqual(cluster.writes, []);
    });
  });

  const bad: [string[], string][] = [
    [["plann"], '`<action>`: got "plann"; must be one of plan, apply, status, rollback; write `migrate plan`\n'],
    [
      ["apply"],
      "`--namespace`: missing; must name the namespace: one is migrated after the other; write `apply --namespace shop`\n",
    ],
    [
      ["plan", "--namespace", "shp"],
      '`--namespace`: got "shp"; must be an existing namespace; write `--namespace shop`\n',
    ],
    [["plan", "--output", "yaml"], '`--output`: got "yaml"; must be one of table, json; write `--output table`\n'],
  ];
  for (const [args, message] of bad) {
    it(`refuses ${args.join(" ")}`, () =>
      on(shop(), async (migrate) => {
        const { code, err } = await migrate(...args);
        assert.deepEqual([code, err], [64, message]);
      }));
  }

  it("has nothing to take back where nothing was begun", () =>
    on(shop(), async (migrate) => {
      const { code, err } = await migrate("rollback", ...own);
      assert.deepEqual([code, err], [1, "there is no migration of shop to take back: it has no record\n"]);
    }));
});
