// A mesh from exported files is the mesh that Pulumi makes, object by object; it can be handed to a stack and back; and the
// API server takes what Flux and Argo CD are to read.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import type { PlainMesh } from "../../components/mesh/manifest";
import { partPath } from "../../sandbox/build/cache";
import { exportedMeshes } from "../support/export-meshes";
import { istioAmbient } from "../unit/fixtures/terminal";
import { clusterObjects, definitions, differing } from "./cluster-objects";
import { apply, condition, get, kubectl, removeDefinitions, settled, sources, TestStack } from "./support";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-"));
const gatewayKind = "gateways.gateway.networking.k8s.io";
const parts = ["1-base", "2-control-plane", "3-ambient-dataplane", "4-gateway"];

/** Those that are installed here in both ways, which takes its time; tests/graph/export.test.ts has all of them. */
const here = [
  "all defaults",
  "requests, limits and replicas of every part",
  "values of the charts",
  "a gateway with ports, hostnames and teams of its own",
  "a certificate that exists",
  "a gateway beside the mesh, on a cluster that has the CRDs",
  "other names and another namespace",
].map((what): [string, PlainMesh] => [what, exportedMeshes[what]!]);

/** What some of the meshes find on the cluster: issuers, and a certificate that exists. */
const issuers = `
apiVersion: v1
kind: Namespace
metadata: { name: ingress }
---
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: { name: root-ca-cluster-issuer }
spec: { selfSigned: {} }
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: { name: team-ca, namespace: ingress }
spec: { selfSigned: {} }
`;

function withSources(args: PlainMesh): PlainMesh {
  const { gatewayApi = {}, ...rest } = args;
  return {
    ...rest,
    charts: sources.charts,
    gatewayApi: gatewayApi.install === false ? gatewayApi : sources.gatewayApi,
  };
}

let count = 0;

/** Exports a mesh; gives the folder. */
async function exported(format: string, args: PlainMesh): Promise<string> {
  const output = path.join(folder, `${format}-${count++}`);
  const file = path.join(folder, "mesh.json");
  fs.writeFileSync(file, JSON.stringify(args));
  const argv = ["export", "--args", file, "--format", format, "--output", output];
  const { code, err } = await istioAmbient(argv);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  return output;
}

function partsIn(output: string): string[] {
  return parts.map((part) => path.join(output, part)).filter((part) => fs.existsSync(part));
}

/** Applies the parts as their header says, and waits until the gateway, if there is one, is programmed. */
async function applyParts(output: string, beforeGateway = ""): Promise<void> {
  for (const part of partsIn(output)) {
    if (part.endsWith("4-gateway") && beforeGateway !== "") apply(beforeGateway);
    kubectl("apply", "--server-side", "-k", part);
  }
  const programmed = () =>
    get(gatewayKind, "--all-namespaces").every((gateway) => condition(gateway, "Programmed") === "True");
  if (partsIn(output).length === parts.length) assert.ok(await settled(programmed, (is) => is));
}

/** Takes everything away but the CRDs. */
function deleteParts(output: string, namespace: string): void {
  for (const part of partsIn(output).slice(1).reverse()) kubectl("delete", "--ignore-not-found", "-k", part);
  kubectl("delete", "namespace", namespace, "--ignore-not-found");
}

/** The objects once istiod has made what it makes. */
async function settledObjects(): Promise<Record<string, object>> {
  let last = clusterObjects();
  const { now } = await settled(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const before = last;
      last = clusterObjects();
      return { now: last, isSame: differing(before, last).length === 0 };
    },
    ({ isSame }) => isSame,
  );
  return now;
}

