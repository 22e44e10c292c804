// Pods of ambient namespaces that stay outside the mesh: told of by the preflight, and not where they are meant to.
import * as assert from "node:assert/strict";
import { findingLine } from "../../lib/checks/check";
import type { PodState } from "../../lib/cluster-state/snapshot";
import { judgePlan } from "../../lib/preflight";
import { named, pod } from "./fixtures/objects";
import { empty, plan } from "./fixtures/plans";

const launcher = { "kubevirt.io": "virt-launcher" };
const optedOut = { "istio.io/dataplane-mode": "none" };
const sidecar = { "sidecar.istio.io/status": "{}" };

function warned(uncapturable: PodState[], labels: Record<string, string> = { "istio.io/dataplane-mode": "ambient" }) {
  const facts = { ...empty, namespaces: [named("", "shop", labels)], uncapturable };
  return judgePlan(plan, facts, false).warnings.map(findingLine);
}

describe("pods that cannot be captured", () => {
  it("are the virtual machines of KubeVirt", () => {
    assert.deepEqual(warned([pod("virt-launcher-db", { labels: launcher })]), [
      '`Namespace shop`: got "virtual machines of KubeVirt: virt-launcher-db"; KubeVirt does not support ambient: connections ' +
        "into such a guest fail, or bypass ztunnel; write `istio.io/dataplane-mode: none`",
    ]);
  });

  it("are none of those that use passt, have a sidecar, are opted out, are done, or are in no ambient namespace", () => {
    const passt = { "k8s.v1.cni.cncf.io/networks": "default/netbindingpasst" };
    assert.deepEqual(warned([pod("passt", { labels: launcher, annotations: passt })]), []);
    const withSidecar = warned([pod("sidecar", { labels: launcher, annotations: sidecar })]);
    assert.deepEqual([withSidecar.length, withSidecar.some((line) => line.includes("KubeVirt"))], [1, false]);
    assert.deepEqual(
      warned([
        pod("out", { labels: { ...launcher, ...optedOut } }),
        pod("host", { hostNetwork: true, labels: optedOut }),
        pod("done", { labels: launcher, phase: "Succeeded" }),
      ]),
      [],
    );
    assert.deepEqual(warned([pod("elsewhere", { labels: launcher })], {}), []);
  });
});
