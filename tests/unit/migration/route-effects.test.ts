// What routes on Services do to policies once a waypoint routes: one row of the plan each, with its whole text.
import * as assert from "node:assert/strict";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { planMigration } from "../../../lib/migration/plan";
import { peer, policy, service, shop, tokens, traffic, workload } from "./shop";
import { from, istio, to, type Row } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const of = (app: string) => ({ selector: { matchLabels: { app } } });
const byHttp = "ztunnel does not route by HTTP";
const virtual = `${byHttp}; VirtualService is alpha on waypoints`;

const virtualService = (http: object[], hosts = ["web"]) => traffic(istio, "VirtualService", "r", { hosts, http });
const route = (rules: object[]) =>
  traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", { parentRefs: [{ kind: "Service", name: "web" }], rules });

const toOrders = [{ route: [{ destination: { host: "orders" } }] }];
const toOther = [{ route: [{ destination: { host: "web.other.svc.cluster.local" } }] }];
const ofOther = policy("callers", { rules: [from({ namespaces: ["admin"] })] }, { namespace: "other" });
const onlyAdmins = policy("admins", { ...of("orders"), rules: [from({ namespaces: ["admin"] })] });
const noAdmin = policy("no-admin", { ...of("web"), action: "DENY", rules: [to({ paths: ["/admin*"] })] });
const byHeader = policy("beta", {
  ...of("web"),
  rules: [{ when: [{ key: "request.headers[X-Beta]", values: ["1"] }] }],
});
const byHost = policy("hosts", { ...of("web"), rules: [to({ hosts: ["web.shop"] })] });
const custom = policy("opa", { ...of("web"), action: "CUSTOM", provider: { name: "opa" }, rules: [{}] });

const asItself = (policies: string) =>
  "the waypoint sends its requests to Service shop/orders as itself, and enforces the policies of web alone for them, not " +
  policies;
const changes = (what: string, policies: string) =>
  `a waypoint evaluates policies before it changes the ${what} as the route says, and the server's sidecar did it afterwards: ${policies}`;

const rewritten = virtualService([{ rewrite: { uri: "/admin" }, route: [{ destination: { host: "web" } }] }]);

const sni = { sniHosts: ["web.shop.svc.cluster.local"] };

const nothing = policy("nothing", {});

