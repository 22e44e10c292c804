// `check --namespace` for somebody who may read in that namespace only: an answer for what he may read, and no false alarm.
import * as assert from "node:assert/strict";
import { readSnapshot } from "../../cluster/snapshot";
import { checks } from "../../lib/checks";
import { findingLine } from "../../lib/checks/check";
import { judge, type Report } from "../../lib/checks/verdicts";
import { label, lists, set } from "./fixtures/breakages";
import { first, second } from "./fixtures/breakages-field-capture";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import { OneNamespace } from "./fixtures/one-namespace";

const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };

async function look(mesh: MeshApi, namespace = "shop", refused: string[] = []): Promise<Report> {
  const namespaces = [namespace];
  const snapshot = await readSnapshot(new OneNamespace(mesh, namespace, refused), { namespaces });
  return judge(checks, snapshot, context, { namespaces });
}

const ids = (report: Report, outcome: string) =>
  report.results.filter((result) => result.outcome === outcome).map(({ check }) => check.id);
const seen = (report: Report) =>
  Object.fromEntries(
    report.results
      .filter(({ findings }) => findings.length > 0)
      .map(({ check, findings }) => [check.id, findings.map(findingLine)]),
  );

describe("a look of somebody with rights in one namespace", () => {
  it("passes what can be judged of that namespace, and leaves open what is the cluster's", async () => {
    const report = await look(new MeshApi());
    assert.deepEqual(seen(report), {});
    const cluster = checks.filter(({ isLocal }) => !isLocal).map(({ id }) => id);
    // Cilium's policies of the whole cluster may let the probes in.
    assert.deepEqual(ids(report, "unknown").sort(), [...cluster, "network-policy-probes"].sort());
    assert.ok(ids(report, "passed").includes("captured") && cluster.includes("captured-without-ztunnel"));
    assert.deepEqual(
      report.unread.find(({ kind }) => kind === "authorizationPolicies"),
      {
        kind: "authorizationPolicies",
        cause: "forbidden",
        why: 'User "me" cannot list resource "authorizationpolicies" at the cluster scope; read of shop only',
        open: [],
        narrowed: [
          ...["policy-ztunnel", "policy-waypoint", "policy-ingress"],
          ...["policy-principals", "policy-through-waypoint", "policy-bypass", "waypoint-serves"],
        ],
      },
    );
  });

  it("fails what is wrong there, and says nothing of what he may not see", async () => {
    const mesh = new MeshApi()
      .edit(lists.pods, first!, set("metadata.annotations", {}))
      .edit(lists.pods, second!, label("istio.io/use-waypoint", "gone"))
      .edit(lists.namespaces, "default", label("istio-injection", "enabled"))
      .edit(lists.services, "web", label("istio.io/use-waypoint", "shared"))
      .edit(lists.services, "web", label("istio.io/use-waypoint-namespace", "infra"));
    assert.deepEqual(seen(await look(mesh)), {
      captured: [
        `\`Namespace shop\`: got "1 of 2 pods captured (50 %), not ${first}"; istio-cni annotates every enrolled pod with ` +
          "ambient.istio.io/redirection: enabled; run `kubectl get events --namespace shop --field-selector type=Warning`",
      ],
      "waypoint-exists": [
        `\`Pod shop/${second}\`: got "istio.io/use-waypoint=gone"; Gateway shop/gone is a waypoint; run \`istioctl ` +
          "waypoint apply --name gone --namespace shop`",
      ],
    });
  });

  it("calls no Gateway missing that is in another namespace", async () => {
    const route = new MeshApi().all(lists.routes).find(({ metadata }) => metadata.namespace === "shop");
    assert.match(JSON.stringify(route?.["spec"]), /"namespace":"istio-system"/);
    assert.ok(ids(await look(new MeshApi()), "passed").includes("routes"));
  });

  it("leaves open what he may not read there either", async () => {
    const report = await look(new MeshApi(), "shop", ["pods"]);
    const unread = report.unread.find(({ kind }) => kind === "pods");
    assert.equal(unread?.why, 'User "me" cannot list resource "pods" at the cluster scope');
    assert.ok(unread.open.includes("captured") && unread.open.includes("served-by-ztunnel"));
    assert.ok(ids(report, "unknown").includes("captured") && ids(report, "passed").includes("both-labels"));
  });

  it("asks for the whole cluster first, and for a namespace only where that is refused", async () => {
    const mesh = new MeshApi();
    await readSnapshot(mesh, { namespaces: ["shop"] });
    assert.deepEqual(
      mesh.asked.filter((url) => /\/namespaces\/shop\/[a-z]+(\?|$)/.test(url)),
      [],
    );
    assert.equal(
      (await look(mesh, "nowhere")).results.every(({ outcome }) => outcome !== "failed"),
      true,
    );
  });
});
