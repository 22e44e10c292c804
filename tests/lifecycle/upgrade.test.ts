// From one minor of Istio to the next, with the charts and the Gateway API of each: what changes, in which order, and that
// nobody's request fails meanwhile.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { AmbientMesh, AmbientNamespace, HttpRoute } from "../../components";
import { partPath } from "../../sandbox/build/cache";
import { findTraffic } from "../../sandbox/pods/traffic";
import { application } from "./application";
import { send, sendAll } from "./requests";
import { condition, get, settled, sources, TestStack } from "./support";

const former = {
  charts: { directory: partPath("istio-charts-before") },
  gatewayApi: { source: partPath("gateway-api-crds-before") },
};
const lacks = [former.charts.directory, former.gatewayApi.source].filter((part) => !fs.existsSync(part));
const answers = findTraffic().lacks.length === 0;

const url = "http://localhost:8081/";
const shop = { host: "shop.hostk8s.local" };

let release = former;

function program(): Promise<Record<string, unknown>> {
  const mesh = new AmbientMesh("mesh", { ...release, platform: "kind" });
  const namespace = new AmbientNamespace("shop", {}, { dependsOn: mesh });
  const service = application(namespace, "v1").metadata.name;
  const backends = [{ service, port: 80 }];
  new HttpRoute("web", { namespace: namespace.name, parent: mesh.gateway, hostnames: [shop.host], backends });
  return Promise.resolve({ version: mesh.version });
}

const bundle = () =>
  get("crd", "httproutes.gateway.networking.k8s.io")[0]?.metadata.annotations?.[
    "gateway.networking.k8s.io/bundle-version"
  ];

describe("an upgrade", () => {
  if (lacks.length > 0) {
    it("cannot be tried here", () => {
      console.log(`      ${lacks.join(" and ")} could not be downloaded`);
    });
    return;
  }

  let stack: TestStack;

  before(async () => {
    stack = await TestStack.open("upgrade", program);
    assert.equal((await stack.up()).outputs["version"], "1.30.3");
    assert.equal(bundle(), "v1.5.1");
  });

  after(() => stack.remove());

  it("is shown by the preview as updates of the Releases, of the CRDs and of the wait for the nodes, and nothing is replaced", async () => {
    release = sources;
    const { steps, diagnostics } = await stack.preview();
    assert.deepEqual(diagnostics, []);
    const components = ["mesh", "mesh-gateway-api", "mesh-gateway-api-bundle"];
    const parts = ["base", "cni", "data-plane", "istiod", "ztunnel"].map((part) => `mesh-${part}`);
    assert.deepEqual([...steps].sort(), [...components, ...parts].map((name) => `update ${name}`).sort());
  });

  it("goes in Istio's order, the control plane before the nodes, and no request fails", async () => {
    const begun: string[] = [];
    stack.onStep = (step) => begun.push(step);
    const meanwhile = { until: !answers };
    if (answers) {
      await settled(
        () => send(url, shop).catch(() => undefined),
        (answer) => answer?.status === 200,
      );
    }
    const sent = sendAll(url, shop, () => meanwhile.until);
    const { outputs } = await stack.up();
    meanwhile.until = true;
    const { failed, total } = await sent;
    assert.equal(failed, 0);
    assert.equal(total > 0, answers);
    assert.equal(outputs["version"], "1.31.0");
    assert.deepEqual(
      begun.filter((step) => /mesh-(base|istiod|cni|ztunnel)$/.test(step)),
      ["base", "istiod", "cni", "ztunnel"].map((part) => `update mesh-${part}`),
    );
    assert.equal(bundle(), "v1.6.0");
    const [gateway] = get("gateways.gateway.networking.k8s.io", "hostk8s-gateway", "-n", "istio-system");
    assert.equal(condition(gateway, "Programmed"), "True");
  });

  it("leaves nothing to change, also after a refresh", async () => {
    assert.deepEqual((await stack.preview()).steps, []);
    await stack.refresh({ expectNoChanges: true });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("is not taken back", async () => {
    release = former;
    await assert.rejects(stack.preview(), (error: Error) =>
      error.message.includes(
        '`Deployment istio-system/istiod`: got "1.31.0"; a mesh is never downgraded (to 1.30.3); write `version: "1.31.0"` ' +
          "[istio-upgrade]",
      ),
    );
    release = sources;
  });
});
