// What a program refers to: judged for all components together, by what the cluster has and the program makes.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  AccessPolicy,
  AmbientNamespace,
  CertificateArgs,
  HttpRoute,
  IngressGateway,
  ServiceType,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import { run } from "./in-stack";
import { loggedUntilTheEnd } from "./record";
import { onCluster } from "./serving-cluster";

interface Found {
  annotations?: Record<string, string>;
  status?: object;
  name: string;
  namespace?: string;
  spec?: object;
  labels?: Record<string, string>;
}

const parent = { name: "public", namespace: "ingress" };
const web = [{ service: "web", port: 80 }];
const listeners = [{ name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }];
const waypoints = { gatewayClassName: "istio-waypoint", listeners: [{ name: "mesh", port: 15008, protocol: "HBONE" }] };

/** What is in the cluster, by path. */
const cluster: Record<string, Found[]> = {
  "/api/v1/namespaces": [{ name: "shop" }, { name: "ingress" }, { name: "istio-system" }],
  "/api/v1/services": [
    { name: "web", namespace: "shop", spec: { ports: [{ port: 80 }] } },
    { name: "public-istio", namespace: "ingress", spec: { ports: [{ port: 80, nodePort: 30081 }] } },
  ],
  "/apis/gateway.networking.k8s.io/v1/gateways": [
    { ...parent, spec: { gatewayClassName: "istio", listeners } },
    { name: "waypoint", namespace: "shop", spec: waypoints },
  ],
};

/** Objects that are asked for alone, by path. */
const single: Record<string, Found> = {};

