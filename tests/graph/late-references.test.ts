// References by Outputs: those of other stacks and of the configuration are judged when they arrive, and those of resources of
// the program are not, since what they name exists by then.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  AccessPolicy,
  AmbientNamespace,
  AmbientNamespaceArgs,
  HttpRoute,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import { run } from "./in-stack";
import { onCluster } from "./serving-cluster";

const listeners = [{ name: "http", port: 80, protocol: "HTTP", allowedRoutes: { namespaces: { from: "All" } } }];
const mesh = { name: "mesh", port: 15008, protocol: "HBONE" };
const waypoints = { gatewayClassName: "istio-waypoint", listeners: [mesh] };
const selected = { from: "Selector", selector: { matchLabels: { access: "shared" } } };
const object = (name: string, namespace = "", spec: object = {}) => ({ metadata: { name, namespace }, spec });

/** What is in the cluster, by path. */
const cluster: Record<string, object[]> = {
  "/api/v1/namespaces": [object("shop"), object("ingress"), object("istio-system")],
  "/api/v1/services": [
    object("web", "shop", { ports: [{ port: 80 }] }),
    object("public-istio", "ingress", { ports: [{ port: 80, nodePort: 30081 }] }),
  ],
  "/apis/gateway.networking.k8s.io/v1/gateways": [
    object("public", "ingress", { gatewayClassName: "istio", listeners }),
    object("waypoint", "shop", waypoints),
    object("shared", "ingress", { ...waypoints, listeners: [{ ...mesh, allowedRoutes: { namespaces: selected } }] }),
  ],
};
const stackOutputs = {
  namespace: "shpo",
  service: "wbe",
  port: 8080,
  nodePort: 30081,
  waypoint: "waypint",
  real: "web",
};
const parent = { name: "public", namespace: "ingress" };
const namespace = "shop";

