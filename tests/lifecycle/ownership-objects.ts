// One application of every component in the namespace `contested`, and the same objects as somebody else makes them.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { parseAllDocuments } from "yaml";
import {
  AccessPolicy,
  AmbientNamespace,
  HttpRoute,
  IngressGateway,
  ServiceType,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import { apply, get, kubectl, type KubeObject } from "./support";

const gatewayApi = "gateway.networking.k8s.io/v1";
const listener = "{ name: http, port: 8080, protocol: HTTP }";

/** Everything that the program below makes, under the same names. */
const byHand = `
apiVersion: v1
kind: Namespace
metadata: { name: contested, labels: { team: theirs } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: contested }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: contested }
spec: { mtls: { mode: PERMISSIVE } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: proxy-overlay, namespace: contested }
data: { theirs: "yes" }
---
apiVersion: ${gatewayApi}
kind: Gateway
metadata: { name: proxy, namespace: contested }
spec: { gatewayClassName: nobody, listeners: [${listener}] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: edge-overlay, namespace: contested }
data: { theirs: "yes" }
---
apiVersion: ${gatewayApi}
kind: Gateway
metadata: { name: edge, namespace: contested }
spec: { gatewayClassName: nobody, listeners: [${listener}] }
---
apiVersion: ${gatewayApi}
kind: HTTPRoute
metadata: { name: route, namespace: contested }
spec: { parentRefs: [{ name: edge }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: access-deny, namespace: contested }
spec: {}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: traffic, namespace: contested }
spec: { host: web }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: traffic, namespace: contested }
spec: { hosts: [web], http: [{ route: [{ destination: { host: web } }] }] }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: edge-selfsigned, namespace: contested }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: edge-ca, namespace: contested }
spec: { ca: { secretName: nobody } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: edge-ca, namespace: contested }
spec: { secretName: theirs-ca, commonName: theirs, issuerRef: { name: nobody } }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: edge-cert, namespace: contested }
spec: { secretName: theirs, commonName: theirs, issuerRef: { name: nobody } }
`;

/** Kinds of these objects. */
export const kinds = [
  "services,configmaps,gateways.gateway.networking.k8s.io,httproutes,peerauthentications,authorizationpolicies",
  "destinationrules,virtualservices,issuers,certificates",
].join();

/** Who else makes these objects, and what is said of them then. */
export const makers: { what: string; make(): void; unmake(): void; owner: string }[] = [
  {
    what: "kubectl",
    make: () => apply(byHand),
    unmake: removeContested,
    owner: "was created by kubectl",
  },
  {
    what: "Helm",
    make() {
      const chart = fs.mkdtempSync(path.join(os.tmpdir(), "contested-"));
      fs.mkdirSync(path.join(chart, "templates"));
      const meta = { apiVersion: "v2", name: "contested", version: "1.0.0" };
      fs.writeFileSync(path.join(chart, "Chart.yaml"), JSON.stringify(meta));
      fs.writeFileSync(path.join(chart, "templates", "all.yaml"), byHand);
      execFileSync("helm", ["install", "shop", chart, "--namespace", "default"], { stdio: "pipe" });
      fs.rmSync(chart, { recursive: true });
    },
    unmake: () => execFileSync("helm", ["uninstall", "shop", "--namespace", "default", "--wait"], { stdio: "pipe" }),
    owner: "belongs to the Helm release default/shop",
  },
  {
    what: "Argo CD",
    // It marks each object and applies it under its own name.
    make() {
      const objects = parseAllDocuments(byHand).map((document) => document.toJS() as KubeObject);
      for (const { kind, metadata } of objects) {
        const id = `shop:${kind}:${metadata.namespace ?? ""}/${metadata.name}`;
        metadata.annotations = { "argocd.argoproj.io/tracking-id": id };
      }
      apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), "argocd-controller");
    },
    unmake: removeContested,
    owner: "belongs to the Argo CD application shop",
  },
];

function removeContested(): void {
  kubectl("delete", "namespace", "contested");
}

