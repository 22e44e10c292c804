// What a mesh registers: which resources, under which names, in which order, and with which inputs.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import { parse } from "yaml";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { createdAtOnce, record, Recording, valueOf } from "./record";
import { onServingCluster } from "./serving-cluster";

// The cluster here answers what is waited for, not what a preflight asks.
const preflight = { enabled: false };

async function recordMesh(args: AmbientMeshArgs, opts?: pulumi.ComponentResourceOptions) {
  let mesh: AmbientMesh | undefined;
  const recording = await record(() => {
    mesh = new AmbientMesh("mesh", { preflight, ...args }, opts);
  });
  return { recording, mesh: mesh! };
}

function inputsOf(recording: Recording, name: string): Record<string, unknown> {
  return recording.find(name).inputs;
}

describe("the resources of AmbientMesh", () => {
  onServingCluster();
  let recording: Recording;
  let mesh: AmbientMesh;
  let atOnce: string[];

  before(async () => {
    recording = await record(() => {
      mesh = new AmbientMesh("mesh", { preflight });
      atOnce = createdAtOnce(mesh);
    });
  });

  it("are exactly these, under names that are a promise: a rename brings an alias", () => {
    assert.deepEqual(
      recording.resources.map((r) => `${r.parent}/${r.name} ${r.type}`).sort(),
      [
        "/mesh istio-ambient:index:AmbientMesh",
        "mesh/mesh-namespace kubernetes:core/v1:Namespace",
        "mesh/mesh-gateway-api istio-ambient:index:GatewayApi",
        "mesh-gateway-api/mesh-gateway-api-bundle command:local:Command",
        "mesh/mesh-base kubernetes:helm.sh/v3:Release",
        "mesh/mesh-istiod kubernetes:helm.sh/v3:Release",
        "mesh/mesh-cni kubernetes:helm.sh/v3:Release",
        "mesh/mesh-ztunnel kubernetes:helm.sh/v3:Release",
        "mesh/mesh-data-plane command:local:Command",
        "mesh/mesh-leftovers command:local:Command",
        "mesh/mesh-gateway istio-ambient:index:IngressGateway",
        "mesh-gateway/mesh-gateway-overlay kubernetes:core/v1:ConfigMap",
        "mesh-gateway/mesh-gateway-overlay-data kubernetes:core/v1:ConfigMapPatch",
        "mesh-gateway/mesh-gateway-selfsigned-issuer kubernetes:cert-manager.io/v1:Issuer",
        "mesh-gateway/mesh-gateway-ca-certificate kubernetes:cert-manager.io/v1:Certificate",
        "mesh-gateway/mesh-gateway-ca-issuer kubernetes:cert-manager.io/v1:Issuer",
        "mesh-gateway/mesh-gateway-certificate kubernetes:cert-manager.io/v1:Certificate",
        "mesh-gateway/mesh-gateway-gateway kubernetes:gateway.networking.k8s.io/v1:Gateway",
        "mesh-gateway/mesh-gateway-service kubernetes:core/v1:ServicePatch",
      ].sort(),
    );
  });

  it("depend on each other in the order of installation, whose reverse is that of destroy", () => {
    const dependencies = (name: string) => recording.find(name).dependencies;
    assert.deepEqual(dependencies("mesh-namespace"), []);
    assert.deepEqual(dependencies("mesh-base"), ["mesh-namespace"]);
    assert.deepEqual(dependencies("mesh-leftovers"), ["mesh-namespace"]);
    assert.deepEqual(dependencies("mesh-istiod"), ["mesh-base", "mesh-leftovers"]);
    assert.deepEqual(dependencies("mesh-cni"), ["mesh-istiod"]);
    assert.deepEqual(dependencies("mesh-ztunnel"), ["mesh-cni"]);
    assert.deepEqual(dependencies("mesh-data-plane"), ["mesh-cni", "mesh-istiod", "mesh-ztunnel"]);
    assert.deepEqual(dependencies("mesh-gateway-gateway"), [
      "mesh-data-plane",
      "mesh-gateway-api-bundle",
      "mesh-gateway-certificate",
      "mesh-gateway-overlay-data",
      "mesh-namespace",
    ]);
    assert.deepEqual(dependencies("mesh-gateway-service"), ["mesh-gateway-gateway", "mesh-namespace"]);
  });

  it("do not wait for the releases where they need the namespace alone", () => {
    const beside = (name: string) => recording.find(`mesh-gateway-${name}`).dependencies;
    assert.deepEqual(beside("api-bundle"), ["mesh-namespace"]);
    assert.deepEqual(beside("overlay"), ["mesh-namespace"]);
    assert.deepEqual(beside("overlay-data"), ["mesh-gateway-overlay", "mesh-namespace"]);
    assert.deepEqual(beside("selfsigned-issuer"), ["mesh-namespace"]);
    assert.deepEqual(beside("ca-certificate"), ["mesh-gateway-selfsigned-issuer", "mesh-namespace"]);
    assert.deepEqual(beside("ca-issuer"), ["mesh-gateway-ca-certificate", "mesh-namespace"]);
    assert.deepEqual(beside("certificate"), ["mesh-gateway-ca-issuer", "mesh-namespace"]);
  });

  it("are all created before the constructor returns", () => {
    const late = recording.resources.map((r) => r.name).filter((name) => !atOnce.includes(name) && name !== "mesh");
    assert.deepEqual(late, []);
  });

  it("keep the Gateway API CRDs at destroy, and patches of what goes with its owner", () => {
    const kept = recording.resources.filter((r) => r.retainOnDelete).map((r) => r.name);
    assert.deepEqual(kept.sort(), ["mesh-gateway-overlay-data", "mesh-gateway-service"]);
    assert.equal("delete" in recording.find("mesh-gateway-api-bundle").inputs, false);
  });

  it("wait for readiness: no Release skips it, and no wait is longer than minutes", () => {
    const releases = recording.resources.filter((r) => r.type === "kubernetes:helm.sh/v3:Release");
    assert.deepEqual(
      releases.map((r) => [r.inputs["skipAwait"], r.inputs["timeout"]]),
      Array(4).fill([undefined, 300]),
    );
    assert.equal(recording.find("mesh-gateway-gateway").createTimeout, "3m");
    assert.equal(recording.find("mesh-gateway-certificate").createTimeout, "2m");
  });

  it("register the outputs of every component", () => {
    const gateway = ["caCertificate", "httpUrl", "httpsUrl", "nodePorts", "secretName", "serviceName"];
    assert.deepEqual(Object.fromEntries(recording.outputs), {
      mesh: [...gateway, "gateway", "namespace", "resources", "version"].sort(),
      "mesh-gateway": [...gateway, "reference"].sort(),
      "mesh-gateway-api": ["version"],
    });
  });

  it("give the outputs that other programs build on", async () => {
    assert.deepEqual(await valueOf(mesh.gateway), {
      name: "hostk8s-gateway",
      namespace: "istio-system",
      listeners: [
        { name: "http", protocol: "HTTP", port: 80 },
        { name: "https", protocol: "HTTPS", port: 443 },
      ],
      hostPorts: { http: 8081, https: 8444 },
      certificateNames: ["localhost", "hostk8s.local", "*.hostk8s.local"],
      serviceAccount: "hostk8s-gateway-istio",
    });
    assert.equal(await valueOf(mesh.httpUrl), "http://localhost:8081");
    assert.equal(await valueOf(mesh.httpsUrl), "https://localhost:8444");
    assert.deepEqual(await valueOf(mesh.nodePorts), { http: 30081, https: 30444 });
    assert.equal(await valueOf(mesh.serviceName), "hostk8s-gateway-istio");
    assert.equal(await valueOf(mesh.secretName), "hostk8s-gateway-cert");
    assert.equal(await valueOf(mesh.caCertificate), "PEM of the signer");
    assert.equal(await pulumi.isSecret(mesh.caCertificate), false);
  });
});