describe("references by Outputs", () => {
  onCluster((path) => {
    const items = cluster[path];
    return items ? { body: { items } } : { status: 404, body: {} };
  });

  const http = (name: pulumi.Input<string>) => ({
    waypoint: { name: "waypoint", namespace },
    services: [name],
    allow: [{ methods: ["GET"] }],
  });

  /** Every kind of reference, by values of whatever origin. */
  function referring(given: (key: keyof typeof stackOutputs) => pulumi.Output<unknown>): void {
    const text = (key: keyof typeof stackOutputs) => given(key) as pulumi.Output<string>;
    const number = (key: keyof typeof stackOutputs) => given(key) as pulumi.Output<number>;
    new HttpRoute("namespace", { namespace: text("namespace"), parent, backends: [{ service: "web", port: 80 }] });
    const backends = [{ service: text("service"), port: 80 }];
    new HttpRoute("service", { namespace, parent, hostnames: ["a.example.com"], backends });
    const ports = [{ service: "web", port: number("port") }];
    new HttpRoute("port", { namespace, parent, hostnames: ["b.example.com"], backends: ports });
    new HttpRoute("parent", {
      namespace,
      parent: { kind: "Service", name: text("real") },
      backends: [{ service: "web", port: 80 }],
    });
    new AccessPolicy("access", { namespace, selector: { app: "web" }, http: http(text("real")) });
    const waypoint = { name: "waypoint", namespace };
    new TrafficPolicy("traffic", { namespace, service: text("real"), waypoint, timeout: "1s" });
    new Waypoint("user", { namespace, for: [{ namespace, service: text("service") }] });
    new AmbientNamespace("own", { useWaypoint: text("waypoint"), useWaypointNamespace: namespace });
    new IngressGateway("ports", { namespace: "ingress", httpNodePort: number("nodePort"), httpsNodePort: 30555 });
  }

  const missing = "or one of this program";
  const use = "must use the waypoint shop/waypoint; Service shop/web uses no waypoint; write";
  const wbe = `got "wbe"; must be an existing Service of the namespace shop, ${missing}: web; write \`service: "web"\``;
  const error = [
    "this program refers to objects that do not exist:",
    `HttpRoute "namespace": \`namespace\`: got "shpo"; must be an existing namespace, ${missing}; write \`namespace: "shop"\``,
    `HttpRoute "service": \`backends[0].service\`: ${wbe}`,
    'HttpRoute "port": `backends[0].port`: got "8080"; must be a port of Service shop/web: 80; write `port: 80`',
    `AccessPolicy "access": \`http.services[0]\`: got "web"; ${use} \`for: [{ namespace: "shop", service: "web" }]\``,
    `TrafficPolicy "traffic": \`service\`: got "web"; ${use} \`for: [{ namespace: "shop", service: "web" }]\``,
    `Waypoint "user": \`for[0].service\`: ${wbe}`,
    'IngressGateway "ports": `httpNodePort`: got "30081"; must be a free NodePort: Service ingress/public-istio, which was ' +
      "created by kubectl or another tool, uses it; write `httpNodePort: 30082`",
  ].join("\n  ");
  const warning = [
    "warning: this program may not work as written:",
    `AmbientNamespace "own": \`useWaypoint\`: got "shop/waypint"; must be an existing waypoint, ${missing}: ingress/shared, shop/waypoint; until ` +
      'there is one, requests bypass it; write `useWaypoint: "waypoint", useWaypointNamespace: "shop"`',
  ].join("\n  ");

  const ofStack = () => {
    const other = new pulumi.StackReference("organization/platform/dev");
    referring((key) => other.requireOutput(key));
  };

  it("of another stack are judged as literals are", async () => {
    const { errors, recording } = await run(ofStack, { preview: true, stackOutputs });
    assert.deepEqual(errors, [error]);
    assert.deepEqual(recording.logged, [warning]);
    assert.deepEqual(
      recording.resources.filter(({ inputs }) => JSON.stringify(inputs).match(/wbe|shpo/)),
      [],
    );
  });

  it("of no resource are judged as literals are", async () => {
    const { errors, recording } = await run(() => referring((key) => pulumi.output(stackOutputs[key])));
    assert.deepEqual(errors, [error]);
    assert.deepEqual(recording.logged, [warning]);
  });

  it("of resources of the program are not judged, nor are secrets", async () => {
    const data = stackOutputs as never;
    const ofResource = await run(() => {
      const source = new k8s.core.v1.ConfigMap("source", { data });
      referring((key) => source.data.apply((known) => known[key] as unknown));
    });
    assert.deepEqual([ofResource.errors, ofResource.recording.logged], [[], []]);
    const hidden = await run(() => referring((key) => pulumi.secret(stackOutputs[key])));
    assert.deepEqual([hidden.errors, hidden.recording.logged], [[], []]);
  });

  it("pass where the program makes what they name", async () => {
    const program = () => {
      const other = new pulumi.StackReference("organization/platform/dev");
      const [own, service] = [
        other.requireOutput("namespace"),
        other.requireOutput("service"),
      ] as pulumi.Output<string>[];
      const backends = [{ service: service!, port: 80 }];
      new HttpRoute("early", { namespace: own!, parent, hostnames: ["a.example.com"], backends });
      new k8s.core.v1.Namespace("made", { metadata: { name: own! } });
      new k8s.core.v1.Service("made", { metadata: { name: service!, namespace: own! } });
      new HttpRoute("late", { namespace: own!, parent, hostnames: ["b.example.com"], backends });
    };
    const { errors, recording } = await run(program, { preview: true, stackOutputs });
    assert.deepEqual([errors, recording.logged], [[], []]);
  });

  it("are held against the labels that a namespace is about to get, also where these arrive with the name", async () => {
    const adopting = (labels: (other: pulumi.StackReference) => AmbientNamespaceArgs["labels"]) => () => {
      const other = new pulumi.StackReference("organization/platform/dev");
      const [useWaypoint, useWaypointNamespace] = [other.requireOutput("shared"), other.requireOutput("at")] as [
        pulumi.Output<string>,
        pulumi.Output<string>,
      ];
      new AmbientNamespace("shop", { adopt: true, useWaypoint, useWaypointNamespace, labels: labels(other) });
    };
    const outputs = { shared: "shared", at: "ingress", label: "shared" };
    const seen = async (labels: (other: pulumi.StackReference) => AmbientNamespaceArgs["labels"]) => {
      const { errors, recording } = await run(adopting(labels), { preview: true, stackOutputs: outputs });
      return [errors, recording.logged];
    };
    assert.deepEqual(await seen(() => ({ access: "shared" })), [[], []]);
    assert.deepEqual(await seen((other) => ({ access: other.requireOutput("label") as pulumi.Output<string> })), [
      [],
      [],
    ]);
    const made = () => new k8s.core.v1.ConfigMap("made", { data: { access: "shared" } });
    assert.deepEqual(await seen(() => ({ access: made().metadata.uid })), [[], []]);
    assert.deepEqual(await seen(() => ({ access: "none" })), [
      [],
      [
        'warning: this program may not work as written:\n  AmbientNamespace "shop": `useWaypoint`: got "ingress/shared"; must take ' +
          "requests of the namespace shop; the listeners of this waypoint, which was created by kubectl or another tool, do " +
          'not; write `new Waypoint("shared", { namespace: "shop", for: [{ namespace: "shop" }] })`',
      ],
    ]);
  });

  it("are not waited for where they come from what waits itself", async () => {
    const { errors, recording } = await run(() => {
      const made: k8s.core.v1.Service[] = [];
      const service = new Promise<pulumi.Output<string>>((resolve) => {
        setTimeout(() => resolve(made[0]!.metadata.name), 20);
      });
      const { children } = new Waypoint("proxy", { namespace, for: [{ namespace, service: pulumi.output(service) }] });
      const metadata = { name: "web", namespace };
      made.push(new k8s.core.v1.Service("made", { metadata }, { dependsOn: children.gateway }));
    });
    assert.deepEqual(errors, []);
    assert.equal(recording.find("made").type, "kubernetes:core/v1:Service");
  });
});
