// What `istio-ambient migrate status` says of the whole cluster, whatever namespaces it is asked about.
import * as assert from "node:assert/strict";
import { on, own, shop } from "./cluster";

const sidecar = { "sidecar.istio.io/status": "{}" };

/** A pod by itself. */
function pod(
  namespace: string,
  name: string,
  annotations: Record<string, string>,
  labels: Record<string, string> = {},
) {
  const spec = { containers: [{ name }, { name: "istio-proxy" }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels, annotations }, spec };
}

/** The last line, once the namespace is ambient. */
async function lastLine(change: (cluster: ReturnType<typeof shop>) => void, ...args: string[]): Promise<string> {
  const cluster = shop();
  for (const name of ["edge", "other"]) cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return on(cluster, async (migrate) => {
    await migrate("apply", ...own);
    change(cluster);
    const { out } = await migrate("status", ...args);
    return out.trimEnd().split("\n").at(-1)!;
  });
}

describe("the status of a migration", () => {
  it("counts the sidecars of namespaces that it is not asked about", async () => {
    const change = (cluster: ReturnType<typeof shop>) => cluster.put(pod("other", "app", sidecar));
    assert.equal(await lastLine(change, ...own), "1 pod with a sidecar left in the cluster, in other");
  });

  it("names namespaces that still ask for sidecars", async () => {
    const labels = { "istio-injection": "enabled" };
    const change = (cluster: ReturnType<typeof shop>) =>
      cluster.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "other", labels } });
    assert.equal(
      await lastLine(change, ...own),
      "no pod of the cluster has a sidecar; namespaces still ask for them: other",
    );
  });

  it("says what can be switched off where there is no gateway", async () => {
    assert.equal(
      await lastLine(() => undefined),
      "no pod of the cluster has a sidecar: Sidecar, EnvoyFilter and ProxyConfig objects have no effect any more, and istiod's " +
        "injection webhook is called for no pod",
    );
  });

  it("says what gateways still use", async () => {
    const change = (cluster: ReturnType<typeof shop>) =>
      cluster.put(pod("edge", "ingress", sidecar, { istio: "ingressgateway" }));
    assert.equal(
      await lastLine(change),
      "no pod of the cluster has a sidecar: Sidecar objects have no effect any more, EnvoyFilter and ProxyConfig objects on " +
        "gateways alone, and istiod's injection webhook is called for gateways alone, in edge",
    );
  });

  it("says that the webhook is called for no gateway that istiod makes", async () => {
    const labels = { "gateway.networking.k8s.io/gateway-name": "public" };
    const change = (cluster: ReturnType<typeof shop>) => cluster.put(pod("edge", "public", {}, labels));
    assert.equal(
      await lastLine(change),
      "no pod of the cluster has a sidecar: Sidecar objects have no effect any more, EnvoyFilter and ProxyConfig objects on " +
        "gateways alone, and istiod's injection webhook is called for no pod",
    );
  });
});
