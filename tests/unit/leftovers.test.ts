// What istiod leaves behind: what is deleted of it, and what is not.
import * as assert from "node:assert/strict";
import type { Reply } from "../../cluster/client";
import { sweep } from "../../cluster/leftovers";

const gatewayApi = "/apis/gateway.networking.k8s.io/v1";

/** A cluster with three GatewayClasses, one of them in use, and a ConfigMap in two namespaces. */
class Left {
  readonly deleted: string[] = [];
  istiods: object[] = [];
  refused: Reply | undefined;

  get(path: string): Promise<Reply> {
    const [at = "", query = ""] = path.split("?");
    const name = /metadata\.name=([\w-]+)/.exec(decodeURIComponent(query))?.[1];
    const config = (namespace: string) => ({ metadata: { name, namespace } });
    const kind = (name: string, controllerName: string) => ({ metadata: { name }, spec: { controllerName } });
    const lists: Record<string, object[]> = {
      "/apis/apps/v1/deployments": this.istiods,
      "/api/v1/configmaps": name === "istio-ca-crl" ? [config("shop")] : [config("default"), config("shop")],
      [`${gatewayApi}/gateways`]: [{ metadata: { name: "edge" }, spec: { gatewayClassName: "istio" } }],
      [`${gatewayApi}/gatewayclasses`]: [
        kind("istio", "istio.io/gateway-controller"),
        kind("istio-waypoint", "istio.io/mesh-controller"),
        kind("nginx", "gateway.nginx.org/nginx-gateway-controller"),
      ],
    };
    return Promise.resolve({ kind: "ok", body: { items: lists[at] ?? [] } });
  }

  delete(path: string): Promise<Reply> {
    if (this.refused && path.includes("/shop/")) return Promise.resolve(this.refused);
    this.deleted.push(path);
    return Promise.resolve({ kind: "ok", body: {} });
  }
}

describe("what istiod leaves behind", () => {
  it("goes, but for the GatewayClasses of others and those that a Gateway names", async () => {
    const cluster = new Left();
    assert.deepEqual(await sweep(cluster), { configMaps: 3, gatewayClasses: ["istio-waypoint"], failed: [] });
    assert.deepEqual(cluster.deleted, [
      "/api/v1/namespaces/default/configmaps/istio-ca-root-cert",
      "/api/v1/namespaces/shop/configmaps/istio-ca-root-cert",
      "/api/v1/namespaces/shop/configmaps/istio-ca-crl",
      `${gatewayApi}/gatewayclasses/istio-waypoint`,
    ]);
  });

  it("stays where another istiod is", async () => {
    const cluster = new Left();
    cluster.istiods = [{ metadata: { name: "istiod-canary" } }];
    assert.equal(await sweep(cluster), undefined);
    assert.deepEqual(cluster.deleted, []);
  });

  it("is told of where it cannot be deleted", async () => {
    const cluster = new Left();
    cluster.refused = { kind: "forbidden", why: "no" };
    const { configMaps, failed } = (await sweep(cluster))!;
    const path = "/api/v1/namespaces/shop/configmaps";
    assert.deepEqual([configMaps, failed], [1, [`${path}/istio-ca-root-cert: no`, `${path}/istio-ca-crl: no`]]);
  });
});
