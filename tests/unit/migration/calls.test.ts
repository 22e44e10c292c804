// Who calls whom, as far as the objects of a namespace tell, and what follows for the order and for callers with sidecars.
import * as assert from "node:assert/strict";
import { namespaceOrder, type Calls } from "../../../lib/migration/calls";
import type { Caller, MigrationFacts } from "../../../lib/migration/facts";
import { isAllowed, type Mesh } from "../../../lib/migration/model";
import { meshOf, momentsOf, strangers } from "../../../lib/migration/moments";
import type { AuthorizationSpec, Rule } from "../../../lib/migration/objects";
import { planMigration } from "../../../lib/migration/plan";
import { orderLine, planLines } from "../../../lib/migration/report";
import { named as policyNamed } from "./network-rows";
import { policy, root, service, shop, traffic, workload } from "./shop";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const planOf = (fields: Partial<MigrationFacts>) => planMigration(shop(fields), choice);
const orders = { selector: { matchLabels: { app: "orders" } } };

const caller = (namespace: string, serviceAccount: string, mode: Caller["mode"]): Caller => ({
  ...{ namespace, serviceAccount, mode, pods: 1 },
});

const labels = (wanted: { [key: string]: string }) => ({ labels: wanted, expressions: [] });

/** Lines of a section of the table. */
function section(fields: Partial<MigrationFacts>, title: string): string[] {
  const lines = planLines(planOf(fields));
  const start = lines.findIndex((line) => line.startsWith(title));
  if (start < 0) return [];
  const end = lines.indexOf("", start);
  return lines.slice(start + 1, end < 0 ? undefined : end).map((line) => line.slice(2));
}

const calls = (fields: Partial<MigrationFacts>) => section(fields, "Calls");
const unknown = (server: string) => `unknown -> Deployment ${server}: no object names its callers`;
const from = (source: object): Rule[] => [{ from: [{ source }] }];

