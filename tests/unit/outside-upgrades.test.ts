// Releases that were upgraded by `helm`, beside the stack.
import * as assert from "node:assert/strict";
import { outsideUpgrade } from "../../components/mesh/outside-upgrades";
import { named } from "./fixtures/objects";

const release = (name: string, revision: number, namespace = "istio-system") => ({
  ...named(namespace, `sh.helm.release.v1.${name}.v${revision}`),
  release: name,
  status: "deployed",
  revision,
});

describe("a release that was upgraded outside of Pulumi", () => {
  const found = [release("istiod", 2), release("istiod", 4), release("istiod", 9, "other"), release("ztunnel", 1)];
  const told = (name: string, revision?: number) =>
    outsideUpgrade(found, { name, namespace: "istio-system", revision });

  it("is told, with the revision that the stack knows", () => {
    assert.equal(
      told("istiod", 2),
      '`Helm release istio-system/istiod`: got "revision 4"; this stack installed revision 2; neither `up` nor a refresh ' +
        "restores a release that was upgraded by another tool; run `helm rollback istiod 2 --namespace istio-system && pulumi up --refresh`",
    );
  });

  it("is none where the stack knows the newest revision, or none", () => {
    assert.deepEqual(
      [told("istiod", 4), told("istiod", 5), told("ztunnel", 1), told("istio-cni", 1), told("istiod")],
      Array(5).fill(undefined),
    );
  });
});
