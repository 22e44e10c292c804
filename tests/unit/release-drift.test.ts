// Reading, confirming and mending drift: which requests, what is believed of their answers, and what is left alone.
import * as assert from "node:assert/strict";
import { readDrift, repairDrift } from "../../cluster/release-drift";
import { driftLines, type JsonMap } from "../../lib/drift";
import { set } from "./fixtures/breakages";
import { autoscalers, ReleaseCluster } from "./fixtures/releases";

const namespace = "istio-system";
const releases = ["istio-base", "istiod", "istio-cni", "ztunnel"].map((release) => ({ release, namespace }));
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const paths = {
  definition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/proxyconfigs.networking.istio.io",
  istiod: `${apps}/deployments/istiod`,
  ztunnel: `${apps}/daemonsets/ztunnel`,
  repairRole: `${rbac}/clusterroles/istio-cni-repair-role`,
  config: `/api/v1/namespaces/${namespace}/configmaps/istio`,
  secrets: `/api/v1/namespaces/${namespace}/secrets`,
};
const image = "spec.template.spec.containers.0.image";

describe("reading the drift of releases", () => {
  let cluster: ReleaseCluster;

  beforeEach(() => {
    cluster = new ReleaseCluster();
  });

  async function lines(): Promise<string[]> {
    const { drifted, unread } = await readDrift(cluster, releases);
    assert.deepEqual(unread, []);
    return driftLines(drifted);
  }

  /** Requests of the last look, without their queries. */
  const asked = () => cluster.asked.map((request) => request.split("?")[0]);

  it("takes one request for the releases and one a kind", async () => {
    assert.deepEqual(await lines(), []);
    assert.deepEqual(asked().sort(), [
      `GET /api/v1/namespaces/${namespace}/configmaps`,
      `GET /api/v1/namespaces/${namespace}/secrets`,
      `GET /api/v1/namespaces/${namespace}/serviceaccounts`,
      `GET /api/v1/namespaces/${namespace}/services/istiod`,
      "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector",
      "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
      "GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions",
      `GET ${apps}/daemonsets`,
      `GET ${paths.istiod}`,
      `GET ${rbac}/clusterrolebindings`,
      `GET ${rbac}/clusterroles`,
      `GET ${rbac}/namespaces/${namespace}/rolebindings/istiod`,
      `GET ${rbac}/namespaces/${namespace}/roles/istiod`,
    ]);
  });

  it("takes ten where only the vital kinds are read", async () => {
    delete cluster.objects[`/api/v1/namespaces/${namespace}/serviceaccounts/ztunnel`];
    assert.deepEqual((await readDrift(cluster, releases, "vital")).drifted, []);
    assert.equal(cluster.asked.length, 10);
  });

  it("does not ask again for what its caller has read, whatever else that read", async () => {
    const ztunnel = cluster.object(paths.ztunnel);
    set(image, "example.com/ztunnel:1")(ztunnel);
    const elsewhere = structuredClone(ztunnel);
    set("metadata.namespace", "other")(elsewhere);
    set(image, "example.com/ztunnel:2")(elsewhere);
    const definitions = paths.definition.slice(0, paths.definition.lastIndexOf("/"));
    const listed = (at: string) =>
      Object.entries(cluster.objects).flatMap(([key, object]) => (key.startsWith(`${at}/`) ? [object] : []));
    const lists = {
      "/apis/apps/v1/daemonsets": [...listed(`${apps}/daemonsets`), elsewhere],
      "/apis/apps/v1/deployments": [cluster.object(paths.istiod)],
      "/api/v1/services": listed(`/api/v1/namespaces/${namespace}/services`),
      [definitions]: listed(definitions),
    };
    const known = new Map(Object.entries(JSON.parse(JSON.stringify(lists)) as Record<string, JsonMap[]>));
    const { drifted, unread } = await readDrift(cluster, releases, "vital", known);
    assert.deepEqual(unread, []);
    assert.deepEqual(driftLines(drifted), [
      'DaemonSet istio-system/ztunnel: spec.template.spec.containers[istio-proxy].image is "example.com/ztunnel:1", the release has "docker.io/istio/ztunnel:1.31.0-distroless"',
    ]);
    assert.deepEqual(asked().sort(), [
      `GET /api/v1/namespaces/${namespace}/configmaps`,
      `GET /api/v1/namespaces/${namespace}/secrets`,
      "GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/istio-sidecar-injector",
      "GET /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
      `GET ${rbac}/clusterrolebindings`,
      `GET ${rbac}/clusterroles`,
      `PATCH ${paths.ztunnel}`,
    ]);
  });

  it("asks by its name for an object that is not in what its caller has read", async () => {
    delete cluster.objects[paths.ztunnel];
    const known = new Map(["daemonsets", "deployments"].map((plural) => [`/apis/apps/v1/${plural}`, []]));
    const { drifted } = await readDrift(cluster, releases, "vital", known);
    assert.deepEqual(driftLines(drifted), ["DaemonSet istio-system/ztunnel is missing"]);
    assert.ok(asked().includes(`GET ${paths.ztunnel}`));
    assert.ok(asked().includes(`GET ${paths.istiod}`));
  });

  it("asks for objects by the labels that they have in common", async () => {
    await lines();
    const request = cluster.asked.find((one) => one.includes("/daemonsets"));
    const labels = "app.kubernetes.io/managed-by=Helm,app.kubernetes.io/part-of=istio,app.kubernetes.io/version=1.31.0";
    assert.equal(request, `GET ${apps}/daemonsets?labelSelector=${labels}&limit=500`);
  });

  it("finds what was changed and what is gone, in Helm's order", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    set("data.meshNetworks", "networks: { a: {} }")(cluster.object(paths.config));
    delete cluster.objects[paths.repairRole];
    delete cluster.objects[paths.definition];
    assert.deepEqual(await lines(), [
      "CustomResourceDefinition proxyconfigs.networking.istio.io is missing",
      'ConfigMap istio-system/istio: data.meshNetworks is "networks: { a: {} }", the release has "networks: {}"',
      "ClusterRole istio-cni-repair-role is missing",
      'DaemonSet istio-system/ztunnel: spec.template.spec.containers[istio-proxy].image is "example.com/ztunnel:1", the release has "docker.io/istio/ztunnel:1.31.0-distroless"',
    ]);
  });

  it("finds an object that has lost its labels", async () => {
    const { metadata } = cluster.object(paths.ztunnel);
    metadata.labels = { ...metadata.labels, "app.kubernetes.io/part-of": "mine" };
    assert.deepEqual(await lines(), [
      'DaemonSet istio-system/ztunnel: metadata.labels["app.kubernetes.io/part-of"] is "mine", the release has "istio"',
    ]);
  });

  it("believes the API server where it takes both for the same", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    // As an admission webhook does that puts its own registry into every image.
    cluster.answer(`PATCH ${paths.ztunnel}`, { kind: "ok", body: cluster.object(paths.ztunnel) });
    assert.deepEqual(await lines(), []);
    assert.ok(asked().includes(`PATCH ${paths.ztunnel}`));
  });

  it("names only those fields that the API server would mend", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    const mended = structuredClone(cluster.object(paths.ztunnel));
    set("spec.minReadySeconds", 5)(cluster.object(paths.ztunnel));
    set("spec.template.spec.priorityClassName", "mine")(cluster.object(paths.ztunnel));
    cluster.answer(`PATCH ${paths.ztunnel}`, { kind: "ok", body: mended });
    assert.deepEqual(await lines(), [
      'DaemonSet istio-system/ztunnel: spec.template.spec.priorityClassName is "mine", the release has "system-node-critical"',
    ]);
  });

  it("writes nothing, and says so of its patches", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    await lines();
    assert.deepEqual(
      cluster.asked.filter((request) => !request.startsWith("GET")),
      [`PATCH ${paths.ztunnel}?dryRun=All&fieldManager=istio-ambient`],
    );
  });

  it("says what was only compared, and why", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    cluster.answer(`PATCH ${paths.ztunnel}`, { kind: "forbidden", why: "no right to patch" });
    assert.deepEqual(await lines(), [
      'DaemonSet istio-system/ztunnel: spec.template.spec.containers[istio-proxy].image is "example.com/ztunnel:1", the release has "docker.io/istio/ztunnel:1.31.0-distroless" (not confirmed by the API server: no right to patch)',
    ]);
  });

  it("says what could not be read", async () => {
    cluster.answer(`GET ${rbac}/clusterroles`, { kind: "forbidden", why: "no right to list" });
    cluster.answer(`GET ${paths.istiod}`, { kind: "failed", status: 500, why: "etcd is away" });
    assert.deepEqual(await readDrift(cluster, releases), {
      drifted: [],
      unread: ["clusterroles: no right to list", "Deployment istiod: etcd is away"],
    });
    cluster.answer(`GET ${paths.secrets}`, { kind: "forbidden", why: "no right to Secrets" });
    assert.deepEqual(await readDrift(cluster, releases), {
      drifted: [],
      unread: ["the releases in istio-system: no right to Secrets"],
    });
  });

  it("leaves replicas to whatever autoscaler there is, and asks for one only where they differ", async () => {
    set("spec.replicas", 3)(cluster.object(paths.istiod));
    assert.deepEqual(await lines(), ["Deployment istio-system/istiod: spec.replicas is 3, the release has 1"]);
    const autoscaler = {
      metadata: { name: "theirs", namespace },
      spec: { scaleTargetRef: { kind: "Deployment", name: "istiod" } },
    };
    cluster.objects[`${autoscalers}/theirs`] = autoscaler;
    assert.deepEqual(await lines(), []);
    set(image, "example.com/pilot:1")(cluster.object(paths.istiod));
    assert.deepEqual(await lines(), [
      'Deployment istio-system/istiod: spec.template.spec.containers[discovery].image is "example.com/pilot:1", the release has "docker.io/istio/pilot:1.31.0-distroless"',
    ]);
  });

  it("leaves replicas alone, and says so, where nobody may ask for autoscalers", async () => {
    set("spec.replicas", 3)(cluster.object(paths.istiod));
    cluster.answer(`GET ${autoscalers}`, { kind: "forbidden", why: "no right to list" });
    assert.deepEqual(await readDrift(cluster, releases), {
      drifted: [],
      unread: ["horizontalpodautoscalers: no right to list"],
    });
    cluster.answer(`GET ${autoscalers}`, { kind: "missing" });
    assert.equal((await lines()).length, 1);
  });

  it("leaves alone what another release has taken over, and what is being deleted", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    cluster.object(paths.ztunnel).metadata.annotations!["meta.helm.sh/release-name"] = "ambient";
    set(image, "example.com/pilot:1")(cluster.object(paths.istiod));
    set("metadata.deletionTimestamp", "2026-11-24T09:00:00Z")(cluster.object(paths.istiod));
    assert.deepEqual(await lines(), []);
  });

  it("says nothing of a release that is being upgraded, or whose upgrade failed", async () => {
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    const deployed = cluster.releases.find(({ release }) => release === "ztunnel")!;
    for (const status of ["pending-upgrade", "failed"]) {
      cluster.releases.push({ ...deployed, revision: 2, status });
      assert.deepEqual(await lines(), []);
      cluster.releases.pop();
    }
    assert.equal((await lines()).length, 1);
  });

  it("reads a definition whole only where somebody wrote it after its release", async () => {
    const field = "spec.names.singular";
    const [written] = cluster.releases;
    const at = (ms: number) => new Date(written!.deployedAt + ms).toISOString();
    const writer = (manager: string, time: string, subresource?: string) => ({ manager, time, subresource });
    const definition = cluster.object(paths.definition);
    set(field, "mine")(definition);
    for (const silent of [writer("helm", at(1000)), writer("kube-apiserver", at(3_600_000), "status")]) {
      set("metadata.managedFields", [silent])(definition);
      assert.deepEqual(await lines(), []);
      assert.ok(!asked().includes(`GET ${paths.definition}`));
    }
    for (const loud of [writer("kubectl-edit", at(1000)), writer("helm", at(3_600_000))]) {
      set("metadata.managedFields", [loud])(definition);
      assert.deepEqual(await lines(), [
        'CustomResourceDefinition proxyconfigs.networking.istio.io: spec.names.singular is "mine", the release has "proxyconfig"',
      ]);
    }
  });

  it("looks up a kind that Kubernetes itself does not have", async () => {
    const release = cluster.releases.find(({ release: name }) => name === "ztunnel")!;
    release.manifest +=
      "\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: { name: thing }\nspec: { items: [{ name: a }] }\n";
    assert.deepEqual(await readDrift(cluster, releases), {
      drifted: [],
      unread: ["Things: the API has no example.com/v1"],
    });
    const resources = [
      { name: "things/status", kind: "Thing", namespaced: true },
      { name: "things", kind: "Thing", namespaced: true },
    ];
    cluster.answer("GET /apis/example.com/v1", { kind: "ok", body: { resources } });
    const { drifted } = await readDrift(cluster, releases);
    assert.deepEqual(driftLines(drifted), ["Thing istio-system/thing is missing"]);
    assert.deepEqual(await repairDrift(cluster, drifted), ["Thing istio-system/thing created"]);
    set("spec.items", [{ name: "b" }, { name: "a" }])(
      cluster.object(`/apis/example.com/v1/namespaces/${namespace}/things/thing`),
    );
    const again = (await readDrift(cluster, releases)).drifted;
    assert.deepEqual(await repairDrift(cluster, again), ["Thing istio-system/thing patched: spec.items"]);
    assert.deepEqual(cluster.object(`/apis/example.com/v1/namespaces/${namespace}/things/thing`)["spec"], {
      items: [{ name: "a" }],
    });
  });
});

