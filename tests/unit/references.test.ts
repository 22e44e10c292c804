// What a program refers to, held against objects as they are in a cluster: whole lines.
import * as assert from "node:assert/strict";
import { neededFor, type Reference } from "../../lib/references/reference";
import {
  all,
  cluster,
  gateway,
  http,
  https,
  judged,
  named,
  object,
  of,
  route,
  service,
  waypoint,
} from "./references-cluster";
import type { Objects, Program } from "./references-cluster";

describe("a namespace that a program refers to", () => {
  const reference = (name: string): Reference => ({ type: "namespace", path: "namespace", name });

  it("is one of the cluster or of the program", () => {
    assert.deepEqual(judged(reference("shop")), []);
    assert.deepEqual(judged(reference("new"), cluster, { makes: ["Namespace /new"] }), []);
    assert.deepEqual(judged(reference("shpo")), [
      'error It: `namespace`: got "shpo"; must be an existing namespace, or one of this program; write `namespace: "shop"`',
    ]);
  });

  it("may yet come from what the program does not see, and says nothing where it cannot be read", () => {
    assert.deepEqual(judged(reference("new"), cluster, { isComplete: false }), [
      'warning It: `namespace`: got "new"; must be an existing namespace, or one of this program; write `new ' +
        'AmbientNamespace("new")`',
    ]);
    assert.deepEqual(judged(reference("new"), {}), []);
  });

  it("is not being deleted, also where the program makes it", () => {
    const ending = { ...cluster, Namespace: [object("shop", "", {}, { deleting: true })] };
    const told =
      'error It: `namespace`: got "shop"; must be a namespace that is not being deleted: nothing can be created in it ' +
      "until it is gone; its conditions say what it waits for; run `kubectl get namespace shop --output " +
      "jsonpath='{.status.conditions}'`";
    assert.deepEqual(judged(reference("shop"), ending), [told]);
    assert.deepEqual(judged(reference("shop"), ending, { makes: ["Namespace /shop"] }), [told]);
  });

  it("of the component itself may be missing", () => {
    assert.deepEqual(judged({ ...reference("new"), isOwn: true } as Reference), []);
  });
});

describe("a Service that a program refers to", () => {
  const reference = (name: string, port?: number, namespace = "shop"): Reference => ({
    type: "service",
    path: "backends[0].service",
    namespace,
    name,
    port: port === undefined ? undefined : { path: "backends[0].port", number: port },
  });

  it("exists with its port", () => {
    assert.deepEqual(judged(reference("web", 443)), []);
    assert.deepEqual(judged(reference("wbe", 80)), [
      'error It: `backends[0].service`: got "wbe"; must be an existing Service of the namespace shop, or one of this ' +
        'program: api, web; write `service: "web"`',
    ]);
    assert.deepEqual(judged(reference("web", 8080)), [
      'error It: `backends[0].port`: got "8080"; must be a port of Service shop/web: 80, 443; write `port: 80`',
    ]);
    assert.deepEqual(judged(reference("bare", 80), { ...cluster, Service: [service("bare", [])] }), [
      'error It: `backends[0].port`: got "80"; Service shop/bare has no port; write `spec: { ports: [{ port: 80 }] }`',
    ]);
  });

  it("is not missed in a namespace that is missing itself, nor where the program makes it", () => {
    assert.deepEqual(judged(reference("web", 80, "nowhere")), []);
    assert.deepEqual(judged(reference("new", 80), cluster, { makes: ["Service shop/new"] }), []);
    assert.deepEqual(judged(reference("new", 80, "own"), cluster, { makes: ["Namespace /own"] }), [
      'error It: `backends[0].service`: got "new"; must be an existing Service of the namespace own, or one of this ' +
        "program; write `service: service.metadata.name`",
    ]);
  });
});

