// What others lose by a change of this stack: whole lines, over objects as they are in a cluster.
import * as assert from "node:assert/strict";
import type { ObjectKind } from "../../lib/ownership/kinds";
import { labelsNote } from "../../lib/ownership/marks";
import type { ExistingObject } from "../../lib/ownership/owner";
import type { ClusterView } from "../../lib/references/cluster";
import type { Listener } from "../../lib/gateway-api/admission";
import type { Kept } from "../../lib/references/kept";
import { certificateNamespaces, lossLines, mayLose } from "../../lib/references/losses";

type Objects = Partial<Record<ObjectKind, ExistingObject[]>>;

function object(name: string, namespace: string, spec: object, stack?: string, more: object = {}): ExistingObject {
  const annotations: Record<string, string> = stack === undefined ? {} : { "istio-ambient/stack": stack };
  return { name, namespace, labels: {}, annotations, body: { metadata: {}, spec }, ...more };
}

const all = { namespaces: { from: "All" } };
const listener = (name: string, hostname: string) => ({
  name,
  port: 80,
  protocol: "HTTP",
  hostname,
  allowedRoutes: all,
});
const [first, second] = [listener("http", "a.example.com"), listener("http-2", "*.b.example.com")];
const edge = object("edge", "ingress", { gatewayClassName: "istio", listeners: [first, second] }, "mesh/dev");
const route = (name: string, namespace: string, hostnames: string[], stack?: string) =>
  object(name, namespace, { parentRefs: [{ name: "edge", namespace: "ingress" }], hostnames }, stack);
const proxy = object("waypoint", "shop", { gatewayClassName: "istio-waypoint", listeners: [] }, "mesh/dev");

const cluster: Objects = {
  Namespace: [object("shop", "", {}), object("ingress", "", {})],
  Gateway: [edge, proxy],
  HTTPRoute: [
    route("a", "shop", ["a.example.com"], "shop/prod"),
    route("b", "shop", ["x.b.example.com"], "shop/prod"),
    route("b", "cart", ["y.b.example.com"]),
    route("own", "ingress", ["a.example.com"], "mesh/dev"),
    object("elsewhere", "shop", { parentRefs: [{ name: "other", namespace: "ingress" }] }, "shop/prod"),
  ],
};

const view = (objects: Objects): ClusterView => ({
  stack: "mesh/dev",
  list: (kind) => objects[kind],
  program: { makes: () => false, labels: () => undefined, isComplete: true },
  labels: [],
  planned: { gateways: [], certificates: [] },
});

const kept = (listeners?: object[]): Kept => ({
  gateways: [
    { namespace: "ingress", name: "edge", listeners: listeners as (typeof first)[] | undefined },
    { namespace: "shop", name: "waypoint" },
  ],
  hasMesh: true,
});

const lines = (keeping: Kept, objects = cluster) => lossLines(view(objects), keeping);

