// An application whose pods answer in the sandbox: one version of it, with a Service.
import * as k8s from "@pulumi/kubernetes";
import { AmbientNamespace } from "../../components";

/** Version `v1` is behind the Service `web-v1`, on port 80. */
export function application(namespace: AmbientNamespace, version: string): k8s.core.v1.Service {
  const labels = { app: "web", version };
  const metadata = { name: `web-${version}`, namespace: namespace.name };
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";
  const container = { name: "web", image, args: ["netexec", "--http-port=8080"] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const spec = { selector: { matchLabels: labels }, template };
  const pods = new k8s.apps.v1.Deployment(`${version}-pods`, { metadata, spec }, { parent: namespace });
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  return new k8s.core.v1.Service(
    `${version}-service`,
    { metadata, spec: { selector: labels, ports } },
    { parent: namespace, dependsOn: pods },
  );
}
