// `convert` with a cluster instead of files: what it reads there beside Ingresses.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { istioAmbient } from "../fixtures/terminal";
import { ingressWith } from "./cases";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "convert-cluster-"));

describe("istio-ambient convert with a cluster", () => {
  after(() => fs.rmSync(folder, { recursive: true }));

  it("reads its Ingresses, Services, NetworkPolicies, and the Secrets, ConfigMaps and Certificates that they name", async () => {
    const named = ingressWith({
      "custom-headers": "shop/headers",
      "auth-tls-secret": "shop/clients",
      "auth-url": "http://auth.shop.svc/check",
      "auth-proxy-set-headers": "auth-headers",
      "kubernetes.io/tls-acme": "true",
    });
    named.spec.tls = [{ hosts: ["shop.example.com"], secretName: "web-tls" }];
    named.spec.rules![0]!.http!.paths![0]!.backend.service!.port = { name: "http" };
    const unclassed = ingressWith({});
    delete unclassed.spec.ingressClassName;
    unclassed.metadata.name = "unclassed";
    const answers: { [path: string]: object } = {
      "/apis/networking.k8s.io/v1/namespaces/shop/ingresses": {
        kind: "IngressList",
        apiVersion: "networking.k8s.io/v1",
        items: [named, unclassed],
      },
      "/api/v1/namespaces/shop/services": {
        kind: "ServiceList",
        apiVersion: "v1",
        items: [
          {
            metadata: { name: "web", namespace: "shop" },
            spec: { selector: { app: "web" }, ports: [{ name: "http", port: 8080 }] },
          },
        ],
      },
      "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies": {
        kind: "NetworkPolicyList",
        apiVersion: "networking.k8s.io/v1",
        items: [{ metadata: { name: "closed", namespace: "shop" }, spec: { podSelector: {} } }],
      },
      "/api/v1/namespaces/shop/secrets/clients": {
        kind: "Secret",
        apiVersion: "v1",
        metadata: { name: "clients", namespace: "shop" },
        data: { "ca.crt": Buffer.from("the CA").toString("base64") },
      },
      "/api/v1/namespaces/shop/configmaps/headers": {
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { name: "headers", namespace: "shop" },
        data: { "X-One": "1" },
      },
      "/api/v1/namespaces/shop/configmaps/auth-headers": {
        kind: "ConfigMap",
        apiVersion: "v1",
        metadata: { name: "auth-headers", namespace: "shop" },
        data: { "X-Two": "2" },
      },
      "/apis/cert-manager.io/v1/namespaces/shop/certificates/web-tls": {
        kind: "Certificate",
        apiVersion: "cert-manager.io/v1",
        metadata: {
          name: "web-tls",
          namespace: "shop",
          ownerReferences: [{ kind: "Ingress", name: "web", controller: true }],
        },
        spec: { issuerRef: { name: "of-the-cluster", kind: "ClusterIssuer" } },
      },
    };
    const server = http.createServer((request, response) => {
      const answer = answers[request.url ?? ""];
      response.writeHead(answer ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const kubeconfig = path.join(folder, "kubeconfig");
      const config = {
        clusters: [{ name: "c", cluster: { server: url } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        "current-context": "x",
      };
      fs.writeFileSync(kubeconfig, stringify(config));
      const { code, out, err } = await istioAmbient([
        "convert",
        "--namespace",
        "shop",
        "--kubeconfig",
        kubeconfig,
        "--auth-provider",
        "my-auth",
      ]);
      assert.equal(code, 0, err);
      assert.ok(out.includes("port: 8080") && out.includes("name: X-One"), out);
      assert.ok(out.includes("issuerRef:\n    name: of-the-cluster\n    kind: ClusterIssuer\n"), out);
      assert.ok(err.includes('"X-Two": "2" }'), err);
      assert.ok(out.includes("data:\n  ca.crt: the CA\n"), out);
      assert.ok(err.includes("NetworkPolicy shop/closed does not admit the Gateway's pods: ingress: ["), err);
      assert.ok(
        err.includes(
          "Ingress shop/unclassed\n  converted  ingress shop/unclassed\n             it has no class, and NGINX does not serve it; --classless converts it all the same\n",
        ),
        err,
      );
      const elsewhere = await istioAmbient(["convert", "--namespace", "other", "--kubeconfig", kubeconfig]);
      assert.deepEqual(elsewhere, {
        code: 69,
        out: "",
        err: "cannot read /apis/networking.k8s.io/v1/namespaces/other/ingresses: there is no such path\n",
      });
    } finally {
      server.close();
    }
  });
});
