// A cluster that comes as an Output: looked at as soon as it is known, and a word where it is not.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs, AmbientNamespace } from "../../components";
import { partRule } from "../../components/mesh/chart-rules";
import { resolved } from "../../components/support/arguments";
import { waivable } from "../../lib/preflight";
import { ApiServer } from "../unit/fixtures/api-server";
import { set } from "../unit/fixtures/breakages";
import { MeshApi } from "../unit/fixtures/mesh-api";
import { preview } from "./applications";
import { loggedUntilTheEnd, record } from "./record";

/** The mesh on this cluster is of another stack: whatever is found is waived, and shown. */
const ignore = Object.fromEntries(waivable.map(({ id }) => [id, "a test"]));
const skipped =
  "warning: the preflight was skipped: this program creates the cluster; `pulumi up` checks the cluster before it creates the mesh";

function makeMesh(kubeconfig: pulumi.Input<string>, args: AmbientMeshArgs = {}): void {
  const provider = new k8s.Provider("made", { context: "test" });
  new AmbientMesh("mesh", { preflight: { ignore }, ...args, cluster: { kubeconfig } }, { provider });
}

async function logged(kubeconfig: () => pulumi.Input<string>, args: AmbientMeshArgs = {}): Promise<string[]> {
  return (await record(() => makeMesh(kubeconfig(), args), preview)).logged;
}

describe("a cluster that comes as an Output", () => {
  let server: ApiServer;
  let text: string;

  before(async () => {
    const mesh = new MeshApi();
    set("gitVersion", "v1.37.2")(mesh.recording.objects["/version"]!);
    server = await ApiServer.start(mesh);
    text = fs.readFileSync(server.kubeconfig, "utf8");
  });
  after(() => server.stop());

  it("is looked at by the preview where it is known, a secret one too", async () => {
    for (const kubeconfig of [() => pulumi.output(text), () => pulumi.secret(text)]) {
      const [first = "", ...more] = await logged(kubeconfig);
      assert.ok(first.startsWith("warning: waived by `preflight.ignore`:\n"), first);
      const untested =
        `  \`Cluster ${server.address}\`: got "Kubernetes 1.37"; Istio 1.31 supports Kubernetes 1.32 to 1.36; newer ` +
        `versions are untested, but usually work` +
        '; write `preflight: { ignore: { "kubernetes-untested": "<reason>" } }` ' +
        "[kubernetes-untested], waived: a test";
      assert.ok(first.split("\n").includes(untested), first);
      assert.ok(!more.includes(skipped));
    }
  });

  it("is told of by the preview where a release was upgraded outside of Pulumi", async () => {
    const upgraded = new MeshApi();
    upgraded.edit("/api/v1/secrets", "sh.helm.release.v1.istiod.v1", (secret) => {
      secret.metadata.name = "sh.helm.release.v1.istiod.v2";
      secret.metadata.labels = { ...secret.metadata.labels, version: "2" };
    });
    const other = await ApiServer.start(upgraded);
    try {
      const kubeconfig = fs.readFileSync(other.kubeconfig, "utf8");
      const gateway = { enabled: false };
      const lines = await loggedUntilTheEnd(() => makeMesh(pulumi.output(kubeconfig), { gateway }));
      assert.deepEqual(
        lines.filter((line) => line.includes("upgraded outside")),
        [
          'warning: upgraded outside of Pulumi:\n  `Helm release istio-system/istiod`: got "revision 2"; this stack installed ' +
            "revision 1; neither `up` nor a refresh restores a release that was upgraded by another tool; run `helm rollback " +
            "istiod 1 --namespace istio-system && pulumi up --refresh`",
        ],
      );
    } finally {
      other.stop();
    }
  });

  describe("with what others rely on", () => {
    const usual = process.env["KUBECONFIG"];
    let used: ApiServer;

    before(async () => {
      const mesh = new MeshApi();
      const routes = "/apis/gateway.networking.k8s.io/v1/httproutes";
      mesh.edit("/apis/gateway.networking.k8s.io/v1/gateways", "hostk8s-gateway", ({ metadata }) => {
        metadata.annotations = { "istio-ambient/stack": "istio-ambient/test" };
      });
      mesh.recording.lists[routes] = [
        {
          metadata: { name: "cart", namespace: "shop" },
          spec: { parentRefs: [{ name: "hostk8s-gateway", namespace: "istio-system" }] },
        },
      ];
      used = await ApiServer.start(mesh);
      process.env["KUBECONFIG"] = "/nonexistent";
    });
    after(() => {
      process.env["KUBECONFIG"] = usual;
      used.stop();
    });

    const losses = async (kubeconfig: () => pulumi.Input<string>) => {
      const lines = await loggedUntilTheEnd(() => {
        const provider = new k8s.Provider("made", { context: "test" });
        new AmbientNamespace("own", { cluster: { kubeconfig: kubeconfig() } }, { provider });
      });
      return lines.filter((line) => line.includes("others rely on"));
    };

    it("is looked at once it is known, and not where it is still to come", async () => {
      const kubeconfig = () => fs.readFileSync(used.kubeconfig, "utf8");
      const told = [
        "warning: this change breaks what others rely on:\n" +
          '  `Gateway istio-system/hostk8s-gateway`: got "not in this program any more"; 1 HTTPRoute of others loses its ' +
          'parent: 1 of namespace shop; write `name: "hostk8s-gateway"`',
      ];
      assert.deepEqual(await losses(kubeconfig), told);
      assert.deepEqual(await losses(() => pulumi.secret(kubeconfig())), told);
      assert.deepEqual(
        await losses(() => new command.local.Command("not-yet", { create: "kind get kubeconfig" }).id),
        [],
      );
    });
  });

  it("is skipped by the preview with a word where another resource has still to make it", async () => {
    const made = () => new command.local.Command("not-yet", { create: "kind get kubeconfig" }).id;
    assert.deepEqual(await logged(made), [skipped]);
  });

  it("is looked at for a namespace that comes as an Output as soon as that is known", async () => {
    const [first = ""] = await logged(() => text, { namespace: pulumi.output("istio-system"), adoptNamespace: true });
    assert.ok(first.includes("[kubernetes-untested], waived: a test"), first);
    const namespace = new command.local.Command("not-yet", { create: "echo mesh" }).id;
    const why = "this program creates the mesh's namespace; `pulumi up` checks the cluster before it creates the mesh";
    assert.deepEqual(await logged(() => text, { namespace }), [`warning: the preflight was skipped: ${why}`]);
  });

  it("is skipped with the reason where it cannot be used, which shows no secret", async () => {
    const secret = "c2VjcmV0".repeat(20);
    const why = "the given kubeconfig is neither a file nor the text of a kubeconfig";
    assert.deepEqual((await logged(() => pulumi.secret(secret)))[0], `warning: the preflight was skipped: ${why}`);
    assert.ok((await logged(() => pulumi.secret(secret))).every((line) => !line.includes(secret)));
  });
});

