// No plan has a moment, on the way there or back, in which a request that was refused is allowed; and at the end what was
// allowed through a Service is allowed again. By the model of Istio's evaluation in lib/migration/model.ts.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { meshOf, momentsOf, strangers } from "../../../lib/migration/moments";
import { isAllowed, servicesOf, type Call, type Mesh, type Pods } from "../../../lib/migration/model";
import type { Rule } from "../../../lib/migration/objects";
import { planMigration } from "../../../lib/migration/plan";
import type { Direction, Step } from "../../../lib/migration/steps";
import type { Http } from "../../../lib/migration/request";
import { namespace, peer, policy, root, service, shop, sidecarPod, tokens, traffic, workload } from "./shop";

const accounts = ["web", "orders", "stock"];
const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const some = <T>(...values: T[]) => fc.subarray(values, { minLength: 1, maxLength: Math.min(2, values.length) });

const principals = [
  ...accounts.map((name) => `cluster.local/ns/${namespace}/sa/${name}`),
  ...["cluster.local/ns/other/sa/caller", "*", "cluster.local/ns/shop/*"],
  ...["mesh.example/ns/other/sa/caller", "old.example/ns/shop/sa/web", "*.example/ns/shop/sa/orders"],
];

const source = fc
  .record(
    {
      principals: some(...principals),
      notPrincipals: some(...principals),
      namespaces: some("shop", "other"),
      notNamespaces: some("shop", "other"),
      serviceAccounts: some("web", "other/caller"),
      requestPrincipals: some("*", "issuer/alice"),
      notIpBlocks: some("10.0.0.0/24", "192.168.0.0/16"),
      trustDomains: some("cluster.local", "elsewhere"),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0 && Object.keys(fields).length < 3);

const operation = fc
  .record(
    {
      methods: some("GET", "POST"),
      paths: some("/public/*", "/admin"),
      notPaths: some("/admin"),
      ports: some("8080", "9090"),
      notPorts: some("80", "9090"),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0 && Object.keys(fields).length < 3);

const condition = fc.oneof(
  fc.record({ key: pick("source.namespace"), values: some("shop", "other") }),
  fc.record({ key: pick("request.headers[x-user]"), values: some("alice") }),
  fc.record({ key: pick("destination.port"), values: some("8080") }),
  fc.record({ key: pick("source.principal"), notValues: some(...principals) }),
);

const rule: fc.Arbitrary<Rule> = fc.record(
  {
    from: fc.array(fc.record({ source }), { minLength: 1, maxLength: 2 }),
    to: fc.array(fc.record({ operation }), { minLength: 1, maxLength: 2 }),
    when: fc.array(condition, { minLength: 1, maxLength: 1 }),
  },
  { requiredKeys: [] },
);

const selector = fc.oneof(
  pick(...accounts).map((app) => ({ selector: { matchLabels: { app } } })),
  fc.constant({}),
);

const policies = fc.array(
  fc.tuple(
    pick("ALLOW", "ALLOW", "DENY", "DENY", "CUSTOM", "AUDIT"),
    selector,
    fc.array(rule, { maxLength: 2 }),
    pick(namespace, namespace, root),
  ),
  { maxLength: 4 },
);

const plain = { namespace: "plain", serviceAccount: "default", mode: "none", pods: 1 } as const;

const mode = pick("STRICT", "PERMISSIVE", undefined);

const trusts = [
  { trustDomain: "cluster.local", trustDomainAliases: [] },
  { trustDomain: "mesh.example", trustDomainAliases: [] },
  { trustDomain: "mesh.example", trustDomainAliases: ["old.example", "cluster.local"] },
  { trustDomain: "cluster.local", trustDomainAliases: ["old.example"] },
];

/** Rules of a route on the Service `web`: none, or one that may lead to other pods or rewrite paths. */
const route = fc.oneof(
  fc.constant([]),
  fc
    .record(
      {
        matches: fc.constant([{ headers: [{ name: "x-user", value: "alice" }] }]),
        filters: fc.constant([
          { type: "URLRewrite", urlRewrite: { path: { type: "ReplaceFullPath", replaceFullPath: "/admin" } } },
        ]),
        backendRefs: pick("web", "orders", "stock").map((name) => [{ name, port: 80 }]),
      },
      { requiredKeys: ["backendRefs"] },
    )
    .map((made) => [made]),
);

function routeTo(rules: object[]) {
  const spec = { parentRefs: [{ kind: "Service", name: "web" }], rules };
  return traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", spec);
}

const facts: fc.Arbitrary<MigrationFacts> = fc
  .record({
    policies,
    mode,
    withTokens: fc.option(selector, { nil: undefined }),
    isOld: fc.boolean(),
    isOut: fc.boolean(),
    sharesService: fc.boolean(),
    noService: fc.boolean(),
    otherPort: pick(8080, 80, 9090),
    bare: fc.boolean(),
    routed: fc.option(route, { nil: undefined }),
    hasWaypoint: fc.boolean(),
    isHalf: fc.boolean(),
    trust: pick(...trusts),
  })
  .map((made) => {
    const pods = [{ ...sidecarPod, hbone: !made.isOld }];
    const out = {
      podLabels: { app: "batch", "sidecar.istio.io/inject": "false" },
      pods: [{ ...sidecarPod, sidecar: false }],
    };
    const ports = [
      { port: made.otherPort, targetPort: 8080 },
      { port: 81, targetPort: 9090 },
    ];
    return shop({
      ...made.trust,
      workloads: [
        workload("web", { pods }),
        workload("orders", {
          ...(made.isHalf ? { pods: [sidecarPod, { ...sidecarPod, sidecar: false, captured: true }] } : {}),
          podLabels: { app: "orders", group: "all" },
        }),
        workload("stock", { podLabels: { app: "stock", group: "all" } }),
        ...(made.isOut ? [workload("batch", out)] : []),
        ...(made.bare
          ? [workload("tool", { kind: "Pod", podLabels: { app: "web" }, pods: [{ ...sidecarPod, name: "tool" }] })]
          : []),
      ],
      services: [
        service("web"),
        service("orders", { ports }),
        ...(made.noService ? [] : [service("stock")]),
        ...(made.sharesService ? [service("all", { selector: { group: "all" } })] : []),
      ],
      policies: made.policies.map(([action, attached, rules, at], index) =>
        policy(`p${index}`, { ...attached, action, rules }, { namespace: at }),
      ),
      authentications: made.withTokens ? [tokens("jwt", made.withTokens)] : [],
      peers: made.mode === undefined ? [] : [peer("default", { mtls: { mode: made.mode } })],
      waypoints: made.hasWaypoint ? ["waypoint"] : [],
      traffic: made.routed ? [routeTo(made.routed)] : [],
      callers: [
        { namespace: "other", serviceAccount: "caller", mode: "sidecar", pods: 1 },
        { namespace: "other", serviceAccount: "early", mode: "ambient", pods: 1 },
        plain,
        { namespace: "edge", serviceAccount: "gateway", mode: "gateway", pods: 1 },
      ],
    });
  });

const https: (Http | undefined)[] = [
  undefined,
  { host: "web", method: "GET", path: "/public/a", headers: {} },
  {
    host: "web",
    method: "POST",
    path: "/admin",
    headers: { "x-user": "alice" },
    token: { principal: "issuer/alice", valid: true },
  },
  { host: "web", method: "POST", path: "/public/a", headers: {}, token: { principal: "issuer/bob", valid: false } },
  { host: "web", method: "GET", path: "/admin", headers: {} },
];

/** A call by names: pods change from moment to moment. */
interface Wish {
  from: Call["from"] | string;
  to: string;
  service?: string;
  port: number;
  http?: Http;
  authorized: boolean;
}

function wishes(made: MigrationFacts): Wish[] {
  const servers = made.workloads.filter(({ kind }) => kind === "Deployment");
  const hasCustom = made.policies.some(({ spec }) => spec?.action === "CUSTOM");
  const offers = (name: string | undefined, port: number) =>
    name === undefined ||
    made.services.some((each) => each.name === name && each.ports.some(({ targetPort }) => targetPort === port));
  return servers.flatMap((server) =>
    [...made.workloads.map(({ name }) => name), ...strangers(made)].flatMap((from) =>
      [undefined, ...servicesOf(made.services, server).map(({ name }) => name)].flatMap((to) =>
        [8080, 9090]
          .filter((port) => offers(to, port))
          .flatMap((port) =>
            https.flatMap((http) =>
              (hasCustom ? [true, false] : [true]).map((authorized) => ({
                from,
                to: server.name,
                port,
                authorized,
                ...(to === undefined ? {} : { service: to }),
                ...(http === undefined ? {} : { http }),
              })),
            ),
          ),
      ),
    ),
  );
}

function answer(mesh: Mesh, wish: Wish): boolean {
  const find = (name: string): Pods => mesh.pods.find((pods) => pods.name === name)!;
  const called = mesh.services.find(({ name }) => name === wish.service);
  return isAllowed(mesh, {
    from: typeof wish.from === "string" ? find(wish.from) : wish.from,
    to: find(wish.to),
    port: wish.port,
    authorized: wish.authorized,
    ...(called ? { service: called } : {}),
    ...(wish.http ? { http: wish.http } : {}),
  });
}

/** Requests that the first mesh refuses and another one of the moments allows. */
function holes(made: MigrationFacts, begin: Mesh, direction: Direction, asked: Wish[], steps: Step[]): string[] {
  // A sidecar without HBONE refuses ambient callers for want of a common language: no policy is behind that.
  const understood = {
    ...made,
    workloads: made.workloads.map((each) => ({ ...each, pods: each.pods.map((pod) => ({ ...pod, hbone: true })) })),
  };
  const refused = asked.filter((wish) => !answer(meshOf(made), wish) && !answer(meshOf(understood), wish));
  return momentsOf(begin, steps, direction).flatMap(({ step, mesh }) =>
    refused.filter((wish) => answer(mesh, wish)).map((wish) => `${step}: ${JSON.stringify(wish)}`),
  );
}

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
          ({ kind, podLabels }) => kind === "Deployment" && podLabels["app"] !== "batch",
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
