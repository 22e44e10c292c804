// The ground that a migration stands on, as the command reads it from a cluster.
import * as assert from "node:assert/strict";
import type { Thing } from "../fixtures/sidecars";
import { on, own, shop } from "./cluster";

/** What keeps a migration of the namespace from starting. */
async function refusals(change: (cluster: ReturnType<typeof shop>) => void): Promise<[number, string]> {
  const cluster = shop();
  change(cluster);
  return on(cluster, async (migrate) => {
    const { code, err } = await migrate("apply", ...own);
    assert.deepEqual(cluster.writes, []);
    return [code, err];
  });
}

describe("the ground of a migration", () => {
  for (const name of ["ztunnel", "istio-cni-node"]) {
    const expected =
      `DaemonSet istio-system/${name}: it must be ready on every node before a namespace is enrolled; first: istio-ambient ` +
      "check --category data-plane\n";

    it(`includes ${name}, which is missing`, async () => {
      const found = await refusals((cluster) =>
        cluster.objects.delete(`/apis/apps/v1/namespaces/istio-system/daemonsets/${name}`),
      );
      assert.deepEqual(found, [1, expected]);
    });

    it(`includes ${name}, which is not ready on one of two nodes`, async () => {
      const found = await refusals((cluster) => {
        const set = cluster.one("DaemonSet", name);
        cluster.put({ ...set, status: { numberReady: 1, desiredNumberScheduled: 2 } });
      });
      assert.deepEqual(found, [1, expected]);
    });
  }

  const node = (name: string, spec: object, ready: string): Thing => ({
    ...{ apiVersion: "v1", kind: "Node", metadata: { name }, spec: { ...spec } },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  const agent = (name: string, nodeName: string, ready: string): Thing => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name: `${name}-${nodeName}`, namespace: "istio-system" },
      ownerReferences: [{ kind: "DaemonSet", name, controller: true }],
    },
    spec: { containers: [{ name }], nodeName },
    status: { phase: "Running", conditions: [{ type: "Ready", status: ready }] },
  });
  /** Both agents are ready on all nodes but the second one. */
  const withNodes = (cluster: ReturnType<typeof shop>, second: Thing) => {
    for (const thing of [node("one", {}, "True"), second]) cluster.put(thing);
    for (const name of ["ztunnel", "istio-cni-node"]) {
      cluster.put({ ...cluster.one("DaemonSet", name), status: { numberReady: 1, desiredNumberScheduled: 2 } });
      cluster.put(agent(name, "one", "True"));
      cluster.put(agent(name, "two", "False"));
    }
  };
  const two: [string, Thing, number][] = [
    ["is not ready itself", node("two", {}, "False"), 0],
    ["is not heard of", node("two", {}, "Unknown"), 0],
    ["is drained", node("two", { unschedulable: true }, "True"), 0],
    ["takes pods", node("two", {}, "True"), 1],
  ];
  for (const [what, second, expected] of two) {
    it(`${expected === 0 ? "leaves out" : "includes"} agents on a node that ${what}`, async () => {
      const cluster = shop();
      withNodes(cluster, second);
      await on(cluster, async (migrate) => {
        const { code, out } = await migrate("plan", ...own);
        assert.deepEqual([code, out.includes("it must be ready on every node")], [expected, expected === 1], out);
      });
    });
  }

  it("includes agents that have no pod, and all of them where nodes may not be listed", async () => {
    const missing = shop();
    withNodes(missing, node("two", {}, "False"));
    missing.objects.delete("/api/v1/namespaces/istio-system/pods/ztunnel-two");
    const unread = shop();
    withNodes(unread, node("two", {}, "False"));
    unread.unreadable = ["/api/v1/nodes"];
    for (const cluster of [missing, unread])
      await on(cluster, async (migrate) => assert.equal((await migrate("plan", ...own)).code, 1));
  });

  it("includes the ambient mode of istio-cni", async () => {
    const found = await refusals((cluster) =>
      cluster.put({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "istio-cni-config", namespace: "istio-system" },
        data: { AMBIENT_ENABLED: "false" },
      }),
    );
    assert.deepEqual(found, [
      1,
      "DaemonSet istio-system/istio-cni-node: its ambient mode is off: no pod would be captured; first: cni: { values: { " +
        "ambient: { enabled: true } } }\n",
    ]);
  });

  it("includes the release of an istiod whose image has a digest too", async () => {
    const image = `docker.io/istio/pilot:1.22.3-distroless@sha256:${"0".repeat(64)}`;
    const found = await refusals((cluster) => {
      const { metadata, spec, ...rest } = cluster.one("Deployment", "istiod");
      const env = [{ name: "PILOT_ENABLE_AMBIENT", value: "true" }];
      const template = { metadata: {}, spec: { containers: [{ name: "discovery", image, env }] } };
      cluster.put({ ...rest, metadata: { ...metadata, made: true }, spec: { ...spec, template } });
    });
    assert.deepEqual(found, [
      1,
      "Deployment istio-system/istiod: its release 1.22.3 is older than 1.24.0; first: upgrade it first\n",
    ]);
  });

  /** A pod that nothing makes anew and that has no sidecar, and a policy for tokens. */
  const withMore = (cluster: ReturnType<typeof shop>) => {
    cluster.put({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "tool", namespace: "shop", labels: { app: "tool" } },
      spec: { containers: [{ name: "tool" }] },
    });
    cluster.put({
      apiVersion: "security.istio.io/v1",
      kind: "RequestAuthentication",
      metadata: { name: "jwt", namespace: "shop" },
      spec: { selector: { matchLabels: { app: "orders" } } },
    });
  };
  const rights = [
    ...[
      "create configmaps",
      "patch configmaps",
      "delete configmaps",
      "patch namespaces",
      "patch services",
      "patch pods",
    ],
    ...["patch deployments", "patch statefulsets", "create gateways", "delete gateways"],
    ...["authorizationpolicies", "requestauthentications"].flatMap((resource) =>
      ["create", "delete"].map((verb) => `${verb} ${resource}`),
    ),
  ];
  const groups: Record<string, string> = {
    ...{ deployments: "apps", statefulsets: "apps", gateways: "gateway.networking.k8s.io" },
    ...{ authorizationpolicies: "security.istio.io", requestauthentications: "security.istio.io" },
  };
  for (const right of rights) {
    it(`includes the right to ${right}`, async () => {
      const found = await refusals((cluster) => {
        withMore(cluster);
        cluster.denied = [right];
      });
      const group = groups[right.split(" ")[1]!];
      const name = `${right}${group === undefined ? "" : `.${group}`} --namespace shop`;
      assert.deepEqual(found, [1, `right to ${name}: this user does not have it; first: kubectl auth can-i ${name}\n`]);
    });
  }

  it("asks for no right that the plan has no use for", async () => {
    const cluster = shop();
    for (const name of ["readers", "no-deletes"])
      cluster.objects.delete(`/apis/security.istio.io/v1/namespaces/shop/authorizationpolicies/${name}`);
    cluster.denied = [
      "create gateways",
      "delete gateways",
      "patch daemonsets",
      "patch pods",
      "create requestauthentications",
    ];
    await on(cluster, async (migrate) => {
      const { code, err } = await migrate("plan", ...own);
      assert.deepEqual([code, err], [0, ""]);
    });
  });
});
