// A cert-manager that does not run is told by the preflight, and one that does is known in whatever form it runs.
import * as assert from "node:assert/strict";
import { readFacts } from "../../cluster/preflight";
import { findingLine } from "../../lib/checks/check";
import { judgePlan } from "../../lib/preflight";
import type { Plan } from "../../lib/preflight/facts";
import { ask } from "../../sandbox/control-plane/control";
import { Instance } from "../../sandbox/instance";
import { apply, kubectl, settled } from "./support";

const plan: Plan = {
  stack: "any/one",
  version: "1.31.4",
  namespace: "mesh",
  nodeNamespace: "mesh",
  adoptNamespace: false,
  platform: "kind",
  autoscale: false,
  gateway: { name: "public", namespace: "mesh", nodePorts: [], certificate: "cert", ownAuthority: true },
};

/** Labels as the chart and the manifest of cert-manager have them. */
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: issuing
  namespace: default
  labels: { app: cert-manager, app.kubernetes.io/name: cert-manager, app.kubernetes.io/component: controller }
spec:
  selector: { matchLabels: { app: cert-manager } }
  template:
    metadata: { labels: { app: cert-manager } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: controller, image: example.com/controller }] }
`;

const rule = "the gateway's certificate needs a running cert-manager controller";

async function errors(): Promise<string[]> {
  const { facts } = await readFacts({}, plan, 10_000);
  return judgePlan(plan, facts, false).errors.map(findingLine);
}

describe("cert-manager, as the preflight sees it", () => {
  const part = (operation: "stop" | "start") => ask(Instance.current(), "POST", `${operation}/cert-manager`);

  after(async () => {
    kubectl("delete", "deployment", "issuing", "-n", "default", "--ignore-not-found");
    await part("start");
  });

  it("runs where a controller holds the lease, without a Deployment", async () => {
    assert.deepEqual(await errors(), []);
  });

  it("is missing once the controller has ended", async () => {
    await part("stop");
    assert.deepEqual(await errors(), [
      `\`Deployment cert-manager/cert-manager\`: got "none"; ${rule}; run \`helm upgrade --install cert-manager ` +
        "oci://quay.io/jetstack/charts/cert-manager --namespace cert-manager --create-namespace`",
    ]);
  });

  it("is its Deployment, once that is available", async () => {
    apply(deployment);
    assert.deepEqual(await settled(errors, (found) => found.length === 0), []);
    kubectl("scale", "deployment", "issuing", "-n", "default", "--replicas=0");
    assert.deepEqual(await settled(errors, (found) => found.length > 0), [
      `\`Deployment default/issuing\`: got "scaled to 0"; ${rule}; run \`kubectl scale deployment issuing ` +
        "--namespace default --replicas 1`",
    ]);
  });

  it("runs again where the controller has taken the lease again", async () => {
    await part("start");
    assert.deepEqual(await settled(errors, (found) => found.length === 0), []);
  });
});
