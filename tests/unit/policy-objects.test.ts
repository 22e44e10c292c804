// What traffic and access policies and waypoints become, and how the words of conditions are read.
import * as assert from "node:assert/strict";
import { parse } from "yaml";
import { connectionPolicy, denyAll, requestPolicy, tokenPolicy, waypointOnly } from "../../components/access/objects";
import { conditionVerdict } from "../../lib/cluster-state/conditions";
import { behindWaypoint, enrolled, namespaceLabels, optedOut } from "../../lib/istio/labels";
import { prunedFields, routeVerdict } from "../../components/route/status";
import { destinationRuleSpec, virtualServiceSpec } from "../../components/traffic/objects";
import { waypointOverlay, waypointSpec } from "../../components/waypoint/objects";

describe("labels", () => {
  it("enroll and opt out", () => {
    assert.deepEqual(enrolled(), { "istio.io/dataplane-mode": "ambient" });
    assert.deepEqual(optedOut(), { "istio.io/dataplane-mode": "none" });
  });

  it("of a namespace say what was given, and ambient by default", () => {
    assert.deepEqual(namespaceLabels({ labels: { team: "x" } }), { team: "x", "istio.io/dataplane-mode": "ambient" });
    assert.deepEqual(
      namespaceLabels({
        dataplaneMode: "none",
        useWaypoint: "w",
        useWaypointNamespace: "infra",
        ingressUseWaypoint: false,
        stack: "shop",
        app: "web",
      }),
      {
        "istio.io/dataplane-mode": "none",
        "istio.io/use-waypoint": "w",
        "istio.io/use-waypoint-namespace": "infra",
        "istio.io/ingress-use-waypoint": "false",
        "hostk8s.stack": "shop",
        "hostk8s.app": "web",
      },
    );
  });

  it("of a waypoint's users name its namespace only where it is another one", () => {
    assert.deepEqual(behindWaypoint("w", "shop", "shop", false), { "istio.io/use-waypoint": "w" });
    assert.deepEqual(behindWaypoint("w", "infra", "shop", true), {
      "istio.io/use-waypoint": "w",
      "istio.io/use-waypoint-namespace": "infra",
      "istio.io/ingress-use-waypoint": "true",
    });
  });
});

describe("a waypoint", () => {
  it("listens for HBONE on 15008 and spreads none of its own annotations", () => {
    assert.deepEqual(waypointSpec("w", "w-overlay"), {
      gatewayClassName: "istio-waypoint",
      infrastructure: {
        annotations: { "istio-ambient/waypoint": "w" },
        parametersRef: { group: "", kind: "ConfigMap", name: "w-overlay" },
      },
      listeners: [{ name: "mesh", port: 15008, protocol: "HBONE", allowedRoutes: { namespaces: { from: "All" } } }],
    });
  });

  it("has replicas and requests through the overlay", () => {
    const { deployment } = waypointOverlay({ replicas: 2, memory: "128Mi" });
    assert.deepEqual(parse(deployment!), {
      spec: {
        replicas: 2,
        template: {
          spec: {
            containers: [
              { name: "istio-proxy", resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: null } },
            ],
          },
        },
      },
    });
  });
});

