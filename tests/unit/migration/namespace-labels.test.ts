// What the labels that a namespace gets come to: sidecars for new pods or none, and whether istiod still knows the namespace.
import * as assert from "node:assert/strict";
import type { Ground, MigrationFacts } from "../../../lib/migration/facts";
import { planMigration } from "../../../lib/migration/plan";
import type { LabelStep } from "../../../lib/migration/steps";
import { on, onAmbient, onSidecars, own, shop as cluster, workload } from "./cluster";
import { injectors, injectsByDefault, root, shop } from "./shop";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };

function planOf(ground: Partial<Ground>, labels?: MigrationFacts["namespace"]["labels"]) {
  const facts = shop();
  const namespace = { ...facts.namespace, labels: labels ?? facts.namespace.labels };
  return planMigration({ ...facts, namespace, ground: { ...facts.ground, ...ground } }, choice);
}

/** What becomes of the labels of injection. */
function injection({ steps }: ReturnType<typeof planOf>): object | undefined {
  return steps.find((step): step is LabelStep => step.do === "label" && step.part === "injection")?.labels;
}

describe("the label for injection", () => {
  const enabled = { "istio-injection": "enabled" };
  const revision = { "istio.io/rev": "canary" };
  const withDefault = { injectors: [...injectors, injectsByDefault] };

  it("goes where pods of a namespace without it get no sidecar", () => {
    assert.deepEqual(injection(planOf({}, enabled)), { "istio-injection": { before: "enabled", after: null } });
    assert.equal(injection(planOf({}, {})), undefined);
  });

  it("becomes disabled where they get one", () => {
    const change = (before: string | null) => ({ "istio-injection": { before, after: "disabled" } });
    assert.deepEqual(injection(planOf(withDefault, enabled)), change("enabled"));
    assert.deepEqual(injection(planOf(withDefault, {})), change(null));
    assert.deepEqual(injection(planOf(withDefault, revision)), {
      ...change(null),
      "istio.io/rev": { before: "canary", after: null },
    });
    assert.equal(planOf(withDefault, {}).ready, true);
  });

  it("is of no use where a webhook does not ask for it", () => {
    const all = { name: "everywhere", namespaces: {}, pods: {} };
    const found = planOf({ injectors: [...injectors, all] }).verdicts.find(({ verdict }) => verdict === "blocks");
    assert.deepEqual(found, {
      object: "MutatingWebhookConfiguration everywhere",
      verdict: "blocks",
      why: "it gives sidecars to the pods of namespace shop whatever its labels istio-injection and istio.io/rev say",
      fix: "namespaceSelector: { matchExpressions: [{ key: istio.io/dataplane-mode, operator: DoesNotExist }] }",
    });
  });

  const late = "/apis/apps/v1/namespaces/shop/deployments/late";

  it("is read from the cluster, there and back, also for what came after the migration", async () => {
    const made = cluster();
    const namespace = made.one("Namespace", "shop");
    made.put({ ...namespace, metadata: { name: "shop" } });
    made.injectsByDefault = true;
    made.put({
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: "istio-sidecar-injector" },
      webhooks: [injectsByDefault].map(({ namespaces, pods }) => ({
        ...{ name: "auto.sidecar-injector.istio.io", namespaceSelector: namespaces, objectSelector: pods },
      })),
    } as never);
    await on(made, async (migrate) => {
      const before = made.picture();
      assert.deepEqual(made.modes(), onSidecars);
      const applied = await migrate("apply", ...own);
      assert.equal(applied.code, 0, applied.err);
      assert.deepEqual(made.modes(), onAmbient);
      made.put(workload("Deployment", "late"));
      const back = await migrate("rollback", ...own);
      assert.equal(back.code, 0, back.err);
      assert.deepEqual(made.modes(), { ...onSidecars, late: "sidecar" });
      made.objects.delete(late);
      assert.deepEqual(made.picture(), before);
    });
  });
});