describe("the Gateway of a route", () => {
  it("exists", () => {
    assert.deepEqual(judged(route()), []);
    assert.deepEqual(judged(route({ gateway: { namespace: "shop", name: "public" } })), [
      'error It: `parent`: got "shop/public"; must be an existing Gateway, or one of this program: ingress/public; write ' +
        '`parent: { name: "public", namespace: "ingress" }`',
    ]);
    assert.deepEqual(judged(route(), { ...cluster, Gateway: [] }), [
      'error It: `parent`: got "ingress/public"; must be an existing Gateway, or one of this program; write `parent: new ' +
        'pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
    ]);
  });

  it("has a listener for requests, unlike a waypoint", () => {
    const own = { namespace: "shop", name: "waypoint" };
    assert.deepEqual(judged(route({ gateway: own, parents: [{ section: "http" }] })), [
      'error It: `parent`: got "shop/waypoint"; must be a Gateway with a listener for HTTP or HTTPS: ingress/public; ' +
        'shop/waypoint is a waypoint; write `parent: { name: "public", namespace: "ingress" }`',
    ]);
    const bare = gateway([{ name: "tls", port: 443, protocol: "TLS", allowedRoutes: all }]);
    assert.deepEqual(judged(route(), { ...cluster, Gateway: [bare] }), [
      'error It: `parent`: got "ingress/public"; must be a Gateway with a listener for HTTP or HTTPS; ingress/public has ' +
        'none; write `parent: new pulumi.StackReference("org/mesh/dev").requireOutput("gateway")`',
    ]);
  });

  it("has the listener that the route names", () => {
    assert.deepEqual(judged(route({ parents: [{ section: "htps" }] })), [
      'error It: `parent.section`: got "htps"; must be a listener of Gateway ingress/public: http, https; write ' +
        '`section: "https"`',
    ]);
    assert.deepEqual(judged(route({ parents: [{ section: "http", port: 8080 }] })), [
      'error It: `parent.port`: got "8080"; must be the port of a listener of Gateway ingress/public: 80; write `port: 80`',
    ]);
  });

  it("admits the namespace: by default its own alone", () => {
    const listener = { name: "http", port: 80, protocol: "HTTP" };
    const owned = { ...cluster, Gateway: [gateway([listener], of("mesh/dev"))] };
    assert.deepEqual(judged(route({ route: { ...route().route, namespace: "ingress" } }), owned), []);
    assert.deepEqual(judged(route(), owned), [
      'error It: `namespace`: got "shop"; Gateway ingress/public, which belongs to the stack mesh/dev, takes routes only ' +
        'from namespaces of its own; write `gateway: { allowedRoutes: { from: "All" } }`',
    ]);
  });

  it("admits the labels that the namespace has, or gets from the program", () => {
    const selector = { matchLabels: { team: "shop" }, matchExpressions: [{ key: "closed", operator: "DoesNotExist" }] };
    const listener = { ...http, allowedRoutes: { namespaces: { from: "Selector", selector } } };
    const selective = { ...cluster, Gateway: [gateway([listener], of("mesh/dev"))] };
    const told =
      'It: `namespace`: got "shop"; Gateway ingress/public, which belongs to the stack mesh/dev, takes routes only from ' +
      "namespaces with the labels that it selects (team: shop); write " +
      '`new AmbientNamespace("shop", { labels: { "team": "shop" } })`';
    assert.deepEqual(judged(route(), selective), [`error ${told}`]);
    const labels = [{ kind: "Namespace" as const, namespace: "", name: "shop", labels: { team: "shop" } }];
    assert.deepEqual(judged(route(), selective, { labels }), []);
    assert.deepEqual(judged(route(), selective, { made: { "Namespace /shop": { team: "shop" } } }), []);
    // Made by the program with labels that are not known.
    assert.deepEqual(judged(route(), selective, { makes: ["Namespace /shop"] }), [`warning ${told}`]);
  });

  it("serves the hostnames, and over https alone only those of its certificate", () => {
    const heard = { ...cluster, Gateway: [gateway([{ ...http, hostname: "*.example.com" }])] };
    assert.deepEqual(judged(route({ route: named(["a.example.com"]) }), heard), []);
    assert.deepEqual(judged(route({ route: named(["a.example.com", "a.example.org"]) }), heard), [
      'error It: `hostnames[1]`: got "a.example.org"; must be a hostname of a listener of Gateway ingress/public: ' +
        '*.example.com; write `hostnames: ["a.example.com"]`',
    ]);
    const told =
      'It: `hostnames[0]`: got "a.example.org"; must be in the certificate of Gateway ingress/public: *.example.com; write ' +
      '`hostnames: ["a.example.com"]`';
    const secure = [{ section: "https" }];
    assert.deepEqual(judged(route({ route: named(["a.example.org"]), parents: secure })), [`error ${told}`]);
    assert.deepEqual(judged(route({ route: named(["a.example.org"]) })), [`warning ${told}`]);
    assert.deepEqual(judged(route({ route: named(["a.example.org"]), knowsCertificate: true })), []);
  });

  it("is told to name the host in its certificate where no listener serves another one of it", () => {
    const listener = { ...https, hostname: "*.example.org" };
    const heard = { ...cluster, Gateway: [gateway([listener])] };
    assert.deepEqual(judged(route({ route: named(["a.example.org"]) }), heard), [
      'error It: `hostnames[0]`: got "a.example.org"; must be in the certificate of Gateway ingress/public: ' +
        '*.example.com; write `certificate: { dnsNames: ["*.example.com", "a.example.org"] }`',
    ]);
    const both = {
      ...cluster,
      Gateway: [gateway([listener, { ...https, name: "https-2", hostname: "b.example.com" }])],
    };
    assert.deepEqual(judged(route({ route: named(["b.example.org"]) }), both), [
      'error It: `hostnames[0]`: got "b.example.org"; must be in the certificate of Gateway ingress/public: ' +
        '*.example.com; write `hostnames: ["b.example.com"]`',
    ]);
  });

  it("of the program itself is judged by the listeners and the certificate that it will have", () => {
    const place = route().gateway;
    const makes = ["Gateway ingress/public"];
    const own = (listeners: (typeof http)[] | undefined, program: Program = {}) => {
      const dnsNames = ["*.example.com"];
      const certificates = [{ namespace: "ingress", name: "public-cert", dnsNames }];
      return { makes, planned: { gateways: [{ ...place, listeners }], certificates }, ...program };
    };
    const withRoute = (listeners: (typeof http)[] | undefined, program: Program = {}, more = route()) =>
      judged(more, { ...cluster, Gateway: [], Certificate: [] }, own(listeners, program));
    assert.deepEqual(withRoute([http, https]), []);
    const same = { ...http, allowedRoutes: { namespaces: { from: "Same" } } };
    assert.deepEqual(withRoute([same], { isComplete: false }), [
      'error It: `namespace`: got "shop"; Gateway ingress/public, which is made by this program, takes routes only from ' +
        'namespaces of its own; write `allowedRoutes: { from: "All" }`',
    ]);
    assert.deepEqual(withRoute([http], {}, route({ parents: [{ section: "htps" }] })), [
      'error It: `parent.section`: got "htps"; must be a listener of Gateway ingress/public: http; write `section: "http"`',
    ]);
    const secure = { parents: [{ section: "https" }], route: named(["a.example.org"]) };
    const uncertified =
      'error It: `hostnames[0]`: got "a.example.org"; must be in the certificate of Gateway ingress/public: ' +
      '*.example.com; write `hostnames: ["a.example.com"]`';
    assert.deepEqual(withRoute([http, https], {}, route(secure)), [uncertified]);
    // Neither what is live of it nor what is not known counts.
    assert.deepEqual(judged(route(), cluster, own([same])).length, 1);
    assert.deepEqual(withRoute(undefined), []);
    assert.deepEqual(
      withRoute([http, https], { planned: { gateways: [{ ...place, listeners: [https] }] } }, route(secure)),
      [],
    );
  });

  it("of the program itself takes namespaces by the labels that they have or get, as far as these are known", () => {
    const selector = { matchLabels: { team: "shop" } };
    const listeners = [{ ...http, allowedRoutes: { namespaces: { from: "Selector", selector } } }];
    const own = { makes: ["Gateway ingress/public"], planned: { gateways: [{ ...route().gateway, listeners }] } };
    const told =
      'It: `namespace`: got "shop"; Gateway ingress/public, which is made by this program, takes routes only from ' +
      "namespaces with the labels that it selects (team: shop); write " +
      '`new AmbientNamespace("shop", { labels: { "team": "shop" } })`';
    assert.deepEqual(judged(route(), cluster, own), [`error ${told}`]);
    const made = (labels: Record<string, string>) => ({ ...own, made: { "Namespace /shop": labels } });
    assert.deepEqual(judged(route(), cluster, made({ team: "cart" })), [`warning ${told}`]);
    assert.deepEqual(judged(route(), cluster, made({ team: "shop" })), []);
    assert.deepEqual(judged(route(), cluster, { ...own, makes: [...own.makes, "Namespace /shop"] }), []);
    assert.deepEqual(judged(route(), {}, own), []);
  });

  it("has no route of another stack with the same host and path", () => {
    const spec = {
      parentRefs: [{ name: "public", namespace: "ingress", sectionName: "http" }],
      hostnames: ["a.example.com"],
      rules: [{ matches: [{ path: { type: "PathPrefix", value: "/cart" }, headers: [{ name: "X-A", value: "1" }] }] }],
    };
    const theirs = object("cart", "other", spec, of("cart/prod"));
    const match = { prefix: "/cart", headers: { "x-a": "1" } };
    const own = route({ route: { ...named(["a.example.com"]), matches: [{ path: "rules[0].matches[0]", match }] } });
    assert.deepEqual(judged(own, { ...cluster, HTTPRoute: [theirs] }), [
      'warning It: `rules[0].matches[0]`: got "a.example.com/cart"; HTTPRoute other/cart, which belongs to the stack ' +
        'cart/prod, has the same host and path; the older route gets the requests; write `prefix: "/other"`',
    ]);
    const elsewhere = { ...own, parents: [{ section: "https" }] };
    assert.deepEqual(judged(elsewhere, { ...cluster, HTTPRoute: [theirs] }), []);
    assert.deepEqual(judged(own, { ...cluster, HTTPRoute: [{ ...theirs, ...of("shop/dev") }] }), []);
  });

  it("is read with all that it is judged by", () => {
    assert.deepEqual(neededFor(route({ route: named(["a.example.com"]) })), [
      { kind: "Gateway", namespace: "ingress", name: "public" },
      { kind: "Namespace", namespace: "shop" },
      { kind: "HTTPRoute" },
      { kind: "Certificate", namespace: "ingress" },
    ]);
  });
});

