// An application team's stack: a namespace, two versions of an application, a waypoint, and a route on the platform's gateway.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientNamespace, HttpRoute, Waypoint } from "istio-ambient";

const config = new pulumi.Config();
const platform = new pulumi.StackReference(config.require("platform"));

// The labels hostk8s.stack and hostk8s.app, beside the one that puts the namespace's pods into the mesh.
const namespace = new AmbientNamespace("my-app", { stack: "hostk8s", app: "my-app" });
const service = version("my-service", "v1");
const next = version("my-service-next", "v2");

new Waypoint("waypoint", { namespace: namespace.name, for: [{ namespace: namespace.name }] });

// The label hostk8s.application. Requests for /api are shared by two versions, all others go to the first.
new HttpRoute("my-app", {
  namespace: namespace.name,
  parent: platform.requireOutput("gateway"),
  hostnames: ["localhost", "my-app.hostk8s.local"],
  application: "my-app",
  rules: [
    {
      matches: [{ prefix: "/api" }],
      // Under this path agnhost answers with the name of its pod.
      rewrite: { prefix: "/hostname" },
      canary: {
        stable: { service: service.metadata.name, port: 8080 },
        candidate: { service: next.metadata.name, port: 8080 },
        percent: config.getNumber("percent") ?? 10,
      },
    },
    {
      matches: [{ prefix: "/my-app" }],
      rewrite: { prefix: "/hostname" },
      backends: [{ service: service.metadata.name, port: 8080 }],
    },
  ],
});

export const url = pulumi.interpolate`${platform.requireOutput("url")}/my-app`;

/** One version: its Deployment and its Service. */
function version(name: string, label: string): k8s.core.v1.Service {
  const labels = { app: "my-app", version: label };
  const metadata = { name, namespace: namespace.name };
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";
  const container = { name: "my-app", image, args: ["netexec", "--http-port=8080"], ports: [{ containerPort: 8080 }] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const pods = new k8s.apps.v1.Deployment(
    `${name}-pods`,
    { metadata, spec: { selector: { matchLabels: labels }, template } },
    { parent: namespace },
  );
  const spec = { selector: labels, ports: [{ name: "http", port: 8080 }] };
  return new k8s.core.v1.Service(name, { metadata, spec }, { parent: namespace, dependsOn: pods });
}
