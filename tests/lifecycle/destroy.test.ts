// A mesh goes: every workload is out of it before ztunnel is, nothing restarts, and all of it can be put back.
import * as assert from "node:assert/strict";
import { run } from "../../cli/run";
import { AmbientMesh, OnDestroy } from "../../components";
import { IstioCni } from "./captured";
import { apply, get, kubectl, settled, sources, TestStack } from "./support";

const shops = Array.from({ length: 20 }, (_, index) => `shop-${index + 1}`);
const mode = "istio.io/dataplane-mode";

const shop = (name: string) => `
apiVersion: v1
kind: Namespace
metadata: { name: ${name}, labels: { ${mode}: ambient, test: destroy } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: ${name} }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: web, image: example.com/web }] }
`;

/** What a drain leaves as it is: workloads that it cannot roll without a gap, and what istiod made. */
const unrolled = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop-2 }
spec:
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: db, image: example.com/db }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: public-istio, namespace: shop-2, labels: { gateway.networking.k8s.io/gateway-name: public } }
spec:
  selector: { matchLabels: { gateway.networking.k8s.io/gateway-name: public } }
  template:
    metadata: { labels: { gateway.networking.k8s.io/gateway-name: public } }
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: istio-proxy, image: example.com/proxy }] }
`;

const modes = () => get("namespaces", "-l", "test=destroy").map(({ metadata }) => metadata.labels?.[mode]);
const pods = () =>
  get("pods", "-A", "-l", "app=shop")
    .map(({ metadata }) => metadata.uid)
    .sort();

async function command(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const terminal = {
    out: (text: string) => void (said.out += text),
    err: (text: string) => void (said.err += text),
    color: false,
    interactive: false,
  };
  return { code: await run(argv, terminal), ...said };
}

describe("the end of a mesh with 20 enrolled namespaces", () => {
  let onDestroy: OnDestroy = OnDestroy.Refuse;
  let stack: TestStack;
  let cni: IstioCni;

  before(async () => {
    stack = await TestStack.open("destroy", async () => {
      const { version } = new AmbientMesh("mesh", {
        ...sources,
        platform: "kind",
        gateway: { enabled: false },
        onDestroy,
      });
      return { version };
    });
    await stack.up();
    apply(shops.map(shop).join("---"));
    cni = await IstioCni.start();
    await cni.until(shops.length);
  });

  after(async () => {
    cni.stop();
    await stack.remove();
    kubectl("delete", "namespace", "-l", "test=destroy", "--wait=false");
  });

  it("comes by the command too, and is taken back by it", async () => {
    assert.deepEqual(await command("unenroll", "--namespace", "shop-1"), {
      code: 0,
      out: "removed 1 namespace from the mesh; to return, run `istio-ambient enroll --restore`\n",
      err: "",
    });
    assert.deepEqual(modes().filter((value) => value === undefined).length, 1);
    assert.deepEqual(await command("enroll", "--restore"), { code: 0, out: "back in the mesh: shop-1\n", err: "" });
    assert.deepEqual(modes(), Array(20).fill("ambient"));
    await cni.until(shops.length);
  });

  it("is drained by new pods outside of the mesh, and restored to what was there", async () => {
    const template = () => get("deployment", "web", "-n", "shop-2")[0]!.spec;
    const before = JSON.stringify(template());
    apply(unrolled);
    await settled(
      () => get("pods", "-n", "shop-2").length,
      (count) => count === 3,
    );
    const { code, err } = await command("unenroll", "--drain", "--namespace", "shop-2");
    assert.deepEqual(
      [code, err],
      [
        0,
        "not rolled: StatefulSet shop-2/db; their pods keep running and leave the mesh when the label is removed, and " +
          "connections may fail for less than a second\n" +
          "rolling Deployment shop-2/web out of the mesh\n",
      ],
    );
    kubectl("delete", "statefulset/db", "deployment/public-istio", "-n", "shop-2");
    assert.equal(get("pods", "-n", "shop-2", "-l", `${mode}=none`).length, 1);
    await command("enroll", "--restore", "--namespace", "shop-2");
    assert.equal(JSON.stringify(template()), before);
    await cni.until(shops.length);
  });

  it("is refused where the mesh says so, with everything left in place", async () => {
    await assert.rejects(stack.destroy(), (error: Error) => {
      const message =
        "still enrolled: 20 namespaces (shop-1, shop-10, shop-11, shop-12, shop-13 and 15 more), which would lose all " +
        'traffic without the mesh; unenroll them first: run `istio-ambient unenroll`, or write `onDestroy: "unenroll"`';
      assert.ok(error.message.includes(message), error.message);
      return true;
    });
    assert.equal(get("daemonset", "ztunnel", "-n", "istio-system").length, 1);
    assert.deepEqual(modes(), Array(20).fill("ambient"));
  });

  it("lets every pod go before ztunnel goes, and restarts none", async () => {
    onDestroy = "unenroll";
    await stack.up();
    await settled(pods, (all) => all.length === shops.length);
    const before = pods();
    await stack.destroy();
    assert.deepEqual(pods(), before);
    assert.deepEqual(modes(), Array(20).fill(undefined));
    assert.deepEqual(
      cni.moments.filter(({ captured, ztunnel }) => captured > 0 && !ztunnel),
      [],
    );
    assert.deepEqual(cni.moments.at(-1), { captured: 0, ztunnel: false });
    const remembered = get("namespaces", "-l", "test=destroy").map(
      ({ metadata }) => metadata.annotations?.["istio-ambient/unenrolled"],
    );
    assert.deepEqual(remembered, Array(20).fill(`{"${mode}":"ambient"}`));
    assert.deepEqual(get("namespace", "istio-system"), []);
  });

  it("is not taken back while there is no ztunnel", async () => {
    assert.deepEqual(await command("enroll", "--restore"), {
      code: 1,
      out: "",
      err: "ztunnel is not ready on every node, and enrolled pods lose all traffic without it; run `istio-ambient ready` first\n",
    });
  });
});