/** What of the contested namespace must stay as it is: its objects, their marks and what they say. */
export function contested(): string[] {
  const all = [...get("namespace", "contested"), ...get(kinds, "-n", "contested")];
  return all
    .map(({ kind, metadata: { name, uid, labels, annotations }, spec, data }) =>
      JSON.stringify({ kind, name, uid, labels, annotations, spec, data }),
    )
    .filter((text) => !text.includes("istio-ca-") && !text.includes("kube-root-ca"))
    .sort();
}

/** All components in one namespace. */
export function application(): void {
  const made = new AmbientNamespace("contested", { mtls: "strict" });
  const namespace = made.name;
  const metadata = { name: "web", namespace, annotations: { "pulumi.com/skipAwait": "true" } };
  const spec = { selector: { app: "web" }, ports: [{ name: "http", port: 80 }] };
  const service = new k8s.core.v1.Service("service", { metadata, spec }, { dependsOn: made });
  const dependsOn = [made, service];
  const proxy = new Waypoint("proxy", { namespace, for: [{ namespace, service: "web" }] }, { dependsOn });
  new IngressGateway("edge", { serviceType: ServiceType.ClusterIP, namespace }, { dependsOn });
  const parent = { name: "hostk8s-gateway", namespace: "istio-system" };
  const backends = [{ service: "web", port: 80 }];
  new HttpRoute("route", { namespace, parent, hostnames: ["contested.example.com"], backends }, { dependsOn });
  new AccessPolicy("access", { namespace, defaultDeny: true }, { dependsOn });
  const shaped = { connectionPool: { maxConnections: 10 }, timeout: "1s" };
  new TrafficPolicy("traffic", { namespace, service: "web", waypoint: proxy.reference, ...shaped }, { dependsOn });
}

/** What is said of each object of the application; of the Service's labels only where a waypoint has it. */
export function refusals(owner: string): string[] {
  const another = "choose another name";
  const taken = (what: string, object: string, got: string, advice = another) =>
    `${what}: \`name\`: got "${got}"; ${object} ${owner}; ${advice}; write \`name: "${got}-2"\``;
  const theirs = `${another}, or attach routes to that gateway by \`parent: { name: "edge", namespace: "contested" }\``;
  const useTheirs = `${another}, or use that waypoint by the label istio.io/use-waypoint: proxy`;
  return [
    `AmbientNamespace "contested": \`name\`: got "contested"; Namespace contested ${owner}; adopt it, so that destroy ` +
      "leaves it in place, or choose another name; write `adopt: true`",
    `AmbientNamespace "contested": \`mtls\`: got "strict"; PeerAuthentication contested/default ${owner}; its owner ` +
      'decides there who needs mTLS; write `mtls: "permissive"`',
    taken('Waypoint "proxy"', "ConfigMap contested/proxy-overlay", "proxy"),
    taken('Waypoint "proxy"', "Gateway contested/proxy", "proxy", useTheirs),
    taken('IngressGateway "edge"', "ConfigMap contested/edge-overlay", "edge"),
    taken('IngressGateway "edge"', "Gateway contested/edge", "edge", theirs),
    taken('HttpRoute "route"', "HTTPRoute contested/route", "route"),
    taken('AccessPolicy "access"', "AuthorizationPolicy contested/access-deny", "access"),
    taken('TrafficPolicy "traffic"', "DestinationRule contested/traffic", "traffic"),
    taken('TrafficPolicy "traffic"', "VirtualService contested/traffic", "traffic"),
    taken('IngressGateway "edge"', "Issuer contested/edge-selfsigned", "edge"),
    taken('IngressGateway "edge"', "Issuer contested/edge-ca", "edge"),
    taken('IngressGateway "edge"', "Certificate contested/edge-ca", "edge"),
    `IngressGateway "edge": \`certificate.secretName\`: got "edge-cert"; Certificate contested/edge-cert ${owner}; ` +
      'choose another name for the Secret; write `certificate: { secretName: "edge-cert-2" }`',
  ].sort();
}
