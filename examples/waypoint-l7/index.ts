// What a waypoint does for requests: retries, timeouts, limits, faults, and routes by header.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs, AmbientNamespace, HttpRoute, TrafficPolicy, Waypoint } from "istio-ambient";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

const shop = new AmbientNamespace("shop", { stack: "waypoint-l7" }, { dependsOn: mesh });
const web = application("web", shop);
const beta = application("web-beta", shop);

const waypoint = new Waypoint("waypoint", { namespace: shop.name, for: [{ namespace: shop.name }] });

// Testers of the beta send a header; all others stay on the version that is out.
new TrafficPolicy("web", {
  namespace: shop.name,
  service: web.metadata.name,
  waypoint: waypoint.reference,
  retries: { attempts: 3, perTryTimeout: "2s" },
  timeout: "10s",
  connectionPool: { maxConnections: 100, maxPendingRequests: 50 },
  outlierDetection: { consecutive5xxErrors: 5, baseEjectionTime: "30s" },
  routes: [{ headers: { "x-beta": "yes" }, to: [{ service: beta.metadata.name }] }],
});

// The beta is slow on purpose now and then, to see who copes with it.
new TrafficPolicy("web-beta", {
  namespace: shop.name,
  service: beta.metadata.name,
  waypoint: waypoint.reference,
  fault: { delay: { duration: "2s", percent: 10 } },
});

new HttpRoute("web", {
  namespace: shop.name,
  parent: mesh.gateway,
  hostnames: ["shop.hostk8s.local"],
  backends: [{ service: web.metadata.name, port: 80 }],
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
