// Pods that no step replaces: of controllers that this package does not roll, or of none. What follows them is ambient.
import * as assert from "node:assert/strict";
import { planMigration } from "../../../lib/migration/plan";
import type { MigrationFacts } from "../../../lib/migration/facts";
import type { AuthorizationPolicy, Workload } from "../../../lib/migration/objects";
import { policy, shop, sidecarPod, tokens, workload } from "./shop";
import { from, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const selector = { matchLabels: { app: "pay" } };
const noPosts = policy("no-posts", { selector, action: "DENY", rules: [to({ methods: ["POST"] })] });
const pod = (name: string, fields: Partial<Workload> = {}) =>
  workload(name, { kind: "Pod", podLabels: { app: "pay" }, pods: [{ ...sidecarPod, name }], ...fields });

function rowOf(policies: AuthorizationPolicy[], ...workloads: Workload[]): string[] {
  const { verdicts } = planMigration(shop({ policies, workloads: [workload("web"), ...workloads] }), choice);
  const { verdict, why, fix } = verdicts.find(({ object }) => object.startsWith("AuthorizationPolicy "))!;
  return [verdict, why, ...(fix === undefined ? [] : [fix])];
}

const fix = 'template: { metadata: { labels: { sidecar.istio.io/inject: "true" } } } in what makes them';
const unseen = "ztunnel does not see methods: without a waypoint the rule has no effect, or refuses more than it says";

describe("a policy for all of a namespace", () => {
  const gatewayPods = [{ name: "edge-7d9f", labels: { istio: "edge" } }];
  const onlyGets = policy("gets", { selector: { matchLabels: { app: "web" } }, rules: [to({ methods: ["GET"] })] });
  const onlyFront = policy("front", {
    action: "DENY",
    rules: [from({ notPrincipals: ["cluster.local/ns/shop/sa/front"] })],
  });
  const noToken = policy("no-token", { action: "DENY", rules: [from({ notRequestPrincipals: ["*"] })] });
  const plan = (policies: AuthorizationPolicy[], fields: Partial<MigrationFacts>) => {
    const { verdicts, steps } = planMigration(shop({ policies, ...fields }), choice);
    const row = (name: string) => {
      const { verdict, why, fix: way } = verdicts.find(({ object }) => object === `AuthorizationPolicy shop/${name}`)!;
      return [verdict, why, ...(way === undefined ? [] : [way])];
    };
    const deleted = steps.flatMap((step) => (step.do === "delete" ? step.object.metadata.name : []));
    return { row, deleted };
  };
  const alone = (who: string) => [
    "hole",
    `at ztunnel it would deny the waypoint, so it is deleted; ${who} keeps its proxy, and needs it`,
    `a copy of it with a selector for ${who}, and a selector for the others in this one`,
  ];

  it("opens a hole where it has to go, and pods that keep their sidecars rest on it", () => {
    const workloads = [workload("web"), workload("orders"), pod("pay-1")];
    assert.deepEqual(plan([onlyGets, onlyFront], { workloads }).row("front"), alone("pay-1"));
    const own = policy("front", { ...onlyFront.spec, selector: { matchLabels: { app: "web" } } });
    assert.equal(plan([onlyGets, own], { workloads }).row("front")[0], "rewritten");
  });

  it("opens a hole where it has to go, and a gateway of the namespace rests on it", () => {
    assert.deepEqual(plan([onlyGets, onlyFront], { gatewayPods }).row("front"), alone("edge-7d9f"));
    assert.equal(plan([onlyGets, onlyFront], {}).row("front")[0], "rewritten");
  });

  it("stays for a gateway of the namespace where that is possible", () => {
    const { row, deleted } = plan([noToken, onlyGets], { gatewayPods });
    assert.equal(row("no-token")[0], "needs-waypoint");
    assert.match(row("no-token")[1]!, /; it stays for edge-7d9f$/);
    assert.deepEqual([deleted.includes("no-token"), deleted.includes("gets")], [false, true]);
    assert.deepEqual(plan([noToken, onlyGets], {}).deleted.includes("no-token"), true);
  });
});

describe("a policy for pods that are not replaced", () => {
  it("opens a hole once others follow them", () =>
    assert.deepEqual(rowOf([noPosts], pod("pay-1"), pod("pay-2")), [
      "hole",
      `pay-1, pay-2 keep their sidecars, and the pods that follow them have none: ${unseen}`,
      fix,
    ]));

  it("opens a hole if it asks an authorizer", () =>
    assert.deepEqual(rowOf([policy("ask", { selector, action: "CUSTOM", rules: [{}] })], pod("pay-1")), [
      "hole",
      "pay-1 keeps its sidecar, and the pod that follows it has none: ztunnel does not get CUSTOM policies: without a waypoint " +
        "it has no effect",
      fix,
    ]));

  it("opens a hole if it checks tokens", () => {
    const authentications = [tokens("jwt", { selector })];
    const { ready, verdicts } = planMigration(shop({ authentications, workloads: [pod("pay-1")] }), choice);
    const found = verdicts.find(({ object }) => object === "RequestAuthentication shop/jwt");
    assert.deepEqual([ready, found?.verdict], [false, "hole"]);
  });

  it("opens none if those that follow ask for sidecars", () =>
    assert.deepEqual(rowOf([noPosts], pod("pay-1", { podLabels: { app: "pay", "sidecar.istio.io/inject": "true" } })), [
      "carries-over",
      "it holds for no pod that is migrated",
    ]));

  it("opens none if a workload with the same labels is behind the waypoint", () =>
    assert.deepEqual(rowOf([noPosts], pod("pay-1"), workload("pay")), [
      "needs-waypoint",
      `${unseen}; no Service leads to pay-1, pay, which refuses all connections then; it stays for pay-1`,
    ]));

  it("opens none if ztunnel enforces it, or refuses more by it", () => {
    assert.equal(
      rowOf([policy("l4", { selector, rules: [from({ namespaces: ["shop"] })] })], pod("pay-1"))[0],
      "carries-over",
    );
    assert.equal(
      rowOf([policy("get", { selector, rules: [to({ methods: ["GET"] })] })], pod("pay-1"))[0],
      "carries-over",
    );
  });
});
