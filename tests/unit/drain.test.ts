// What draining rolls out of the mesh, in which order, and what it says of all that keeps its pods.
import * as assert from "node:assert/strict";
import { listAll } from "../../cluster/lists";
import { drainOrder, type DrainCandidate, type NamespaceWorkloads, type RunningPod } from "../../lib/enrollment/drain";
import { drainedMark } from "../../lib/enrollment/enrollment";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";
import { istioAmbient } from "./fixtures/terminal";

const mode = "istio.io/dataplane-mode";

function deployment(name: string, fields: Partial<DrainCandidate> = {}): DrainCandidate {
  const podLabels = { app: name };
  return { name, labels: {}, annotations: {}, paused: false, podLabels, hostNetwork: false, ...fields };
}

function pod(name: string, fields: Partial<RunningPod> = {}): RunningPod {
  return { name, labels: {}, annotations: {}, hostNetwork: false, ...fields };
}

const controlledBy = (kind: string, name: string) => ({ controller: { kind, name } });

describe("the order of a drain", () => {
  const order = (workloads: Partial<NamespaceWorkloads<DrainCandidate>>) => {
    const empty = { deployments: [], selectors: [], replicaSets: [], pods: [] };
    const { rolled, kept } = drainOrder({ namespace: "shop", ...empty, ...workloads });
    return { rolled: rolled.map(({ name }) => name), kept };
  };

  it("has Deployments behind a Service before all others", () => {
    const deployments = [deployment("client"), deployment("web"), deployment("worker")];
    const selectors: Record<string, string>[] = [{}, { app: "web" }, { app: "worker", tier: "back" }];
    assert.deepEqual(order({ deployments, selectors }).rolled, ["web", "client", "worker"]);
  });

  const left: [what: string, fields: Partial<DrainCandidate>][] = [
    ["of a Gateway", { labels: { "gateway.networking.k8s.io/gateway-name": "public" } }],
    ["of a waypoint", { labels: { "gateway.istio.io/managed": "istio.io-mesh-controller" } }],
    ["that was drained before", { annotations: { [drainedMark]: "{}" } }],
    ["that is paused, which would never roll", { paused: true }],
    ["whose pods are not in the mesh", { podLabels: { [mode]: "none" } }],
    ["on the network of its node", { hostNetwork: true }],
  ];
  for (const [what, fields] of left) {
    it(`has no Deployment ${what}`, () => {
      assert.deepEqual(order({ deployments: [deployment("web", fields)] }).rolled, []);
    });
  }

  it("names what keeps its pods, each workload once", () => {
    const replicaSets = [
      { name: "web-1", ...controlledBy("Deployment", "web") },
      { name: "held-1", ...controlledBy("Deployment", "held") },
      { name: "canary-1", ...controlledBy("Rollout", "canary") },
      { name: "alone" },
    ];
    const pods = [
      pod("db-0", controlledBy("StatefulSet", "db")),
      pod("db-1", controlledBy("StatefulSet", "db")),
      pod("agent-x", controlledBy("DaemonSet", "agent")),
      pod("web-0", controlledBy("StatefulSet", "web")),
      pod("debug"),
      pod("web-1-a", controlledBy("ReplicaSet", "web-1")),
      pod("held-1-a", controlledBy("ReplicaSet", "held-1")),
      pod("canary-1-a", controlledBy("ReplicaSet", "canary-1")),
      pod("alone-a", controlledBy("ReplicaSet", "alone")),
    ];
    const deployments = [deployment("web"), deployment("held", { paused: true })];
    assert.deepEqual(order({ deployments, replicaSets, pods }).kept, [
      "DaemonSet shop/agent",
      "Deployment shop/held",
      "Pod shop/debug",
      "ReplicaSet shop/alone",
      "Rollout shop/canary",
      "StatefulSet shop/db",
      "StatefulSet shop/web",
    ]);
  });

  it("says nothing of pods that are not in the mesh", () => {
    const pods = [
      pod("out", { labels: { [mode]: "none" } }),
      pod("host", { hostNetwork: true }),
      pod("sidecar", { annotations: { "sidecar.istio.io/status": "{}" } }),
      pod("public-istio-x", { labels: { "gateway.networking.k8s.io/gateway-name": "public" } }),
    ];
    assert.deepEqual(order({ pods }).kept, []);
  });
});

