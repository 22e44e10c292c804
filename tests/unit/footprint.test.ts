// What a mesh costs: parts, nodes, the comparison with sidecars and the advice, from the answers of an API in memory.
import * as assert from "node:assert/strict";
import { footprintState, type FootprintApi } from "../../cluster/footprint";
import { findingLine } from "../../lib/checks/check";
import { advise, isGood } from "../../lib/footprint/advice";
import { footprint } from "../../lib/footprint/footprint";
import { label, set } from "./fixtures/breakages";
import { addSidecar, containersOf, measure, measuredMesh, mebibyte, nodeOf, paths, usual } from "./fixtures/footprint";
import type { MeshApi } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

/** The mesh's API, which for a kubelet of its own refusal has an answer of its own. */
function apiOf(mesh: MeshApi): FootprintApi {
  return {
    server: mesh.server,
    get: (path) => mesh.get(path),
    getBehind: (path) => mesh.get(path),
    getText: (path) => mesh.getText(path),
  };
}

const read = (mesh: MeshApi) => footprintState(apiOf(mesh));

/** MiB to a tenth. */
const rounded = (bytes: number | undefined): number => Math.round(((bytes ?? NaN) / mebibyte) * 10) / 10;

async function advice(mesh: MeshApi): Promise<string[]> {
  return advise(await read(mesh)).map(
    ({ severity, ...found }) => `${severity}: ${findingLine({ ...found, namespace: "" })}`,
  );
}

const forbidden = {
  kind: "forbidden" as const,
  why: 'nodes "node-1" is forbidden: User "dev" cannot get resource "nodes/proxy" in API group "" at the cluster scope',
};

