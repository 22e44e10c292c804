// Pods that come after a migration from templates that it does not change: with a sidecar or captured, and what an identity is
// good for.
import * as assert from "node:assert/strict";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { asksForIdentity } from "../../../lib/migration/next-pods";
import { planMigration } from "../../../lib/migration/plan";
import type { AuthorizationPolicy, PeerAuthentication } from "../../../lib/migration/objects";
import { on, own as shopOnly, shop as cluster, workload as thing } from "./cluster";
import { injectors, injectsByDefault, peer, policy, shop, sidecarPod, workload } from "./shop";
import { from, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const when = (key: string, values: object) => ({ when: [{ key, ...values }] });
const named = ["cluster.local/ns/shop/sa/web"];

function rowOf(made: MigrationFacts, object: string): string[] {
  const found = planMigration(made, choice).verdicts.find((row) => row.object === object);
  return [found?.verdict ?? "", found?.why ?? ""];
}

describe("an identity", () => {
  const asking: (AuthorizationPolicy | PeerAuthentication)[] = [
    policy("principals", { rules: [from({ principals: named })] }),
    policy("namespaces", { rules: [from({ namespaces: ["shop"] })] }),
    policy("accounts", { rules: [from({ serviceAccounts: ["web"] })] }),
    policy("domains", { rules: [from({ trustDomains: ["cluster.local"] })] }),
    policy("condition", { rules: [when("source.principal", { values: ["*"] })] }),
    policy("all-but", { action: "DENY", rules: [from({ notPrincipals: named })] }),
    policy("all-but-by-condition", { action: "DENY", rules: [when("source.namespace", { notValues: ["shop"] })] }),
    policy("authorizer", { action: "CUSTOM", rules: [{}] }),
    peer("strict", { mtls: { mode: "STRICT" } }),
    peer("strict-port", { mtls: { mode: "PERMISSIVE" }, portLevelMtls: { "8080": { mode: "STRICT" } } }),
  ];
  for (const object of asking)
    it(`counts with ${object.kind} ${object.metadata.name}`, () => assert.equal(asksForIdentity(object), true));

  const others: (AuthorizationPolicy | PeerAuthentication)[] = [
    policy("methods", { rules: [to({ methods: ["GET"] })] }),
    policy("addresses", { rules: [from({ ipBlocks: ["10.0.0.0/8"] })] }),
    policy("nobody", {}),
    policy("all-but", { rules: [from({ notPrincipals: named })] }),
    policy("some", { action: "DENY", rules: [from({ principals: named })] }),
    policy("logged", { action: "AUDIT", rules: [from({ principals: named })] }),
    policy("trial", { rules: [from({ principals: named })] }, { annotations: { "istio.io/dry-run": "true" } }),
    peer("permissive", { mtls: { mode: "PERMISSIVE" } }),
  ];
  for (const object of others)
    it(`is of no use with ${object.kind} ${object.metadata.name}`, () => assert.equal(asksForIdentity(object), false));

  const out = { podLabels: { app: "one", "sidecar.istio.io/inject": "false" } };
  const outside = [{ ...sidecarPod, sidecar: false }];
  const unasked = "captured, and get an identity, for which nothing of the mesh asks";

  it("opens no hole where nothing of the mesh asks for it", () => {
    const workloads = [
      workload("nightly", { kind: "CronJob", pods: [], ...out }),
      workload("kafka-0", { kind: "Pod", maker: "StrimziPodSet kafka", pods: outside }),
    ];
    const made = shop({ workloads, identityCounts: false });
    assert.deepEqual(rowOf(made, "CronJob shop/nightly"), [
      "carries-over",
      `its pods have no sidecar; those of its next Job are ${unasked}`,
    ]);
    assert.deepEqual(rowOf(made, "Pod shop/kafka-0"), [
      "carries-over",
      "it has no sidecar; the next pod of StrimziPodSet kafka is captured, and gets an identity, for which nothing of the mesh asks",
    ]);
  });

  const nightly = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "nightly", namespace: "shop" },
    spec: {
      jobTemplate: {
        spec: { template: { metadata: { labels: { "sidecar.istio.io/inject": "false" } }, spec: {} } },
      },
    },
  };

  it("is looked for in all of the mesh", async () => {
    const made = cluster();
    made.put(nightly);
    for (const name of ["readers", "no-deletes"])
      made.objects.delete(`/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies/${name}`);
    await on(made, async (migrate) => {
      const { code, out } = await migrate("plan", ...shopOnly);
      assert.equal(code, 0, out);
      made.put({
        ...peer("default", { mtls: { mode: "STRICT" } }, { namespace: "other" }),
        spec: { mtls: { mode: "STRICT" } },
      });
      const strict = await migrate("plan", ...shopOnly);
      assert.equal(strict.code, 1);
      assert.match(strict.out, /CronJob shop\/nightly: its pods have no sidecar; those of its next Job are captured/);
    });
  });
});

describe("a pod that nothing restarts", () => {
  const refused = policy("no-posts", { action: "DENY", rules: [to({ methods: ["POST"] })] });
  const lone = (fields: object) =>
    shop({ workloads: [workload("lone", { kind: "Pod", maker: "Rollout lone", ...fields })], policies: [refused] });
  const label = { podLabels: { app: "lone", "sidecar.istio.io/inject": "true" } };
  const annotation = { podAnnotations: { "sidecar.istio.io/inject": "true" } };

  it("is followed by one with a sidecar where its label asks for it, and not where an annotation does", () => {
    assert.equal(rowOf(lone(label), "AuthorizationPolicy shop/no-posts")[0], "carries-over");
    assert.equal(rowOf(lone(annotation), "AuthorizationPolicy shop/no-posts")[0], "hole");
  });

  it("is followed by one without where the namespace has to say that it injects none", () => {
    const facts = lone(label);
    const ground = { ...facts.ground, injectors: [...injectors, injectsByDefault] };
    assert.equal(rowOf({ ...facts, ground }, "AuthorizationPolicy shop/no-posts")[0], "hole");
  });
});

describe("the partition of a StatefulSet", () => {
  it("is read from the cluster", async () => {
    const made = cluster();
    const db = thing("StatefulSet", "db");
    made.put({ ...db, spec: { ...db.spec, updateStrategy: { rollingUpdate: { partition: 1 } } } });
    await on(made, async (migrate) => {
      const { code, err } = await migrate("apply", ...shopOnly);
      assert.deepEqual(
        [code, err],
        [
          1,
          "StatefulSet shop/db: its partition keeps the old pods with numbers below 1; first: spec: { updateStrategy: { " +
            "rollingUpdate: { partition: 0 } } }\n",
        ],
      );
    });
  });
});
