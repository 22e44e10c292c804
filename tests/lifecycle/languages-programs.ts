// Programs of the test of other languages: the quickstart in TypeScript, which the others are held against, and slips.

/** The same as examples/quickstart-yaml and its like. */
export const typescriptProgram = `
import * as k8s from "@pulumi/kubernetes";
import { AccessPolicy, AmbientMesh, AmbientNamespace, HttpRoute, Waypoint } from "istio-ambient";

const mesh = new AmbientMesh("mesh", {
  platform: "kind",
});
const shop = new AmbientNamespace("shop", { stack: "quickstart" }, { dependsOn: mesh });
const image = "registry.k8s.io/e2e-test-images/agnhost:2.53";
const ports = [{ containerPort: 8080 }];
const container = { name: "web", image, args: ["netexec", "--http-port=8080"], ports };

function version(name: string): k8s.core.v1.Service {
  const labels = { app: name };
  const metadata = { name, namespace: shop.name };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const spec = { selector: { matchLabels: labels }, template };
  const pods = new k8s.apps.v1.Deployment(name + "-pods", { metadata, spec });
  const open = { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] };
  return new k8s.core.v1.Service(name, { metadata, spec: open }, { dependsOn: pods });
}

const [web, next] = [version("web"), version("web-next")];
const namespace = shop.name;
new HttpRoute("route", {
  namespace,
  parent: mesh.gateway,
  hostnames: ["shop.hostk8s.local"],
  canary: {
    stable: { service: web.metadata.name, port: 80 },
    candidate: { service: next.metadata.name, port: 80 },
    percent: 10,
  },
});
const waypoint = new Waypoint("waypoint", { namespace, for: [{ namespace }] });
new AccessPolicy("readers", {
  namespace,
  http: { waypoint: waypoint.reference, allow: [{ gateway: mesh.gateway, methods: ["GET"] }] },
});
export const url = mesh.httpsUrl;
export const gateway = mesh.gateway;
export const caCertificate = mesh.caCertificate;
`;

/** Where the quickstart of each language says what kind of cluster it is for, and how it is told where the charts are. */
export const platformLine: Record<string, (charts: string, crds: string) => [string, string]> = {
  nodejs: (charts, crds) => [
    'platform: "kind",',
    `platform: "kind", charts: { directory: "${charts}" }, gatewayApi: { source: "${crds}" },`,
  ],
  yaml: (charts, crds) => [
    "platform: kind",
    `platform: kind\n      charts: { directory: "${charts}" }\n      gatewayApi: { source: "${crds}" }`,
  ],
  python: (charts, crds) => [
    'platform="kind",',
    `platform="kind", charts={"directory": "${charts}"}, gateway_api={"source": "${crds}"},`,
  ],
  go: (charts, crds) => [
    "Platform: &platform,",
    `Platform: &platform, Charts: &istio.ChartsArgs{Directory: pulumi.StringRef("${charts}")},
    GatewayApi: &istio.MeshGatewayApiArgs{Source: pulumi.StringRef("${crds}")},`,
  ],
};

/** A team's program in Python, on the mesh of another stack. */
export const teamProgram = `
import pulumi
import pulumi_istio_ambient as istio

platform = pulumi.StackReference("organization/quickstart/yaml")
gateway = platform.require_output("gateway")
orders = istio.AmbientNamespace("orders")
route = istio.HttpRoute(
    "orders",
    namespace=orders.name,
    parent=gateway,
    hostnames=["orders.hostk8s.local"],
    https_only=True,
    rules=[{"redirect": {"hostname": "shop.hostk8s.local"}}],
)
pulumi.export("hostnames", route.hostnames)
`;

/** Two components that take what another stack has made. */
export const intruder = `
resources:
  theirs:
    type: istio-ambient:AmbientNamespace
    properties: { name: shop }
  waypoint:
    type: istio-ambient:Waypoint
    properties:
      namespace: shop
      for: [{ namespace: shop }]
`;

/** Wrong arguments, in YAML and in Python. */
export const wrong: Record<string, string> = {
  yaml: `
resources:
  edge:
    type: istio-ambient:IngressGateway
    properties:
      namespace: shop
      httpNodePort: 80
      certificate: { dnsNames: ["no name"] }
`,
  python: `
import pulumi_istio_ambient as istio

istio.IngressGateway("edge", namespace="shop", http_node_port=80, certificate={"dns_names": ["no name"]})
`,
};