describe("the footprint of a mesh", () => {
  it("is by part what its pods request and what their kubelet says they use", async () => {
    const state = await read(measuredMesh());
    assert.deepEqual([state.source, state.captured, state.reasons], ["kubelets", 2, []]);
    const { parts, total, nodes } = footprint(state);
    const lines = [...parts.map(({ part, row }) => ({ part: String(part), row })), { part: "total", row: total }].map(
      ({ part, row: { pods, measured, requested, used } }) => [
        part,
        pods,
        measured,
        Math.round(requested.cpu * 1000),
        rounded(requested.memory),
        Math.round((used?.cpu ?? NaN) * 1000),
        rounded(used?.workingSet),
        rounded(used?.rss),
      ],
    );
    assert.deepEqual(lines, [
      ["istiod", 1, 1, 100, 128, 3, 77.3, 45.2],
      ["istio-cni", 1, 1, 100, 128, 2, 58.9, 19.4],
      ["ztunnel", 1, 1, 50, 64, 1, 11.4, 5.3],
      ["gateways", 1, 1, 50, 64, 4, 31.8, 29.4],
      ["waypoints", 1, 1, 50, 64, 4, 30, 27],
      ["total", 5, 5, 350, 448, 14, 209.4, 126.3],
    ]);
    assert.deepEqual(
      nodes.map(({ node, total: sum }) => [node, sum.pods, rounded(sum.used?.rss)]),
      [["node-1", 5, 126.3]],
    );
  });

  it("counts of a pod with a sidecar the sidecar alone, be it native or not", async () => {
    const mesh = measuredMesh();
    addSidecar(mesh, "orders", { workingSet: 40, rss: 31, cpu: 2 });
    addSidecar(mesh, "billing", { workingSet: 42, rss: 33, cpu: 2 });
    mesh.edit(paths.pods, "billing", (pod) => {
      const spec = pod["spec"] as Record<string, unknown>;
      const proxy = containersOf(pod).pop()!;
      spec["initContainers"] = [
        { name: "istio-init", image: "istio/proxyv2:1.31.1", resources: { requests: { memory: "1Gi" } } },
        { ...proxy, restartPolicy: "Always" },
      ];
    });
    const { parts, comparison } = footprint(await read(mesh));
    const sidecars = parts.find(({ part }) => part === "sidecars")?.row;
    assert.deepEqual([sidecars?.pods, rounded(sidecars?.requested.memory), rounded(sidecars?.used?.rss)], [2, 256, 64]);
    assert.deepEqual(
      { ...comparison?.sidecar, memory: rounded(comparison?.sidecar.memory) },
      { memory: 32, measured: 2 },
    );
  });

  it("is compared with sidecars: the documented figure where none runs, and only the present is measured", async () => {
    const { comparison } = footprint(await read(measuredMesh()));
    assert.deepEqual([comparison?.captured, comparison?.by, rounded(comparison?.sidecar.memory)], [2, "rss", 29]);
    const lines = comparison?.lines.map(({ services, sidecars, ambient, basis }) => [
      services,
      rounded(sidecars),
      rounded(ambient),
      basis,
    ]);
    // 45.2 + 29.4 and 29 each; 126.3 and 0.4 MiB each.
    assert.deepEqual(lines, [
      [2, 132.6, 126.3, "measured"],
      [5, 219.6, 127.5, "extrapolated"],
      [10, 364.6, 129.5, "extrapolated"],
      [20, 654.6, 133.4, "extrapolated"],
    ]);
  });

  it("compares nothing where istiod was not measured", async () => {
    const mesh = measuredMesh({ ...usual, istiod: {} });
    const { comparison, total } = footprint(await read(mesh));
    assert.deepEqual([comparison, total.used], [undefined, undefined]);
  });

  it("comes from metrics.k8s.io, without RSS, where the kubelets may not be read; only one is asked then", async () => {
    const mesh = measuredMesh().refuse("/api/v1/nodes/node-1/proxy/stats/summary", forbidden);
    const items = [
      { metadata: mesh.all(paths.pods).find(({ metadata }) => metadata.name.startsWith("istiod"))!.metadata },
    ].map(({ metadata }) => ({
      metadata,
      containers: [{ name: "discovery", usage: { cpu: "3120401n", memory: "79155Ki" } }],
    }));
    for (const selector of selectors) mesh.recording.objects[paths.metrics(selector)] = { items: [] } as never;
    mesh.recording.objects[paths.metrics(selectors[0]!)] = { items } as never;
    const state = await read(mesh);
    assert.deepEqual([state.source, state.reasons, state.silentNodes], ["metrics.k8s.io", [forbidden.why], []]);
    assert.deepEqual(state.pods.find(({ part }) => part === "istiod")?.used, {
      cpu: 0.003120401,
      workingSet: 79155 * 1024,
    });
    assert.equal(mesh.asked.filter((path) => path.includes("/proxy/")).length, 1);
  });

  it("is unknown, with both reasons, where metrics.k8s.io is not there either", async () => {
    const mesh = measuredMesh().refuse("/api/v1/nodes/node-1/proxy/stats/summary", forbidden);
    const state = await read(mesh);
    assert.deepEqual([state.source, state.reasons], ["none", [forbidden.why, "the API has no metrics.k8s.io"]]);
    assert.equal(footprint(state).total.requested.memory, 448 * mebibyte);
    assert.ok(!isGood(state, advise(state)));
  });

  it("is unknown for as long as the kubelets have no statistics of pods that have just started", async () => {
    const mesh = measuredMesh(Object.fromEntries(Object.entries(usual).map(([name]) => [name, {}])));
    const { source, reasons } = await read(mesh);
    const why = "they have no statistics of the mesh's pods yet";
    assert.deepEqual([source, reasons], ["none", [why, "the API has no metrics.k8s.io"]]);
  });

  it("names no single kubelet where metrics.k8s.io stands for all of them", async () => {
    const gone = { kind: "failed" as const, status: 0, why: "no answer within 5 s" };
    const mesh = measuredMesh().refuse("/api/v1/nodes/node-1/proxy/stats/summary", gone);
    const { silentNodes, reasons } = await read(mesh);
    assert.deepEqual([silentNodes, reasons[0]], [[], gone.why]);
  });

  it("asks fifty kubelets of a large cluster, first those that no other node stands for, and counts the rest like them", async () => {
    const mesh = measuredMesh();
    const pods = mesh.all(paths.pods);
    const copyTo = (node: string) => (pod: RawObject) => {
      const copy = structuredClone(pod);
      copy.metadata.name = `${pod.metadata.name}-${node}`;
      (copy["spec"] as { nodeName: string }).nodeName = node;
      mesh.add(paths.pods, copy);
    };
    const everywhere = pods.filter(({ metadata }) => /^(ztunnel|istio-cni-node)-/.test(metadata.name));
    for (let index = 2; index <= 120; index++) everywhere.forEach(copyTo(`node-${index}`));
    mesh.edit(paths.pods, pods.find(({ metadata }) => metadata.name.startsWith("waypoint"))!.metadata.name, (pod) => {
      (pod["spec"] as { nodeName: string }).nodeName = "node-120";
    });
    measure(mesh);
    const state = await read(mesh);
    const asked = mesh.asked.filter((path) => path.includes("/proxy/"));
    assert.equal(asked.length, 50);
    assert.ok(asked.includes(paths.summary("node-120")));
    assert.equal(state.unaskedNodes, 70);
    const ztunnel = footprint(state).parts.find(({ part }) => part === "ztunnel")?.row;
    assert.deepEqual([ztunnel?.pods, ztunnel?.measured, rounded(ztunnel?.used?.rss)], [120, 50, 120 * 5.3]);
  });

  it("names a kubelet that gives no answer, and goes on with the others", async () => {
    const mesh = measuredMesh();
    const ztunnel = mesh.all(paths.pods).find(({ metadata }) => metadata.name.startsWith("ztunnel"))!;
    const other = structuredClone(ztunnel);
    other.metadata.name = "ztunnel-other";
    (other["spec"] as { nodeName: string }).nodeName = "node-2";
    mesh.add(paths.pods, other);
    measure(mesh);
    mesh.refuse("/api/v1/nodes/node-2/proxy/stats/summary", { kind: "failed", status: 0, why: "no answer within 5 s" });
    const state = await read(mesh);
    assert.equal(nodeOf(other), "node-2");
    assert.deepEqual(state.silentNodes, [{ node: "node-2", why: "no answer within 5 s" }]);
    const row = footprint(state).parts.find(({ part }) => part === "ztunnel")?.row;
    assert.deepEqual([row?.pods, row?.measured, rounded(row?.used?.rss)], [2, 1, 10.6]);
  });

  it("leaves finished pods out, and counts pending ones by what they request", async () => {
    const mesh = measuredMesh();
    const [gateway] = mesh.all(paths.pods).filter(({ metadata }) => metadata.name.startsWith("hostk8s-gateway"));
    for (const phase of ["Pending", "Failed"]) {
      const pod = structuredClone(gateway!);
      pod.metadata.name = `hostk8s-gateway-${phase.toLowerCase()}`;
      (pod["spec"] as { nodeName?: string }).nodeName = phase === "Pending" ? undefined : "node-1";
      set("status.phase", phase)(pod);
      mesh.add(paths.pods, pod);
    }
    const row = footprint(await read(mesh)).parts.find(({ part }) => part === "gateways")?.row;
    assert.deepEqual([row?.pods, row?.measured, rounded(row?.requested.memory)], [2, 1, 128]);
  });
});

