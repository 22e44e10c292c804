// No plan has a moment, on the way there or back, in which a request that was refused is allowed; and at the end what was
// allowed through a Service is allowed again. By the model of Istio's evaluation in lib/migration/model.ts.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { meshOf, momentsOf } from "../../../lib/migration/moments";
import { planMigration } from "../../../lib/migration/plan";
import type { Step } from "../../../lib/migration/steps";
import { answer, facts, holes, plain, principals, routeTo, trusts, wishes } from "./asked";
import { peer, policy, shop, sidecarPod, tokens, workload } from "./shop";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const runs = { numRuns: Number(process.env["HOLE_RUNS"] ?? 60) };

describe("the plan of a migration", () => {
  it("has no moment that allows what was refused, there and back", () => {
    let ready = 0;
    fc.assert(
      fc.property(facts, (made) => {
        const plan = planMigration(made, choice);
        if (!plan.ready) return;
        ready += 1;
        const asked = wishes(made);
        const begin = meshOf(made);
        assert.deepEqual(holes(made, begin, "apply", asked, plan.steps).slice(0, 3), []);
        const end = momentsOf(begin, plan.steps, "apply").at(-1)!.mesh;
        assert.deepEqual(holes(made, end, "rollback", asked, plan.steps).slice(0, 3), []);
      }),
      runs,
    );
    assert.ok(ready > runs.numRuns / 4, `only ${ready} plans were ready`);
  });

  it("ends with a mesh that allows through Services what was allowed, to callers that are ambient", () => {
    fc.assert(
      fc.property(facts, (made) => {
        const plan = planMigration(made, choice);
        // A pod that is ambient before its policies are may allow what they refuse.
        const isHalf = made.workloads.some(({ pods }) => pods.some(({ captured }) => captured));
        // The plan says which policies hold for routed requests that did not before.
        const isNarrowed = plan.verdicts.some(({ why }) => why.includes("have to pass what holds for"));
        if (!plan.ready || isHalf || isNarrowed) return;
        const begin = meshOf(made);
        const end = momentsOf(begin, plan.steps, "apply").at(-1)!.mesh;
        const own = made.workloads.filter(
          ({ kind, podLabels }) => kind === "Deployment" && !["batch", "lone"].includes(podLabels["app"]!),
        );
        const asked = wishes(made).filter(
          ({ from, service: to }) =>
            to !== undefined && typeof from === "string" && own.some(({ name }) => name === from),
        );
        const lost = asked.filter((wish) => answer(begin, wish) && !answer(end, wish));
        assert.deepEqual(lost.slice(0, 3), [], JSON.stringify(made.policies));
      }),
      runs,
    );
  });

  it("would open holes without its guards", () => {
    const refused = { action: "DENY", rules: [{ to: [{ operation: { methods: ["POST"] } }] }] };
    const made = shop({ policies: [policy("no-posts", refused)] });
    const { steps } = planMigration(made, choice);
    const isGuard = (step: Step) => step.do === "create" && step.object.metadata.name.endsWith("from-waypoint");
    const unguarded = steps.filter((step) => !isGuard(step));
    const begin = meshOf(made);
    assert.deepEqual(holes(made, begin, "apply", wishes(made), steps), []);
    assert.notDeepEqual(holes(made, begin, "apply", wishes(made), unguarded), []);
  });

  it("would open holes if a pod were replaced before its workload is restarted", () => {
    const refused = { action: "DENY", rules: [{ to: [{ operation: { methods: ["POST"] } }] }] };
    const made = shop({ policies: [policy("no-posts", refused)] });
    const { steps } = planMigration(made, choice);
    const unguarded = steps.filter(
      (step) => !("object" in step && step.object.metadata.name.endsWith("-without-sidecar")),
    );
    const found = holes(made, meshOf(made), "apply", wishes(made), unguarded);
    assert.notDeepEqual(found, []);
    assert.deepEqual(
      found.filter((line) => !line.includes(", and pods were replaced: ")),
      [],
    );
  });

  it("would open holes if a route led to pods whose policies the waypoint does not enforce", () => {
    const made = shop({
      policies: [
        policy("no-caller", {
          ...{ selector: { matchLabels: { app: "orders" } }, action: "DENY" },
          rules: [{ from: [{ source: { principals: [principals[0]!] } }] }],
        }),
      ],
      traffic: [routeTo([{ backendRefs: [{ name: "orders", port: 80 }] }])],
    });
    expectHole(made, "HTTPRoute shop/r");
  });

  it("would open holes if a route led to pods that admit less", () => {
    const made = shop({
      policies: [policy("web", { selector: { matchLabels: { app: "web" } }, rules: [{}] }), policy("nothing", {})],
      traffic: [routeTo([{ backendRefs: [{ name: "orders", port: 80 }] }])],
    });
    expectHole(made, "HTTPRoute shop/r");
  });

  it("would open holes if a route rewrote a path after the waypoint has judged it", () => {
    const urlRewrite = { path: { type: "ReplaceFullPath", replaceFullPath: "/admin" } };
    const made = shop({
      policies: [policy("no-admin", { action: "DENY", rules: [{ to: [{ operation: { paths: ["/admin"] } }] }] })],
      traffic: [routeTo([{ filters: [{ type: "URLRewrite", urlRewrite }], backendRefs: [{ name: "web", port: 80 }] }])],
    });
    expectHole(made, "HTTPRoute shop/r");
  });

  /** Not ready, and with a hole indeed once the user takes it. */
  function expectHole(made: MigrationFacts, object: string): void {
    assert.equal(planMigration(made, choice).ready, false);
    const taken = planMigration(made, { ...choice, accept: [object] });
    assert.equal(taken.ready, true);
    assert.notDeepEqual(holes(made, meshOf(made), "apply", wishes(made), taken.steps), []);
  }

  it("would open holes if principals of cluster.local were left to ztunnel", () => {
    const source = { principals: ["cluster.local/ns/other/sa/caller"] };
    const policies = [policy("no-caller", { action: "DENY", rules: [{ from: [{ source }] }] })];
    const callers: MigrationFacts["callers"] = [
      { namespace: "other", serviceAccount: "caller", mode: "sidecar", pods: 1 },
    ];
    const made = shop({ ...trusts[1], policies, callers });
    const { steps } = planMigration(made, choice);
    const isOwn = (step: Step) => "object" in step && step.object.metadata.name.startsWith("no-caller");
    const begin = meshOf(made);
    assert.deepEqual(holes(made, begin, "apply", wishes(made), steps), []);
    const left = steps.filter((step) => !isOwn(step));
    assert.notDeepEqual(holes(made, begin, "apply", wishes(made), left), []);
  });

  it("guards a pod that is ambient already before ztunnel reads names as they are meant", () => {
    const when = [{ key: "source.principal", notValues: ["cluster.local/ns/other/sa/caller"] }];
    const made = shop({
      ...trusts[1],
      workloads: [workload("web", { pods: [sidecarPod, { ...sidecarPod, sidecar: false, captured: true }] })],
      policies: [policy("only-caller", { action: "DENY", rules: [{ when }] })],
      authentications: [tokens("jwt", {})],
      callers: [{ namespace: "other", serviceAccount: "caller", mode: "sidecar", pods: 1 }],
    });
    const { steps } = planMigration(made, choice);
    const spelledOut = ["only-caller", "only-caller-trust-domains"];
    const isSpelling = (step: Step) => "object" in step && spelledOut.includes(step.object.metadata.name);
    const begin = meshOf(made);
    assert.deepEqual(holes(made, begin, "apply", wishes(made), steps), []);
    const before = [...steps.filter(isSpelling), ...steps.filter((step) => !isSpelling(step))];
    assert.notDeepEqual(holes(made, begin, "apply", wishes(made), before), []);
  });

  it("guards such a pod also where the waypoint would not be refused by the policy", () => {
    const from = [{ source: { principals: ["cluster.local/ns/other/sa/caller"] } }];
    const made = shop({
      ...trusts[1],
      workloads: [workload("web", { pods: [sidecarPod, { ...sidecarPod, sidecar: false, captured: true }] })],
      policies: [policy("only-caller", { action: "ALLOW", rules: [{ from }] })],
      authentications: [tokens("jwt", {})],
      callers: [{ namespace: "other", serviceAccount: "caller", mode: "sidecar", pods: 1 }],
    });
    const { steps } = planMigration(made, choice);
    assert.deepEqual(holes(made, meshOf(made), "apply", wishes(made), steps), []);
  });

  it("refuses no token that comes by a gateway, at any moment", () => {
    const authentications = [tokens("jwt", { jwtRules: [{}] })];
    const needed = policy("token", {
      action: "DENY",
      rules: [{ from: [{ source: { notRequestPrincipals: ["*"] } }] }],
    });
    const gateway = { namespace: "edge", serviceAccount: "gateway", mode: "gateway", pods: 1 } as const;
    const made = shop({ policies: [needed], authentications, callers: [gateway] });
    const asked = wishes(made).filter(
      ({ from, service: to, http }) => typeof from !== "string" && to !== undefined && http?.token?.valid === true,
    );
    assert.notDeepEqual(asked, []);
    const { steps } = planMigration(made, choice);
    const begin = meshOf(made);
    const end = momentsOf(begin, steps, "apply").at(-1)!.mesh;
    const moments = (of: Step[]) => [...momentsOf(begin, of, "apply"), ...momentsOf(end, of, "rollback")];
    const lost = (of: Step[]) =>
      moments(of)
        .filter(({ mesh }) => asked.some((wish) => !answer(mesh, wish)))
        .map(({ step }) => step);
    assert.deepEqual(lost(steps), []);
    const taking = steps.map((step) =>
      step.do === "create" && step.object.kind === "RequestAuthentication"
        ? { ...step, object: { ...step.object, spec: { ...step.object.spec, jwtRules: [{}] } } }
        : step,
    );
    assert.notDeepEqual(lost(taking), []);
  });

  it("would open holes if a waypoint judged the address that a connection is to", () => {
    const when = [{ key: "destination.ip", values: ["10.0.0.0/24"] }];
    const made = shop({
      policies: [
        policy("get", {
          selector: { matchLabels: { app: "web" } },
          rules: [{ to: [{ operation: { methods: ["GET"] } }] }],
        }),
        policy("no-caller", {
          ...{ selector: { matchLabels: { app: "web" } }, action: "DENY" },
          rules: [{ from: [{ source: { principals: ["cluster.local/ns/other/sa/caller"] } }], when }],
        }),
      ],
      callers: [{ namespace: "other", serviceAccount: "caller", mode: "ambient", pods: 1 }],
    });
    const { ready, steps } = planMigration(made, choice);
    assert.equal(ready, false);
    assert.notDeepEqual(holes(made, meshOf(made), "apply", wishes(made), steps), []);
  });

  it("would open holes if the label that captures went before the sidecars are back", () => {
    const made = shop({ peers: [peer("default", { mtls: { mode: "STRICT" } })], callers: [plain] });
    const { steps } = planMigration(made, choice);
    const end = momentsOf(meshOf(made), steps, "apply").at(-1)!.mesh;
    assert.deepEqual(holes(made, end, "rollback", wishes(made), steps), []);
    const mode = steps.filter((step) => step.do === "label" && step.part === "mode");
    const rest = steps.filter((step) => !mode.includes(step));
    assert.notDeepEqual(holes(made, end, "rollback", wishes(made), [...rest, ...mode]), []);
  });
});
