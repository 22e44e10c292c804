// What `istio-ambient migrate` makes of a plan: exit codes, data, and what is accepted.
import * as assert from "node:assert/strict";
import { on, own, policy, shop, workload } from "./cluster";
import type { Thing } from "../fixtures/sidecars";

const filter = (name: string): Thing => ({
  apiVersion: "networking.istio.io/v1alpha3",
  kind: "EnvoyFilter",
  metadata: { name, namespace: "shop" },
});

describe("the plan at the command line", () => {
  it("exits with 1 where something blocks, as a table and as data", async () => {
    const cluster = shop();
    cluster.put(filter("limits"));
    await on(cluster, async (migrate) => {
      assert.equal((await migrate("plan", ...own)).code, 1);
      const { code, out } = await migrate("plan", "--output", "json");
      assert.deepEqual([code, (JSON.parse(out) as { ready: boolean }).ready], [1, false]);
      assert.equal((await migrate("plan", ...own, "--accept", "EnvoyFilter shop/limits")).code, 0);
    });
  });

  it("has every object that is written as data", async () => {
    const cluster = shop();
    await on(cluster, async (migrate) => {
      const { out } = await migrate("plan", ...own, "--output", "json");
      const { namespaces } = JSON.parse(out) as { namespaces: { steps: { writes?: Thing }[] }[] };
      const written = namespaces.flatMap(({ steps }) => steps.flatMap(({ writes }) => writes ?? []));
      const names = written.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      assert.deepEqual(names.sort(), [
        "AuthorizationPolicy no-deletes-waypoint",
        "AuthorizationPolicy orders-from-waypoint",
        "AuthorizationPolicy readers-waypoint",
        "AuthorizationPolicy web-from-waypoint",
        "Gateway waypoint",
      ]);
      await migrate("apply", ...own);
      for (const { kind, metadata, spec } of written) assert.deepEqual(cluster.one(kind, metadata.name).spec, spec);
    });
  });

  it("looks for policies of the whole mesh in the root namespace, wherever istiod is", async () => {
    const cluster = shop();
    const config = cluster.one("ConfigMap", "istio") as { data?: Record<string, string> };
    config.data!["mesh"] = `${config.data!["mesh"]!}\nrootNamespace: istio-config`;
    for (const name of ["istio-config", "istio-system"]) {
      const spec = { action: "DENY", rules: [{ to: [{ operation: { paths: [`/${name}`] } }] }] };
      cluster.put({ ...policy("paths", spec), metadata: { name: "paths", namespace: name } });
    }
    await on(cluster, async (migrate) => {
      const { out } = await migrate("plan", ...own);
      assert.deepEqual(
        [...new Set(out.match(/AuthorizationPolicy [a-z-]+\/paths[a-z-]*/g))],
        ["AuthorizationPolicy istio-config/paths", "AuthorizationPolicy shop/paths-istio-config-waypoint"],
      );
    });
  });

  it("leaves a gateway of the namespace as it is, and what it enforces", async () => {
    const cluster = shop();
    cluster.put(workload("Deployment", "edge", { istio: "ingressgateway" }));
    cluster.put(policy("tokens", { action: "DENY", rules: [{ from: [{ source: { notRequestPrincipals: ["*"] } }] }] }));
    await on(cluster, async (migrate) => {
      const { out } = await migrate("plan", ...own);
      assert.doesNotMatch(out, /Deployment (shop\/)?edge/);
      assert.match(out, /AuthorizationPolicy shop\/tokens: .*; it stays for edge-\S*$/m);
      assert.doesNotMatch(out, /delete AuthorizationPolicy shop\/tokens/);
    });
  });

  for (const action of ["plan", "apply"]) {
    it(`refuses what ${action} is told to accept and does not have`, async () => {
      const cluster = shop();
      cluster.put(filter("limits"));
      await on(cluster, async (migrate) => {
        const { code, err } = await migrate(action, ...own, "--accept", "EnvoyFilter shop/limit");
        assert.deepEqual(
          [code, err],
          [
            64,
            '`--accept`: got "EnvoyFilter shop/limit"; must be an object of the plan whose verdict can be accepted; write ' +
              '`--accept "EnvoyFilter shop/limits"`\n',
          ],
        );
        assert.deepEqual(cluster.writes, []);
      });
    });
  }

  it("refuses to accept where nothing has to be", async () => {
    await on(shop(), async (migrate) => {
      const { code, err } = await migrate("plan", ...own, "--accept", "AuthorizationPolicy shop/readers");
      assert.deepEqual(
        [code, err],
        [
          64,
          '`--accept`: got "AuthorizationPolicy shop/readers"; the plan has no object whose verdict can be accepted; remove ' +
            '`--accept "AuthorizationPolicy shop/readers"`\n',
        ],
      );
    });
  });
});