const selectors = [
  "app in (istiod,ztunnel)",
  "k8s-app=istio-cni-node",
  "gateway.networking.k8s.io/gateway-name",
  "security.istio.io/tlsMode",
];

describe("the advice on a footprint", () => {
  const resize = (part: string, sized: object) => measuredMesh({ ...usual, [part]: { ...usual[part], ...sized } });

  it("is none on the defaults", async () => {
    assert.deepEqual(await advice(measuredMesh()), []);
  });

  it("names requests far above use, as the charts have them", async () => {
    assert.deepEqual(await advice(resize("istiod", { requests: { cpu: "500m", memory: "2Gi" } })), [
      'warning: `Deployment istio-system/istiod`: got "requests 2.0 GiB, uses 77.3 MiB"; memory that a pod requests ' +
        'but does not use is not available to other pods on its node; write `controlPlane: { memory: "128Mi" }`',
      'warning: `Deployment istio-system/istiod`: got "requests 500m CPU, uses 3m"; CPU that a pod requests but does ' +
        'not use is not available for scheduling other pods; write `controlPlane: { cpu: "50m" }`',
    ]);
  });

  it("names requests below use", async () => {
    const stats = { workingSet: 90, rss: 80, cpu: 120 };
    assert.deepEqual(await advice(resize("hostk8s-gateway", { stats })), [
      'warning: `Gateway istio-system/hostk8s-gateway`: got "requests 64.0 MiB, uses 90.0 MiB"; what a pod uses above its request may be taken from it when its node runs out of memory; write `memory: "144Mi"`',
      'warning: `Gateway istio-system/hostk8s-gateway`: got "requests 50m CPU, uses 120m"; above its request, a pod ' +
        'gets only CPU that other pods leave unused; write `cpu: "200m"`',
    ]);
  });

  it("is an error where a part is near its limit", async () => {
    const near = resize("ztunnel", {
      limits: { memory: "100Mi" },
      stats: { workingSet: 81, rss: 80, cpu: 1 },
      requests: { cpu: "50m", memory: "96Mi" },
    });
    assert.deepEqual(await advice(near), [
      'error: `DaemonSet istio-system/ztunnel`: got "uses 81.0 MiB, 81 % of its limit of 100 MiB"; a part must stay below 80 % of its limit, at which it is killed; write `dataplane: { memoryLimit: "256Mi" }`',
    ]);
    const state = await read(near);
    assert.ok(!isGood(state, advise(state)));
    assert.deepEqual(await advice(resize("ztunnel", { limits: { memory: "100Mi" } })), []);
  });

  it("is an error where a part was killed for its memory", async () => {
    const mesh = resize("ztunnel", { limits: { memory: "64Mi" } });
    const name = mesh.all(paths.pods).find(({ metadata }) => metadata.name.startsWith("ztunnel"))!.metadata.name;
    const lastState = { terminated: { reason: "OOMKilled", exitCode: 137 } };
    mesh.edit(paths.pods, name, set("status.containerStatuses", [{ name: "istio-proxy", lastState }]));
    assert.deepEqual(await advice(mesh), [
      `error: \`DaemonSet istio-system/ztunnel\`: got "killed for its memory: ${name}"; a part must stay below 80 % of its limit, at which it is killed; write \`dataplane: { memoryLimit: "128Mi" }\``,
    ]);
  });

  it("names a waypoint that nothing names, by what it takes", async () => {
    const mesh = measuredMesh();
    for (const path of ["/api/v1/namespaces", "/api/v1/services", paths.pods]) {
      for (const object of mesh.all(path)) delete object.metadata.labels?.["istio.io/use-waypoint"];
    }
    const unused =
      'warning: `Gateway shop/waypoint`: got "no user, and 27.0 MiB"; a waypoint gets traffic only where a namespace, Service or pod names it; delete it where it is made, or use it; run `kubectl label namespace shop istio.io/use-waypoint=waypoint`';
    assert.deepEqual(await advice(mesh), [unused]);
    const [web] = mesh.all(paths.pods).filter(({ metadata }) => metadata.name.startsWith("web-"));
    mesh.edit(paths.pods, web!.metadata.name, label("istio.io/use-waypoint", "waypoint"));
    assert.deepEqual(await advice(mesh), []);
  });

  it("names a waypoint that has a user and no connection but the kubelet's probe", async () => {
    const mesh = measuredMesh();
    const [{ metadata }] = mesh.all(paths.pods).filter((pod) => pod.metadata.name.startsWith("waypoint")) as [
      RawObject,
    ];
    const stats = `/api/v1/namespaces/shop/pods/${metadata.name}:15090/proxy/stats/prometheus?filter=total_connections`;
    const say = (connections: number) => {
      const name = "envoy_server_total_connections";
      mesh.recording.texts[stats] = `# TYPE ${name} gauge\n${name}{} ${connections}\n`;
    };
    say(1);
    assert.deepEqual(await advice(mesh), [
      'warning: `Gateway shop/waypoint`: got "no open connection, and 27.0 MiB"; ztunnel keeps its connections to a waypoint for minutes after the last request: there was none; run `kubectl get namespaces,services --all-namespaces --selector istio.io/use-waypoint=waypoint`',
    ]);
    say(2);
    assert.deepEqual(await advice(mesh), []);
  });

  it("does not call a waypoint unused where what may name it cannot be read", async () => {
    const mesh = measuredMesh().refuse("/api/v1/services", { kind: "forbidden", why: "no right" });
    for (const path of ["/api/v1/namespaces", paths.pods]) {
      for (const object of mesh.all(path)) delete object.metadata.labels?.["istio.io/use-waypoint"];
    }
    assert.deepEqual(await advice(mesh), []);
  });
});
