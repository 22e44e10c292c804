// An Istio that Argo CD keeps, one application for each chart: adopting it is refused with the commands that make Argo CD let go,
// and once it has, these commands lead to a stack that has it.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { AmbientMesh, type AmbientMeshArgs } from "../../components";
import { adopt, chart, clear, differing, namespace, picture, pods, printedArgs } from "./adopt-install";
import {
  apply,
  get,
  kubectl,
  removeDefinitions,
  sources,
  TestStack,
  webhooksWritten,
  type KubeObject,
} from "./support";

const applications = { "istio-base": "base", istiod: "istiod", "istio-cni": "cni", ztunnel: "ztunnel" };
const tracking = "argocd.argoproj.io/tracking-id";
const to = ["--to", "istio-ambient/adopt-gitops"];
const released = Object.keys(applications).flatMap((name) => ["--released", `argocd/${name}`]);

/** What Argo CD does with a chart: renders it, marks each object, and applies all of them under its own name. */
function sync(application: string, of: string): void {
  const args = ["template", application, chart(of), "--namespace", namespace, "--set", "profile=ambient"];
  const text = execFileSync("helm", args, { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  const objects = parseAllDocuments(text).flatMap((document) => (document.toJS() as KubeObject | null) ?? []);
  for (const { kind, metadata } of objects) {
    const id = `${application}:${kind}:${metadata.namespace ?? namespace}/${metadata.name}`;
    metadata.annotations = { ...metadata.annotations, [tracking]: id };
  }
  apply(JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }), "argocd-controller");
}

describe("an Istio that Argo CD keeps", () => {
  let args: AmbientMeshArgs = {};
  let stack: TestStack;

  before(async () => {
    removeDefinitions();
    apply(JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
    for (const [application, of] of Object.entries(applications)) sync(application, of);
    for (const workload of ["deployment/istiod", "daemonset/istio-cni-node", "daemonset/ztunnel"])
      kubectl("rollout", "status", workload, "--namespace", namespace, "--timeout=3m");
    await webhooksWritten();
    stack = await TestStack.open("adopt-gitops", () => {
      new AmbientMesh("mesh", args);
      return Promise.resolve();
    });
  });

  after(async () => {
    await stack.remove();
    clear();
  });

  it("is refused with the commands that make it let go, of which the last names all applications", async () => {
    const before = picture();
    const { code, out, err } = await adopt(...to, "--apply");
    assert.deepEqual([code, out], [1, ""]);
    const [title, ...lines] = err.trim().split("\n");
    assert.equal(title, "It cannot be adopted:");
    const names = Object.keys(applications);
    assert.deepEqual(
      lines.map((line) => /got "kept by ([^"]*)"/.exec(line)?.[1]),
      names.map((name) => `the Argo CD application ${name}`),
    );
    assert.deepEqual(
      lines.map((line) => /run `([^`]*)`$/.exec(line)?.[1]),
      names.map((name) => {
        const deletes = `argocd app delete ${name} --cascade=false`;
        return name === names.at(-1) ? `${deletes} && istio-ambient adopt ${[...to, ...released].join(" ")}` : deletes;
      }),
    );
    assert.deepEqual(picture(), before);
  });

  it("is handed over once the applications are gone, without their marks, and given back with them", async () => {
    const before = picture();
    const applied = await adopt(...to, ...released, "--apply");
    assert.deepEqual([applied.code, applied.err], [0, ""]);
    const [istiod] = get("deployment", "istiod", "-n", namespace);
    assert.ok(!(tracking in istiod!.metadata.annotations!));
    assert.equal((await adopt("--undo")).code, 0);
    assert.deepEqual(picture(), before);
  });

  it("is imported by the next up, which replaces and restarts nothing", async () => {
    assert.equal((await adopt(...to, ...released, "--apply")).code, 0);
    args = { ...(await printedArgs()), ...sources };
    const before = ["istiod", "istio-cni", "ztunnel"].map((name) => pods(name));
    assert.deepEqual(differing(await stack.preview()), []);
    const { steps } = await stack.up();
    assert.deepEqual(
      steps.filter((step) => /replace|delete/.test(step)),
      [],
    );
    assert.deepEqual((await stack.preview()).steps, []);
    const after = ["istiod", "istio-cni", "ztunnel"].map((name) => pods(name));
    assert.deepEqual(after, before);
  });
});
