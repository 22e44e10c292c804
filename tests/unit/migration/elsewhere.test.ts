// Routes and rules of other namespaces that count for the requests of one, and what becomes of them.
import * as assert from "node:assert/strict";
import { concerning, type DefaultExports } from "../../../lib/migration/elsewhere";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { planMigration } from "../../../lib/migration/plan";
import { on, own as shopOnly, shop as cluster } from "./cluster";
import { policy, root, service, shop, traffic } from "./shop";
import { istio, own, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const everywhere: DefaultExports = { VirtualService: ["*"], DestinationRule: ["*"] };
const web = "web.shop.svc.cluster.local";
const http = [{ route: [{ destination: { host: web } }] }];
const simple = { tls: { mode: "SIMPLE" } };
const limits = { connectionPool: {} };

const at = (place: string, kind: string, spec: object, name = "r") => {
  const object = traffic(istio, kind, name, spec);
  return { ...object, metadata: { ...object.metadata, namespace: place } };
};

/** Verdict and reason of the rows of other namespaces. */
function rows(all: MigrationFacts["traffic"], fields: Partial<MigrationFacts> = {}, exports = everywhere): string[][] {
  const facts = shop(fields);
  const { verdicts } = planMigration(
    { ...facts, traffic: [...facts.traffic, ...concerning(all, facts, exports)] },
    choice,
  );
  return verdicts
    .filter(({ object }) => /^(VirtualService|DestinationRule) (?!shop\/)/.test(object))
    .map(({ verdict, why, fix = "" }) => [verdict, why, fix]);
}

const unread =
  "ambient callers go to web without its routes: a waypoint takes those of its own namespace and of the Service's alone";
const moved = "move it to the namespace shop";
const refusing = `${moved}, or write an AuthorizationPolicy for what it refuses, then --accept`;
const without = "ztunnel has no connection limits, outlier detection or load balancing by HTTP";
const sent = (host: string) =>
  `sidecars speak TLS to ${host} for their applications, and ztunnel does not: what these send in plaintext leaves the pod's ` +
  "node in plaintext";
const bank = "api.bank.example";
const entry = at("egress", "ServiceEntry", { hosts: [bank] });

describe("what other namespaces have for Services of a namespace", () => {
  const table: [string, MigrationFacts["traffic"][number], string[][]][] = [
    ["a route of callers", at("traffic", "VirtualService", { hosts: [web], http }), [["loses", unread, moved]]],
    [
      "a route by a wildcard",
      at("traffic", "VirtualService", { hosts: ["*.shop.svc.cluster.local"], http }),
      [["loses", unread.replace("to web", "to web, orders"), moved]],
    ],
    ["a route that is not exported", at("traffic", "VirtualService", { hosts: [web], http, exportTo: ["."] }), []],
    ["a route for another namespace", at("traffic", "VirtualService", { hosts: [web], http, exportTo: ["other"] }), []],
    [
      "a route for this one",
      at("traffic", "VirtualService", { hosts: [web], http, exportTo: ["shop"] }),
      [["loses", unread, moved]],
    ],
    ["a route of a Service of its own", at("traffic", "VirtualService", { hosts: ["web"], http }), []],
    [
      "a route that aborts",
      at("traffic", "VirtualService", {
        hosts: [web],
        http: [{ match: [{ uri: { prefix: "/internal" } }], fault: { abort: { httpStatus: 403 } } }, ...http],
      }),
      [["hole", `${unread}; what it refuses, is refused no more: what it aborts`, refusing]],
    ],
    [
      "a route that answers",
      at("traffic", "VirtualService", {
        hosts: [web],
        http: [{ match: [{ uri: { prefix: "/internal" } }], directResponse: { status: 404 } }, ...http],
      }),
      [["hole", `${unread}; what it refuses, is refused no more: what it answers itself`, refusing]],
    ],
    [
      "a route for some paths",
      at("traffic", "VirtualService", {
        hosts: [web],
        http: [{ ...http[0], match: [{ uri: { prefix: "/public" } }] }],
      }),
      [["hole", `${unread}; what it refuses, is refused no more: requests that none of its routes matches`, refusing]],
    ],
    [
      "a route for all paths",
      at("traffic", "VirtualService", {
        hosts: [web],
        http: [{ ...http[0], match: [{ uri: { prefix: "/" } }] }],
      }),
      [["loses", unread, moved]],
    ],
    [
      "a route of gateways",
      at("edge", "VirtualService", { hosts: ["*"], gateways: ["public"], http }),
      [["carries-over", "it is for gateways, which stay", ""]],
    ],
    [
      "a route of gateways to others",
      at("edge", "VirtualService", {
        hosts: ["*"],
        gateways: ["public"],
        http: [{ route: [{ destination: { host: "web" } }] }],
      }),
      [],
    ],
    [
      "limits of the mesh",
      at(root, "DestinationRule", { host: "*.local", trafficPolicy: limits }),
      [
        [
          "loses",
          `${without}, and this plan has no waypoint for web, orders`,
          "a DestinationRule of the namespace shop, for which the plan has one",
        ],
      ],
    ],
    ["limits of callers elsewhere", at("other", "DestinationRule", { host: web, trafficPolicy: limits }), []],
    [
      "the mesh's mTLS",
      at(root, "DestinationRule", { host: "*.local", trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } }),
      [],
    ],
    [
      "TLS of the mesh to a host",
      at(root, "DestinationRule", { host: bank, trafficPolicy: simple }),
      [
        [
          "hole",
          sent(bank),
          "attach a waypoint to the ServiceEntry or Service of the host, in the namespace of this object and without a workloadSelector, or let the applications speak TLS",
        ],
      ],
    ],
    [
      "TLS of the mesh to a Service",
      at(root, "DestinationRule", { host: web, trafficPolicy: simple }),
      [["needs-waypoint", "ztunnel speaks no TLS for applications; a waypoint does", ""]],
    ],
    [
      "TLS of callers of the root namespace",
      at(root, "DestinationRule", {
        host: bank,
        trafficPolicy: simple,
        workloadSelector: { matchLabels: { app: "web" } },
      }),
      [],
    ],
    ["TLS of other callers to a host", at("other", "DestinationRule", { host: bank, trafficPolicy: simple }), []],
    [
      "TLS that is not exported",
      at(root, "DestinationRule", { host: bank, trafficPolicy: simple, exportTo: ["."] }),
      [],
    ],
  ];
  for (const [what, object, expected] of table)
    it(`includes or leaves out ${what}`, () => assert.deepEqual(rows([object]), expected));

  it("includes TLS to a host that is beside it, unless its ServiceEntry has a waypoint", () => {
    const rule = at("egress", "DestinationRule", { host: bank, trafficPolicy: simple });
    assert.deepEqual(
      rows([rule], { entries: [entry] }).map(([kind]) => kind),
      ["hole"],
    );
    const labels = { "istio.io/use-waypoint": "egress" };
    const attached = { ...entry, metadata: { ...entry.metadata, labels } };
    const why = `the waypoint of ServiceEntry egress/r speaks TLS to ${bank} for ambient callers`;
    assert.deepEqual(rows([rule], { entries: [attached] }), [["carries-over", why, ""]]);
  });

  it("leaves out rules of the mesh for what the namespace rules itself", () => {
    const rule = at(root, "DestinationRule", { host: "*.shop.svc.cluster.local", trafficPolicy: limits });
    const ofOne = traffic(istio, "DestinationRule", "web", { host: "web" });
    const why = `${without}, and this plan has no waypoint for orders`;
    assert.deepEqual(
      rows([rule], { traffic: [ofOne] }).map((row) => row[1]),
      [why],
    );
    const ofBank = traffic(istio, "DestinationRule", "bank", { host: bank });
    assert.deepEqual(
      rows([at(root, "DestinationRule", { host: bank, trafficPolicy: simple })], { traffic: [ofBank] }),
      [],
    );
    const ofAll = traffic(istio, "DestinationRule", "all", { host: "*.shop.svc.cluster.local" });
    assert.deepEqual(rows([rule], { traffic: [ofAll] }), []);
  });

  it("includes limits of the mesh that a waypoint takes", () => {
    const rule = at(root, "DestinationRule", { host: web, trafficPolicy: limits });
    const policies = [policy("get", { ...own, rules: [to({ methods: ["GET"] })] })];
    assert.deepEqual(rows([rule], { policies }), [["needs-waypoint", without, ""]]);
  });

  it("follows what the mesh exports where objects do not say", () => {
    const route = at("traffic", "VirtualService", { hosts: [web], http });
    assert.deepEqual(rows([route], {}, { ...everywhere, VirtualService: ["."] }), []);
    assert.deepEqual(rows([route], {}, { ...everywhere, VirtualService: ["shop"] }), [["loses", unread, moved]]);
  });
});