describe("the references of a program", () => {
  let requests: string[] = [];

  onCluster((path) => {
    requests.push(path);
    const object = ({ spec, status, ...metadata }: Found) => ({ metadata, spec, status });
    const [found, one] = [cluster[path], single[path]];
    const body = one ? object(one) : { items: found?.map(object) };
    return found || one ? { body } : { status: 404, body };
  });

  beforeEach(() => {
    requests = [];
  });

  const heading = "this program refers to objects that do not exist:";

  it("end in one error, with every component that refers to what is not there", async () => {
    const namespace = "shop";
    const { recording, errors } = await run(() => {
      new HttpRoute("namespace", { namespace: "shpo", parent, backends: web });
      new HttpRoute("gateway", { namespace, parent: { ...parent, name: "publik" }, backends: web });
      new HttpRoute("service", { namespace, parent, hostnames: ["a.b.c"], backends: [{ service: "wbe", port: 80 }] });
      new HttpRoute("port", { namespace, parent, hostnames: ["b.b.c"], backends: [{ service: "web", port: 8080 }] });
      const waypoint = { name: "waypint", namespace };
      new TrafficPolicy("waypoint", { namespace, service: "web", waypoint, timeout: "1s" });
      const http = { waypoint: { name: "waypoint", namespace }, services: ["web"], allow: [{ methods: ["GET"] }] };
      new AccessPolicy("use", { namespace, selector: { app: "web" }, http });
      new Waypoint("user", { namespace, for: [{ namespace, service: "cart" }] });
      new IngressGateway("ports", { namespace: "ingress", httpsNodePort: 30555 });
    });
    const missing = "or one of this program";
    assert.deepEqual(errors, [
      [
        heading,
        `HttpRoute "namespace": \`namespace\`: got "shpo"; must be an existing namespace, ${missing}; write \`namespace: "shop"\``,
        `HttpRoute "gateway": \`parent\`: got "ingress/publik"; must be an existing Gateway, ${missing}: ingress/public; write ` +
          '`parent: { name: "public", namespace: "ingress" }`',
        `HttpRoute "service": \`backends[0].service\`: got "wbe"; must be an existing Service of the namespace shop, ${missing}: ` +
          'web; write `service: "web"`',
        'HttpRoute "port": `backends[0].port`: got "8080"; must be a port of Service shop/web: 80; write `port: 80`',
        `TrafficPolicy "waypoint": \`waypoint\`: got "shop/waypint"; must be an existing waypoint, ${missing}: shop/waypoint; ` +
          'write `waypoint: { name: "waypoint", namespace: "shop" }`',
        'AccessPolicy "use": `http.services[0]`: got "web"; must use the waypoint shop/waypoint; Service shop/web uses no ' +
          'waypoint; write `for: [{ namespace: "shop", service: "web" }]`',
        `Waypoint "user": \`for[0].service\`: got "cart"; must be an existing Service of the namespace shop, ${missing}: web; ` +
          "write `service: service.metadata.name`",
        'IngressGateway "ports": `httpNodePort`: got "30081"; must be a free NodePort: Service ingress/public-istio, which was ' +
          "created by kubectl or another tool, uses it; write `httpNodePort: 30082`",
      ].join("\n  "),
    ]);
    assert.deepEqual(
      recording.resources.filter(({ type }) => type.startsWith("kubernetes:")),
      [],
    );
  });

  it("pass where the program makes them, in whatever order", async () => {
    const { recording, errors } = await run(() => {
      const spec = { ports: [{ port: 80 }] };
      new k8s.core.v1.Service("early", { metadata: { name: "early", namespace: "own" }, spec });
      new AmbientNamespace("own");
      const edge = { serviceType: ServiceType.ClusterIP, certificate: { enabled: false } };
      new IngressGateway("edge", { ...edge, namespace: "own" });
      const rules = [
        { backends: [{ service: "early", port: 80 }] },
        { matches: [{ prefix: "/late" }], backends: [{ service: "late", port: 80 }] },
      ];
      new HttpRoute("own", { namespace: "own", parent: { name: "edge", namespace: "own" }, rules });
      new AccessPolicy("plain", { namespace: "plain", defaultDeny: true });
      new k8s.core.v1.Namespace("plain", { metadata: { name: "plain" } });
      new k8s.core.v1.Service("late", { metadata: { name: "late", namespace: "own" }, spec });
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(recording.logged, []);
  });

  it("are warnings where the program may make more than is seen of it", async () => {
    const { recording, errors } = await run(() => {
      new HttpRoute("web", { namespace: "shop", parent, backends: [{ service: "chart", port: 80 }] });
      new k8s.helm.v3.Release("chart", { chart: "./chart" });
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(recording.logged, [
      "warning: this program may not work as written:\n" +
        '  HttpRoute "web": `backends[0].service`: got "chart"; must be an existing Service of the namespace shop, or one of ' +
        "this program: web; write `service: service.metadata.name`",
    ]);
  });

  it("cost one list of each kind", async () => {
    await run(() => {
      new HttpRoute("web", { namespace: "shop", parent, hostnames: ["a.example.com"], backends: web });
      new HttpRoute("api", { namespace: "shop", parent, hostnames: ["b.example.com"], backends: web });
    });
    assert.deepEqual(requests.sort(), [
      "/api/v1/namespaces",
      "/api/v1/services",
      "/apis/cert-manager.io/v1/certificates",
      "/apis/gateway.networking.k8s.io/v1/gateways",
      "/apis/gateway.networking.k8s.io/v1/httproutes",
    ]);
  });

  describe("where every component is in use", () => {
    const namespaces = "/api/v1/namespaces";
    const usual = cluster[namespaces]!;

    afterEach(() => {
      cluster[namespaces] = usual;
    });

    const namespace = "shop";
    const program = () => {
      const own = new AmbientNamespace("own", { mtls: "strict" });
      const backends = [{ service: "web", port: 80, namespace }];
      new k8s.core.v1.Service("made", { metadata: { name: "made", namespace: own.name } });
      new HttpRoute("web", { namespace: own.name, parent, hostnames: ["a.example.com"], backends });
      new Waypoint("proxy", { namespace: own.name, for: [{ namespace: own.name, service: "made" }] });
      new IngressGateway("front", { namespace: own.name, httpNodePort: 30090, httpsNodePort: 30555 });
      const waypoint = { name: "proxy", namespace: "own" };
      const jwt = { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys" };
      const http = { waypoint, allow: [{ methods: ["GET"] }], jwt };
      new AccessPolicy("access", { namespace: own.name, http });
      const shaped = { timeout: "1s", connectionPool: { maxConnections: 1 } };
      new TrafficPolicy("traffic", { namespace: own.name, service: "made", waypoint, ...shaped });
    };
    const kinds = () =>
      requests
        .filter((request) => !request.includes("/namespaces/"))
        .map((request) => request.split("/").at(-1)!)
        .sort();

    it("cost no more than one list of each kind", async () => {
      const annotations = { "istio-ambient/stack": "istio-ambient/test" };
      cluster[namespaces] = [...usual, { name: "own", annotations }];
      assert.deepEqual((await run(program)).errors, []);
      assert.deepEqual(kinds(), [
        "authorizationpolicies",
        "certificates",
        "configmaps",
        "deployments",
        "destinationrules",
        "gateways",
        "httproutes",
        "issuers",
        "namespaces",
        "peerauthentications",
        "referencegrants",
        "requestauthentications",
        "secrets",
        "services",
        "virtualservices",
      ]);
    });

    it("cost nothing for what is put into a namespace that the program makes", async () => {
      assert.deepEqual((await run(program)).errors, []);
      assert.deepEqual(kinds(), [
        "certificates",
        "gateways",
        "httproutes",
        "namespaces",
        "referencegrants",
        "services",
      ]);
    });
  });

  describe("of others to this program", () => {
    const gateways = "/apis/gateway.networking.k8s.io/v1/gateways";
    const routes = "/apis/gateway.networking.k8s.io/v1/httproutes";
    const certificates = "/apis/cert-manager.io/v1/certificates";
    const own = { annotations: { "istio-ambient/stack": "istio-ambient/test" } };
    const theirs = { spec: { parentRefs: [{ name: "edge", namespace: "ingress" }] } };
    const usual = cluster[gateways]!;

    afterEach(() => {
      cluster[gateways] = usual;
      delete cluster[routes];
      delete cluster[certificates];
    });

    const untilTheEnd = (program: () => void) =>
      loggedUntilTheEnd(() => void pulumi.runtime.runInPulumiStack(() => Promise.resolve(program())));

    const edge = (name: string) => {
      const closed = { serviceType: ServiceType.ClusterIP, certificate: { enabled: false } };
      new IngressGateway("edge", { ...closed, name, namespace: "ingress" });
    };

    it("are told at the end of a preview, where a change takes away what they name", async () => {
      cluster[gateways] = [
        { name: "edge", namespace: "ingress", ...own, spec: { gatewayClassName: "istio", listeners } },
      ];
      cluster[routes] = [{ name: "cart", namespace: "shop", ...theirs }];
      assert.deepEqual(await untilTheEnd(() => edge("edge")), []);
      assert.deepEqual(await untilTheEnd(() => edge("front")), [
        "warning: this change breaks what others rely on:\n" +
          '  `Gateway ingress/edge`: got "not in this program any more"; 1 HTTPRoute of others loses its parent: 1 ' +
          'of namespace shop; write `name: "edge"`',
      ]);
    });

    it("are told where the certificate of a gateway is another one, and its CA goes", async () => {
      const component = { "istio-ambient/component": 'IngressGateway "edge"' };
      const made = (name: string, spec: object) => ({
        name,
        namespace: "ingress",
        annotations: { ...own.annotations, ...component },
        spec,
      });
      const tls = { certificateRefs: [{ name: "edge-cert" }] };
      const https = { ...listeners[0], name: "https", port: 443, protocol: "HTTPS", tls };
      cluster[gateways] = [made("edge", { gatewayClassName: "istio", listeners: [...listeners, https] })];
      const dnsNames = ["a.example.com", "b.example.com"];
      cluster[certificates] = [
        made("edge-cert", { secretName: "edge-cert", dnsNames }),
        made("edge-ca", { secretName: "edge-ca", isCA: true }),
      ];
      const hostnames = ["b.example.com"];
      cluster[routes] = [{ name: "cart", namespace: "shop", spec: { ...theirs.spec, hostnames } }];
      const secure = (certificate: CertificateArgs) =>
        untilTheEnd(() => {
          const closed = { serviceType: ServiceType.ClusterIP, certificate };
          new IngressGateway("edge", { ...closed, name: "edge", namespace: "ingress" });
        });
      assert.deepEqual(await secure({ dnsNames }), []);
      assert.deepEqual(await secure({ dnsNames: ["a.example.com"], issuerName: "letsencrypt" }), [
        "warning: this change breaks what others rely on:\n" +
          '  `Certificate ingress/edge-ca`: got "not in this program any more"; clients that trust this CA reject the ' +
          "certificates of any other issuer; give them the CA of that issuer, or keep this one; write `certificate: " +
          "{ issuerName: undefined }`\n" +
          '  `Certificate ingress/edge-cert`: got "without b.example.com"; 1 HTTPRoute of others is no longer covered by ' +
          "the certificate for b.example.com: 1 of namespace shop; write `certificate: { dnsNames: " +
          '["a.example.com", "b.example.com"] }`',
      ]);
    });
  });

  describe("to a route that is there already", () => {
    const routes = "/apis/gateway.networking.k8s.io/v1/httproutes";
    const alone = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web";
    const live = (port: number) => {
      const backendRefs = [{ group: "", kind: "Service", name: "web", port, weight: 1 }];
      const matches = [{ path: { type: "PathPrefix", value: "/" } }];
      const parentRef = { group: "gateway.networking.k8s.io", kind: "Gateway", ...parent };
      const conditions = ["Accepted", "ResolvedRefs"].map((type) => ({ type, status: "True", observedGeneration: 1 }));
      return {
        name: "web",
        namespace: "shop",
        generation: 1,
        annotations: { "istio-ambient/stack": "istio-ambient/test" },
        spec: { parentRefs: [parentRef], rules: [{ matches, backendRefs }] },
        status: { parents: [{ parentRef, conditions }] },
      };
    };
    const program = () => void new HttpRoute("web", { namespace: "shop", parent, backends: web });

    afterEach(() => {
      delete cluster[routes];
      delete single[alone];
    });

    it("ask for it again where it changes, and not where it is accepted as it is", async () => {
      single[alone] = live(80);
      cluster[routes] = [live(443)];
      await run(program, {});
      assert.ok(requests.includes(alone));
      requests = [];
      cluster[routes] = [live(80)];
      await run(program, {});
      assert.ok(requests.includes(routes));
      assert.ok(!requests.includes(alone));
    });
  });
});
