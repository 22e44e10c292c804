// Programs of the test of two teams: that of a team with few rights, and one that claims what others have made.

/** All components in one namespace, which the platform team has made. */
const everything = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AccessPolicy, AmbientNamespace, HttpRoute, IngressGateway, TrafficPolicy, Waypoint } from "istio-ambient";

const config = new pulumi.Config();
const adopt = config.getBoolean("adopt");
const parent = new pulumi.StackReference("organization/hostk8s-platform/dev").requireOutput("gateway");
`;

const parts = `
const namespace = orders.name;
const dependsOn = [orders, service];
const proxy = new Waypoint("proxy", { namespace, for: [{ namespace, service: "web" }] }, { dependsOn });
const edge = { serviceType: "ClusterIP", certificate: { enabled: false } } as const;
new IngressGateway("edge", { ...edge, namespace }, { dependsOn });
const backends = [{ service: "web", port: 80 }];
new HttpRoute("route", { namespace, parent, hostnames: ["orders.hostk8s.local"], backends }, { dependsOn });
new AccessPolicy("access", { namespace, defaultDeny: true }, { dependsOn });
const connectionPool = { maxConnections: 10 };
new TrafficPolicy("traffic", { namespace, service: "web", waypoint: proxy, connectionPool }, { dependsOn });
`;

/** The stack of the team orders. */
export const ordersProgram = `${everything}
const orders = new AmbientNamespace("orders", { adopt, mtls: "strict" });
const metadata = { name: "web", namespace: orders.name, annotations: { "pulumi.com/skipAwait": "true" } };
const spec = { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] };
const service = new k8s.core.v1.Service("service", { metadata, spec }, { dependsOn: orders });
${parts}`;

/** A stack that claims what three others have made, each thing by its name. */
export const intruder = `${everything}
const orders = new AmbientNamespace("orders", { adopt: true });
const service = orders;
${parts}
const theirs = new AmbientNamespace("my-app");
new Waypoint("waypoint", { namespace: theirs.name, for: [{ namespace: theirs.name }] });
new HttpRoute("my-app", { namespace: theirs.name, parent, hostnames: ["localhost"], backends });
new IngressGateway("hostk8s-gateway", { ...edge, namespace: "istio-system" });
`;
