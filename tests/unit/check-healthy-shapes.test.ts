// Healthy meshes of many shapes, in which nothing is to be found.
import * as assert from "node:assert/strict";
import { checks } from "../../lib/checks";
import { findingLine } from "../../lib/checks/check";
import { judge } from "../../lib/checks/verdicts";
import { label, lists, set } from "./fixtures/breakages";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";
import type { RawObject } from "./fixtures/raw-object";

const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };
const captured = { "ambient.istio.io/redirection": "enabled" };
const ready = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

function pod(namespace: string, name: string, spec: object = {}, metadata: object = {}): RawObject {
  const containers = [{ name: "web", image: "docker.io/library/nginx:1.29" }];
  return {
    metadata: { name, namespace, ...metadata },
    spec: { nodeName: "node-1", containers, ...spec },
    status: ready,
  };
}

function copy(mesh: MeshApi, list: string, name: string, change: (object: RawObject) => void): void {
  const object = structuredClone(mesh.all(list).find(({ metadata }) => metadata.name === name)!);
  change(object);
  mesh.add(list, object);
}

/** A Windows node and a virtual one, each with pods that nobody has put into the mesh. */
function otherNodes(mesh: MeshApi): void {
  const node = (name: string, labels: object) => ({ metadata: { name, labels }, status: ready });
  mesh
    .add(lists.nodes, node("win-1", { "kubernetes.io/os": "windows" }) as RawObject)
    .add(lists.nodes, node("virtual-1", { type: "virtual-kubelet" }) as RawObject)
    .add(lists.pods, pod("default", "iis", { nodeName: "win-1" }))
    .add(lists.pods, pod("default", "burst", { nodeName: "virtual-1" }))
    .add(lists.pods, pod("default", "kata", { runtimeClassName: "kata" }))
    .add(lists.pods, pod("shop", "left-out", { nodeName: "win-1" }, { labels: { "istio.io/dataplane-mode": "none" } }));
}

function sidecars(mesh: MeshApi): void {
  const proxy = { name: "istio-proxy", image: "docker.io/istio/proxyv2:1.31.0", restartPolicy: "Always" };
  const status = { annotations: { "sidecar.istio.io/status": "{}" } };
  mesh
    .add(lists.namespaces, { metadata: { name: "legacy", labels: { "istio-injection": "enabled" } } })
    .add(lists.pods, pod("legacy", "native", { initContainers: [proxy] }, status))
    .add(lists.pods, pod("legacy", "classic", { containers: [{ name: "web", image: "nginx" }, proxy] }, status));
}

function revisions(mesh: MeshApi): void {
  const [from, to] = ["istiod", "istiod-canary"];
  for (const list of [lists.deployments, lists.services]) {
    copy(mesh, list, from, ({ metadata }) => {
      metadata.name = to;
      metadata.labels = { ...metadata.labels, "istio.io/rev": "canary" };
    });
  }
  const slice = mesh.all(lists.endpoints)[0]!.metadata.name;
  copy(mesh, lists.endpoints, slice, (object) => {
    object.metadata.name = `${to}-1`;
    label("kubernetes.io/service-name", to)(object);
  });
  mesh.add(lists.namespaces, { metadata: { name: "canary", labels: { "istio.io/rev": "canary" } } });
}

function sharedWaypoint(mesh: MeshApi): void {
  const shared = ({ metadata }: RawObject) => Object.assign(metadata, { name: "shared", namespace: "infra" });
  copy(mesh, lists.gateways, "waypoint", (gateway) => {
    shared(gateway);
    label("istio.io/waypoint-for", "all")(gateway);
    set("spec.listeners.0.allowedRoutes", { namespaces: { from: "Selector" } })(gateway);
  });
  copy(mesh, lists.deployments, "waypoint", shared);
  copy(mesh, lists.services, "waypoint", shared);
  const use = { "istio.io/use-waypoint": "shared", "istio.io/use-waypoint-namespace": "infra" };
  const own = (name: string) => ({ metadata: { name, namespace: "edge", labels: use }, spec: {} });
  mesh
    .add(lists.namespaces, { metadata: { name: "infra" } })
    .add(lists.namespaces, { metadata: { name: "edge", labels: { ...use, "istio.io/dataplane-mode": "ambient" } } })
    .add(lists.pods, pod("edge", "web", {}, { labels: use, annotations: captured }))
    .add("/apis/networking.istio.io/v1/serviceentries", own("api"))
    .add("/apis/networking.istio.io/v1/workloadentries", own("vm-1"))
    .serve(3);
}