describe("the waypoint of a policy", () => {
  const reference = (name: string, more: object = {}): Reference => ({
    type: "waypoint",
    path: "waypoint",
    waypoint: { namespace: "shop", name },
    services: [{ path: "service", namespace: "shop", name: "web" }],
    isOptional: false,
    ...more,
  });
  const using = (labels: Record<string, string>): Objects => ({
    ...cluster,
    Service: [service("web", [{ port: 80 }], { labels })],
  });

  it("exists, and is one", () => {
    assert.deepEqual(judged(reference("waypint")), [
      'error It: `waypoint`: got "shop/waypint"; must be an existing waypoint, or one of this program: shop/waypoint; ' +
        'write `waypoint: { name: "waypoint", namespace: "shop" }`',
    ]);
    assert.deepEqual(
      judged(reference("later", { isOptional: true, path: "useWaypoint" }), { ...cluster, Gateway: [] }),
      [
        'warning It: `useWaypoint`: got "shop/later"; must be an existing waypoint, or one of this program; until there is ' +
          'one, requests bypass it; write `new Waypoint("later", { namespace: "shop", for: [{ namespace: "shop" }] })`',
      ],
    );
  });

  it("takes requests to Services, of this namespace too", () => {
    const pods = waypoint("waypoint", { labels: { "istio.io/waypoint-for": "workload" }, ...of("mesh/dev") });
    assert.deepEqual(judged(reference("waypoint"), { ...cluster, Gateway: [pods] }), [
      'error It: `waypoint`: got "shop/waypoint"; must take requests to Services; this waypoint, which belongs to the stack ' +
        'mesh/dev, is for workload; write `waypointFor: "all"`',
    ]);
    const closed = { ...cluster, Gateway: [waypoint("waypoint", of("mesh/dev"), "Same")] };
    assert.deepEqual(judged(reference("waypoint", { services: [], isOptional: true, user: "cart" }), closed), [
      'warning It: `waypoint`: got "shop/waypoint"; must take requests of the namespace cart; the listeners of this ' +
        'waypoint, which belongs to the stack mesh/dev, do not; write `new Waypoint("waypoint", { namespace: "cart", for: ' +
        '[{ namespace: "cart" }] })`',
    ]);
  });

  it("is the one that the Service uses", () => {
    assert.deepEqual(judged(reference("waypoint"), using({ "istio.io/use-waypoint": "waypoint" })), []);
    assert.deepEqual(judged(reference("waypoint")), [
      'error It: `service`: got "web"; must use the waypoint shop/waypoint; Service shop/web uses no waypoint; write `for: ' +
        '[{ namespace: "shop", service: "web" }]`',
    ]);
    const other = { "istio.io/use-waypoint": "other", "istio.io/use-waypoint-namespace": "infra" };
    assert.deepEqual(judged(reference("waypoint"), using(other)), [
      'error It: `service`: got "web"; must use the waypoint shop/waypoint; Service shop/web uses the waypoint ' +
        'infra/other; write `waypoint: { name: "other", namespace: "infra" }`',
    ]);
    const labels = { "istio.io/use-waypoint": "waypoint" };
    const whole = { ...cluster, Namespace: [object("shop", "", {}, { labels })] };
    assert.deepEqual(judged(reference("waypoint"), whole), []);
    assert.deepEqual(
      judged(reference("waypoint"), {
        ...whole,
        ...using({ "istio.io/use-waypoint": "none" }),
        Namespace: whole.Namespace,
      }).length,
      1,
    );
  });
});