describe("subsets to which gateways route", () => {
  const subset = [
    { route: [{ destination: { host: web, subset: "v1" } }, { destination: { host: web, subset: "v2" } }] },
  ];
  const beta = at("edge", "VirtualService", { hosts: ["*"], gateways: ["public"], http: subset });
  const policies = [policy("get", { ...own, rules: [to({ methods: ["GET"] })] })];
  const undone = [
    "blocks",
    "gateways go through the waypoint to web, and past its subsets (v1, v2): the waypoint sends their requests to all pods",
    "make a Service of each subset, and route to these",
  ];

  it("block where gateways go through the waypoint", () => assert.deepEqual(rows([beta], { policies }), [undone]));

  it("block as a TCP route and as copies, too", () => {
    const tcp = at("edge", "VirtualService", { hosts: ["*"], gateways: ["public"], tcp: subset });
    const mirror = { host: web, subset: "v2" };
    const copies = at("edge", "VirtualService", { hosts: ["*"], gateways: ["public"], http: [{ ...http[0], mirror }] });
    assert.deepEqual(
      [rows([tcp], { policies }), rows([copies], { policies })],
      [[undone], [[undone[0], undone[1]!.replace("v1, v2", "v2"), undone[2]]]],
    );
  });

  it("block in the namespace itself and in what a route of gateways delegates to", () => {
    const parts = traffic(istio, "VirtualService", "parts", { http: subset });
    const from = at("edge", "VirtualService", {
      hosts: ["*"],
      gateways: ["public"],
      http: [{ delegate: { name: "parts", namespace: "shop" } }],
    });
    const facts = shop({ policies, traffic: [parts] });
    const blocked = ({ traffic: all }: MigrationFacts) =>
      planMigration({ ...facts, traffic: all }, choice).verdicts.find(
        ({ object }) => object === "VirtualService shop/parts",
      );
    const found = blocked({ ...facts, traffic: [parts, ...concerning([from], facts, everywhere)] });
    assert.deepEqual([found?.verdict, found?.why, found?.fix], undone);
    const alone = blocked(facts);
    assert.deepEqual(
      [alone?.verdict, alone?.why],
      ["carries-over", "the VirtualServices that delegate to it have the result"],
    );
  });

  it("stay where no waypoint comes between, or where it was there before", () => {
    const stays = [["carries-over", "it is for gateways, which stay", ""]];
    assert.deepEqual(rows([beta]), stays);
    const labels = { "istio.io/use-waypoint": "waypoint", "istio.io/ingress-use-waypoint": "true" };
    const services = [service("web", { labels }), service("orders")];
    assert.deepEqual(rows([beta], { policies, services, waypoints: ["waypoint"] }), stays);
  });
});

describe("the plan of a cluster", () => {
  it("has what other namespaces have", async () => {
    const made = cluster();
    const mesh = made.one("ConfigMap", "istio") as { data?: Record<string, string> };
    mesh.data!["mesh"] = `${mesh.data!["mesh"]!}\ndefaultDestinationRuleExportTo: ["."]`;
    made.put(at("traffic", "VirtualService", { hosts: [web], http }, "routes"));
    made.put(at("istio-system", "DestinationRule", { host: web, trafficPolicy: limits }, "unseen"));
    made.put(at("istio-system", "DestinationRule", { host: web, trafficPolicy: limits, exportTo: ["*"] }, "seen"));
    await on(made, async (migrate) => {
      const { out } = await migrate("plan", ...shopOnly);
      assert.deepEqual(out.match(/(VirtualService|DestinationRule) [a-z-]+\/[^:]+/g), [
        "VirtualService traffic/routes",
        "DestinationRule istio-system/seen",
      ]);
    });
  });
});