describe("mending the drift of releases", () => {
  let cluster: ReleaseCluster;

  beforeEach(() => {
    cluster = new ReleaseCluster();
  });

  const drift = async () => (await readDrift(cluster, releases)).drifted;

  it("makes again what is missing, with the marks of its release", async () => {
    const before = structuredClone(cluster.object(paths.repairRole));
    delete cluster.objects[paths.repairRole];
    assert.deepEqual(await repairDrift(cluster, await drift()), ["ClusterRole istio-cni-repair-role created"]);
    const { metadata, ...rest } = cluster.object(paths.repairRole);
    assert.deepEqual(metadata.labels, before.metadata.labels);
    assert.deepEqual(metadata.annotations, {
      "meta.helm.sh/release-name": "istio-cni",
      "meta.helm.sh/release-namespace": namespace,
    });
    assert.deepEqual(rest["rules"], before["rules"]);
    assert.deepEqual(await drift(), []);
  });

  it("patches the drifted fields and no other", async () => {
    const ztunnel = cluster.object(paths.ztunnel);
    const before = structuredClone(ztunnel);
    set(image, "example.com/ztunnel:1")(ztunnel);
    const added = (object: typeof ztunnel) => {
      set("spec.template.metadata.annotations.added", "1")(object);
      set("spec.template.spec.containers.1", { name: "sidecar", image: "example.com/sidecar:1" })(object);
    };
    added(ztunnel);
    added(before);
    const drifted = await drift();
    assert.deepEqual(await repairDrift(cluster, drifted), [
      "DaemonSet istio-system/ztunnel patched: spec.template.spec.containers[istio-proxy].image",
    ]);
    assert.deepEqual(cluster.object(paths.ztunnel), before);
    cluster.asked.length = 0;
    assert.deepEqual(await repairDrift(cluster, drifted), []);
    assert.deepEqual(cluster.asked, [`GET ${paths.ztunnel}`]);
  });

  it("takes an object as it is by now", async () => {
    const role = structuredClone(cluster.object(paths.repairRole));
    delete cluster.objects[paths.repairRole];
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    const drifted = await drift();
    // Somebody else has made the one anew, with other rules, and deleted the other.
    cluster.objects[paths.repairRole] = { ...role, rules: [] };
    delete cluster.objects[paths.ztunnel];
    assert.deepEqual(await repairDrift(cluster, drifted), [
      "ClusterRole istio-cni-repair-role patched: rules",
      "DaemonSet istio-system/ztunnel created",
    ]);
  });

  it("keeps an autoscaler's replicas when it mends something else", async () => {
    const items = [{ metadata: { namespace }, spec: { scaleTargetRef: { kind: "Deployment", name: "istiod" } } }];
    cluster.answer(`GET ${autoscalers}`, { kind: "ok", body: { items } });
    set("spec.replicas", 3)(cluster.object(paths.istiod));
    set(image, "example.com/pilot:1")(cluster.object(paths.istiod));
    await repairDrift(cluster, await drift());
    const { spec } = cluster.object(paths.istiod) as unknown as { spec: { replicas: number } };
    assert.equal(spec.replicas, 3);
    assert.deepEqual(await drift(), []);
  });

  it("goes on after a failure, and says which object failed and why", async () => {
    delete cluster.objects[paths.repairRole];
    set("data.meshNetworks", "mine")(cluster.object(paths.config));
    set(image, "example.com/ztunnel:1")(cluster.object(paths.ztunnel));
    const drifted = await drift();
    cluster.answer(`POST ${rbac}/clusterroles`, { kind: "forbidden", why: "no right to create" });
    cluster.answer(`PATCH ${paths.config}`, { kind: "failed", status: 422, why: "it is immutable" });
    await assert.rejects(repairDrift(cluster, drifted), {
      message: "ConfigMap istio-system/istio: it is immutable\nClusterRole istio-cni-repair-role: no right to create",
    });
    assert.deepEqual(
      (await drift()).map(({ kind }) => kind),
      ["ConfigMap", "ClusterRole"],
    );
  });
});