describe("a waypoint of the program", () => {
  const reference: Reference = {
    type: "waypoint",
    path: "waypoint",
    waypoint: { namespace: "shop", name: "mine" },
    services: [{ path: "service", namespace: "shop", name: "web" }],
    isOptional: false,
  };
  const makes = ["Gateway shop/mine"];
  const other = { "istio.io/use-waypoint": "other" };
  const told =
    'It: `service`: got "web"; must use the waypoint shop/mine; Service shop/web uses the waypoint shop/other; write ' +
    '`waypoint: { name: "other", namespace: "shop" }`';

  it("is held against what the program says of the Service", () => {
    assert.deepEqual(judged(reference, cluster, { makes, made: { "Service shop/web": other } }), [`error ${told}`]);
    const labels = [{ kind: "Service" as const, namespace: "shop", name: "web", labels: other }];
    assert.deepEqual(judged(reference, cluster, { makes, labels }), [`error ${told}`]);
    const mine = { "istio.io/use-waypoint": "mine" };
    assert.deepEqual(judged(reference, cluster, { makes, made: { "Service shop/web": mine } }), []);
  });

  it("is in doubt as long as the program may have more to say", () => {
    const labeled = { ...cluster, Service: [service("web", [{ port: 80 }], { labels: other })] };
    assert.deepEqual(judged(reference, labeled, { makes }), [`warning ${told}`]);
    assert.deepEqual(judged(reference, cluster, { makes }), []);
    assert.deepEqual(judged(reference, cluster, { makes: [...makes, "Service shop/web"] }), []);
  });
});

describe("the NodePorts of a gateway", () => {
  const ports = [
    { path: "httpNodePort", port: 30081 },
    { path: "httpsNodePort", port: 30444 },
  ];
  const reference: Reference = { type: "nodePorts", ports, gateway: { namespace: "ingress", name: "front" } };
  const taken = (name: string) => object(name, "ingress", { ports: [{ port: 80, nodePort: 30081 }] }, of("mesh/dev"));

  it("are free, or its own, or those of a gateway of this stack that goes before", () => {
    assert.deepEqual(judged(reference, { Service: [taken("public-istio")], Gateway: [] }), [
      'error It: `httpNodePort`: got "30081"; must be a free NodePort: Service ingress/public-istio, which belongs to the ' +
        "stack mesh/dev, uses it; write `httpNodePort: 30082`",
    ]);
    assert.deepEqual(judged(reference, { Service: [taken("front-istio")], Gateway: [] }), []);
    const former = gateway([], of("shop/dev"));
    assert.deepEqual(judged(reference, { Service: [taken("public-istio")], Gateway: [former] }), []);
  });
});