describe("what others lose", () => {
  it("is nothing where the program keeps what there is, or cannot be told", () => {
    assert.deepEqual(lines(kept([first, second])), []);
    assert.deepEqual(lines(kept()), []);
    assert.deepEqual(lines({ hasMesh: true }), []);
    assert.deepEqual(mayLose(view(cluster), kept([first, second])), {
      gateways: false,
      certificates: false,
      namespaces: false,
      mesh: false,
    });
    assert.equal(mayLose(view(cluster), kept([first])).gateways, true);
  });

  it("is the parent of their routes, where a gateway goes or gets another name, and the CA that clients trust", () => {
    const authority = { Certificate: [object("edge-ca", "ingress", {}, "mesh/dev")] };
    const without: Kept = { gateways: [{ namespace: "shop", name: "waypoint" }], hasMesh: true };
    assert.deepEqual(lines(without, { ...cluster, ...authority }), [
      '`Gateway ingress/edge`: got "not in this program any more"; 3 HTTPRoutes of others lose their parent: 1 of namespace ' +
        'cart, 2 of namespace shop (stack shop/prod); write `name: "edge"`',
      '`Certificate ingress/edge-ca`: got "not in this program any more"; clients that trust this CA reject the certificates ' +
        'of any other gateway; give them its `caCertificate`, or keep the gateway; write `name: "edge"`',
    ]);
  });

  it("is a listener of their hosts, or the way in for their namespace", () => {
    assert.deepEqual(lines(kept([first])), [
      '`Gateway ingress/edge`: got "without http-2"; 2 HTTPRoutes of others are no longer served for x.b.example.com, ' +
        "y.b.example.com: 1 of namespace cart, 1 of namespace shop (stack shop/prod); write `hostnames: " +
        '["a.example.com", "*.b.example.com"]`',
    ]);
    const others = [listener("http", "c.example.com"), second];
    assert.deepEqual(lines(kept(others)), [
      '`Gateway ingress/edge`: got "other hostnames"; 1 HTTPRoute of others is no longer served for a.example.com: 1 of ' +
        'namespace shop (stack shop/prod); write `hostnames: ["a.example.com", "*.b.example.com"]`',
    ]);
  });

  describe("is the way in that an argument closes, which is proposed as it was", () => {
    const plain = (allowedRoutes: object = all) => ({ name: "http", port: 80, protocol: "HTTP", allowedRoutes });
    const secure = (allowedRoutes: object = all) => ({
      ...plain(allowedRoutes),
      name: "https",
      port: 443,
      protocol: "HTTPS",
    });
    const same = { namespaces: { from: "Same" } };
    const selected = { namespaces: { from: "Selector", selector: { matchLabels: { team: "shop" } } } };
    const onSection = (sectionName: string) =>
      object(sectionName, "cart", { parentRefs: [{ name: "edge", namespace: "ingress", sectionName }] });
    const routes = [
      route("all", "shop", []),
      route("one", "shop", ["a.example.com"]),
      onSection("https"),
      onSection("extra"),
    ];
    const changed = (before: object[], after: object[]) => {
      const gateway = object("edge", "ingress", { gatewayClassName: "istio", listeners: before }, "mesh/dev");
      const shop = object("shop", "", {}, undefined, { labels: { team: "shop" } });
      return lines(kept(after), { Namespace: [shop], Gateway: [gateway], HTTPRoute: routes });
    };
    const two = "2 HTTPRoutes of others are no longer served";
    const three =
      "3 HTTPRoutes of others are no longer served for a.example.com: 1 of namespace cart, 2 of namespace shop";
    const cart = "1 HTTPRoute of others is no longer served: 1 of namespace cart";
    const cases: [what: string, before: object[], after: object[], line: string][] = [
      [
        "allowedRoutes",
        [plain(), secure()],
        [plain(same), secure(same)],
        `got "allowedRoutes from Same"; ${three}; write \`allowedRoutes: { from: "All" }\``,
      ],
      [
        "allowedRoutes, by labels",
        [plain(), secure()],
        [plain(selected), secure(selected)],
        `got "allowedRoutes from Selector (team: shop)"; ${cart}; write \`allowedRoutes: { from: "All" }\``,
      ],
      [
        "allowedRoutes, of labels",
        [plain(selected)],
        [plain(same)],
        `got "allowedRoutes from Same"; ${two} for a.example.com: 2 of namespace shop; write \`allowedRoutes: { from: ` +
          '"Selector", selector: { team: "shop" } }`',
      ],
      [
        "certificate",
        [plain(), secure()],
        [plain()],
        `got "without https"; ${cart}; 2 HTTPRoutes of others are no longer served by HTTPS for a.example.com: 2 of ` +
          `namespace shop; write \`certificate: { enabled: true }\``,
      ],
      [
        "hostnames, of a gateway for all",
        [plain()],
        [{ ...plain(), hostname: "b.example.com" }],
        'got "other hostnames"; 1 HTTPRoute of others is no longer served for a.example.com: 1 of namespace shop; write ' +
          '`hostnames: ["b.example.com", "a.example.com"]`',
      ],
      [
        "several at once",
        [plain(), secure()],
        [{ ...plain(same), hostname: "b.example.com" }],
        `got "without https and allowedRoutes from Same"; ${three}; write \`hostnames: ["b.example.com", "a.example.com"], ` +
          'allowedRoutes: { from: "All" }, certificate: { enabled: true }`',
      ],
      [
        "none, for a listener that was added by hand",
        [plain(), { ...plain(), name: "extra", port: 8080 }],
        [plain()],
        `got "without extra"; ${cart}; write \`allowedListeners: { from: "All" }\``,
      ],
    ];
    for (const [what, before, after, line] of cases) {
      it(what, () => assert.deepEqual(changed(before, after), [`\`Gateway ingress/edge\`: ${line}`]));
    }
  });

  describe("is what a certificate gives them", () => {
    const component = { "istio-ambient/stack": "mesh/dev", "istio-ambient/component": 'IngressGateway "edge"' };
    const made = (name: string, spec: object, annotations: object = component) =>
      object(name, "ingress", spec, undefined, { annotations });
    const secure = (secret = "edge-cert") => {
      const tls = { certificateRefs: [{ name: secret }] };
      return { name: "https", port: 443, protocol: "HTTPS", allowedRoutes: all, tls };
    };
    const http = { name: "http", port: 80, protocol: "HTTP", allowedRoutes: all };
    const gateway = made("edge", { gatewayClassName: "istio", listeners: [http, secure()] });
    const names = ["a.example.com", "*.b.example.com", "d.example.com"];
    const live: Objects = {
      Namespace: [object("shop", "", {})],
      Gateway: [gateway],
      Certificate: [
        made("edge-cert", { secretName: "edge-cert", dnsNames: names }),
        made("edge-ca", { secretName: "edge-ca", isCA: true }),
        made("other-ca", { isCA: true }, { "istio-ambient/stack": "mesh/dev" }),
        made("their-ca", { isCA: true }, { ...component, "istio-ambient/stack": "shop/prod" }),
      ],
    };
    const certificate = (dnsNames = names, name = "edge-cert") => ({ namespace: "ingress", name, dnsNames });
    const authority = { namespace: "ingress", name: "edge-ca", dnsNames: undefined };
    const keeping = (certificates: Kept["certificates"], listeners: Listener[] = [http, secure()]): Kept => ({
      gateways: [{ namespace: "ingress", name: "edge", listeners }],
      certificates,
      hasMesh: true,
    });
    const asked = (kept: Kept, objects = live) => mayLose(view(objects), kept).certificates;

    it("which nothing is said of where they stay, or are not known", () => {
      const same = keeping([certificate(), authority]);
      assert.deepEqual([lines(same, live), asked(same)], [[], false]);
      const unknown = keeping(undefined);
      assert.deepEqual([lines(unknown, live), asked(unknown)], [[], false]);
      const byHand = { ...view(live), program: { makes: () => true, labels: () => undefined, isComplete: true } };
      assert.deepEqual(lossLines(byHand, keeping([certificate()])), []);
    });

    it("where its Certificates are looked for", () => {
      assert.deepEqual(certificateNamespaces(view(live)), ["ingress"]);
      assert.deepEqual(certificateNamespaces(view(cluster)), []);
      assert.deepEqual(certificateNamespaces({ ...view(live), stack: "shop/prod" }), []);
    });

    const trusted =
      '`Certificate ingress/edge-ca`: got "not in this program any more"; clients that trust this CA reject the ' +
      "certificates of any other issuer; give them the CA of that issuer, or keep this one; write";
    const switches: [what: string, kept: Kept, fix: string][] = [
      ["another issuer", keeping([certificate()]), "certificate: { issuerName: undefined }"],
      ["a Secret that exists", keeping([], [http, secure("wildcard")]), "certificate: { existing: false }"],
      ["no HTTPS", keeping([], [http]), "certificate: { enabled: true }"],
    ];
    for (const [what, kept, fix] of switches) {
      it(`a CA that clients trust, where the gateway gets ${what}`, () => {
        assert.deepEqual([lines(kept, live), asked(kept)], [[`${trusted} \`${fix}\``], true]);
      });
    }

    it("a CA that clients trust, which has the name of a gateway before", () => {
      const Certificate = [made("front-ca", { isCA: true })];
      const kept = keeping([certificate()]);
      assert.deepEqual(lines(kept, { ...live, Certificate }), [
        `${trusted} \`certificate: { issuerName: undefined }\``.replace("edge-ca", "front-ca"),
      ]);
    });

    it("a name in it that their routes have", () => {
      const HTTPRoute = [
        route("a", "shop", ["a.example.com"], "shop/prod"),
        route("b", "cart", ["x.b.example.com", "*.b.example.com", "c.example.com"]),
        route("own", "ingress", ["d.example.com"], "mesh/dev"),
        object("http", "shop", {
          parentRefs: [{ name: "edge", namespace: "ingress", sectionName: "http" }],
          hostnames: ["d.example.com"],
        }),
      ];
      const without = (rule: string, removed: string, fix: string) => [
        `\`Certificate ingress/edge-cert\`: got "without ${removed}"; ${rule}; write \`certificate: { dnsNames: [${fix}] }\``,
      ];
      const kept = keeping([certificate(["a.example.com"]), authority]);
      assert.deepEqual(
        [lines(kept, { ...live, HTTPRoute }), asked(kept)],
        [
          without(
            "1 HTTPRoute of others is no longer covered by the certificate for *.b.example.com, x.b.example.com: 1 of " +
              "namespace cart",
            "*.b.example.com, d.example.com",
            '"a.example.com", "*.b.example.com"',
          ),
          true,
        ],
      );
      const renamed = keeping([certificate(["new.example.com"], "new"), authority], [http, secure("new")]);
      assert.deepEqual(
        lines(renamed, { ...live, HTTPRoute }),
        without(
          "2 HTTPRoutes of others are no longer covered by the certificate for *.b.example.com, a.example.com, " +
            "x.b.example.com: 1 of namespace cart, 1 of namespace shop (stack shop/prod)",
          names.join(", "),
          '"new.example.com", "a.example.com", "*.b.example.com"',
        ),
      );
      const narrowed = [http, secure()].map((each) => ({ ...each, hostname: "a.example.com" }));
      assert.deepEqual(
        lines(keeping([certificate(["a.example.com"]), authority], narrowed), { ...live, HTTPRoute }).map(
          (line) => line.split(":")[0],
        ),
        ["`Gateway ingress/edge`"],
      );
      const wider = keeping([certificate(["*.example.com", "*.b.example.com"]), authority]);
      assert.deepEqual(lines(wider, { ...live, HTTPRoute }), []);
    });
  });

  it("is a waypoint that their policies rely on, or that they name", () => {
    const without: Kept = { gateways: [{ namespace: "ingress", name: "edge" }], hasMesh: true };
    const targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "waypoint" }];
    const rules = [{ from: [{ source: { principals: ["cluster.local/ns/shop/sa/waypoint"] } }] }];
    const policies = [
      object("requests", "shop", { targetRefs }, "shop/prod"),
      object("lock", "cart", { rules }),
      object("own", "shop", { targetRefs }, "mesh/dev"),
      object("other", "cart", { targetRefs }),
    ];
    const labels = { "istio.io/use-waypoint": "waypoint" };
    const note = labelsNote("1", { stack: "mesh/dev", component: 'Waypoint "waypoint"', labels: Object.keys(labels) });
    const services = [
      object("web", "shop", {}, undefined, { labels, annotations: note }),
      object("api", "shop", {}, "shop/prod", { labels }),
    ];
    assert.deepEqual(lines(without, { ...cluster, AuthorizationPolicy: policies, Service: services }), [
      '`Gateway shop/waypoint`: got "not in this program any more"; 2 AuthorizationPolicies of others rely on it: 1 of ' +
        "namespace cart, 1 of namespace shop (stack shop/prod); requests to Service shop/api (stack shop/prod) bypass it " +
        'from then on; write `name: "waypoint"`',
    ]);
    assert.deepEqual(lines(without), []);
    const traffic = {
      VirtualService: [
        object("retries", "shop", { hosts: ["web.shop.svc.cluster.local"] }, "shop/prod"),
        object("own", "shop", { hosts: ["web"] }, "mesh/dev"),
        object("ingress", "shop", { hosts: ["web"], gateways: ["edge"] }),
      ],
      DestinationRule: [object("pool", "cart", { host: "web.shop" }), object("elsewhere", "cart", { host: "web" })],
    };
    assert.deepEqual(lines(without, { ...cluster, Service: services.slice(0, 1), ...traffic }), [
      '`Gateway shop/waypoint`: got "not in this program any more"; VirtualServices and DestinationRules of others no ' +
        'longer apply: 1 of namespace cart, 1 of namespace shop (stack shop/prod); write `name: "waypoint"`',
    ]);
  });

  describe("is the mesh", () => {
    const labels = { "istio.io/dataplane-mode": "ambient" };
    const enrolled = (name: string, stack?: string) => object(name, "", {}, stack, { labels });
    const mesh = (name: string, component = "mesh") => {
      const annotations = {
        "istio-ambient/stack": "mesh/dev",
        "istio-ambient/component": `AmbientMesh "${component}"`,
      };
      return object(name, "", {}, undefined, { annotations });
    };
    const strict = { mtls: { mode: "STRICT" } };
    const selector = { matchLabels: { app: "edge" } };
    const withoutMesh = (objects: Objects) => lines({ gateways: [], hasMesh: false }, objects);

    it("with what protects their pods, by name, also for the whole mesh", () => {
      const objects: Objects = {
        Namespace: [mesh("istio-system"), enrolled("shop", "shop/prod"), enrolled("cart"), object("sidecars", "", {})],
        PeerAuthentication: [
          object("default", "shop", strict),
          object("default", "cart", { mtls: { mode: "PERMISSIVE" } }),
          object("default", "sidecars", strict),
          object("default", "istio-system", strict),
          object("edge", "istio-system", { ...strict, selector }),
        ],
        AuthorizationPolicy: [
          ...["a", "b", "c", "d", "e"].map((name) => object(name, "shop", { selector })),
          object("a", "sidecars", {}),
          object("all", "istio-system", {}),
          object("edge", "istio-system", { selector }),
          object("waypoints", "istio-system", { targetRefs: [{ kind: "GatewayClass", name: "istio-waypoint" }] }),
        ],
      };
      assert.deepEqual(withoutMesh(objects), [
        '`Namespace istio-system`: got "no AmbientMesh in this program any more"; 2 namespaces leave the mesh: cart, shop ' +
          "(stack shop/prod); 2 STRICT PeerAuthentications (istio-system/default, shop/default) and 6 " +
          "AuthorizationPolicies (istio-system/all, shop/a, shop/b, shop/c, shop/d and 1 more) stop protecting them; write " +
          '`new AmbientMesh("mesh")`',
      ]);
      assert.deepEqual(lines({ gateways: [], hasMesh: true }, objects), []);
    });

    it("without a word of policies that hold for others alone, and in the namespace that it is in", () => {
      const names = Array.from({ length: 11 }, (_, index) => `n${10 + index}`);
      const objects: Objects = {
        Namespace: [mesh("istio", "ambient"), ...names.map((name) => enrolled(name))],
        PeerAuthentication: [object("default", "sidecars", strict)],
        AuthorizationPolicy: [object("a", "sidecars", {})],
      };
      const told = '`Namespace istio`: got "no AmbientMesh in this program any more"; ';
      const back = 'write `new AmbientMesh("ambient", { namespace: "istio" })`';
      assert.deepEqual(withoutMesh(objects), [
        `${told}11 namespaces leave the mesh: ${names.slice(0, 10).join(", ")} and 1 more; ${back}`,
      ]);
      const one = { ...objects, Namespace: objects.Namespace!.slice(0, 2) };
      assert.deepEqual(withoutMesh({ ...one, AuthorizationPolicy: [object("all", "istio", {})] }), [
        `${told}1 namespace leaves the mesh: n10; 1 AuthorizationPolicy (istio/all) stops protecting them; ${back}`,
      ]);
    });
  });
});