describe("the calls of a namespace", () => {
  const told = "AuthorizationPolicy shop/p";
  const web = `Deployment web -> Deployment orders: ${told}`;
  const named: [string, AuthorizationSpec, string[]][] = [
    ["a principal", { ...orders, rules: from({ principals: ["cluster.local/ns/shop/sa/web"] }) }, [web]],
    ["a principal of any trust domain", { ...orders, rules: from({ principals: ["*/ns/shop/sa/web"] }) }, [web]],
    ["an account", { ...orders, rules: from({ serviceAccounts: ["web"] }) }, [web]],
    [
      "a condition",
      { ...orders, rules: [{ when: [{ key: "source.principal", values: ["cluster.local/ns/shop/sa/web"] }] }] },
      [web],
    ],
    [
      "an account elsewhere, with what its pods are",
      { ...orders, rules: from({ serviceAccounts: ["billing/reports"] }) },
      [`service account billing/reports (sidecars, ambient) -> Deployment orders: ${told}`],
    ],
    [
      "an account elsewhere without pods",
      { ...orders, rules: from({ serviceAccounts: ["billing/gone"] }) },
      [`service account billing/gone (no pods) -> Deployment orders: ${told}`],
    ],
    [
      "a namespace",
      { ...orders, rules: from({ namespaces: ["billing"] }) },
      [`namespace billing (sidecars, ambient) -> Deployment orders: ${told}`],
    ],
    [
      "all principals of a namespace",
      { ...orders, rules: from({ principals: ["cluster.local/ns/billing/*"] }) },
      [`namespace billing (sidecars, ambient) -> Deployment orders: ${told}`],
    ],
    [
      "a pattern of principals",
      { ...orders, rules: from({ principals: ["partner.example/*"] }) },
      [`principals partner.example/* -> Deployment orders: ${told}`],
    ],
    [
      "the closest of several attributes",
      { ...orders, rules: from({ namespaces: ["shop"], serviceAccounts: ["web"] }) },
      [web],
    ],
    ["no account but its own", { ...orders, rules: from({ serviceAccounts: ["orders"] }) }, []],
    [
      "some callers, and admits others",
      { ...orders, rules: [...from({ serviceAccounts: ["web"] }), { to: [{ operation: { methods: ["GET"] } }] }] },
      [web, `unknown -> Deployment orders: admitted without a name by ${told}`],
    ],
    [
      "every client of the mesh",
      { ...orders, rules: from({ principals: ["*"] }) },
      [`unknown -> Deployment orders: admitted without a name by ${told}`],
    ],
    [
      "addresses",
      { ...orders, rules: from({ ipBlocks: ["10.0.0.0/8"] }) },
      [`unknown -> Deployment orders: admitted without a name by ${told}`],
    ],
    [
      "those that it refuses",
      { ...orders, action: "DENY", rules: from({ serviceAccounts: ["web"] }) },
      [unknown("orders")],
    ],
    [
      "a caller of a Service",
      {
        targetRefs: [{ group: "", kind: "Service", name: "orders" }],
        rules: from({ serviceAccounts: ["web"] }),
      },
      [web],
    ],
  ];
  for (const [what, spec, lines] of named) {
    it(`are told by a policy that names ${what}`, () => {
      const callers = [caller("billing", "reports", "sidecar"), caller("billing", "other", "ambient")];
      const all = [...callers, caller("billing", "reports", "ambient")];
      assert.deepEqual(calls({ policies: [policy("p", spec)], callers: all }), [unknown("web"), ...lines]);
    });
  }

  it("are not told by a policy on trial", () => {
    const trial = policy("p", { ...orders, rules: from({ serviceAccounts: ["web"] }) });
    trial.metadata.annotations = { "istio.io/dry-run": "true" };
    assert.deepEqual(calls({ policies: [trial] }), [unknown("web"), unknown("orders")]);
  });

  it("are told by a policy of the root namespace, whose bare accounts are its own", () => {
    const made = policy("p", { rules: from({ serviceAccounts: ["web", "shop/web"] }) }, { namespace: root });
    const by = `AuthorizationPolicy ${root}/p`;
    assert.deepEqual(calls({ policies: [made] }), [
      `service account ${root}/web (no pods) -> Deployment web: ${by}`,
      `service account ${root}/web (no pods) -> Deployment orders: ${by}`,
      `Deployment web -> Deployment orders: ${by}`,
    ]);
  });

  it("lead to workloads with a Service alone", () => {
    assert.deepEqual(calls({ services: [service("orders")] }), [unknown("orders")]);
  });

  it("are told by the peers of a NetworkPolicy", () => {
    const billing = { labels: { "kubernetes.io/metadata.name": "billing" }, expressions: [] };
    const peers = [{ pods: labels({ app: "web" }) }, { namespaces: billing }, { pods: labels({}) }, {}];
    assert.deepEqual(
      calls({ networkPolicies: [{ ...policyNamed("n"), pods: labels({ app: "orders" }), ingress: [{ peers }] }] }),
      [
        unknown("web"),
        "Deployment web -> Deployment orders: NetworkPolicy shop/n",
        "namespace billing (no pods) -> Deployment orders: NetworkPolicy shop/n",
        unknown("orders"),
      ],
    );
  });

  const istio = "networking.istio.io/v1";
  const to = (host: string) => [{ destination: { host } }];
  const objects: [MigrationFacts["traffic"][number], string[]][] = [
    [
      traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {
        parentRefs: [{ name: "public", namespace: "edge" }],
        rules: [{ backendRefs: [{ name: "orders", port: 80 }] }],
      }),
      ["Gateway edge/public -> Deployment orders: HTTPRoute shop/r"],
    ],
    [
      traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {
        parentRefs: [{ kind: "Service", name: "orders" }],
        rules: [
          {
            backendRefs: [
              { name: "orders", port: 80 },
              { name: "web", namespace: "other" },
            ],
          },
        ],
      }),
      [],
    ],
    [
      traffic(istio, "VirtualService", "r", {
        hosts: ["shop.example"],
        gateways: ["edge/public"],
        http: [{ route: to("orders.shop.svc.cluster.local") }],
      }),
      ["Gateway edge/public -> Deployment orders: VirtualService shop/r"],
    ],
    [
      traffic(istio, "VirtualService", "r", {
        hosts: ["orders"],
        http: [
          { match: [{ sourceLabels: { app: "web" } }, { sourceNamespace: "billing" }], route: to("orders") },
          { route: to("orders") },
        ],
      }),
      [
        "Deployment web -> Deployment orders: VirtualService shop/r",
        "namespace billing (no pods) -> Deployment orders: VirtualService shop/r",
      ],
    ],
    [
      traffic(istio, "Sidecar", "r", {
        workloadSelector: { labels: { app: "web" } },
        egress: [{ hosts: ["./orders.shop.svc.cluster.local", "istio-system/*"] }],
      }),
      ["Deployment web -> Deployment orders: Sidecar shop/r"],
    ],
    [traffic(istio, "Sidecar", "r", { egress: [{ hosts: ["./orders.shop.svc.cluster.local"] }] }), []],
    [
      traffic(istio, "Sidecar", "r", { workloadSelector: { labels: { app: "web" } }, egress: [{ hosts: ["./*"] }] }),
      [],
    ],
  ];
  for (const [index, [object, lines]] of objects.entries()) {
    it(`are told by the ${object.kind} of row ${index + 1}, beside others that are unknown`, () =>
      assert.deepEqual(calls({ traffic: [object] }), [unknown("web"), ...lines, unknown("orders")]));
  }
});

