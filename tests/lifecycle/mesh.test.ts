// A mesh from an empty cluster to an empty cluster, and back: what the engine does, and what is there afterwards.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import { readFacts } from "../../cluster/preflight";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { stackMark } from "../../lib/ownership/marks";
import type { Plan } from "../../lib/preflight/facts";
import { apply, condition, get, kubectl, KubeObject, settled, sources, TestStack } from "./support";

const namespace = "istio-system";
const foreignRoute = `
apiVersion: v1
kind: Namespace
metadata: { name: somebody-else }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: theirs, namespace: somebody-else }
spec:
  parentRefs: [{ name: hostk8s-gateway, namespace: ${namespace} }]
  hostnames: [theirs.example.com]
`;

const gateway = () => get("gateways.gateway.networking.k8s.io", "hostk8s-gateway", "-n", namespace)[0];
const certificate = () => get("certificate", "hostk8s-gateway-cert", "-n", namespace)[0];
const nodePorts = () =>
  Object.fromEntries(
    (get("service", "hostk8s-gateway-istio", "-n", namespace)[0]?.spec["ports"] as { name: string; nodePort: number }[])
      .filter((port) => port.name !== "status-port")
      .map((port) => [port.name, port.nodePort]),
  );

describe("a mesh on a cluster", () => {
  let args: AmbientMeshArgs = { ...sources, platform: "kind" };
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("mesh", async () => {
      const mesh = new AmbientMesh("mesh", args);
      const { httpUrl, httpsUrl, gateway: reference, nodePorts: ports, version, resources, caCertificate } = mesh;
      return { httpUrl, httpsUrl, reference, nodePorts: ports, version, resources, caCertificate };
    });
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", "somebody-else", "--ignore-not-found");
  });

  it("is previewed whole on an empty cluster, where no CRD of it exists", async () => {
    const { steps, diagnostics } = await stack.preview();
    for (const name of ["namespace", "base", "istiod", "cni", "ztunnel", "gateway-overlay", "gateway-certificate"]) {
      assert.ok(steps.includes(`create mesh-${name}`), `no mesh-${name} in ${steps.join(", ")}`);
    }
    assert.ok(steps.includes("create mesh-gateway-gateway") && steps.includes("create mesh-gateway-service"));
    assert.ok(steps.every((step) => step.startsWith("create ")));
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(get("crd", "gateways.gateway.networking.k8s.io"), []);
  });

  it("comes up: Gateway programmed, certificate ready, NodePorts as said, outputs as promised", async () => {
    const { outputs } = await stack.up();
    assert.equal(condition(gateway(), "Programmed"), "True");
    assert.equal(condition(certificate(), "Ready"), "True");
    assert.deepEqual(nodePorts(), { http: 30081, https: 30444 });
    const authority = get("secret", "hostk8s-gateway-ca", "-n", namespace)[0]!.data!["tls.crt"]!;
    assert.deepEqual(outputs, {
      httpUrl: "http://localhost:8081",
      httpsUrl: "https://localhost:8444",
      reference: {
        name: "hostk8s-gateway",
        namespace,
        listeners: [
          { name: "http", protocol: "HTTP", port: 80 },
          { name: "https", protocol: "HTTPS", port: 443 },
        ],
        hostPorts: { http: 8081, https: 8444 },
        certificateNames: ["localhost", "hostk8s.local", "*.hostk8s.local"],
        serviceAccount: "hostk8s-gateway-istio",
      },
      nodePorts: { http: 30081, https: 30444 },
      version: "1.31.0",
      resources: {
        istiod: { cpu: "100m", memory: "128Mi" },
        istioCni: { cpu: "100m", memory: "128Mi" },
        ztunnel: { cpu: "50m", memory: "64Mi" },
        gateway: { cpu: "50m", memory: "64Mi" },
        total: { cpu: "300m", memory: "384Mi" },
      },
      caCertificate: Buffer.from(authority, "base64").toString("utf8"),
    });
  });

  it("requests exactly what its outputs say, with a limit nowhere", () => {
    const objects = get("deployments,daemonsets", "-n", namespace);
    const requested = Object.fromEntries(objects.map((object) => [object.metadata.name, resourcesOf(object)]));
    assert.deepEqual(requested, {
      "hostk8s-gateway-istio": [{ requests: { cpu: "50m", memory: "64Mi" } }],
      istiod: [{ requests: { cpu: "100m", memory: "128Mi" } }],
      "istio-cni-node": [{ requests: { cpu: "100m", memory: "128Mi" } }],
      ztunnel: [{ requests: { cpu: "50m", memory: "64Mi" } }],
    });
  });

  it("spreads no annotation of Pulumi's wait over the Service of the gateway", () => {
    const [service] = get("service", "hostk8s-gateway-istio", "-n", namespace);
    assert.equal(JSON.stringify(service!.metadata).includes("pulumi.com/waitFor"), false);
  });

  it("has webhooks that fail closed, so that the next upgrade finds no drift", async () => {
    const policies = () =>
      get("validatingwebhookconfigurations").flatMap((hook) =>
        (hook as unknown as { webhooks: { failurePolicy: string }[] }).webhooks.map((w) => w.failurePolicy),
      );
    assert.deepEqual(await settled(policies, (all) => all.every((p) => p === "Fail")), ["Fail", "Fail"]);
  });

  it("has nothing to change at the second preview", async () => {
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("is looked at in 20 requests, two more where a namespace is in it", async () => {
    const [{ metadata }] = get("namespace", namespace) as [KubeObject];
    const plan: Plan = {
      stack: metadata.annotations?.[stackMark] ?? "",
      version: "1.31.0",
      namespace,
      nodeNamespace: namespace,
      adoptNamespace: false,
      autoscale: false,
      gateway: {
        name: "hostk8s-gateway",
        namespace,
        nodePorts: [],
        certificate: "hostk8s-gateway-cert",
        ownAuthority: true,
      },
    };
    const requests = async () => (await readFacts({}, plan, 60_000)).requests;
    const alone = await requests();
    assert.ok(alone <= 20, `${alone} requests`);
    kubectl("create", "namespace", "enrolled");
    kubectl("label", "namespace", "enrolled", "istio.io/dataplane-mode=ambient");
    assert.equal(await requests(), alone + 2);
    kubectl("delete", "namespace", "enrolled");
  });

  it("has nothing to change after a refresh", async () => {
    await stack.refresh({ expectNoChanges: true });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("changes just what an argument is about, and replaces nothing", async () => {
    args = { ...args, gateway: { replicas: 2 }, dataplane: { memory: "96Mi" } };
    const components = ["mesh", "mesh-gateway"].map((name) => `update ${name}`);
    const changed = (await stack.up()).steps.filter((step) => !components.includes(step));
    assert.deepEqual(changed.sort(), [
      "update mesh-data-plane",
      "update mesh-gateway-overlay-data",
      "update mesh-ztunnel",
    ]);
    const replicas = () => get("deployment", "hostk8s-gateway-istio", "-n", namespace)[0]!.spec["replicas"] as number;
    assert.equal(await settled(replicas, (count) => count === 2), 2);
    const [ztunnel] = get("daemonset", "ztunnel", "-n", namespace);
    assert.deepEqual(resourcesOf(ztunnel!), [{ requests: { cpu: "50m", memory: "96Mi" } }]);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("gets its NodePort back when somebody changes it", async () => {
    const patch = JSON.stringify([{ op: "replace", path: "/spec/ports/1/nodePort", value: 32111 }]);
    kubectl("patch", "service", "hostk8s-gateway-istio", "-n", namespace, "--type=json", "-p", patch);
    await stack.refresh();
    await stack.up();
    assert.deepEqual(await settled(nodePorts, (ports) => ports["http"] === 30081), { http: 30081, https: 30444 });
  });

  for (const [kind, type, name] of [
    ["Certificate", "certificates.cert-manager.io", "hostk8s-gateway-cert"],
    ["Gateway", "gateways.gateway.networking.k8s.io", "hostk8s-gateway"],
  ] as const) {
    it(`does not wait for a ${kind} that was deleted by hand, and names what brings it back`, async () => {
      kubectl("delete", type, name, "-n", namespace);
      const gone = `${kind} ${namespace}/${name} is in the stack's state, but no longer in the cluster; run \`pulumi up --refresh\``;
      await assert.rejects(stack.up(), (error: Error) => error.message.includes(gone));
      await stack.refresh();
      await stack.up();
      assert.equal(get(type, name, "-n", namespace).length, 1);
      assert.deepEqual((await stack.preview()).steps, []);
    });
  }

  it("is repaired where somebody changed what its releases made, and the preview says what", async () => {
    kubectl("set", "image", "daemonset/ztunnel", "istio-proxy=example.com/ztunnel:mine", "-n", namespace);
    kubectl("delete", "clusterrole", "istiod-clusterrole-istio-system");
    const { steps, diagnostics } = await stack.preview();
    assert.deepEqual(steps, ["update mesh-data-plane"]);
    const image = "spec.template.spec.containers[istio-proxy].image";
    const pinned = `docker.io/istio/ztunnel:${"1.31.0"}-distroless`;
    assert.deepEqual(diagnostics, [
      "warning: the mesh was changed outside of its Helm releases; `pulumi up` restores it:\n" +
        "  ClusterRole istiod-clusterrole-istio-system is missing\n" +
        `  DaemonSet istio-system/ztunnel: ${image} is "example.com/ztunnel:mine", the release has "${pinned}"`,
    ]);
    await stack.up();
    assert.equal(get("clusterrole", "istiod-clusterrole-istio-system").length, 1);
    assert.ok(JSON.stringify(get("daemonset", "ztunnel", "-n", namespace)[0]!.spec).includes(pinned));
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("is told of an upgrade by Helm, and is rid of it by the command that the preview names", async () => {
    const chart = path.join(sources.charts.directory, "istiod-1.31.0.tgz");
    const others = ["--reuse-values", "--set", "env.PILOT_DEBOUNCE_MAX=5s", "--wait"];
    execFileSync("helm", ["upgrade", "istiod", chart, "--namespace", namespace, ...others], { stdio: "ignore" });
    const variables = () => JSON.stringify(get("deployment", "istiod", "-n", namespace)[0]!.spec);
    assert.ok(variables().includes("PILOT_DEBOUNCE_MAX"));
    const { steps, diagnostics } = await stack.preview();
    assert.deepEqual(steps, []);
    const [told = ""] = diagnostics;
    assert.match(
      told,
      /^warning: upgraded outside of Pulumi:\n {2}`Helm release istio-system\/istiod`: got "revision \d+"; /,
    );
    const [, back = ""] = /; run `(helm [^&]+) && pulumi up --refresh`$/.exec(told) ?? [];
    execFileSync("/bin/sh", ["-c", back], { stdio: "ignore" });
    await stack.refresh();
    await stack.up();
    assert.ok(!variables().includes("PILOT_DEBOUNCE_MAX"));
    assert.deepEqual(await stack.preview(), { steps: [], diagnostics: [], outputs: {} });
  });

  it("has no private key in its state, nor anything that has to be kept secret", async () => {
    const state = await stack.exported();
    for (const secret of ["hostk8s-gateway-cert", "hostk8s-gateway-ca"]) {
      assert.equal(state.includes(get("secret", secret, "-n", namespace)[0]!.data!["tls.key"]!), false);
    }
    assert.equal(/PRIVATE KEY|ciphertext/.test(state), false);
    assert.ok(state.length < 250_000, `${state.length} bytes`);
  });

  it("goes, and leaves the CRDs and the routes of others", async () => {
    apply(foreignRoute);
    await stack.destroy();
    assert.deepEqual(get("namespace", namespace), []);
    assert.deepEqual(names(get("clusterroles,clusterrolebindings", "-l", "app.kubernetes.io/part-of=istio")), []);
    assert.deepEqual(get("mutatingwebhookconfigurations,validatingwebhookconfigurations"), []);
    assert.equal(get("httproute", "theirs", "-n", "somebody-else").length, 1);
    assert.ok(names(get("crd")).includes("gateways.gateway.networking.k8s.io"));
  });

  it("comes back", async () => {
    await stack.up();
    assert.equal(condition(gateway(), "Programmed"), "True");
    assert.deepEqual((await stack.preview()).steps, []);
  });
});

function names(objects: KubeObject[]): string[] {
  return objects.map((object) => object.metadata.name);
}

/** Requests and limits of the containers of an object's pods. */
function resourcesOf(object: KubeObject): object[] {
  const { containers } = (object.spec["template"] as { spec: { containers: { resources: object }[] } }).spec;
  return containers.map((container) => container.resources);
}
