// The policy that holds from the namespace's labels on until a workload is restarted.
import * as assert from "node:assert/strict";
import { planMigration } from "../../../lib/migration/plan";
import { policy, shop, workload } from "./shop";
import { to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const of = (app: string) => ({ selector: { matchLabels: { app } } });

describe("a workload without a pod that lives", () => {
  it("is restarted, and guarded, as others are", () => {
    const facts = shop({
      workloads: [workload("web", { pods: [] })],
      policies: [policy("no-posts", { ...of("web"), action: "DENY", rules: [to({ methods: ["POST"] })] })],
    });
    const { steps } = planMigration(facts, choice);
    const names = steps.flatMap((step) => (step.do === "roll" ? `${step.do} ${step.key.name}` : []));
    const made = steps.flatMap((step) => ("object" in step ? `${step.do} ${step.object.metadata.name}` : []));
    assert.deepEqual(
      [names, made],
      [
        ["roll web"],
        [
          "create no-posts-waypoint",
          "create waypoint",
          "create web-without-sidecar",
          "create web-from-waypoint",
          "delete web-without-sidecar",
          "delete no-posts",
        ],
      ],
    );
    const interim = steps.flatMap((step) =>
      step.do === "create" && step.object.metadata.name === "web-without-sidecar" ? [step.object.spec] : [],
    );
    assert.deepEqual(interim, [
      {
        ...of("web"),
        action: "DENY",
        rules: [
          {
            from: [
              {
                source: {
                  notPrincipals: ["cluster.local/ns/shop/sa/waypoint"],
                  remoteIpBlocks: ["255.255.255.255/32"],
                },
              },
            ],
          },
        ],
      },
    ]);
  });
});
