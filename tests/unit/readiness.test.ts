// When a mesh counts as ready, and what is said while it is not.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import {
  causeLines,
  isHopeless,
  readinessFindings,
  type DataPlane,
  type Rollout,
} from "../../lib/cluster-state/readiness";
import { named } from "./fixtures/objects";

const rollout = (kind: Rollout["kind"], name: string, counts: Partial<Rollout> = {}): Rollout => ({
  ...named("istio-system", name),
  kind,
  desired: 2,
  ready: 2,
  updated: 2,
  observed: true,
  ...counts,
});

const good: DataPlane = {
  namespace: "istio-system",
  nodeNamespace: "istio-system",
  istiods: [rollout("Deployment", "istiod")],
  endpoints: 1,
  daemonSets: [rollout("DaemonSet", "istio-cni-node"), rollout("DaemonSet", "ztunnel")],
};

const ztunnel = (counts: Partial<Rollout>): Partial<DataPlane> => ({
  daemonSets: [rollout("DaemonSet", "istio-cni-node"), rollout("DaemonSet", "ztunnel", counts)],
});
const onEveryNode = "it is ready on every node: without it no pod of the mesh can be reached";
const describeZtunnel = "run `kubectl describe daemonset ztunnel --namespace istio-system`";

const bad: [what: string, plane: Partial<DataPlane>, ...lines: string[]][] = [
  [
    "no istiod",
    { istiods: [], endpoints: 0 },
    '`Deployment istio-system/istiod`: got "none"; the mesh needs an istiod; run `pulumi up --refresh`',
    '`Service istio-system/istiod`: got "no ready endpoint"; webhooks, ztunnel and gateways reach istiod through it; run ' +
      "`kubectl describe service istiod --namespace istio-system`",
  ],
  [
    "an istiod of which one pod is missing",
    { istiods: [rollout("Deployment", "istiod", { ready: 1 })] },
    '`Deployment istio-system/istiod`: got "1 of 2 ready"; all its pods must be ready; run ' +
      "`kubectl describe deployment istiod --namespace istio-system`",
  ],
  [
    "ztunnel that crashes on the only node, which Helm takes for ready",
    ztunnel({ desired: 1, ready: 0, updated: 1 }),
    `\`DaemonSet istio-system/ztunnel\`: got "0 of 1 ready"; ${onEveryNode}; ${describeZtunnel}`,
  ],
  [
    "ztunnel on an older template",
    ztunnel({ updated: 1 }),
    `\`DaemonSet istio-system/ztunnel\`: got "2 of 2 ready, 1 on the newest template"; ${onEveryNode}; ${describeZtunnel}`,
  ],
  [
    "ztunnel that no node takes",
    ztunnel({ desired: 0, ready: 0, updated: 0 }),
    `\`DaemonSet istio-system/ztunnel\`: got "no node accepts its pods"; ${onEveryNode}; ${describeZtunnel}`,
  ],
  [
    "no istio-cni",
    { daemonSets: [rollout("DaemonSet", "ztunnel")] },
    '`DaemonSet istio-system/istio-cni-node`: got "none"; it is ready on every node: without it no new pod of the mesh ' +
      "starts; run `pulumi up --refresh`",
  ],
];

describe("the readiness of a mesh", () => {
  it("is given when istiod serves and both DaemonSets are rolled out", () => {
    assert.deepEqual(readinessFindings(good), []);
  });

  it("is not given before the controller has seen the newest spec", () => {
    assert.equal(readinessFindings({ ...good, ...ztunnel({ observed: false }) }).length, 1);
  });

  it("is hopeless only where a part is absent", () => {
    assert.equal(isHopeless(readinessFindings({ ...good, daemonSets: [] })), true);
    assert.equal(isHopeless(readinessFindings({ ...good, ...ztunnel({ ready: 0 }) })), false);
  });

  for (const [what, plane, ...lines] of bad) {
    it(`is not given with ${what}`, () => {
      assert.deepEqual(readinessFindings({ ...good, ...plane }).map(findingLine), lines);
    });
  }

  it("names each cause once, and only the first few", () => {
    const crash = { object: "Pod istio-system/ztunnel-x", text: "container istio-proxy is in CrashLoopBackOff\nmore" };
    assert.deepEqual(causeLines([crash, crash]), [
      "`Pod istio-system/ztunnel-x`: container istio-proxy is in CrashLoopBackOff",
    ]);
    const many = Array.from({ length: 7 }, (_, index) => ({ object: `Pod p${index}`, text: "late" }));
    assert.equal(causeLines(many).at(-1), "and 2 more");
  });
});
