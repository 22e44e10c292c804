// `istio-ambient check` on a real control plane: nothing of a healthy mesh is blamed, and each damage is seen for what it is.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { AmbientMesh } from "../../components";
import { istioAmbient } from "../unit/fixtures/terminal";
import { copyCertificate, realBreakages } from "./mesh-breakages";
import { apply, kubectl, sources, TestStack } from "./support";

const second = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata:
  name: second
  namespace: shop
  annotations: { networking.istio.io/service-type: ClusterIP }
spec:
  gatewayClassName: istio
  listeners:
    - { name: https, port: 443, protocol: HTTPS, tls: { certificateRefs: [{ kind: Secret, name: second-cert }] } }
`;

interface Data {
  good: boolean;
  checks: { id: string; outcome: string; why?: string; findings: { message: string }[] }[];
}

/** What nobody can ask a faked istio-cni and ztunnel, so that these checks always stay open. */
const unasked = ["ztunnel-connected", "served-by-ztunnel"];

/** What else does not pass. */
async function look(): Promise<{ open: string[]; text: string }> {
  const { out, err } = await istioAmbient(["check", "--output", "json"]);
  if (out === "") throw new Error(err);
  const { checks } = JSON.parse(out) as Data;
  const open = checks.filter(({ id, outcome }) => outcome !== "passed" && !unasked.includes(id));
  const lines = open.flatMap(({ id, why, findings }) => [id, why ?? "", ...findings.map(({ message }) => message)]);
  return { open: open.map(({ id }) => id), text: lines.join("\n") };
}

/** Looks until these and no other checks are open. */
async function waitFor(wanted: string[]): Promise<void> {
  const sorted = [...wanted].sort();
  let seen = await look();
  for (let tries = 0; tries < 120 && seen.open.sort().join() !== sorted.join(); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    seen = await look();
  }
  assert.deepEqual(seen.open.sort(), sorted, seen.text);
}

describe("checking the mesh of a cluster", () => {
  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("check", async () => {
      new AmbientMesh("mesh", { ...sources, platform: "kind" });
    });
  });

  after(async () => {
    kubectl("delete", "namespace", "shop", "--ignore-not-found");
    await stack.remove();
  });

  it("says once what a cluster without a mesh lacks", async () => {
    const { code, out } = await istioAmbient(["check", "--output", "json"]);
    const failed = (JSON.parse(out) as Data).checks.filter(({ outcome }) => outcome === "failed");
    assert.deepEqual(
      failed.map(({ id }) => id),
      ["gateway-api-crds", "istio-crds", "istiod-available", "cni-ready", "ztunnel-ready"],
    );
    assert.equal(code, 1);
  });

  it("finds nothing wrong with a new mesh, its waypoint and its second gateway", async () => {
    await stack.up();
    apply(fs.readFileSync(path.join(__dirname, "..", "unit", "fixtures", "shop.yaml"), "utf8"));
    copyCertificate();
    apply(second);
    kubectl("rollout", "status", "deployment", "web", "-n", "shop");
    // What istio-cni would do.
    kubectl("annotate", "pods", "-n", "shop", "-l", "app=web", "ambient.istio.io/redirection=enabled");
    await waitFor([]);
  });

  for (const { what, damage, mend, seen } of realBreakages) {
    it(`sees: ${what}`, async () => {
      damage();
      try {
        await waitFor(seen);
      } finally {
        mend();
      }
      await waitFor([]);
    });
  }
});
