// Labels that pods have and their template has not: what selects by them holds for some pods, or for as long as there are sidecars.
import * as assert from "node:assert/strict";
import { workloadOf } from "../../../cluster/migration-workloads";
import { planMigration } from "../../../lib/migration/plan";
import type { Labels } from "../../../lib/istio/labels";
import type { Pod, Workload } from "../../../lib/migration/objects";
import { policy, service, shop, sidecarPod, workload } from "./shop";
import { to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const podName = "statefulset.kubernetes.io/pod-name";
const canonical = "service.istio.io/canonical-name";

function pods(name: string, ...labels: Labels[]): Pod[] {
  return labels.map((own, index) => ({ ...sidecarPod, name: `${name}-${index}`, labels: { app: name, ...own } }));
}

const db = (fields: Partial<Workload> = {}) =>
  workload("db", { kind: "StatefulSet", pods: pods("db", { [podName]: "db-0" }, { [podName]: "db-1" }), ...fields });

function planned(matchLabels: Labels, own: Workload, services = [service("web"), service("db")]) {
  const found = policy("found", { selector: { matchLabels }, action: "DENY", rules: [to({ methods: ["DELETE"] })] });
  const plan = planMigration(shop({ policies: [found], workloads: [workload("web"), own], services }), choice);
  const { verdict, why, fix } = plan.verdicts.find(({ object }) => object === "AuthorizationPolicy shop/found")!;
  return { ...plan, row: [verdict, why, ...(fix === undefined ? [] : [fix])] };
}

describe("a selector of labels that the template does not have", () => {
  it("blocks if only some pods meet it", () => {
    assert.deepEqual(planned({ [podName]: "db-0" }, db()).row, [
      "blocks",
      `it selects some pods of db by ${podName}, and a waypoint cannot tell them apart`,
      'selector: { matchLabels: {"app":"db"} }',
    ]);
  });

  it("blocks if it is met by what the injector adds", () => {
    assert.deepEqual(planned({ [canonical]: "db" }, db({ pods: pods("db", { [canonical]: "db" }) })).row, [
      "blocks",
      `it selects db by ${canonical}, which the injector adds: without a sidecar the pods do not have it`,
      'selector: { matchLabels: {"app":"db"} }',
    ]);
    const inTemplate = db({ podLabels: { app: "db", [canonical]: "db" }, pods: pods("db", { [canonical]: "db" }) });
    assert.equal(planned({ [canonical]: "db" }, inTemplate).row[0], "needs-waypoint");
  });

  it("holds for pods to all of which admission has added them", () => {
    const own = db({ addedLabels: { team: "data" }, pods: pods("db", { team: "data" }) });
    assert.equal(planned({ team: "data" }, own).row[0], "needs-waypoint");
    assert.deepEqual(planned({ team: "web" }, own).row, ["carries-over", "it holds for no pod of the namespace"]);
  });

  it("leads a Service to one pod, which the waypoint serves as well", () => {
    const one = service("db-0", { selector: { [podName]: "db-0" } });
    const { steps, verdicts } = planned({ app: "db" }, db(), [service("db"), one]);
    const labelled = steps.flatMap((step) => (step.do === "label" && step.key.kind === "Service" ? step.key.name : []));
    assert.deepEqual(labelled, ["db", "db-0"]);
    assert.deepEqual(
      verdicts.filter(({ object }) => object.startsWith("Service")),
      [],
    );
  });

  it("leads a Service to no pod once there is no sidecar", () => {
    const own = db({ pods: pods("db", { [canonical]: "db" }) });
    const { verdicts } = planned({ app: "db" }, own, [service("db", { selector: { [canonical]: "db" } })]);
    assert.deepEqual(
      verdicts.filter(({ object }) => object.startsWith("Service")),
      [
        {
          object: "Service shop/db",
          verdict: "blocks",
          why: `its selector has ${canonical}, which the injector adds: without a sidecar it leads to no pod`,
          fix: 'selector: {"app":"db"}',
        },
      ],
    );
  });

  it("is read from the pods: what all have, but for hashes, ordinals and what a sidecar brings", () => {
    const template = { metadata: { labels: { app: "db" } } };
    const raw = { metadata: { name: "db", namespace: "shop" }, spec: { selector: {}, template, serviceName: "db" } };
    const read = (name: string, labels: Labels) => ({
      ...sidecarPod,
      ...{ name, namespace: "shop", annotations: {}, serviceAccount: "db", node: "", hostNetwork: false, ports: {} },
      labels: { app: "db", team: "data", "controller-revision-hash": "1", [canonical]: "db", ...labels },
      owner: { kind: "StatefulSet", name: "db" },
    });
    const both = [read("db-0", { [podName]: "db-0", zone: "a" }), read("db-1", { [podName]: "db-1", zone: "b" })];
    assert.deepEqual(workloadOf("StatefulSet", raw, both, []).addedLabels, { team: "data" });
    assert.deepEqual(workloadOf("StatefulSet", raw, both.slice(0, 1), []).addedLabels, { team: "data", zone: "a" });
    assert.deepEqual(workloadOf("StatefulSet", raw, [], []).addedLabels, {});
  });
});