describe("istiod's selectors of namespaces", () => {
  const row = {
    object: `ConfigMap ${root}/istio`,
    verdict: "blocks",
    why:
      "its discoverySelectors do not select namespace shop with the labels that it gets: istiod would forget its Services and " +
      "policies",
    fix: "meshConfig: { discoverySelectors: [..., { matchLabels: { kubernetes.io/metadata.name: shop } }] }",
  };
  const blocked = (discovery: Ground["discovery"], labels?: MigrationFacts["namespace"]["labels"]) =>
    planOf({ discovery }, labels).verdicts.filter(({ verdict }) => verdict === "blocks");

  it("block where they select it by the label that goes", () => {
    assert.deepEqual(blocked([{ matchLabels: { "istio-injection": "enabled" } }]), [row]);
    const exists = { matchExpressions: [{ key: "istio.io/rev", operator: "Exists" as const }] };
    assert.deepEqual(blocked([exists], { "istio.io/rev": "canary" }), [row]);
  });

  it("block nothing where they select it all the same", () => {
    const byName = { matchLabels: { "kubernetes.io/metadata.name": "shop" } };
    const labels = { "istio-injection": "enabled", ...byName.matchLabels };
    assert.deepEqual(blocked([{ matchLabels: { "istio-injection": "enabled" } }, byName], labels), []);
    const except = { matchExpressions: [{ key: "istio-injection", operator: "NotIn" as const, values: ["disabled"] }] };
    assert.deepEqual(blocked([except]), []);
    assert.deepEqual(blocked([]), []);
  });

  it("are read from the configuration of istiod's revision", async () => {
    const made = cluster();
    const { metadata, ...istiod } = made.one("Deployment", "istiod");
    made.put({ ...istiod, metadata: { ...metadata, labels: { app: "istiod", "istio.io/rev": "canary" } } });
    const config = made.one("ConfigMap", "istio") as { data?: Record<string, string> };
    made.put({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "istio-canary", namespace: "istio-system" },
      data: { mesh: `${config.data!["mesh"]!}\ndiscoverySelectors: [{ matchLabels: { istio-injection: enabled } }]` },
    });
    await on(made, async (migrate) => {
      const { code, err } = await migrate("apply", ...own);
      assert.deepEqual([code, err], [1, `${row.object}: ${row.why}; first: ${row.fix}\n`]);
    });
  });
});

describe("other clusters of the mesh", () => {
  const why =
    "callers there are not in this plan, and sidecars on another network do not reach ambient pods; first: migrate the callers " +
    'there first, then run it with `--accept "other clusters"`\n';
  const pod = (name: string, labels: Record<string, string>) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "istio-system", labels },
    spec: { containers: [{ name: "istio-proxy" }], serviceAccountName: name },
  });
  const evidence: [string, (made: ReturnType<typeof cluster>) => void][] = [
    [
      "Secret istio-system/istio-remote-secret-west",
      (made) =>
        made.put({
          apiVersion: "v1",
          kind: "Secret",
          metadata: {
            ...{ name: "istio-remote-secret-west", namespace: "istio-system" },
            labels: { "istio/multiCluster": "true" },
          },
        }),
    ],
    [
      "meshNetworks west of ConfigMap istio-system/istio",
      (made) => {
        const config = made.one("ConfigMap", "istio");
        made.put({ ...config, data: { ...config.data, meshNetworks: "networks: { west: {} }" } });
      },
    ],
    ["east-west gateway istio-system/east", (made) => made.put(pod("east", { istio: "eastwestgateway" }))],
    [
      "east-west gateway istio-system/east",
      (made) => made.put(pod("east", { "gateway.networking.k8s.io/gateway-class-name": "istio-east-west" })),
    ],
  ];
  for (const [index, [what, change]] of evidence.entries()) {
    it(`have to be accepted: ${what} (${index})`, async () => {
      const made = cluster();
      change(made);
      await on(made, async (migrate) => {
        const { code, err } = await migrate("apply", ...own);
        assert.deepEqual([code, err], [1, `other clusters: the mesh has other clusters or networks (${what}): ${why}`]);
        const taken = await migrate("plan", ...own, "--accept", "other clusters");
        assert.equal(taken.code, 0, taken.err);
      });
    });
  }

  it("are not looked for in Secrets of others, and a network of one's own is none", async () => {
    const made = cluster();
    made.put({ apiVersion: "v1", kind: "Secret", metadata: { name: "other", namespace: "istio-system" } });
    const namespace = made.one("Namespace", "istio-system");
    const labels = { "topology.istio.io/network": "east" };
    made.put({ ...namespace, metadata: { ...namespace.metadata, labels } });
    await on(made, async (migrate) => assert.equal((await migrate("plan", ...own)).code, 0));
  });

  it("are not known without the right to list Secrets, which is told and may be accepted", async () => {
    const found = planOf({ clustersUnread: true }).verdicts.find(({ verdict }) => verdict === "blocks");
    const right = `list secrets --namespace ${root}`;
    const made = cluster();
    made.unreadable = [`/api/v1/namespaces/${root}/secrets`];
    await on(made, async (migrate) => {
      assert.equal((await migrate("plan", ...own)).code, 1);
      assert.equal((await migrate("plan", ...own, "--accept", `right to ${right}`)).code, 0);
    });
    assert.deepEqual(found, {
      ...{
        object: `right to ${right}`,
        verdict: "blocks",
        why: "whether the mesh has other clusters is not known without it",
      },
      ...{ fix: `kubectl auth can-i ${right}`, acceptable: true },
    });
  });
});
