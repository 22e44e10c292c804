// What a program refers to that is there and still of no use, by components in a program.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AccessPolicy, AmbientNamespace, HttpRoute, IngressGateway, ServiceType, Waypoint } from "../../components";
import { run } from "./in-stack";
import { onCluster } from "./serving-cluster";

const parent = { name: "public", namespace: "ingress" };
const web = [{ service: "web", port: 80 }];
const listeners = [{ name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }];
const waypoints = { gatewayClassName: "istio-waypoint", listeners: [{ name: "mesh", port: 15008, protocol: "HBONE" }] };
const object = (name: string, namespace = "", spec: object = {}, more: object = {}) => ({
  metadata: { name, namespace, ...more },
  spec,
});
const going = {
  deletionTimestamp: "2026-01-01T00:00:00Z",
  annotations: { "istio-ambient/stack": "istio-ambient/test" },
};

/** What is in the cluster, by path. */
const cluster: Record<string, object[]> = {
  "/api/v1/namespaces": [object("shop"), object("ingress"), object("going", "", {}, going)],
  "/api/v1/services": [
    object("web", "shop", { ports: [{ port: 80 }] }),
    object("api", "shop", { ports: [{ port: 80 }] }),
  ],
  "/apis/gateway.networking.k8s.io/v1/gateways": [
    object("public", "ingress", { gatewayClassName: "istio", listeners }),
    object("waypoint", "shop", waypoints),
  ],
};

describe("what a program refers to in vain", () => {
  onCluster((path) => {
    const items = cluster[path];
    return items ? { body: { items } } : { status: 404, body: {} };
  });

  it("is told in a warning: a route on a Service without a waypoint, and a gateway that is missing", async () => {
    const { recording, errors } = await run(() => {
      const namespace = "shop";
      const onService = { kind: "Service", name: "web" } as const;
      new HttpRoute("route", { namespace, parent: onService, backends: web });
      const own = new AmbientNamespace("own");
      const spec = { ports: [{ port: 80 }] };
      const made = new k8s.core.v1.Service("made", { metadata: { name: "made", namespace: own.name }, spec });
      new HttpRoute("own", {
        namespace: own.name,
        parent: { ...onService, name: "made" },
        backends: [{ service: "made", port: 80 }],
      });
      const gateway = { ...parent, name: "publik", serviceAccount: "publik-istio" };
      new AccessPolicy("connections", { namespace, selector: { app: "web" }, allow: [{ ports: [80] }, { gateway }] });
      const waypoint = { name: "waypoint", namespace };
      const late = pulumi.output({ ...gateway, name: "late" });
      new AccessPolicy(
        "requests",
        { namespace, name: "r", http: { waypoint, allow: [{ gateway: late }] } },
        { dependsOn: made },
      );
    });
    const none = "must be a Service that uses a waypoint, which applies its routes; Service";
    const exists =
      "must be an existing Gateway, or one of this program: ingress/public; until there is one, this admits no client";
    const write = 'write `gateway: { name: "public", namespace: "ingress", serviceAccount: "public-istio" }`';
    assert.deepEqual(errors, []);
    assert.deepEqual(recording.logged, [
      [
        "warning: this program may not work as written:",
        `HttpRoute "route": \`parent\`: got "shop/web"; ${none} shop/web uses none; write \`new Waypoint("waypoint", { namespace: ` +
          '"shop", for: [{ namespace: "shop", service: "web" }] })`',
        `HttpRoute "own": \`parent\`: got "own/made"; ${none} own/made uses none; write \`new Waypoint("waypoint", { namespace: ` +
          '"own", for: [{ namespace: "own", service: "made" }] })`',
        `AccessPolicy "connections": \`allow[1].gateway\`: got "ingress/publik"; ${exists}; ${write}`,
        `AccessPolicy "requests": \`http.allow[0].gateway\`: got "ingress/late"; ${exists}; ${write}`,
      ].join("\n  "),
    ]);
  });

  it("is nothing where the program puts the Service behind a waypoint, and makes the gateway", async () => {
    const { recording, errors } = await run(() => {
      const own = new AmbientNamespace("own");
      const parent = { kind: "Service", name: "web" } as const;
      const service = [{ service: "web", port: 80, namespace: "shop" }];
      const metadata = { name: "web", namespace: own.name };
      const made = new k8s.core.v1.Service("made", { metadata, spec: { ports: [{ port: 80 }] } });
      new HttpRoute("here", { namespace: "shop", parent: { ...parent, namespace: "shop" }, backends: service });
      new HttpRoute("own", { namespace: own.name, parent, backends: service });
      new Waypoint("own", { namespace: own.name, for: [{ namespace: own.name, service: made.metadata.name }] });
      new Waypoint("shop", { namespace: "shop", for: [{ namespace: "shop", service: "web" }] });
      const edge = { serviceType: ServiceType.ClusterIP, certificate: { enabled: false } };
      const { reference } = new IngressGateway("edge", { ...edge, namespace: "ingress" });
      new AccessPolicy("late", { namespace: "shop", allow: [{ gateway: reference }] });
      const gateway = { name: "edge", namespace: "ingress", serviceAccount: "edge-istio" };
      new AccessPolicy("plain", { namespace: "shop", selector: { app: "web" }, allow: [{ gateway }] });
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(recording.logged, []);
  });

  it("is another waypoint of the program than the one that the Service is put behind", async () => {
    const slip = (isFirst: boolean) => () => {
      const namespace = "shop";
      const policy = (waypoint: { name: string; namespace: string }) =>
        new AccessPolicy("policy", {
          namespace,
          selector: { app: "web" },
          http: { waypoint, services: ["web"], allow: [{ methods: ["GET"] }] },
        });
      if (isFirst) policy({ name: "first", namespace });
      new Waypoint("first", { namespace, for: [{ namespace, service: "api" }] });
      new Waypoint("second", { namespace, for: [{ namespace, service: "web" }] });
      if (!isFirst) policy({ name: "first", namespace });
    };
    const told = [
      "this program refers to objects that do not exist:",
      '  AccessPolicy "policy": `http.services[0]`: got "web"; must use the waypoint shop/first; Service shop/web uses the ' +
        'waypoint shop/second; write `waypoint: { name: "second", namespace: "shop" }`',
    ].join("\n");
    for (const isFirst of [true, false]) assert.deepEqual((await run(slip(isFirst))).errors, [told], String(isFirst));
  });

  it("is a namespace that is being deleted, also where the program makes it", async () => {
    const { errors } = await run(() => {
      new AmbientNamespace("going");
      new AccessPolicy("closed", { namespace: "going", defaultDeny: true });
    });
    const told =
      'got "going"; must be a namespace that is not being deleted: nothing can be created in it until it is gone; its ' +
      "conditions say what it waits for; run `kubectl get namespace going --output jsonpath='{.status.conditions}'`";
    assert.deepEqual(errors, [
      [
        "this program refers to objects that do not exist:",
        `AmbientNamespace "going": \`name\`: ${told}`,
        `AccessPolicy "closed": \`namespace\`: ${told}`,
      ].join("\n  "),
    ]);
  });
});
