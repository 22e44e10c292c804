// `istio-ambient kind-config`: the whole file, as kind takes it.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import type { KindCluster } from "../../lib/kind/kind-cluster";
import { istioAmbient } from "./fixtures/terminal";

const mappings = async (...argv: string[]) => {
  const { code, out, err } = await istioAmbient(["kind-config", ...argv]);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  const [node] = (parse(out) as KindCluster).nodes;
  return node!.extraPortMappings.map((port) => `${port.listenAddress}:${port.hostPort}->${port.containerPort}`);
};

describe("istio-ambient kind-config", () => {
  it("prints a cluster for NGINX Ingress and the mesh side by side, on loopback only", async () => {
    assert.deepEqual(await istioAmbient(["kind-config"]), {
      code: 0,
      err: "",
      out: `# kind create cluster --config <this file>: ports of NGINX Ingress and of the mesh's gateway.
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
  - role: control-plane
    labels:
      ingress-ready: "true"
    extraPortMappings:
      - containerPort: 30080
        hostPort: 8080
        listenAddress: 127.0.0.1
        protocol: TCP
      - containerPort: 30443
        hostPort: 8443
        listenAddress: 127.0.0.1
        protocol: TCP
      - containerPort: 30081
        hostPort: 8081
        listenAddress: 127.0.0.1
        protocol: TCP
      - containerPort: 30444
        hostPort: 8444
        listenAddress: 127.0.0.1
        protocol: TCP
`,
    });
  });

  it("leaves NGINX out when told so, with its ports free for the mesh", async () => {
    const { out } = await istioAmbient(["kind-config", "--no-nginx", "--name", "mesh", "--http-host-port", "8080"]);
    assert.equal(
      out,
      `# kind create cluster --config <this file>: ports of the mesh's gateway.
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
name: mesh
nodes:
  - role: control-plane
    extraPortMappings:
      - containerPort: 30081
        hostPort: 8080
        listenAddress: 127.0.0.1
        protocol: TCP
      - containerPort: 30444
        hostPort: 8444
        listenAddress: 127.0.0.1
        protocol: TCP
`,
    );
  });

  it("takes ports and address from flags", async () => {
    const flags = ["--listen-address", "0.0.0.0", "--http-host-port", "80", "--http-node-port", "30100", "--no-nginx"];
    assert.deepEqual(await mappings(...flags, "--https-host-port", "443", "--https-node-port", "30101"), [
      "0.0.0.0:80->30100",
      "0.0.0.0:443->30101",
    ]);
  });

  it("takes ports from a stack, and flags before the stack", async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "stack-"));
    const file = path.join(directory, "Pulumi.dev.yaml");
    const gateway = "{ httpHostPort: 9081, httpNodePort: 30181, httpsHostPort: 9444, replicas: 2 }";
    fs.writeFileSync(file, `config: { istio-ambient:mesh: { platform: kind, gateway: ${gateway} } }`);
    assert.deepEqual(await mappings("--stack", file, "--no-nginx", "--http-host-port", "9000"), [
      "127.0.0.1:9000->30181",
      "127.0.0.1:9444->30444",
    ]);
    fs.writeFileSync(file, "encryptionsalt: v1");
    assert.deepEqual((await mappings("--stack", file)).slice(2), ["127.0.0.1:8081->30081", "127.0.0.1:8444->30444"]);
    fs.rmSync(directory, { recursive: true });
  });

  it("agrees with the stack file of this repository", async () => {
    const file = path.join(__dirname, "..", "..", "Pulumi.dev.yaml");
    assert.deepEqual(await mappings("--stack", file), await mappings());
  });
});