describe("the order that follows from calls", () => {
  const admits = (server: string, client: string) =>
    policy(`${server}-from-${client}`, {
      selector: { matchLabels: { app: server } },
      rules: [{ from: [{ source: { serviceAccounts: [client] } }], to: [{ operation: { methods: ["GET"] } }] }],
    });
  const three = {
    workloads: [workload("a"), workload("b"), workload("c")],
    services: [service("a"), service("b"), service("c")],
  };

  it("has callers before what they call", () => {
    const { order, notes } = planOf({ ...three, policies: [admits("a", "b"), admits("b", "c")] });
    assert.deepEqual(order, ["Deployment c", "Deployment b", "Deployment a"]);
    assert.ok(!notes.some((note) => note.includes("no order")), notes.join("\n"));
  });

  it("follows what Sidecars tell, too", () => {
    const made = traffic("networking.istio.io/v1", "Sidecar", "c", {
      workloadSelector: { labels: { app: "c" } },
      egress: [{ hosts: ["./a.shop.svc.cluster.local"] }],
    });
    assert.deepEqual(planOf({ ...three, traffic: [made] }).order, ["Deployment c", "Deployment a", "Deployment b"]);
  });

  it("says where workloads call each other", () => {
    const { order, notes } = planOf({ ...three, policies: [admits("a", "b"), admits("b", "a")] });
    assert.deepEqual(order, ["Deployment a", "Deployment b", "Deployment c"]);
    assert.deepEqual(notes.slice(-1), [
      "Deployment b calls Deployment a and is restarted after it: these workloads call each other, so that no order has every caller first",
    ]);
  });

  const plan = (namespace: string, needs: boolean, ...callers: string[]) => ({
    namespace,
    needs,
    calls: callers.map((each): Calls => ({ from: `namespace ${each}`, namespace: each, to: "Deployment x", by: [] })),
  });
  const namesOf = (plans: { namespace: string }[]) => plans.map(({ namespace }) => namespace);

  it("has namespaces without a waypoint first, then callers before what they call", () => {
    const plans = [plan("a", true, "b", "d"), plan("b", true, "c"), plan("c", true, "c"), plan("d", false, "a")];
    assert.deepEqual(namesOf(namespaceOrder(plans, ({ needs }) => needs)), ["d", "c", "b", "a"]);
  });

  it("keeps the given order of namespaces that call each other", () => {
    const plans = [plan("a", true, "b"), plan("b", true, "a")];
    assert.deepEqual(namesOf(namespaceOrder(plans, ({ needs }) => needs)), ["a", "b"]);
  });

  it("has a line for namespaces", () => {
    const made = planOf({});
    assert.equal(
      orderLine([made, { ...made, namespace: "billing" }]),
      "Namespaces in this order: shop, billing; those without a waypoint first, then callers before what they call",
    );
  });
});

