// Pods of the sandbox: those of istiod wait for the process that they stand for, and lend it their environment.
import * as assert from "node:assert/strict";
import { podEnvironment } from "../../sandbox/control-plane/istiod";
import { stages } from "../../sandbox/control-plane/services";

describe("the stages of pods", () => {
  const pending = { key: ".status.phase", operator: "In", values: ["Pending"] };
  const ready = { metadata: { name: "pod-ready" }, spec: { selector: { matchExpressions: [pending] }, next: {} } };
  const remove = { metadata: { name: "pod-delete" }, spec: { selector: { matchExpressions: [] }, next: {} } };

  it("make every pod ready at once but istiod's, which need a process that answers", () => {
    assert.deepEqual(
      stages([remove, ready], false).map(({ metadata, spec }) => [metadata.name, spec.selector.matchExpressions]),
      [
        ["pod-delete", []],
        ["pod-ready", [pending, { key: ".metadata.labels.app", operator: "NotIn", values: ["istiod"] }]],
        [
          "pod-ready-istiod",
          [
            pending,
            { key: ".metadata.labels.app", operator: "In", values: ["istiod"] },
            { key: '.metadata.annotations["sandbox.istio-ambient/serving"]', operator: "Exists" },
          ],
        ],
      ],
    );
  });

  it("let pods of gateways and applications run unready with traffic, until their own process answers", () => {
    const statusTemplate = [
      "conditions:",
      '- status: "True"',
      "  type: Initialized",
      '- status: "True"',
      "  type: Ready",
      '- status: "True"',
      "  type: ContainersReady",
      "containerStatuses:",
      "- ready: true",
      "  ready: true",
    ].join("\n");
    const all = stages([{ ...ready, spec: { ...ready.spec, next: { statusTemplate } } }], true);
    const gateway = '.metadata.labels["gateway.networking.k8s.io/gateway-class-name"]';
    const application =
      '.spec.containers.[] | select(.image | test("/(agnhost|echo-basic):|/cert-manager-controller:|/cert-manager-webhook:")) | .name';
    const app = { key: ".metadata.labels.app", values: ["istiod"] };
    const serving = { key: '.metadata.annotations["sandbox.istio-ambient/serving"]', operator: "Exists" };
    const unready = statusTemplate
      .replace(/"True"(\n {2}type: Ready)/, '"False"$1')
      .replace(/"True"(\n {2}type: ContainersReady)/, '"False"$1')
      .replace("  ready: true", "  ready: false");
    assert.deepEqual(
      all.map(({ metadata, spec }) => [
        metadata.name,
        spec.selector.matchExpressions.slice(1),
        spec.next.statusTemplate === unready,
      ]),
      [
        [
          "pod-ready",
          [
            { ...app, operator: "NotIn" },
            { key: gateway, operator: "NotIn", values: ["istio"] },
            { key: application, operator: "DoesNotExist" },
          ],
          false,
        ],
        ["pod-ready-istiod", [{ ...app, operator: "In" }, serving], false],
        ["pod-ready-gateway", [{ key: gateway, operator: "In", values: ["istio"] }], true],
        ["pod-ready-application", [{ key: application, operator: "Exists" }], true],
      ],
    );
  });
});

describe("istiod's environment", () => {
  it("has the values and the fields of its pod, without what only a kubelet knows", () => {
    const pod = {
      metadata: { name: "istiod-1", namespace: "mesh" },
      spec: { nodeName: "node-1", serviceAccountName: "istiod", containers: [] },
    };
    const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
    const env = [
      { name: "PILOT_ENABLE_AMBIENT", value: "true" },
      { name: "REVISION" },
      { name: "POD_NAME", valueFrom: field("metadata.name") },
      { name: "POD_NAMESPACE", valueFrom: field("metadata.namespace") },
      { name: "SERVICE_ACCOUNT", valueFrom: field("spec.serviceAccountName") },
      { name: "POD_IP", valueFrom: field("status.podIP") },
      { name: "GOMEMLIMIT", valueFrom: { resourceFieldRef: { resource: "limits.memory" } } },
    ];
    assert.deepEqual(podEnvironment(pod, { name: "discovery", env }), {
      PILOT_ENABLE_AMBIENT: "true",
      REVISION: "",
      POD_NAME: "istiod-1",
      POD_NAMESPACE: "mesh",
      SERVICE_ACCOUNT: "istiod",
    });
  });
});