/** The certificate of the gateway under another name, as a manifest. */
function copiedCertificate(): string {
  const [secret] = get("secret", "hostk8s-gateway-cert", "-n", "istio-system") as unknown as [{ data: object }];
  const metadata = { name: "wildcard-cert", namespace: "istio-system" };
  return JSON.stringify({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/tls", metadata, data: secret.data });
}

describe("a mesh from exported files, once it runs", () => {
  const to = ["--to", "istio-ambient/adopting"];
  const namespace = "istio-system";
  let output: string;
  let stack: TestStack;
  const args: AmbientMeshArgs = {
    ...withSources({ platform: "kind", gateway: { enabled: false } }),
    adoptNamespace: true,
  };
  /** What would be another where anything were made anew, or rolled. */
  const workloads = () =>
    get("deployments,daemonsets,pods,services", "-n", namespace)
      .map(({ kind, metadata: { name, uid } }) => `${kind} ${name} ${uid}`)
      .sort();

  before(async () => {
    output = await exported("kustomize", withSources({ platform: "kind" }));
    await applyParts(output);
    await settledObjects();
    stack = await TestStack.open("adopting", async () => {
      new AmbientMesh("mesh", args);
    });
  });

  after(async () => {
    await stack.remove();
    kubectl("delete", "namespace", namespace);
    removeDefinitions();
  });

  it("has nothing to do when the files are applied again, by part or as a whole", () => {
    const before = { objects: clusterObjects(), workloads: workloads() };
    for (const part of partsIn(output)) kubectl("apply", "--server-side", "-k", part);
    kubectl("apply", "--server-side", "-k", output);
    assert.deepEqual(differing(before.objects, clusterObjects()), []);
    assert.deepEqual(workloads(), before.workloads);
  });

  it("holds the NodePorts against a change by hand, without a job", async () => {
    const ports = () =>
      (get("service", "hostk8s-gateway-istio", "-n", namespace)[0]!.spec["ports"] as { nodePort: number }[])
        .map(({ nodePort }) => nodePort)
        .slice(1);
    const patch = JSON.stringify([{ op: "replace", path: "/spec/ports/1/nodePort", value: 32111 }]);
    kubectl("patch", "service", "hostk8s-gateway-istio", "-n", namespace, "--type", "json", "-p", patch);
    assert.deepEqual(await settled(ports, ([http]) => http === 30081), [30081, 30444]);
  });

  it("is handed to a stack and given back, after which the files are in force again", async () => {
    const before = { objects: clusterObjects(), workloads: workloads() };
    assert.equal((await istioAmbient(["adopt", ...to, "--apply"])).code, 0);
    assert.equal((await istioAmbient(["adopt", "--undo"])).code, 0);
    for (const part of partsIn(output)) kubectl("apply", "--server-side", "-k", part);
    assert.deepEqual(differing(before.objects, clusterObjects()), []);
    assert.deepEqual(workloads(), before.workloads);
  });

  it("is taken up by a stack but for its gateway, which replaces nothing and makes no pod anew", async () => {
    const before = workloads();
    assert.equal((await istioAmbient(["adopt", ...to, "--apply"])).code, 0);
    const { steps } = await stack.up();
    assert.deepEqual(
      steps.filter((step) => /replace|delete/.test(step)),
      [],
    );
    assert.deepEqual(workloads(), before);
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("goes from a stack to files as well, which change nothing of what Pulumi has made", () => {
    const before = { objects: clusterObjects(), workloads: workloads() };
    for (const part of partsIn(output)) kubectl("apply", "--server-side", "--force-conflicts", "-k", part);
    assert.deepEqual(differing(before.objects, clusterObjects()), []);
    assert.deepEqual(workloads(), before.workloads);
  });
});

/** Folders with the CRDs of Flux and of Argo CD. */
const toolDefinitions = ["flux-helm-crds", "flux-source-crds", "flux-kustomize-crds", "argocd-crds"].map((name) =>
  partPath(name),
);
const namespaces = ["istio-system", "mesh", "ingress", "argocd", "flux-system"];

describe("what Flux and Argo CD are to read", () => {
  before(() => {
    removeDefinitions();
    for (const part of toolDefinitions) kubectl("apply", "--server-side", "-f", part);
    kubectl("apply", "--server-side", "-f", sources.gatewayApi.source!);
    for (const name of namespaces) apply(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  });

  after(() => {
    for (const part of toolDefinitions) kubectl("delete", "-f", part);
    kubectl("delete", "namespace", ...namespaces);
    removeDefinitions();
  });

  /** Everything but the CRDs, which are there. */
  const filesIn = (output: string) =>
    fs
      .readdirSync(output)
      .filter((name) => name !== "kustomization.yaml" && name !== "gateway-api.yaml")
      .map((name) => path.join(output, name));
  const asked = (files: string[]) =>
    kubectl("apply", "--server-side", "--dry-run=server", ...files.flatMap((file) => ["-f", file]));

  for (const format of ["flux", "argocd"]) {
    it(`is taken by the API server with the CRDs of ${format}, for every mesh`, async () => {
      const files: string[] = [];
      for (const [index, mesh] of Object.values(exportedMeshes).entries()) {
        const gatewayApi = mesh.gatewayApi?.install === false ? mesh.gatewayApi : sources.gatewayApi;
        const charts = index % 2 === 0 ? {} : { charts: { repository: "oci://registry.example.com/istio" } };
        const output = await exported(format, { ...mesh, ...charts, gatewayApi });
        files.push(...filesIn(output));
        kubectl("kustomize", output);
      }
      const told = asked(files).split("\n").filter(Boolean);
      assert.ok(told.every((line) => line.endsWith("serverside-applied (server dry run)")));
      assert.ok(told.length > 100, `${told.length} objects were asked for`);
    });
  }

  it("would be refused with a field that does not exist", async () => {
    const output = await exported("flux", { gatewayApi: { install: false } });
    const file = path.join(output, "control-plane.yaml");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("releaseName", "releaseNaem"));
    assert.throws(() => asked([file]), /\.spec\.releaseNaem: field not declared in schema/);
  });
});

describe("a mesh from exported files", () => {
  const made: Record<string, Record<string, object>> = {};
  let madeDefinitions: Record<string, object> = {};
  let certificate = "";

  before(async () => {
    removeDefinitions();
    apply(issuers);
    let args: AmbientMeshArgs = {};
    const stack = await TestStack.open("original", async () => {
      new AmbientMesh("mesh", args);
    });
    for (const [what, mesh] of here) {
      // A mesh cannot move to another namespace while it is there, and Helm remembers whose the CRDs were.
      if (mesh.namespace !== undefined) {
        await stack.destroy();
        removeDefinitions();
      }
      args = { ...withSources(mesh), preflight: { enabled: false } };
      await stack.up();
      made[what] = await settledObjects();
      if (certificate === "") {
        certificate = copiedCertificate();
        apply(certificate);
        madeDefinitions = clusterObjects(definitions);
      }
    }
    await stack.remove();
    removeDefinitions();
  });

  let output = "";
  let meshNamespace = "";
  afterEach(() => deleteParts(output, meshNamespace));

  after(() => {
    kubectl("delete", "namespace", "ingress", "mesh", "istio-system", "--ignore-not-found");
    kubectl("delete", "clusterissuer", "root-ca-cluster-issuer", "--ignore-not-found");
    fs.rmSync(folder, { recursive: true });
  });

  for (const [what, mesh] of here) {
    it(`with ${what} is the one that Pulumi makes`, async () => {
      meshNamespace = mesh.namespace ?? "istio-system";
      output = await exported("kustomize", withSources(mesh));
      await applyParts(output, mesh.gateway?.certificate?.existing === true ? certificate : "");
      const differences = () => differing(made[what]!, clusterObjects());
      assert.deepEqual(await settled(differences, (all) => all.length === 0), []);
      assert.deepEqual(differing(madeDefinitions, clusterObjects(definitions)), []);
    });
  }
});
