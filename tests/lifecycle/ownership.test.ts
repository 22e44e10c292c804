// Who made it × who touches it × up and destroy: with two stacks and kubectl on one cluster nothing is ever lost.
import * as assert from "node:assert/strict";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { AmbientMesh, AmbientNamespace, Waypoint } from "../../components";
import { application, contested, kinds, makers, refusals } from "./ownership-objects";
import { get, kubectl, KubeObject, sources, TestStack } from "./support";

/** The mesh: its objects, whose they are, and which releases of Helm there are. */
function meshObjects(): string[] {
  const kinds =
    "secrets,services,deployments,daemonsets,serviceaccounts,gateways.gateway.networking.k8s.io,certificates";
  const cluster = "clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations";
  const all = [...get("namespace", "istio-system"), ...get(kinds, "-n", "istio-system"), ...get(cluster)];
  return all
    .map(({ kind, metadata: { name, uid, annotations } }) => {
      const { "istio-ambient/stack": stack, "meta.helm.sh/release-name": release } = annotations ?? {};
      return [kind, name, uid, stack, release].join(" ");
    })
    .sort();
}

/** The lines of the one error that a run ends with. */
async function refused(run: Promise<unknown>): Promise<string[]> {
  const error = await run.then(
    () => assert.fail("nothing was refused"),
    (reason: { diagnostics: string[] }) => reason,
  );
  // After a run that failed, this process hears the errors of later ones several times.
  const told = [...new Set(error.diagnostics.filter((line) => line.startsWith("error: this program")))];
  assert.equal(told.length, 1, error.diagnostics.join("\n"));
  const [head, ...lines] = told[0]!.split("\n").map((line) => line.trim());
  assert.equal(head, "error: this program would overwrite objects of other owners:");
  return lines.sort();
}

