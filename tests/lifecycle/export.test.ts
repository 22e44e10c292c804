// A mesh from exported files can be handed to a stack and back; and the API server takes what Flux and Argo CD are to read.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import { partPath } from "../../sandbox/build/cache";
import { exportedMeshes } from "../support/export-meshes";
import { istioAmbient } from "../unit/fixtures/terminal";
import { clusterObjects, differing } from "./cluster-objects";
import { exported, folder, gatewaysProgrammed, installs, partsIn, settledObjects } from "./export-install";
import { apply, get, kubectl, removeDefinitions, settled, sources, TestStack } from "./support";

after(() => fs.rmSync(folder, { recursive: true }));

describe("a mesh from exported files, once it runs", () => {
  const to = ["--to", "istio-ambient/adopting"];
  const namespace = "istio-system";
  let output: string;
  let stack: TestStack;
  const args: AmbientMeshArgs = {
    ...sources,
    platform: "kind",
    gateway: { enabled: false },
    adoptNamespace: true,
  };
  /** What would be another where anything were made anew, or rolled. */
  const workloads = () =>
    get("deployments,daemonsets,pods,services", "-n", namespace)
      .map(({ kind, metadata: { name, uid } }) => `${kind} ${name} ${uid}`)
      .sort();

  before(async () => {
    output = await exported("kustomize", { ...sources, platform: "kind" });
    installs.kustomize(output, "");
    await gatewaysProgrammed();
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

  for (const format of ["flux", "argocd"] as const) {
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
