// Versions of Kubernetes and of the Gateway API, held against what the Istio line requires and was tried with.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import type { Plan } from "../../lib/preflight/facts";
import { nearestLine } from "../../lib/istio/releases";
import { installed } from "./fixtures/objects";
import { empty, mine, plan } from "./fixtures/plans";

describe("the versions under a mesh", () => {
  for (const version of ["1.31.4", "1.30.8", "1.32.0"]) {
    it(`stop it where Kubernetes is older than Istio ${version} requires, or than the line before an unlisted one does`, () => {
      const { minor } = nearestLine(version);
      const report = judgePlan({ ...plan, version }, { ...empty, kubernetes: "v1.31.9" }, false);
      assert.deepEqual(report.errors.map(findingLine), [
        `\`Cluster https://127.0.0.1:6443\`: got "Kubernetes 1.31"; Istio ${minor} supports Kubernetes 1.32 to 1.36; ` +
          'upgrade the cluster first; write `preflight: { ignore: { "kubernetes-too-old": "<reason>" } }`',
      ]);
    });
  }

  it("are a warning where Kubernetes or the Gateway API is newer than what Istio was tried with", () => {
    const newer = { ...plan, gatewayApi: "1.7.0" };
    const report = judgePlan(newer, { ...empty, kubernetes: "v1.37.2" }, false);
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.warnings.map(findingLine), [
      '`Cluster https://127.0.0.1:6443`: got "Kubernetes 1.37"; Istio 1.31 supports Kubernetes 1.32 to 1.36; newer ' +
        'versions are untested, but usually work; write `preflight: { ignore: { "kubernetes-untested": "<reason>" } }`',
      '`Gateway API 1.7.0`: got "newer than any tested"; Istio 1.31 was built against 1.6.0 and ignores what came ' +
        'later; once installed, a newer bundle is never downgraded; write `gatewayApi: { version: "1.6.0" }`',
    ]);
  });

  it("are fine within what Istio was tried with, and where nobody knows what an older line requires", () => {
    for (const [changed, kubernetes] of [
      [{ gatewayApi: "1.6.3" }, "v1.36.3"],
      [{ gatewayApi: "1.5.1" }, "v1.32.0"],
      [{ version: "1.29.6" }, "v1.31.9"],
      [{}, "not a version"],
    ] as [Partial<Plan>, string][]) {
      const report = judgePlan({ ...plan, ...changed }, { ...empty, kubernetes }, false);
      assert.deepEqual([report.errors, report.warnings], [[], []]);
    }
  });

  it("are not taken back from a release that is not listed, which has to be allowed then", () => {
    const report = judgePlan(plan, { ...empty, namespaces: [mine], istiods: [installed("1.32.0")] }, false);
    assert.deepEqual(report.errors.map(findingLine), [
      '`Deployment istio-system/istiod`: got "1.32.0"; a mesh is never downgraded (to 1.31.4); write `version: "1.32.0", ' +
        "allowUnlistedRelease: true`",
    ]);
  });

  it("are judged by the nearest line where the release is of none", () => {
    assert.deepEqual(
      ["1.33.1", "1.32.0-beta.0", "1.31.0", "1.30.9", "1.29.6", "1.24.0"].map((version) => nearestLine(version).minor),
      ["1.31", "1.31", "1.31", "1.30", "1.30", "1.30"],
    );
  });
});