/** A tool keeps all of it, and has every right to. */
function kept(mesh: MeshApi): void {
  for (const objects of Object.values(mesh.recording.lists)) {
    for (const { metadata } of objects) {
      metadata.annotations = { ...metadata.annotations, "argocd.argoproj.io/tracking-id": "all:v1/Pod:a/b" };
    }
  }
}

function thousandNamespaces(mesh: MeshApi): void {
  for (let index = 0; index < 1000; index++) {
    const name = `team-${index}`;
    mesh
      .add(lists.namespaces, { metadata: { name, labels: { "istio.io/dataplane-mode": "ambient" } } })
      .add(lists.pods, pod(name, "web", {}, { annotations: captured }));
  }
  mesh.serve(1002);
}

function batch(mesh: MeshApi): void {
  for (const phase of ["Succeeded", "Failed"]) {
    mesh.add(lists.pods, { ...pod("shop", phase.toLowerCase(), { hostNetwork: true }), status: { phase } });
  }
  mesh
    .add(lists.pods, { ...pod("shop", "waiting"), status: { phase: "Pending" } })
    .add(lists.pods, pod("shop", "going", {}, { deletionTimestamp: "2026-11-24T08:59:59Z" }))
    .add(lists.pods, pod("default", "agent", { hostNetwork: true }));
}

function dualStack(mesh: MeshApi): void {
  for (const each of mesh.all(lists.pods)) set("status.podIPs", [{ ip: "10.0.0.1" }, { ip: "fd00::1" }])(each);
}

/** A rollout of ztunnel: the new one serves all, the old one is about to go, or has given its pods away. */
function rollout(mesh: MeshApi): void {
  const [old, going] = ["ztunnel-old", "ztunnel-going"];
  const [current] = mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.["app"] === "ztunnel");
  for (const name of [old, going]) {
    const copied = structuredClone(current!);
    Object.assign(copied.metadata, { name, ...(name === going ? { deletionTimestamp: "2026-11-24T08:59:59Z" } : {}) });
    mesh.add(lists.pods, copied);
    const url = `/api/v1/namespaces/istio-system/pods/${name}:15020/proxy/metrics`;
    mesh.recording.texts[url] = "workload_manager_active_proxy_count 0\n";
  }
}

/** The right to ask pods is missing: two checks stay open, and nothing is called broken. */
function silentProxies(mesh: MeshApi): void {
  mesh.recording.texts = {};
}

const shapes: [what: string, make: (mesh: MeshApi) => void, open?: string[]][] = [
  ["Windows and virtual nodes outside the mesh", otherNodes],
  ["sidecars beside ambient", sidecars],
  ["two revisions of istiod", revisions],
  ["a waypoint for several namespaces, pods, entries and machines", sharedWaypoint],
  ["everything kept by Argo CD", kept],
  ["1,000 namespaces", thousandNamespaces],
  ["Jobs that are done, pods that start and pods that go", batch],
  ["IPv6 beside IPv4", dualStack],
  ["a rollout of ztunnel under way", rollout],
  ["nobody may ask the proxies", silentProxies, ["ztunnel-connected", "served-by-ztunnel"]],
];

describe("a healthy mesh with", () => {
  for (const [what, make, open = []] of shapes) {
    it(`${what} has nothing wrong`, async () => {
      const mesh = new MeshApi();
      make(mesh);
      const { results } = judge(checks, await mesh.snapshot(), context);
      const seen = results.filter(({ outcome }) => outcome !== "passed");
      assert.deepEqual(
        seen.filter(({ outcome }) => outcome !== "unknown").flatMap(({ findings }) => findings.map(findingLine)),
        [],
      );
      assert.deepEqual(
        seen.map(({ check }) => check.id),
        open,
      );
    });
  }
});