const rows: [string, Partial<MigrationFacts>, Row][] = [
  [
    "another Service that admits less",
    {
      traffic: [virtualService(toOrders)],
      policies: [nothing, policy("web", { ...of("web"), rules: [from({ namespaces: ["shop"] })] })],
    },
    [
      "hole",
      "the waypoint sends its requests to Service shop/orders as itself, and enforces the policies of web for them, of which " +
        "AuthorizationPolicy shop/web is none of orders",
    ],
  ],
  [
    "another Service that admits the same",
    {
      traffic: [virtualService(toOrders)],
      policies: [nothing, policy("both", { rules: [from({ namespaces: ["shop"] })] })],
    },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service whose policies name callers",
    { traffic: [virtualService(toOrders)], policies: [onlyAdmins] },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service by its full name",
    {
      traffic: [virtualService([{ route: [{ destination: { host: "orders.shop.svc.cluster.local" } }] }])],
      policies: [onlyAdmins],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service that gets copies",
    {
      traffic: [virtualService([{ route: [{ destination: { host: "web" } }], mirror: { host: "orders" } }])],
      policies: [onlyAdmins],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service that gets a share of copies",
    {
      traffic: [
        virtualService([{ route: [{ destination: { host: "web" } }], mirrors: [{ destination: { host: "orders" } }] }]),
      ],
      policies: [onlyAdmins],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service whose policies read tokens",
    { traffic: [virtualService(toOrders)], authentications: [tokens("jwt", of("orders"))] },
    ["hole", asItself("RequestAuthentication shop/jwt")],
  ],
  [
    "another Service by TCP",
    {
      traffic: [traffic(istio, "VirtualService", "r", { hosts: ["web"], tcp: toOrders })],
      policies: [onlyAdmins],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service by an HTTPRoute",
    { traffic: [route([{ backendRefs: [{ name: "orders", port: 80 }] }])], policies: [onlyAdmins] },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service that gets copies by an HTTPRoute",
    {
      traffic: [
        route([
          {
            filters: [{ type: "RequestMirror", requestMirror: { backendRef: { name: "orders", port: 80 } } }],
            backendRefs: [{ name: "web", port: 80 }],
          },
        ]),
      ],
      policies: [onlyAdmins],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "another Service from one without pods",
    {
      traffic: [virtualService(toOrders)],
      policies: [onlyAdmins],
      workloads: [workload("orders")],
    },
    ["hole", asItself("AuthorizationPolicy shop/admins")],
  ],
  [
    "a Service of another namespace",
    { traffic: [virtualService(toOther)], away: [ofOther] },
    ["hole", "AuthorizationPolicy other/callers sees the waypoint shop/waypoint at other/web, and not who called"],
  ],
  [
    "a Service of another namespace by an HTTPRoute",
    { traffic: [route([{ backendRefs: [{ name: "web", namespace: "other", port: 80 }] }])], away: [ofOther] },
    ["hole", "AuthorizationPolicy other/callers sees the waypoint shop/waypoint at other/web, and not who called"],
  ],
  [
    "a Service of another namespace whose policies name no callers",
    {
      traffic: [virtualService(toOther)],
      away: [policy("gets", { rules: [to({ methods: ["GET"] })] }, { namespace: "other" })],
    },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service from one without pods, where the waypoint enforces the policy for all",
    {
      traffic: [virtualService(toOrders)],
      policies: [policy("all", { rules: [from({ namespaces: ["admin"] })] })],
      workloads: [workload("orders")],
    },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service whose policy says the same",
    {
      traffic: [virtualService(toOrders)],
      policies: [onlyAdmins, policy("web-admins", { ...onlyAdmins.spec, ...of("web") })],
    },
    ["needs-waypoint", virtual],
  ],
  [
    "another path",
    { traffic: [rewritten], policies: [noAdmin] },
    ["hole", changes("path", "AuthorizationPolicy shop/no-admin")],
  ],
  [
    "another path, which an authorizer sees",
    { traffic: [rewritten], policies: [custom] },
    ["hole", changes("path", "AuthorizationPolicy shop/opa")],
  ],
  [
    "another host",
    {
      traffic: [virtualService([{ rewrite: { authority: "web.shop" }, route: [{ destination: { host: "web" } }] }])],
      policies: [byHost],
    },
    ["hole", changes("host", "AuthorizationPolicy shop/hosts")],
  ],
  [
    "a header of one destination",
    {
      traffic: [
        virtualService([
          { route: [{ destination: { host: "web" }, headers: { request: { set: { "x-beta": "1" } } } }] },
        ]),
      ],
      policies: [byHeader],
    },
    ["hole", changes("header x-beta", "AuthorizationPolicy shop/beta")],
  ],
  [
    "a header by an HTTPRoute",
    {
      traffic: [
        route([
          {
            filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { remove: ["X-Beta"] } }],
            backendRefs: [{ name: "web", port: 80 }],
          },
        ]),
      ],
      policies: [byHeader],
    },
    ["hole", changes("header x-beta", "AuthorizationPolicy shop/beta")],
  ],
  [
    "the header with the token",
    {
      traffic: [
        virtualService([
          { headers: { request: { remove: ["Authorization"] } }, route: [{ destination: { host: "web" } }] },
        ]),
      ],
      authentications: [tokens("jwt", of("web"))],
    },
    ["hole", changes("header authorization", "RequestAuthentication shop/jwt")],
  ],
  [
    "another path by a policy that reads none",
    { traffic: [rewritten], policies: [byHeader] },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service without policies",
    { traffic: [virtualService(toOrders)], peers: [peer("default", { mtls: { mode: "STRICT" } })] },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service under the same policies",
    { traffic: [virtualService(toOrders)], policies: [policy("all", { rules: [from({ namespaces: ["shop"] })] })] },
    ["needs-waypoint", virtual],
  ],
  [
    "another Service with fewer policies",
    { traffic: [virtualService(toOrders)], policies: [noAdmin] },
    [
      "needs-waypoint",
      `${virtual}; requests that it sends to orders have to pass what holds for web: AuthorizationPolicy shop/no-admin`,
    ],
  ],
  [
    "a host outside the cluster",
    { traffic: [virtualService([{ route: [{ destination: { host: "api.example.com" } }] }])], policies: [onlyAdmins] },
    ["needs-waypoint", virtual],
  ],
  [
    "what only audits",
    {
      traffic: [virtualService(toOrders)],
      policies: [policy("audited", { ...of("orders"), action: "AUDIT", rules: [{}] })],
    },
    ["needs-waypoint", virtual],
  ],
  [
    "a headless Service",
    { traffic: [rewritten], services: [service("web", { headless: true })] },
    [
      "loses",
      "ambient callers of a headless Service go straight to its pods, through no waypoint, and without its routes",
    ],
  ],
  [
    "an ExternalName Service",
    { traffic: [rewritten], services: [service("web", { external: true })], workloads: [workload("orders")] },
    [
      "loses",
      "ambient callers of an ExternalName Service go straight to its name, through no waypoint, and without its routes",
    ],
  ],
  [
    "pods that are not migrated",
    { traffic: [rewritten], workloads: [workload("orders"), workload("web", { kind: "Pod" })] },
    [
      "loses",
      "no pods behind web are migrated: ambient callers go straight to them, through no waypoint, and without its routes",
    ],
  ],
  [
    "one Service with a waypoint and one without",
    {
      traffic: [virtualService(toOrders, ["web", "orders"])],
      workloads: [workload("orders"), workload("web", { kind: "Pod" })],
    },
    [
      "needs-waypoint",
      `${virtual}; no pods behind web are migrated: ambient callers go straight to them, through no waypoint, and without its routes`,
    ],
  ],
  [
    "a Service of another namespace that has the name of an own one",
    {
      traffic: [
        traffic("gateway.networking.k8s.io/v1", "HTTPRoute", "r", {
          parentRefs: [{ kind: "Service", name: "web", namespace: "other" }],
          rules: [{ backendRefs: [{ name: "orders", port: 80 }] }],
        }),
      ],
    },
    [
      "loses",
      "ambient callers go straight to web.other, without its routes, past an egress gateway too: it is no Service of this " +
        "namespace, whose waypoint sees no request to it",
    ],
  ],
  ...["tcp", "tls"].map((protocol): [string, Partial<MigrationFacts>, Row] => [
    `others by callers of ${protocol}`,
    {
      traffic: [
        traffic(istio, "VirtualService", "r", {
          hosts: ["web"],
          [protocol]: [{ match: [{ sourceLabels: { app: "a" }, sourceNamespace: "b", ...sni }], ...toOrders[0] }],
        }),
      ],
    },
    [
      "blocks",
      "a waypoint drops matches with sourceLabels; a waypoint drops matches of TCP and TLS with sourceNamespace",
    ],
  ]),
  [
    "others by an SNI",
    {
      traffic: [
        traffic(istio, "VirtualService", "r", {
          hosts: ["web"],
          tls: [{ match: [{ sniHosts: ["web"] }], ...toOrders[0] }],
        }),
      ],
    },
    ["blocks", "a waypoint drops matches of TLS by any SNI but the full name of the Service"],
  ],
];

describe("a route on a Service that leads to", () => {
  for (const [name, fields, row] of rows) {
    it(name, () => {
      const { verdicts } = planMigration(shop(fields), choice);
      const found = verdicts.filter(({ object }) => object.endsWith(" shop/r"));
      assert.deepEqual(
        found.map(({ verdict, why }) => [verdict, why]),
        [row],
      );
    });
  }

  it("pods that are for the caller alone gets them a policy that admits the waypoint", () => {
    const policies = [policy("all", { rules: [from({ principals: ["cluster.local/ns/shop/sa/web"] })] })];
    const { steps } = planMigration(shop({ traffic: [virtualService(toOrders)], policies }), choice);
    const created = steps.flatMap((step) => (step.do === "create" ? step.object.metadata.name : []));
    assert.deepEqual(created, ["all-waypoint", "waypoint", "web-from-waypoint", "orders-from-waypoint"]);
  });

  it("pods that are not migrated gets its Service no waypoint", () => {
    const others = policy("no-batch", { ...of("web"), action: "DENY", rules: [from({ principals: ["*/sa/batch"] })] });
    const facts = shop({
      traffic: [rewritten],
      policies: [others],
      workloads: [workload("orders"), workload("web", { kind: "Pod" })],
    });
    const { steps } = planMigration(facts, choice);
    const changed = steps.flatMap((step) => (step.do === "label" ? `${step.key.kind} ${step.key.name}` : []));
    assert.deepEqual(changed, ["Namespace shop", "Namespace shop"]);
  });

  it("pods of another Service is attached to the waypoint where it has no pods itself", () => {
    const facts = shop({ traffic: [virtualService(toOrders)], workloads: [workload("orders")] });
    const { steps } = planMigration(facts, choice);
    const labelled = steps.flatMap((step) => (step.do === "label" ? `${step.key.kind} ${step.key.name}` : []));
    assert.deepEqual(labelled, ["Service web", "Namespace shop", "Namespace shop"]);
  });
});

describe("a policy without a selector that goes behind the waypoint", () => {
  const note =
    "a workload that is added to shop later is behind the waypoint only if its Service has the label istio.io/use-waypoint: " +
    "waypoint, and never at the address of its pods: there AuthorizationPolicy shop/no-posts is not enforced";
  const spec = { action: "DENY", rules: [to({ methods: ["POST"] })] };

  it("comes with a note on workloads that are added later", () =>
    assert.ok(planMigration(shop({ policies: [policy("no-posts", spec)] }), choice).notes.includes(note)));

  it("needs none where it selects pods", () =>
    assert.ok(
      !planMigration(shop({ policies: [policy("no-posts", { ...of("web"), ...spec })] }), choice).notes.includes(note),
    ));
});
