// What the sandbox's kubelets say that pods use: read as the command reads a real kubelet.
import * as assert from "node:assert/strict";
import { V1Pod } from "@kubernetes/client-node";
import { summaryUsage } from "../../lib/footprint/usage";
import { nodeAddresses, nodeName } from "../../sandbox/control-plane/network";
import { ServiceStatus } from "../../sandbox/control-plane/service";
import { summary } from "../../sandbox/pods/usage";

function pod(name: string, containers: string[], labels: Record<string, string> = {}): V1Pod {
  return {
    metadata: { name, namespace: "mesh", labels },
    spec: { containers: containers.map((each) => ({ name: each })) },
    status: { phase: "Running" },
  };
}

const mebibytes = (bytes = NaN): number => Math.round((bytes / 2 ** 20) * 10) / 10;

function used(pods: V1Pod[], processes = new Map<string, ServiceStatus>()): Record<string, number> {
  const usages = summaryUsage(summary("node-1", pods, processes));
  return Object.fromEntries(usages.map(({ pod: name, container, rss }) => [`${name}/${container}`, mebibytes(rss)]));
}

describe("a kubelet of the sandbox", () => {
  it("says of pods without a process what such pods took on a real node", () => {
    const sidecar = pod("orders", ["app"]);
    sidecar.spec!.initContainers = [{ name: "istio-init" }, { name: "istio-proxy", restartPolicy: "Always" }];
    const pending = { ...pod("later", ["app"]), status: { phase: "Pending" } };
    const pods = [
      pod("istiod", ["discovery"]),
      pod("cni", ["install-cni"]),
      pod("ztunnel", ["istio-proxy"], { app: "ztunnel" }),
      pod("gateway", ["istio-proxy"]),
      sidecar,
      pending,
    ];
    assert.deepEqual(used(pods), {
      "istiod/discovery": 41.8,
      "cni/install-cni": 18.6,
      "ztunnel/istio-proxy": 3.8,
      "gateway/istio-proxy": 29,
      "orders/app": 10,
      "orders/istio-proxy": 29,
    });
  });

  it("reads the memory of a pod's process, and says what is usual once that has ended", () => {
    const status = (pid: number | undefined): ServiceStatus => ({
      part: "istiod",
      state: "ready",
      pid,
      restarts: 0,
      log: "",
    });
    const own = used([pod("istiod", ["discovery"])], new Map([["mesh/istiod", status(process.pid)]]));
    const resident = mebibytes(process.memoryUsage().rss);
    const anonymous = own["istiod/discovery"]!;
    // Anonymous memory is the greater part of a Node process, and of its children there are none.
    assert.ok(anonymous > 0.3 * resident && anonymous < 1.2 * resident, `${anonymous} of ${resident} MiB`);
    const gone = used([pod("istiod", ["discovery"])], new Map([["mesh/istiod", status(2 ** 30)]]));
    assert.deepEqual(gone, { "istiod/discovery": 41.8 });
  });

  it("knows its node by the address at which it is asked", () => {
    const { address } = nodeAddresses(11);
    assert.deepEqual([nodeName(address), nodeName(`::ffff:${address}`)], ["node-12", "node-12"]);
  });
});