describe("a traffic policy", () => {
  it("puts routes with headers first, and one for the rest last, each with everything", () => {
    const spec = virtualServiceSpec({
      service: "web",
      retries: { attempts: 3, perTryTimeout: "2s", retryOn: ["5xx", "reset"] },
      timeout: "10s",
      fault: { delay: { duration: "1s", percent: 5 }, abort: { status: 503, percent: 0.5 } },
      routes: [
        {
          to: [
            { version: "v1", weight: 9 },
            { service: "web-next", port: 8080 },
          ],
        },
        { headers: { "X-Beta": "yes" }, to: [{ version: "v2" }] },
      ],
    });
    const always = {
      timeout: "10s",
      retries: { attempts: 3, perTryTimeout: "2s", retryOn: "5xx,reset" },
      fault: {
        delay: { fixedDelay: "1s", percentage: { value: 5 } },
        abort: { httpStatus: 503, percentage: { value: 0.5 } },
      },
    };
    assert.deepEqual(spec, {
      hosts: ["web"],
      http: [
        {
          match: [{ headers: { "x-beta": { exact: "yes" } } }],
          route: [{ destination: { host: "web", subset: "v2" } }],
          ...always,
        },
        {
          route: [
            { destination: { host: "web", subset: "v1" }, weight: 9 },
            { destination: { host: "web-next", port: { number: 8080 } }, weight: 1 },
          ],
          ...always,
        },
      ],
    });
  });

  it("sends to the Service what no route is for", () => {
    const spec = virtualServiceSpec({ service: "web", routes: [{ headers: { a: "b" }, to: [{ service: "beta" }] }] });
    assert.deepEqual(spec, {
      hosts: ["web"],
      http: [
        { match: [{ headers: { a: { exact: "b" } } }], route: [{ destination: { host: "beta" } }] },
        { route: [{ destination: { host: "web" } }] },
      ],
    });
  });

  it("limits connections, and says nothing of what was not given", () => {
    assert.deepEqual(
      destinationRuleSpec({
        service: "web",
        connectionPool: { maxConnections: 10, maxPendingRequests: 5, maxRequests: 7, maxRequestsPerConnection: 3 },
        outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: "30s" },
        versions: [{ name: "v2", labels: { version: "v2" } }],
      }),
      {
        host: "web",
        trafficPolicy: {
          connectionPool: {
            tcp: { maxConnections: 10 },
            http: { http1MaxPendingRequests: 5, http2MaxRequests: 7, maxRequestsPerConnection: 3 },
          },
          outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: "30s" },
        },
        subsets: [{ name: "v2", labels: { version: "v2" } }],
      },
    );
    assert.deepEqual(destinationRuleSpec({ service: "web", connectionPool: { connectTimeout: "1s" } }), {
      host: "web",
      trafficPolicy: { connectionPool: { tcp: { connectTimeout: "1s" } } },
    });
  });
});

describe("an access policy", () => {
  it("lets namespaces and service accounts in, any of them, to these ports", () => {
    const rules = [{ namespaces: ["shop"], serviceAccounts: ["infra/prometheus"], ports: [9090] }, { ports: [80] }];
    assert.deepEqual(connectionPolicy({ selector: { app: "web" } }, rules), {
      selector: { matchLabels: { app: "web" } },
      action: "ALLOW",
      rules: [
        {
          from: [
            { source: { namespaces: ["shop"] } },
            { source: { principals: ["cluster.local/ns/infra/sa/prometheus"] } },
          ],
          to: [{ operation: { ports: ["9090"] } }],
        },
        { to: [{ operation: { ports: ["80"] } }] },
      ],
    });
  });

  it("denies by an ALLOW without rules", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(denyAll({}))), { action: "ALLOW" });
  });

  it("lets requests through at the waypoint, or for its Services", () => {
    const rule = {
      serviceAccounts: ["shop/web"],
      methods: ["GET"],
      paths: ["/a/*"],
      hosts: ["a.example.com"],
      headers: { "x-a": ["b"] },
      claims: { "realm.roles": ["admin"] },
    };
    assert.deepEqual(requestPolicy({ waypoint: "w" }, [rule], "example.org"), {
      targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "w" }],
      action: "ALLOW",
      rules: [
        {
          from: [{ source: { principals: ["example.org/ns/shop/sa/web"] } }],
          to: [{ operation: { methods: ["GET"], paths: ["/a/*"], hosts: ["a.example.com"] } }],
          when: [
            { key: "request.headers[x-a]", values: ["b"] },
            { key: "request.auth.claims[realm][roles]", values: ["admin"] },
          ],
        },
      ],
    });
    assert.deepEqual(requestPolicy({ services: ["web"] }, [{ methods: ["GET"] }]), {
      targetRefs: [{ group: "", kind: "Service", name: "web" }],
      action: "ALLOW",
      rules: [{ to: [{ operation: { methods: ["GET"] } }] }],
    });
  });

  it("shuts the pods to all but the waypoint's identity", () => {
    const only = (waypoint: object, domain?: string) =>
      waypointOnly({}, { name: "w", namespace: "infra", ...waypoint }, domain);
    const letIn = (principal: string) => ({
      action: "ALLOW",
      rules: [{ from: [{ source: { principals: [principal] } }] }],
    });
    assert.deepEqual(only({}), letIn("cluster.local/ns/infra/sa/w"));
    assert.deepEqual(only({ serviceAccount: "own" }, "example.org"), letIn("example.org/ns/infra/sa/own"));
  });

  it("checks tokens of one issuer", () => {
    assert.deepEqual(tokenPolicy({ waypoint: "w" }, { issuer: "https://id", audiences: ["shop"], forward: true }), {
      targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "w" }],
      jwtRules: [{ issuer: "https://id", audiences: ["shop"], forwardOriginalToken: true }],
    });
  });
});

