// A mesh, a namespace in it, and a route from the gateway to an application.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs, AmbientNamespace, HttpRoute } from "istio-ambient";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

const shop = new AmbientNamespace("shop", { stack: "quickstart" }, { dependsOn: mesh });
const web = application("web", shop);

const host = "shop.hostk8s.local";
const route = new HttpRoute("web", {
  namespace: shop.name,
  parent: mesh.parentRef,
  hostnames: [host],
  backends: [{ service: web.metadata.name, port: 80 }],
});

export const url = mesh.httpsUrl;
export const hosts = route.hostnames;
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