describe("what a plan offers for callers that stay on sidecars", () => {
  const reads = policy("readers", {
    ...orders,
    rules: [{ ...from({ serviceAccounts: ["billing/reports"] })[0], to: [{ operation: { methods: ["GET"] } }] }],
  });
  const noDeletes = policy("no-deletes", {
    ...orders,
    action: "DENY",
    rules: [{ to: [{ operation: { methods: ["DELETE"] } }] }],
  });
  const byAccount = policy("by-account", { ...orders, rules: from({ serviceAccounts: ["billing/reports", "x/x"] }) });
  const callers = [caller("billing", "reports", "sidecar"), caller("billing", "other", "sidecar")];
  const offered = (policies: MigrationFacts["policies"]) =>
    section({ policies, callers }, "What admits callers with sidecars in between");

  const rule = (...accounts: string[]) =>
    JSON.stringify({
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "orders-from-sidecars", namespace: "shop" },
      spec: {
        ...orders,
        action: "ALLOW",
        rules: from({ principals: accounts.map((account) => `cluster.local/ns/billing/sa/${account}`) }),
      },
    });
  const when = (guard: string) =>
    "AuthorizationPolicy orders-from-sidecars admits every request of these callers, whatever its method or path; create it " +
    `once \`apply\` has created ${guard}, and delete it when the callers are ambient`;

  it("is a rule for the callers that an ALLOW policy names", () =>
    assert.deepEqual(offered([reads]), [
      `Deployment orders, for billing/reports: ${when("orders-from-waypoint")}`,
      `  ${rule("reports")}`,
    ]));

  it("is a rule for all others where no object names them", () =>
    assert.deepEqual(offered([noDeletes]), [
      `Deployment orders, for billing/other, billing/reports: ${when("orders-from-waypoint")}`,
      `  ${rule("other", "reports")}`,
    ]));

  it("is a rule for those that ztunnel admits only until the policy goes to the waypoint", () => {
    const get = { from: [{ source: { serviceAccounts: ["web"] } }], to: [{ operation: { methods: ["GET"] } }] };
    const both = policy("both", { ...orders, rules: [...from({ serviceAccounts: ["billing/reports"] }), get] });
    assert.deepEqual(offered([both]), [
      `Deployment orders, for billing/reports: ${when("orders-from-waypoint")}`,
      `  ${rule("reports")}`,
    ]);
  });

  it("is to go first, or to stop, where the plan refuses every client but the waypoint", () =>
    assert.deepEqual(offered([noDeletes, byAccount]), [
      "Deployment orders, for billing/reports: no policy: orders-only-from-waypoint refuses every client but the waypoint, as " +
        "an ALLOW policy would admit at ztunnel what a sidecar refuses: migrate the callers first, or take it that they are " +
        "refused until they are ambient",
    ]));

  it("is nothing for callers that ztunnel admits, and nothing where there is no waypoint", () => {
    assert.deepEqual(offered([reads, byAccount]), []);
    assert.deepEqual(offered([byAccount]), []);
  });

  it("is named in what requests meet on the way", () =>
    assert.deepEqual(planOf({ policies: [reads], callers }).notes, [
      "once its pods are replaced, orders can be reached through its Services alone, no longer by the address of a pod",
      "sidecars know no waypoint: callers in billing are refused at orders until they are ambient; migrate them first",
    ]));

  for (const policies of [[reads], [noDeletes]]) {
    it(`admits by the model what is refused without it: ${policies[0]!.metadata.name}`, () => {
      const made = shop({ policies, callers });
      const { steps, offers } = planMigration(made, choice);
      const end = momentsOf(meshOf(made), steps, "apply").at(-1)!.mesh;
      const isReached = (mesh: Mesh) =>
        isAllowed(mesh, {
          from: strangers(made)[0]!,
          to: mesh.pods.find(({ name }) => name === "orders")!,
          service: mesh.services.find(({ name }) => name === "orders")!,
          port: 8080,
          http: { host: "orders", method: "GET", path: "/", headers: {} },
          authorized: true,
        });
      const offer = offers[0]!.policy!;
      assert.deepEqual(
        [isReached(meshOf(made)), isReached(end), isReached({ ...end, policies: [...end.policies, offer] })],
        [true, false, true],
      );
    });
  }
});