describe("what a mesh is allowed to be", () => {
  const values = { controlPlane: { values: { replicaCout: 2 } } };
  const warned = async (args: AmbientMeshArgs) =>
    (await record(() => void new AmbientMesh("mesh", args), preview)).logged;

  it("is said at every run: a release of a line that is not listed", async () => {
    assert.deepEqual(await warned({ version: "1.32.0", allowUnlistedRelease: true, preflight: { enabled: false } }), [
      "warning: Istio 1.32.0 is of none of the release lines that this package lists (1.31 and 1.30); the mesh is judged by 1.31",
    ]);
    assert.deepEqual(await warned({ version: "1.30.9", preflight: { enabled: false } }), []);
  });

  it("is said at every run: values that the chart does not read", async () => {
    const waived = await warned({ ...values, preflight: { enabled: false, ignore: { "chart-values": "our charts" } } });
    assert.deepEqual(waived, [
      "warning: waived by `preflight.ignore`:\n" +
        '  `controlPlane.values.replicaCout`: got "2"; the chart istiod of Istio 1.31 reads no such value; write ' +
        "`replicaCount: 2` [chart-values], waived: our charts",
    ]);
  });

  it("ends where values that arrive late have no place in the chart", async () => {
    const values = pulumi.output({ replicaCout: 2 });
    const late = (args: AmbientMeshArgs) =>
      resolved('AmbientMesh "mesh"', "controlPlane", { values }, partRule("controlPlane", args, "1.31.4"));
    const promiseOf = (output: unknown) => (output as { promise(): Promise<unknown> }).promise();
    await assert.rejects(promiseOf(late({})), {
      message:
        'invalid arguments for AmbientMesh "mesh":\n  `controlPlane.values.replicaCout`: got "2"; the chart istiod of Istio ' +
        "1.31 reads no such value; write `replicaCount: 2`",
    });
    const waived = late({ preflight: { ignore: { "chart-values": "our charts" } } });
    assert.deepEqual(await promiseOf(waived), { values: { replicaCout: 2 } });
  });
});
