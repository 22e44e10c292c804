// Every check fails on a mesh that is broken in its way, and passes on one that is not; what a stack owns is left to its `up`.
import * as assert from "node:assert/strict";
import { checks } from "../../lib/checks";
import { categories, findingLine } from "../../lib/checks/check";
import { kindCluster, kindDefaults, publishedPorts } from "../../lib/kind/kind-cluster";
import { judge, type Report } from "../../lib/checks/verdicts";
import { certificateBreakages } from "./fixtures/breakages-certificates";
import { dataplaneBreakages } from "./fixtures/breakages-dataplane";
import { destinationRuleBreakages } from "./fixtures/breakages-destination-rules";
import { analyzerBreakages } from "./fixtures/breakages-field-analyzers";
import { captureBreakages } from "./fixtures/breakages-field-capture";
import { elsewhereBreakages } from "./fixtures/breakages-field-elsewhere";
import { fieldPolicyBreakages } from "./fixtures/breakages-field-policies";
import { fieldPeerBreakages } from "./fixtures/breakages-field-peers";
import { fieldSourceBreakages } from "./fixtures/breakages-field-sources";
import { waypointBreakages } from "./fixtures/breakages-field-waypoints";
import { furtherBreakages } from "./fixtures/breakages-further";
import { furtherTrafficBreakages } from "./fixtures/breakages-further-traffic";
import { gatewayBreakages } from "./fixtures/breakages-gateway";
import { listenerSetBreakages } from "./fixtures/breakages-listener-sets";
import { networkBreakages } from "./fixtures/breakages-network";
import { platformBreakages } from "./fixtures/breakages-platform";
import { pluginBreakages } from "./fixtures/breakages-plugins";
import { policyBreakages } from "./fixtures/breakages-policy";
import { proxyPolicyBreakages } from "./fixtures/breakages-proxy-policies";
import { releaseBreakages } from "./fixtures/breakages-releases";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import { assertStacksAreAsked } from "./fixtures/owned-findings";

const breakages = [
  ...platformBreakages,
  ...releaseBreakages,
  ...dataplaneBreakages,
  ...gatewayBreakages,
  ...certificateBreakages,
  ...policyBreakages,
  ...networkBreakages,
  ...pluginBreakages,
  ...captureBreakages,
  ...waypointBreakages,
  ...analyzerBreakages,
  ...fieldPolicyBreakages,
  ...proxyPolicyBreakages,
  ...listenerSetBreakages,
  ...fieldPeerBreakages,
  ...fieldSourceBreakages,
  ...elsewhereBreakages,
  ...destinationRuleBreakages,
  ...furtherBreakages,
  ...furtherTrafficBreakages,
];
const publishedNodePorts = publishedPorts(kindCluster(kindDefaults));

function messages({ results }: Report): Record<string, string[]> {
  const open = results.filter(({ outcome }) => outcome !== "passed");
  return Object.fromEntries(
    open.map(({ check, why, findings }) => [check.id, why ? [why] : findings.map(findingLine)]),
  );
}

describe("the checks", () => {
  it("all pass on a healthy mesh", async () => {
    const report = judge(checks, await new MeshApi().snapshot(), { now: recordedAt, publishedNodePorts });
    assert.deepEqual(messages(report), {});
    assert.equal(report.results.length, checks.length);
  });

  for (const { what, break: damage, now, seen } of breakages) {
    it(`see: ${what}`, async () => {
      const mesh = new MeshApi();
      damage(mesh);
      const context = { now: now ? new Date(now) : recordedAt, publishedNodePorts };
      const snapshot = await mesh.snapshot();
      assert.deepEqual(messages(judge(checks, snapshot, context)), seen);
      assertStacksAreAsked(snapshot, context);
    });
  }

  it("have each been seen to fail", () => {
    const failed = new Set(breakages.flatMap(({ seen }) => Object.keys(seen)));
    assert.deepEqual(
      checks.map(({ id }) => id).filter((id) => !failed.has(id)),
      [],
    );
  });

  it("have names of their own, in the order of their categories", () => {
    const ids = checks.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const order = checks.map(({ category }) => categories.indexOf(category));
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });
});
