// Two versions of an application: the new one gets some percent of the requests.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs, AmbientNamespace, HttpRoute } from "istio-ambient";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

const shop = new AmbientNamespace("shop", { stack: "canary" }, { dependsOn: mesh });
const stable = application("web", shop);
const candidate = application("web-next", shop);

const percent = config.getNumber("percent") ?? 10;
new HttpRoute("web", {
  namespace: shop.name,
  parent: mesh.gateway,
  hostnames: ["shop.hostk8s.local"],
  // Whoever comes by http is sent to https, on the port that is open outside.
  httpsOnly: true,
  canary: {
    stable: { service: stable.metadata.name, port: 80 },
    candidate: { service: candidate.metadata.name, port: 80 },
    percent,
  },
});

export const url = mesh.httpsUrl;
export const caCertificate = mesh.caCertificate;

/** A Deployment that answers with the name of its pod, and its Service. */
function application(name: string, namespace: AmbientNamespace): k8s.core.v1.Service {
  const labels = { app: name };
  const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";
  const container = { name, image, args: ["netexec", "--http-port=8080"], ports: [{ containerPort: 8080 }] };
  const options = { parent: namespace };
  const metadata = { name, namespace: namespace.name };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const pods = new k8s.apps.v1.Deployment(
    `${name}-pods`,
    { metadata, spec: { selector: { matchLabels: labels }, template } },
    options,
  );
  const spec = { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  return new k8s.core.v1.Service(name, { metadata, spec }, { ...options, dependsOn: pods });
}
