// The application that `up` puts behind the gateway: two versions that share the requests for /my-app.
import * as k8s from "@pulumi/kubernetes";
import { AmbientNamespace, HttpRoute, RouteParentArgs } from "../components";
import { demoPath } from "./demo-path";

const versions = ["v1", "v2"];
const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";

/** A program of its own, on the mesh's gateway. */
export function demo(parent: RouteParentArgs): void {
  const namespace = new AmbientNamespace("demo");
  const [stable, candidate] = versions.map((version) => application(namespace, version));
  const port = 80;
  new HttpRoute("my-app", {
    namespace: namespace.name,
    parent,
    rules: [
      {
        matches: [{ prefix: demoPath }],
        canary: {
          stable: { service: stable!.metadata.name, port },
          candidate: { service: candidate!.metadata.name, port },
          percent: 10,
        },
      },
    ],
  });
}

/** One version's Deployment and Service. */
function application(namespace: AmbientNamespace, version: string): k8s.core.v1.Service {
  const labels = { app: "my-app", version };
  const metadata = { name: `my-app-${version}`, namespace: namespace.name };
  const container = { name: "my-app", image, args: ["netexec", "--http-port=8080"], ports: [{ containerPort: 8080 }] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const pods = new k8s.apps.v1.Deployment(
    `my-app-${version}-pods`,
    { metadata, spec: { selector: { matchLabels: labels }, template } },
    { parent: namespace },
  );
  const spec = { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  return new k8s.core.v1.Service(`my-app-${version}`, { metadata, spec }, { parent: namespace, dependsOn: pods });
}
