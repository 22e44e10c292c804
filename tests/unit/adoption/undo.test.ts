// An adoption that is undone after `pulumi up`: the stack that keeps the mesh in its state would uninstall it.
import * as assert from "node:assert/strict";
import { Brownfield } from "../fixtures/brownfield";
import { onCluster, to } from "./cluster";

describe("an adoption after `pulumi up`", () => {
  it("is undone once the stack has no mesh in its state any more", async () => {
    const cluster = Brownfield.istioctl();
    await onCluster(cluster, async (adopt) => {
      const before = cluster.snapshot();
      await adopt(...to, "--apply");
      cluster.edit("Namespace", "istio-system", ({ metadata }) => {
        Object.assign(metadata.annotations!, { "istio-ambient/component": 'AmbientMesh "mesh"' });
      });
      const handed = cluster.snapshot();
      const refused = {
        ...{ code: 1, out: "" },
        err:
          "the stack shop/dev has this Istio in its state since `pulumi up`: its next `pulumi destroy` would uninstall it; first " +
          "run `pulumi state delete 'urn:pulumi:dev::shop::istio-ambient:index:AmbientMesh::mesh' --target-dependents --stack " +
          "dev` in its project, then run `istio-ambient adopt --undo --released shop/dev`\n",
      };
      assert.deepEqual(await adopt("--undo"), refused);
      assert.deepEqual(await adopt("--undo", "--released", "shop/other"), refused);
      assert.deepEqual(cluster.snapshot(), handed);
      assert.deepEqual(await adopt("--undo", "--released", "shop/dev"), {
        ...{ code: 0, err: "" },
        out: "given back by the stack shop/dev: 39 objects as they were\n",
      });
      assert.deepEqual(cluster.snapshot(), before);
    });
  });
});