describe("the arguments of AmbientMesh", () => {
  onServingCluster();

  it("put every release at the same exact version, from Istio's own repository", async () => {
    const { recording } = await recordMesh({ version: "1.30.8" });
    for (const [name, chart] of Object.entries({ base: "base", istiod: "istiod", cni: "cni", ztunnel: "ztunnel" })) {
      const { version, chart: from, repositoryOpts } = inputsOf(recording, `mesh-${name}`);
      assert.deepEqual(
        [version, from, repositoryOpts],
        ["1.30.8", chart, { repo: "https://blob.istio.io/istio-release/charts" }],
      );
    }
  });

  it("take charts from an OCI registry", async () => {
    const { recording } = await recordMesh({ charts: { repository: "oci://charts.example.com/istio/" } });
    assert.equal(inputsOf(recording, "mesh-ztunnel")["chart"], "oci://charts.example.com/istio/ztunnel");
    assert.equal(inputsOf(recording, "mesh-ztunnel")["repositoryOpts"], undefined);
  });

  it("take over a namespace that exists, and give their labels back at destroy", async () => {
    const { recording } = await recordMesh({ adoptNamespace: true });
    const namespace = recording.find("mesh-namespace");
    assert.equal(namespace.type, "kubernetes:core/v1:NamespacePatch");
    assert.equal(namespace.retainOnDelete, false);
  });

  it("request and start less with a lean footprint, as the output says, and the gateway with them", async () => {
    const { recording, mesh: lean } = await recordMesh({ footprint: "lean", gateway: { memory: "96Mi" } });
    const values = inputsOf(recording, "mesh-istiod")["values"] as Record<string, unknown>;
    assert.deepEqual(values["env"], {
      GOGC: "10",
      GODEBUG: "memprofilerate=0",
      MUTEX_PROFILE_FRACTION: "0",
      PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
    });
    const { deployment } = inputsOf(recording, "mesh-gateway-overlay-data")["data"] as { deployment: string };
    const { spec } = parse(deployment) as { spec: { template: { spec: { containers: { resources: object }[] } } } };
    assert.deepEqual(spec.template.spec.containers[0]?.resources, {
      requests: { cpu: "50m", memory: "96Mi" },
      limits: null,
    });
    assert.deepEqual(await valueOf(lean.resources), {
      istiod: { cpu: "50m", memory: "96Mi" },
      istioCni: { cpu: "25m", memory: "96Mi" },
      ztunnel: { cpu: "50m", memory: "32Mi" },
      gateway: { cpu: "50m", memory: "96Mi" },
      total: { cpu: "175m", memory: "320Mi" },
    });
  });

  it("leave out the gateway, the certificate or the CRDs", async () => {
    const bare = await recordMesh({ gateway: { enabled: false }, gatewayApi: { install: false } });
    assert.deepEqual(bare.recording.resources.map((r) => r.name).sort(), [
      "mesh",
      "mesh-base",
      "mesh-cni",
      "mesh-data-plane",
      "mesh-istiod",
      "mesh-leftovers",
      "mesh-namespace",
      "mesh-ztunnel",
    ]);
    assert.equal(await valueOf(bare.mesh.gateway), undefined);

    const plain = await recordMesh({ gateway: { certificate: { enabled: false } } });
    const spec = inputsOf(plain.recording, "mesh-gateway-gateway")["spec"] as { listeners: { name: string }[] };
    assert.deepEqual(
      spec.listeners.map((listener) => listener.name),
      ["http"],
    );
    assert.equal(
      plain.recording.resources.some((r) => r.type.startsWith("kubernetes:cert-manager.io/")),
      false,
    );
    assert.equal(await valueOf(plain.mesh.httpsUrl), undefined);
  });

  it("use an issuer that is named instead of a CA of its own", async () => {
    const { recording } = await recordMesh({ gateway: { certificate: { issuerName: "root-ca-cluster-issuer" } } });
    const certManager = recording.resources.filter((r) => r.type.startsWith("kubernetes:cert-manager.io/"));
    assert.deepEqual(
      certManager.map((r) => r.name),
      ["mesh-gateway-certificate"],
    );
    const spec = certManager[0]!.inputs["spec"] as { issuerRef: object };
    assert.deepEqual(spec.issuerRef, {
      name: "root-ca-cluster-issuer",
      kind: "ClusterIssuer",
      group: "cert-manager.io",
    });
  });

  it("hold only the type of a Service that has no NodePorts", async () => {
    const { recording, mesh } = await recordMesh({ gateway: { serviceType: "LoadBalancer" } });
    assert.deepEqual(inputsOf(recording, "mesh-gateway-service")["spec"], { type: "LoadBalancer" });
    assert.equal(await valueOf(mesh.httpUrl), "http://192.0.2.10");
    assert.deepEqual(await valueOf(mesh.nodePorts), {});
  });

  it("put cni and ztunnel where the platform wants them", async () => {
    const { recording } = await recordMesh({ platform: "openshift", namespace: "mesh-system" });
    const namespaces = ["base", "istiod", "cni", "ztunnel"].map((n) => inputsOf(recording, `mesh-${n}`)["namespace"]);
    assert.deepEqual(namespaces, ["mesh-system", "mesh-system", "kube-system", "kube-system"]);
  });

  it("hand what the mesh itself has to wait for on to every child", async () => {
    const recording = await record(() => {
      const before = new k8s.core.v1.ConfigMap("before", {});
      new AmbientMesh("mesh", { preflight }, { dependsOn: before });
    });
    const waiting = recording.resources.filter((r) => r.dependencies.includes("before")).map((r) => r.name);
    const own = recording.resources.filter((r) => r.name !== "before").map((r) => r.name);
    assert.deepEqual(waiting.sort(), own.sort());
  });

  it("send every child to the provider that was given, and its commands to the cluster that was named for it", async () => {
    const recording = await record(
      () => {
        const provider = new k8s.Provider("other", { kubeconfig: "{}", context: "other" });
        new AmbientMesh("mesh", { preflight, cluster: { context: "other" } }, { provider });
      },
      { preview: true },
    );
    const elsewhere = recording.resources.filter((r) => r.type.startsWith("kubernetes:") && r.provider !== "other");
    assert.deepEqual(elsewhere, []);
    for (const name of ["mesh-data-plane", "mesh-gateway-api-bundle"]) {
      const { environment } = recording.find(name).inputs as { environment: Record<string, string> };
      assert.equal(environment["ISTIO_AMBIENT_TARGET"], '{"context":"other"}');
    }
    assert.deepEqual(recording.logged, []);
  });

  it("may be Outputs that are not known at preview: every object is listed all the same", async () => {
    const known = await record(() => void new AmbientMesh("mesh", { preflight }), { preview: true });
    const recording = await record(
      () => {
        const unknown: pulumi.Output<string> = new k8s.core.v1.ConfigMap("not-yet").id;
        new AmbientMesh("mesh", {
          preflight,
          namespace: unknown,
          controlPlane: { memory: unknown },
          gateway: { host: unknown, hostnames: [unknown], certificate: { issuerName: unknown } },
        });
      },
      { preview: true },
    );
    const own = ["mesh-gateway-selfsigned-issuer", "mesh-gateway-ca-certificate", "mesh-gateway-ca-issuer"];
    assert.deepEqual(
      recording.resources.map((r) => r.name).sort(),
      [...known.resources.map((r) => r.name).filter((name) => !own.includes(name)), "not-yet"].sort(),
    );
  });
});