describe("what others have made", () => {
  let mesh: TestStack;
  let second: TestStack;
  let program: () => void = () => undefined;
  const run: PulumiFn = () => Promise.resolve(program());

  before(async () => {
    mesh = await TestStack.open("ownership-mesh", () => {
      new AmbientMesh("mesh", sources);
      return Promise.resolve();
    });
    await mesh.up();
    second = await TestStack.open("ownership-second", run);
  });

  after(async () => {
    program = () => undefined;
    await second?.remove();
    kubectl("delete", "namespace", "contested", "labelled", "renamed", "kept", "--ignore-not-found");
    await mesh.remove();
  });

  for (const { what, make, unmake, owner } of makers) {
    it(`is neither taken nor deleted where ${what} made it`, async () => {
      make();
      const before = contested();
      program = application;
      assert.deepEqual(await refused(second.preview()), refusals(owner));
      assert.deepEqual(await refused(second.up()), refusals(owner));
      await second.destroy();
      assert.deepEqual(contested(), before);
      unmake();
    });
  }

  describe("by another stack", () => {
    let first: TestStack;

    before(async () => {
      first = await TestStack.open("ownership-first", () => Promise.resolve(application()));
      await first.up();
    });

    after(() => first?.remove());

    it("is neither taken nor deleted, nor is what the second stack has lost by it", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("kept");
      await second.up();
      const [kept] = get("namespace", "kept");
      program = () => {
        new AmbientNamespace("kept");
        application();
      };
      const owner = "belongs to the stack istio-ambient/ownership-first";
      assert.deepEqual(await refused(second.preview()), refusals(owner));
      assert.deepEqual(await refused(second.up()), refusals(owner));
      assert.equal(get("namespace", "kept")[0]!.metadata.uid, kept!.metadata.uid);
      await second.destroy();
      assert.deepEqual(contested(), before);
      assert.deepEqual((await first.preview()).steps, []);
    });

    it("may be adopted with the labels that it has, which stay when the second stack goes", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("guest", { name: "contested", adopt: true, labels: { team: "guest" } });
      await second.up();
      assert.equal(get("namespace", "contested")[0]!.metadata.labels!["team"], "guest");
      assert.deepEqual((await second.preview()).steps, []);
      assert.deepEqual((await first.preview()).steps, []);
      // Its `up --refresh`, which `check` names for a label that was changed by hand.
      kubectl("label", "namespace", "contested", "team=other", "--overwrite");
      await second.refresh();
      await second.up();
      assert.equal(get("namespace", "contested")[0]!.metadata.labels!["team"], "guest");
      await second.destroy();
      assert.deepEqual(contested(), before);
    });

    it("keeps its labels where the second stack wants other ones", async () => {
      const before = contested();
      program = () => void new AmbientNamespace("guest", { name: "contested", adopt: true, dataplaneMode: "none" });
      const line =
        'AmbientNamespace "guest": `dataplaneMode`: got "istio.io/dataplane-mode: none"; Namespace contested belongs to ' +
        "the stack istio-ambient/ownership-first and has istio.io/dataplane-mode: ambient; use that value, or remove " +
        'the label first; write `dataplaneMode: "ambient"`';
      assert.deepEqual(await refused(second.preview()), [line]);
      assert.deepEqual(await refused(second.up()), [line]);
      const { name, namespace } = { name: "other", namespace: "kept" };
      program = () => {
        const kept = new AmbientNamespace(namespace);
        const users = [{ namespace: "contested", service: "web" }];
        new Waypoint(name, { namespace: kept.name, for: users });
      };
      assert.deepEqual(await refused(second.preview()), [
        'Waypoint "other": `for[0]`: got "istio.io/use-waypoint: other"; Waypoint "proxy" of the stack ' +
          "istio-ambient/ownership-first sets istio.io/use-waypoint: proxy on Service contested/web, and a label has one " +
          'value; agree with that stack on one; write `for: [{ namespace: "other" }]`',
      ]);
      assert.deepEqual(contested(), before);
    });

    it("is its own again after it was renamed, once its objects are marked", async () => {
      const former = "istio-ambient/ownership-first";
      first = await first.renamed("ownership-renamed", () => Promise.resolve(application()));
      assert.deepEqual(await refused(first.preview()), refusals(`belongs to the stack ${former}`));
      const own = [...get("namespace", "contested"), ...get(kinds, "-n", "contested")].filter(
        ({ metadata }) => metadata.annotations?.["istio-ambient/stack"] === former,
      );
      for (const { apiVersion, kind, metadata } of own as (KubeObject & { apiVersion: string })[]) {
        const [group, version] = apiVersion.split("/");
        const object = [version === undefined ? kind : `${kind}.${version}.${group}`, metadata.name];
        kubectl(
          "annotate",
          ...object,
          "-n",
          "contested",
          "istio-ambient/stack=istio-ambient/ownership-renamed",
          "--overwrite",
        );
      }
      const uids = () => contested().map((each) => (JSON.parse(each) as { uid: string }).uid);
      const before = uids();
      await first.up();
      assert.deepEqual(uids().sort(), before.sort());
      assert.deepEqual((await first.preview()).steps, []);
    });
  });

  it("is not deleted by the stack itself when it is adopted, or made by a component of another name", async () => {
    program = () => void new AmbientNamespace("renamed");
    await second.up();
    const { uid } = get("namespace", "renamed")[0]!.metadata;
    program = () => void new AmbientNamespace("another", { name: "renamed" });
    assert.deepEqual(await refused(second.preview()), [
      'AmbientNamespace "another": `name`: got "renamed"; Namespace renamed was made by AmbientNamespace "renamed" of this ' +
        "stack, and would be deleted with it; tell the engine that it was renamed; write " +
        '`{ aliases: [{ name: "renamed" }] }`',
    ]);
    program = () => void new AmbientNamespace("another", { name: "renamed" }, { aliases: [{ name: "renamed" }] });
    await second.up();
    program = () => void new AmbientNamespace("another", { name: "renamed", adopt: true });
    await second.up();
    assert.deepEqual((await second.preview()).steps, []);
    await second.destroy();
    assert.equal(get("namespace", "renamed")[0]!.metadata.uid, uid);
  });

  it("is used and not taken over where it is a mesh", async () => {
    const kept = meshObjects();
    program = () => void new AmbientMesh("mesh", sources);
    for (const run of [() => second.preview(), () => second.up()]) {
      const error = await run().then(
        ({ diagnostics }) => assert.fail(`nothing was refused: ${diagnostics.join("\n")}`),
        (reason: { diagnostics: string[] }) => reason,
      );
      const told = [...new Set(error.diagnostics.filter((line) => line.startsWith("error: AmbientMesh")))];
      assert.equal(told.length, 1);
      assert.match(
        told[0]!,
        /\n {2}`Namespace istio-system`: got "it holds the mesh of the stack istio-ambient\/ownership-mesh"; a cluster can have one mesh: use that one/,
      );
      assert.equal(told[0]!.split("\n").length, 2);
      assert.deepEqual(meshObjects(), kept);
    }
    program = () => undefined;
    await second.destroy();
    assert.deepEqual((await mesh.preview()).steps, []);
  });
});
