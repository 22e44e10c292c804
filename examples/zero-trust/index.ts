// Strict mTLS, no client admitted by default; then who may connect, and who may ask what.
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AccessPolicy, AmbientMesh, AmbientMeshArgs, AmbientNamespace, HttpRoute, Waypoint } from "istio-ambient";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

const options = { dependsOn: mesh };
const shop = new AmbientNamespace("shop", { mtls: "strict", stack: "zero-trust" }, options);
const bank = new AmbientNamespace("bank", { mtls: "strict", stack: "zero-trust" }, options);
const web = application("web", shop);
const accounts = application("accounts", bank);

for (const [name, namespace] of Object.entries({ shop, bank })) {
  new AccessPolicy(`${name}-deny`, { namespace: namespace.name, defaultDeny: true });
}

// Connections: only the ingress gateway reaches the shop's pods, and only on this port.
const gateway = pulumi.interpolate`${mesh.gateway.namespace}/${mesh.serviceName}`;
new AccessPolicy("gateway-to-web", {
  namespace: shop.name,
  selector: { app: "web" },
  allow: [{ serviceAccounts: [gateway], ports: [8080] }],
});

// Requests: only the shop asks for accounts, and only reads them. The waypoint sees to it, and nothing else gets in.
const waypoint = new Waypoint("waypoint", { namespace: bank.name, for: [{ namespace: bank.name }] });
new AccessPolicy("shop-reads-accounts", {
  namespace: bank.name,
  selector: { app: "accounts" },
  http: {
    waypoint: waypoint.reference,
    services: [accounts.metadata.name],
    allow: [{ serviceAccounts: [pulumi.interpolate`${shop.name}/default`], methods: ["GET"] }],
  },
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
