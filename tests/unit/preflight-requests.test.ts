// What a preview costs the API server: the requests of the preflight, for a mesh that stands and for a cluster without one.
import * as assert from "node:assert/strict";
import { readFacts } from "../../cluster/preflight";
import { driftLines } from "../../lib/drift";
import { stackMark } from "../../lib/ownership/marks";
import { ApiServer } from "./fixtures/api-server";
import { label, set } from "./fixtures/breakages";
import type { MeshApi } from "./fixtures/mesh-api";
import { plan, stack } from "./fixtures/plans";
import { standingMesh } from "./fixtures/standing-mesh";

const ztunnel = "/apis/apps/v1/namespaces/istio-system/daemonsets/ztunnel";
const configMaps = "/api/v1/namespaces/istio-system/configmaps";
const cilium = "/api/v1/namespaces/kube-system/configmaps/cilium-config";
const annotations = { [stackMark]: stack };
describe("the requests of the preflight", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = standingMesh(stack);
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  /** Each path that was asked for, once for each time. */
  async function asked(): Promise<string[]> {
    const { requests, facts } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
    assert.deepEqual(driftLines(facts.drifted), []);
    assert.equal(requests, server.requests.length);
    return server.requests.map((request) => request.split("?")[0] ?? "");
  }

  it("are eighteen for a mesh that stands, and none is sent twice", async () => {
    const requests = await asked();
    assert.equal(requests.length, 18, requests.sort().join("\n"));
    assert.deepEqual(
      requests.filter((request, index) => requests.indexOf(request) !== index),
      [],
    );
    assert.ok(!requests.some((request) => request.startsWith("GET /api/v1/pods")));
  });

  it("are two more where a namespace is in the mesh: for its pods", async () => {
    mesh.edit("/api/v1/namespaces", "shop", label("istio.io/dataplane-mode", "ambient"));
    const requests = await asked();
    assert.equal(requests.length, 20, requests.sort().join("\n"));
    assert.equal(requests.filter((request) => request === "GET /api/v1/pods").length, 2);
  });

  it("are three more there where KubeVirt is: for its virtual machines", async () => {
    mesh
      .edit("/api/v1/namespaces", "shop", label("istio.io/dataplane-mode", "ambient"))
      .add("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
        metadata: { name: "virtualmachineinstances.kubevirt.io" },
      });
    const machines = "/api/v1/pods?labelSelector=kubevirt.io=virt-launcher,!security.istio.io/tlsMode";
    mesh.recording.lists[machines] = [{ metadata: { name: "virt-launcher-db", namespace: "shop" } }];
    const { facts, requests } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
    assert.equal(requests, 21);
    assert.deepEqual(
      facts.uncapturable.map(({ name }) => name),
      ["virt-launcher-db"],
    );
  });

  it("see what was changed by hand in what they read only once", async () => {
    set("spec.template.spec.containers.0.image", "example.com/ztunnel:1")(mesh.releases.object(ztunnel));
    server.answers.set(ztunnel, { status: 403, message: "no right to patch" });
    const { facts } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
    assert.deepEqual(driftLines(facts.drifted), [
      'DaemonSet istio-system/ztunnel: spec.template.spec.containers[istio-proxy].image is "example.com/ztunnel:1", the release has "docker.io/istio/ztunnel:1.31.0-distroless" (not confirmed by the API server: no right to patch)',
    ]);
  });

  it("are for lists of one namespace where those of the whole cluster are refused", async () => {
    server.answers.set("/apis/apps/v1/daemonsets", { status: 403, message: "no right to list" });
    const { facts } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
    assert.deepEqual(facts.gaps, { daemonSets: { cause: "forbidden", why: "no right to list" } });
    assert.ok(server.requests.some((request) => request.startsWith(`GET ${ztunnel.replace(/\/ztunnel$/, "")}?`)));
  });

  it("find the gateway's overlay among the ConfigMaps of its namespace, and by its name where these may not be listed", async () => {
    const found = async () => {
      const { facts } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
      return facts.objects
        .filter(({ kind }) => kind === "ConfigMap")
        .map(({ name, annotations: marks }) => [name, marks]);
    };
    const overlay = ["hostk8s-gateway-overlay", annotations];
    assert.deepEqual(await found(), [overlay]);
    server.answers.set(configMaps, { status: 403, message: "no right to list" });
    mesh.recording.objects[`${configMaps}/hostk8s-gateway-overlay`] = {
      metadata: { name: "hostk8s-gateway-overlay", annotations },
    };
    assert.deepEqual(await found(), [overlay]);
  });

  it("are one more where Cilium runs, or where nobody can say", async () => {
    const data = { "cni-exclusive": "true" };
    mesh.recording.objects[cilium] = { metadata: { name: "cilium-config" }, data };
    const read = async () => {
      const { facts } = await readFacts({ kubeconfig: server.kubeconfig }, plan, 10_000);
      return facts.networkPlugins.find(({ plugin }) => plugin === "cilium")?.settings;
    };
    const daemonSets = mesh.recording.lists["/apis/apps/v1/daemonsets"] ?? [];
    assert.deepEqual(await read(), undefined);
    for (const metadata of [{ name: "cilium" }, { name: "anetd", labels: { "k8s-app": "cilium" } }]) {
      daemonSets.push({ metadata: { namespace: "kube-system", ...metadata }, spec: {} });
      assert.deepEqual(await read(), data);
      daemonSets.pop();
    }
    server.answers.set("/apis/apps/v1/daemonsets", { status: 403, message: "no right to list" });
    assert.deepEqual(await read(), data);
  });
});