describe("a condition", () => {
  const at = (status: string, observedGeneration?: number | string) => ({
    metadata: { generation: 2 },
    status: {
      conditions: [
        { type: "WaypointAccepted", status, reason: "AncestorNotBound", message: "why", observedGeneration },
      ],
    },
  });

  it("is awaited while it is missing or about an older version, however the version is written", () => {
    assert.deepEqual(conditionVerdict({}, "WaypointAccepted"), { state: "pending" });
    assert.deepEqual(conditionVerdict(at("True", 1), "WaypointAccepted"), { state: "pending" });
    assert.deepEqual(conditionVerdict(at("True", "1"), "WaypointAccepted"), { state: "pending" });
    assert.deepEqual(conditionVerdict(at("True", "2"), "WaypointAccepted"), { state: "accepted" });
    assert.deepEqual(conditionVerdict(at("True"), "WaypointAccepted"), { state: "accepted" });
  });

  it("is told in its own words where it refuses", () => {
    assert.deepEqual(conditionVerdict(at("False", 2), "WaypointAccepted"), {
      state: "refused",
      why: "WaypointAccepted is False, AncestorNotBound: why",
    });
  });
});

describe("a route's status", () => {
  const spec = { rules: [{ timeouts: { request: "1s" } }] };
  const parent = (accepted: string, resolved: string, observedGeneration = 3) => ({
    parentRef: { name: "gateway" },
    conditions: [
      { type: "Accepted", status: accepted, reason: "A", message: "about a", observedGeneration },
      { type: "ResolvedRefs", status: resolved, reason: "R", message: "about r", observedGeneration },
    ],
  });
  const route = (...parents: object[]) =>
    ({ metadata: { generation: 3 }, spec, status: { parents } }) as Parameters<typeof routeVerdict>[0];

  it("is accepted once every parent says both, of this version", () => {
    assert.deepEqual(routeVerdict(route(parent("True", "True")), 1, spec), { state: "accepted" });
    assert.deepEqual(routeVerdict(route(parent("True", "True")), 2, spec), { state: "pending" });
    assert.deepEqual(routeVerdict(route(parent("True", "True", 2)), 1, spec), { state: "pending" });
    assert.deepEqual(routeVerdict(route(parent("False", "False", 2)), 1, spec), { state: "pending" });
    assert.deepEqual(routeVerdict({ spec }, 1, spec), { state: "pending" });
  });

  it("is refused in the words of the parent that refuses", () => {
    assert.deepEqual(routeVerdict(route(parent("True", "True"), parent("True", "False")), 2, spec), {
      state: "refused",
      why: "Gateway gateway: ResolvedRefs is False, R: about r",
    });
  });

  it("is refused once in words that istiod repeats for every listener", () => {
    const refusing = parent("False", "True");
    refusing.conditions[0]!.message = 'sectionName "nope" not found; sectionName "nope" not found; port 81 not found';
    assert.deepEqual(routeVerdict(route(refusing), 1, spec), {
      state: "refused",
      why: 'Gateway gateway: Accepted is False, A: sectionName "nope" not found; port 81 not found',
    });
  });

  it("is refused where the API server dropped a field", () => {
    const sent = { rules: [{ timeouts: { request: "1s" }, retry: { attempts: 2 } }] };
    assert.deepEqual(routeVerdict(route(parent("True", "True")), 1, sent), {
      state: "refused",
      why: "the HTTPRoute CRD of this cluster has no spec.rules[0].retry and dropped it",
    });
    assert.deepEqual(prunedFields({ a: [{ b: 1 }] }, { a: [{ b: 2, c: 3 }], d: 4 }), []);
    assert.deepEqual(prunedFields({ a: [{ b: 1 }, { c: 1 }] }, { a: [{}] }), ["spec.a[0].b", "spec.a[1]"]);
  });
});
