// An istiod outside of the cluster, as the preflight sees it: in the way of a mesh, and nothing to clean up after.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import type { ServiceState } from "../../lib/cluster-state/snapshot";
import { judgePlan } from "../../lib/preflight";
import type { FoundObject } from "../../lib/preflight/facts";
import { installed, named, service } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";

const remote: ServiceState = {
  ...service("istio-system", "istiod"),
  ports: [
    { name: "tcp-istiod", port: 15012 },
    { name: "tcp-webhook", port: 443, target: 15017 },
  ],
};
const local: ServiceState = { ...remote, selector: { app: "istiod" } };
const leftovers: FoundObject[] = [
  { ...named("", "istio-validator-istio-system"), kind: "ValidatingWebhookConfiguration" },
];

const errors = (services: ServiceState[], istiods = empty.istiods) =>
  judgePlan(plan, { ...empty, services, istiods, leftovers }, false).errors.map(findingLine);

const conflict =
  '`Service istio-system/istiod`: got "leads to an istiod outside of this cluster"; one Istio serves a cluster: a second one ' +
  "fights over webhooks, GatewayClasses and each node's CNI; use that mesh without AmbientMesh, or have its parts removed " +
  "here first";

describe("an istiod outside of the cluster", () => {
  it("stops a mesh, and what it has in the cluster is not to be deleted", () => {
    assert.deepEqual(errors([remote]), [
      `${conflict}; run \`kubectl get service istiod --namespace istio-system --output yaml\``,
    ]);
  });

  it("is removed by whoever manages its Service", () => {
    const annotations = { "argocd.argoproj.io/tracking-id": "remote:/Service:istio-system/istiod" };
    assert.deepEqual(errors([{ ...remote, annotations }]), [
      `${conflict}; the Argo CD application remote reverts changes made here, so change it there; run \`argocd app get remote\``,
    ]);
  });

  it("is none where the Service has pods, where an istiod runs here, and where the Service is another", () => {
    const left = (lines: string[]) => lines.filter((line) => line.includes("left by an uninstalled Istio")).length;
    const told = (lines: string[]) => lines.filter((line) => line.includes("outside of this cluster")).length;
    assert.deepEqual([left(errors([local])), told(errors([local]))], [1, 0]);
    assert.equal(told(errors([remote], [installed("1.31.4")])), 0);
    assert.equal(told(errors([{ ...remote, name: "discovery" }])), 0);
    assert.equal(told(errors([{ ...remote, ports: [{ name: "https", port: 443 }] }])), 0);
  });
});