describe("unenroll --drain", () => {
  const apps = "/apis/apps/v1/namespaces/shop";
  const core = "/api/v1/namespaces/shop";
  const policies = "/apis/security.istio.io/v1/peerauthentications";
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    const shop: RawObject = { metadata: { name: "shop", labels: { [mode]: "ambient" } } };
    mesh.recording.lists = {
      "/api/v1/namespaces": [shop],
      [`/api/v1/namespaces?labelSelector=${mode}=ambient`]: [shop],
      "/api/v1/pods": [],
      [`/api/v1/pods?labelSelector=${mode}=ambient`]: [],
      [policies]: [],
      [`${apps}/deployments`]: [],
      [`${apps}/replicasets`]: [],
      [`${core}/services`]: [],
      [`${core}/pods`]: [],
    };
    mesh.recording.objects["/api/v1/namespaces/shop"] = shop;
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** A Deployment that is rolled out, in list and by its path. */
  function add(name: string, labels: Record<string, string> = {}): void {
    const template = { metadata: { labels: { app: name } }, spec: { containers: [] } };
    const status = { updatedReplicas: 1, availableReplicas: 1, replicas: 1, observedGeneration: 1 };
    const raw = { metadata: { name, namespace: "shop", labels }, spec: { template }, status };
    mesh.recording.lists[`${apps}/deployments`]!.push(raw);
    mesh.recording.objects[`${apps}/deployments/${name}`] = raw;
  }

  const unenroll = () => istioAmbient(["unenroll", "--drain", "--kubeconfig", server.kubeconfig]);
  const patches = () => server.requests.filter((request) => request.startsWith("PATCH "));

  it("rolls Deployments but not gateways, says what keeps its pods, and takes the label off last", async () => {
    add("web");
    add("public-istio", { "gateway.networking.k8s.io/gateway-name": "public" });
    const owner = { kind: "StatefulSet", name: "db", controller: true };
    const gone = { name: "gone", namespace: "shop", deletionTimestamp: "2026-11-24T09:00:00Z" };
    mesh.recording.lists[`${core}/pods`]!.push(
      { metadata: { name: "db-0", namespace: "shop", ownerReferences: [owner] } },
      { metadata: { name: "job", namespace: "shop" }, status: { phase: "Succeeded" } },
      { metadata: gone },
    );
    assert.deepEqual(await unenroll(), {
      code: 0,
      out: `removed 1 namespace from the mesh; to return, run \`istio-ambient enroll --restore --kubeconfig ${server.kubeconfig}\`\n`,
      err:
        "not rolled: StatefulSet shop/db; their pods keep running and leave the mesh when the label is removed, and " +
        "connections may fail for less than a second\n" +
        "rolling Deployment shop/web out of the mesh\n",
    });
    assert.deepEqual(patches(), [`PATCH ${apps}/deployments/web`, "PATCH /api/v1/namespaces/shop"]);
  });

  it("reads more than one page of every list", async () => {
    for (let index = 0; index < 501; index += 1) add(`web-${index}`);
    mesh.recording.lists[`${core}/services`] = [
      ...Array.from({ length: 500 }, (_, index) => ({
        metadata: { name: `s${index}` },
        spec: { selector: { app: "" } },
      })),
      { metadata: { name: "last" }, spec: { selector: { app: "web-500" } } },
    ];
    mesh.recording.lists[policies] = Array.from({ length: 501 }, (_, index) => ({
      metadata: { name: `p${index}`, namespace: "shop" },
      spec: { mtls: { mode: index === 500 ? "STRICT" : "PERMISSIVE" } },
    }));
    const { err } = await unenroll();
    assert.equal(patches().length, 502);
    assert.equal(patches()[0], `PATCH ${apps}/deployments/web-500`);
    assert.match(
      err,
      /\nwarning: 1 STRICT PeerAuthentication \(shop\/p500\) no longer protects pods outside the mesh, which accept plaintext from any client\n$/,
    );
  });
});

describe("a list", () => {
  it("ends with the first answer that is no page", async () => {
    const pages = [
      { kind: "ok" as const, body: { items: [1], metadata: { continue: "a&b" } } },
      { kind: "forbidden" as const, why: "no right" },
    ];
    const asked: string[] = [];
    const get = (path: string) => {
      asked.push(path);
      return Promise.resolve(pages[asked.length - 1]!);
    };
    assert.deepEqual(await listAll({ get }, "/api/v1/pods"), pages[1]);
    assert.deepEqual(asked, ["/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=a%26b"]);
  });
});
