// What becomes of each object in ambient: one row each, with its whole text.
import * as assert from "node:assert/strict";
import type { MigrationFacts } from "../../../lib/migration/facts";
import type { Service } from "../../../lib/migration/objects";
import { planMigration } from "../../../lib/migration/plan";
import type { Verdict } from "../../../lib/migration/verdict";
import { addresses } from "./address-rows";
import { hostsAway } from "./away-rows";
import { named, networks } from "./network-rows";
import { originating } from "./origination-rows";
import { peer, policy, root, service, shop, tokens, traffic, workload } from "./shop";
import { authorization, from, istio, modes, others, own, parents, to, type Row } from "./verdict-rows";
import { workloads } from "./workload-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };

function verdictOf(facts: MigrationFacts, object: string): Verdict {
  const { verdicts } = planMigration(facts, choice);
  const found = verdicts.find((row) => row.object === object);
  assert.ok(found, `${object} is not among ${verdicts.map((row) => row.object).join(", ")}`);
  return found;
}

function check(facts: MigrationFacts, object: string, [verdict, why]: Row): void {
  const found = verdictOf(facts, object);
  assert.deepEqual([found.verdict, found.why], [verdict, why]);
}

describe("the verdict on", () => {
  it("more than eighty objects is a table", () => {
    const rows = [authorization, modes, others, workloads, networks].flat();
    assert.ok(rows.length >= 80, `${rows.length} rows`);
  });

  for (const [name, spec, row] of [...authorization, ...addresses]) {
    it(`the AuthorizationPolicy ${name}`, () =>
      check(shop({ policies: [policy(name, spec)] }), `AuthorizationPolicy shop/${name}`, row));
  }

  for (const [name, spec, row] of modes) {
    it(`the PeerAuthentication ${name}`, () =>
      check(shop({ peers: [peer(name, spec)] }), `PeerAuthentication shop/${name}`, row));
  }

  for (const [apiVersion, kind, name, spec, row] of [...others, ...hostsAway, ...originating]) {
    it(`the ${kind} ${name}`, () =>
      check(shop({ traffic: [traffic(apiVersion, kind, name, spec)] }), `${kind} shop/${name}`, row));
  }

  for (const [index, [kind, fields, row]] of workloads.entries()) {
    it(`the ${kind} of row ${index + 1}`, () =>
      check(shop({ workloads: [workload("one", { kind, ...fields })] }), `${kind} shop/one`, row));
  }

  for (const [name, fields, row] of networks) {
    it(`the NetworkPolicy ${name}`, () =>
      check(shop({ networkPolicies: [{ ...named(name), ...fields }] }), `NetworkPolicy shop/${name}`, row));
  }

  const passed: [string, Service[]][] = [
    ["a headless Service", [service("web", { headless: true })]],
    ["Services of which one is headless", [service("web"), service("orders", { headless: true })]],
  ];
  for (const [what, services] of passed) {
    it(`a DestinationRule that has sidecars speak TLS to ${what}`, () => {
      const spec = { host: "*.shop.svc.cluster.local", trafficPolicy: { tls: { mode: "SIMPLE" } } };
      const rule = traffic(istio, "DestinationRule", "tls", spec);
      assert.equal(verdictOf(shop({ services, traffic: [rule] }), "DestinationRule shop/tls").verdict, "hole");
    });
  }

  it("a DestinationRule that has sidecars speak TLS to a Service, which gets a waypoint for it", () => {
    const rule = traffic(istio, "DestinationRule", "tls", { host: "web", trafficPolicy: { tls: { mode: "SIMPLE" } } });
    const { steps } = planMigration(shop({ traffic: [rule] }), choice);
    const labelled = steps.flatMap((step) => (step.do === "label" && step.key.kind === "Service" ? step.key.name : []));
    assert.deepEqual(labelled, ["web"]);
  });

  const bank = (labels: Record<string, string>) => {
    const entry = traffic(istio, "ServiceEntry", "bank", { hosts: ["api.bank.example"] });
    const spec = { host: "api.bank.example", trafficPolicy: { tls: { mode: "SIMPLE" } } };
    return [{ ...entry, metadata: { ...entry.metadata, labels } }, traffic(istio, "DestinationRule", "tls", spec)];
  };
  const attached = "the waypoint of ServiceEntry shop/bank speaks TLS to api.bank.example for ambient callers";
  const label = "istio.io/use-waypoint";

  it("a DestinationRule that has sidecars speak TLS to a ServiceEntry with a waypoint", () => {
    check(shop({ traffic: bank({ [label]: "egress" }) }), "DestinationRule shop/tls", ["carries-over", attached]);
    const { namespace } = shop();
    const whole = { ...namespace, labels: { ...namespace.labels, [label]: "egress" } };
    check(shop({ namespace: whole, traffic: bank({}) }), "DestinationRule shop/tls", ["carries-over", attached]);
    for (const labels of [undefined, { [label]: "none" }])
      assert.equal(verdictOf(shop({ traffic: bank({ ...labels }) }), "DestinationRule shop/tls").verdict, "hole");
  });

  it("a RequestAuthentication", () =>
    check(shop({ authentications: [tokens("jwt", own)] }), "RequestAuthentication shop/jwt", [
      "needs-waypoint",
      "ztunnel reads no tokens: without a waypoint invalid ones are accepted",
    ]));

  it("a RequestAuthentication that takes tokens off, whose copy leaves them", () => {
    const jwtRules = [{ issuer: "one" }, { issuer: "two", forwardOriginalToken: false }];
    const { verdicts } = planMigration(shop({ authentications: [tokens("jwt", { ...own, jwtRules })] }), choice);
    const row = verdicts.find(({ object }) => object === "RequestAuthentication shop/jwt")!;
    assert.equal(
      row.why,
      "ztunnel reads no tokens: without a waypoint invalid ones are accepted; the waypoint leaves the tokens in the requests, for " +
        "the sidecars that verify them until the restart; set forwardOriginalToken: false in the copy afterwards if the application " +
        "must not get them",
    );
    assert.deepEqual(
      row.writes?.map(({ spec }) => (spec as { jwtRules: object[] }).jwtRules),
      [jwtRules.map((rule) => ({ ...rule, forwardOriginalToken: true }))],
    );
  });

  it("a VirtualService beside an HTTPRoute of the same Service", () =>
    check(
      shop({
        traffic: [
          traffic(istio, "VirtualService", "one", { hosts: ["web"] }),
          traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "other", parents("Service")),
        ],
      }),
      "VirtualService shop/one",
      ["blocks", "HTTPRoute shop/other is for the same Service: a waypoint does not define which of the two counts"],
    ));

  it("a policy for one of two workloads behind a Service", () =>
    check(
      shop({
        services: [service("all", { selector: { group: "all" } })],
        workloads: [
          workload("web", { podLabels: { app: "web", group: "all" } }),
          workload("blue", { podLabels: { app: "blue", group: "all" } }),
        ],
        policies: [policy("get", { ...own, rules: [to({ methods: ["GET"] })] })],
      }),
      "AuthorizationPolicy shop/get",
      [
        "blocks",
        "Service shop/all leads to web, blue, and the policy is for web alone: a waypoint cannot tell them apart",
      ],
    ));

  it("a policy for pods that are called by their own addresses", () =>
    check(
      shop({
        services: [service("web", { headless: true })],
        policies: [policy("get", { ...own, rules: [to({ methods: ["GET"] })] })],
      }),
      "AuthorizationPolicy shop/get",
      [
        "blocks",
        "only headless Services lead to web: what calls it by the address of its pods goes through no waypoint",
      ],
    ));

  it("a policy of the whole mesh that would refuse the waypoint", () =>
    check(
      shop({
        policies: [
          policy("get", { ...own, rules: [to({ methods: ["GET"] })] }),
          policy("edge", { action: "DENY", rules: [from({ notNamespaces: ["edge"] })] }, { namespace: root }),
        ],
      }),
      `AuthorizationPolicy ${root}/edge`,
      ["blocks", "at ztunnel it would refuse the waypoint, and it holds for other namespaces too"],
    ));

  it("a StatefulSet whose budget lets no pod go", () =>
    check(
      shop({
        workloads: [workload("one", { kind: "StatefulSet", surges: false })],
        budgets: [{ name: "all", selector: { labels: { app: "one" }, expressions: [] }, allowed: 0 }],
      }),
      "StatefulSet shop/one",
      [
        "blocks",
        "PodDisruptionBudget all allows no eviction of its pods, and its rollout ends pods before new ones are up",
      ],
    ));

  it("a StatefulSet beside a budget whose expressions select others", () =>
    check(
      shop({
        workloads: [workload("one", { kind: "StatefulSet", surges: false })],
        budgets: [
          {
            ...{ name: "others", allowed: 0 },
            selector: { labels: {}, expressions: [{ key: "app", operator: "In", values: ["two"] }] },
          },
        ],
      }),
      "StatefulSet shop/one",
      ["carries-over", "its pods are replaced one after the other"],
    ));

  it("egress that only sidecars keep shut", () => {
    const facts = shop();
    check({ ...facts, ground: { ...facts.ground, registryOnly: true } }, `ConfigMap ${root}/istio`, [
      "hole",
      "REGISTRY_ONLY is kept by sidecars alone: ztunnel lets connections to unknown hosts out",
    ]);
  });

  it("an object that opens a hole keeps a migration from starting until it is accepted", () => {
    const facts = shop({ traffic: [traffic("networking.istio.io/v1alpha3", "EnvoyFilter", "lua")] });
    assert.equal(planMigration(facts, choice).ready, false);
    assert.equal(planMigration(facts, { ...choice, accept: ["EnvoyFilter shop/lua"] }).ready, true);
  });

  const ground: [string, Partial<MigrationFacts["ground"]>, string, string][] = [
    ["istiod that is missing", {}, `Deployment ${root}/istiod`, "there is no istiod on https://cluster"],
    [
      "istiod that is too old",
      { istiod: "1.22.3" },
      `Deployment ${root}/istiod`,
      "its release 1.22.3 is older than 1.24.0",
    ],
    [
      "istiod of a vendor that is too old",
      { istiod: "1.23.4-asm.1" },
      `Deployment ${root}/istiod`,
      "its release 1.23.4-asm.1 is older than 1.24.0",
    ],
    ["istiod without ambient", { ambient: false }, `Deployment ${root}/istiod`, "its ambient mode is off"],
    [
      "ztunnel",
      { ztunnel: false },
      `DaemonSet ${root}/ztunnel`,
      "it must be ready on every node before a namespace is enrolled",
    ],
    [
      "istio-cni",
      { cni: false },
      `DaemonSet ${root}/istio-cni-node`,
      "it must be ready on every node before a namespace is enrolled",
    ],
    [
      "istio-cni for sidecars alone",
      { cniAmbient: false },
      `DaemonSet ${root}/istio-cni-node`,
      "its ambient mode is off: no pod would be captured",
    ],
    [
      "HBONE",
      { hbone: false },
      `ConfigMap ${root}/istio`,
      "sidecars must speak HBONE, or they and ambient pods have no common language but plaintext",
    ],
    [
      "rights",
      { missingRights: ["patch deployments.apps --namespace shop"] },
      "right to patch deployments.apps --namespace shop",
      "this user does not have it",
    ],
  ];
  for (const istiod of ["1.24.0", "1.24.0-rc.1", "1.24.0-asm.1", "1.31-alpha.1f2e3d", "latest", "1f2e3d4"]) {
    it(`the ground: istiod ${istiod} is not too old`, () => {
      const { ground: whole, ...facts } = shop();
      const { verdicts } = planMigration({ ...facts, ground: { ...whole, istiod } }, choice);
      assert.deepEqual(
        verdicts.filter(({ object }) => object === `Deployment ${root}/istiod`),
        [],
      );
    });
  }

  for (const [what, fields, object, why] of ground) {
    it(`the ground: ${what}`, () => {
      const { ground: whole, ...facts } = shop();
      const { istiod, ...rest } = whole;
      const given = what.includes("missing") ? rest : { ...rest, ...(istiod ? { istiod } : {}), ...fields };
      check({ ...facts, ground: given }, object, ["blocks", why]);
    });
  }

  for (const name of ["kube-system", "openshift", "openshift-monitoring", "istio-system", "istio-system-two"]) {
    it(`the system namespace ${name}`, () =>
      check(shop({ namespace: { name, uid: "uid", labels: {} }, workloads: [] }), `Namespace ${name}`, [
        "blocks",
        "enrolling a system namespace can break the cluster's own networking",
      ]));
  }

  for (const name of ["istio-demo", "istio-apps", "openshiftteam", "kubecost"]) {
    it(`a namespace of an application by the name of ${name}`, () => {
      const { ready } = planMigration(shop({ namespace: { name, uid: "uid", labels: {} }, workloads: [] }), choice);
      assert.equal(ready, true);
    });
  }

  it("sidecars elsewhere that do not speak HBONE", () =>
    check(
      shop({ callers: [{ namespace: "old", serviceAccount: "a", mode: "oldSidecar", pods: 2 }] }),
      "sidecars without HBONE",
      ["blocks", "old/a speak mTLS that ztunnel does not know: requests would lose who they come from"],
    ));
});
