// The application: two versions, and a route by which they share the requests for /my-app.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientNamespace, HttpRoute, RouteParentArgs } from "istio-ambient";

/** Path under which the application answers. */
export const path = "/my-app";

/** Deploys it behind a gateway. */
export function myApp(gateway: pulumi.Input<RouteParentArgs>, options: pulumi.ComponentResourceOptions = {}): void {
  const namespace = new AmbientNamespace("shop", { stack: "quickstart" }, options);
  const stable = version("v1", namespace);
  const candidate = version("v2", namespace);
  new HttpRoute("my-app", {
    namespace: namespace.name,
    parent: gateway,
    rules: [
      {
        matches: [{ prefix: path }],
        // Under this path agnhost answers with the name of its pod.
        rewrite: { prefix: "/hostname" },
        canary: {
          stable: { service: stable.metadata.name, port: 80 },
          candidate: { service: candidate.metadata.name, port: 80 },
          percent: 10,
        },
      },
    ],
  });
}

/** One version: its Deployment and its Service. */
function version(name: string, namespace: AmbientNamespace): k8s.core.v1.Service {
  const labels = { app: "my-app", version: name };
  const metadata = { name: `my-app-${name}`, namespace: namespace.name };
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";
  const container = { name: "my-app", image, args: ["netexec", "--http-port=8080"], ports: [{ containerPort: 8080 }] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const pods = new k8s.apps.v1.Deployment(
    `my-app-${name}-pods`,
    { metadata, spec: { selector: { matchLabels: labels }, template } },
    { parent: namespace },
  );
  const spec = { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  return new k8s.core.v1.Service(`my-app-${name}`, { metadata, spec }, { parent: namespace, dependsOn: pods });
}
