// One of each component, with everything that it can make.
import {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  CertManager,
  GatewayApi,
  HttpRoute,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import type * as pulumi from "@pulumi/pulumi";

/** A component that keeps what it made. */
export type WithChildren = pulumi.ComponentResource & { children: object };

/** One of each, all of them. */
export function everything(): Record<string, WithChildren> {
  const certs = new CertManager("certs");
  const mesh = new AmbientMesh("mesh", { preflight: { enabled: false } });
  const gatewayApi = new GatewayApi("definitions", {}, { parent: mesh });
  return { certs, mesh, gatewayApi, ...applications() };
}

/** Those that look at the cluster together. */
export function applications(): Record<string, WithChildren> {
  const shop = new AmbientNamespace("shop", { mtls: "strict" });
  const gateway = new IngressGateway("edge", { namespace: "infra", httpNodePort: 31080, httpsNodePort: 31443 });
  const waypoint = new Waypoint("proxy", {
    namespace: "shop",
    for: [{ namespace: "shop" }, { namespace: "shop", service: "web" }],
  });
  const route = new HttpRoute("web", {
    namespace: "shop",
    parent: gateway.reference,
    httpsOnly: true,
    backends: [{ service: "web", namespace: "other", port: 80 }],
  });
  const traffic = new TrafficPolicy("traffic", {
    namespace: "shop",
    service: "api",
    waypoint: waypoint.reference,
    timeout: "1s",
    connectionPool: { maxConnections: 1 },
  });
  const access = new AccessPolicy("access", {
    namespace: "shop",
    allow: [{ namespaces: ["shop"], ports: [9090] }],
    http: {
      waypoint: waypoint.reference,
      allow: [{ methods: ["GET"] }],
      jwt: { issuer: "https://id.example.com" },
    },
  });
  return { shop, gateway, waypoint, route, traffic, access };
}
