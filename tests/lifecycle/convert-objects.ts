// What the specs of `convert` find on the cluster: pods that say what they saw, an issuer, and certificates.
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

/** A pod that says what it saw, and its Service. */
export function application(name: string): object[] {
  const labels = { app: name, version: name };
  const metadata = { name, namespace: "convert" };
  const container = {
    name: "web",
    image: "registry.k8s.io/e2e-test-images/agnhost:2.53",
    args: ["netexec", "--http-port=8080"],
  };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  return [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { selector: { matchLabels: labels }, template } },
    service(name, metadata.namespace),
  ];
}

/** The Service of such a pod. */
export function service(name: string, namespace: string): object {
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  const metadata = { name, namespace };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { selector: { app: name, version: name }, ports } };
}

/** An issuer for whom an Ingress asks. */
export function selfSigned(): string {
  const metadata = { name: "convert-self" };
  return JSON.stringify({
    apiVersion: "cert-manager.io/v1",
    kind: "ClusterIssuer",
    metadata,
    spec: { selfSigned: {} },
  });
}

/** The Secret of the hosts with TLS: any certificate does, since nobody verifies it here. */
export function certificate(): string {
  const file = path.join(__dirname, "..", "fixtures", "expired-certificate.yaml");
  const secret = parse(fs.readFileSync(file, "utf8")) as object;
  return JSON.stringify({ ...secret, metadata: { name: "convert-tls", namespace: "convert" } });
}

/** A certificate for clients that may sign others, by another one of the namespace, or else by itself. */
export function clientCertificate(name: string, namespace: string, by?: string): object {
  return {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name, namespace },
    spec: {
      secretName: name,
      commonName: name,
      isCA: true,
      usages: ["digital signature", "cert sign", "client auth"],
      issuerRef: by === undefined ? { kind: "ClusterIssuer", name: "convert-self" } : { kind: "Issuer", name: by },
    },
  };
}

/** The issuer of what a certificate signs. */
export function issuerBy(name: string, namespace: string): object {
  const metadata = { name, namespace };
  return { apiVersion: "cert-manager.io/v1", kind: "Issuer", metadata, spec: { ca: { secretName: name } } };
}
