// Plain objects of the Kubernetes plugin: silent once they are as recorded, planned where nothing of theirs exists yet, put
// right after a refresh, adopted by import, and gone when they are destroyed.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, chart, failure } from "./bed";

describe("plain objects", () => {
  const bed = new Bed("objects");
  const { namespace } = bed;
  before(() => bed.open());
  after(async () => bed.clear());

  it("are planned where neither their kind, nor their namespace, nor what they patch exists", async () => {
    const program = async (): Promise<void> => {
      const metadata = { namespace: `${namespace}-later`, name: "later" };
      const inner = new k8s.core.v1.Namespace("namespace", { metadata: { name: metadata.namespace } });
      new k8s.core.v1.ConfigMap("map", { metadata }, { dependsOn: inner });
      new k8s.helm.v3.Release("release", { name: "later", chart, namespace: metadata.namespace });
      new k8s.core.v1.ServicePatch("patch", { metadata, spec: { type: "NodePort" } });
      const gateway = { apiVersion: "gateway.example.com/v1", kind: "Gateway", metadata, spec: { listeners: [] } };
      new k8s.apiextensions.CustomResource("gateway", gateway);
      return Promise.resolve();
    };
    assert.deepEqual((await bed.preview(program)).steps, { create: 6 });
  });

  it("pass a second preview and a refresh without a change, in whatever words they were given", async () => {
    const labels = { app: "quiet" };
    const resources = { requests: { cpu: "0.1", memory: "1024Ki" } };
    const containers = [
      { name: "main", image: "registry.example/none", env: [{ name: "EMPTY", value: "" }], resources },
    ];
    const template = { metadata: { labels }, spec: { nodeSelector: {}, containers } };
    const program = async (): Promise<void> => {
      const metadata = { namespace, name: "quiet" };
      new k8s.core.v1.ConfigMap("map", { metadata, data: { key: "value" } });
      new k8s.core.v1.Service("service", { metadata, spec: { ports: [{ name: "http", port: 80 }] } });
      new k8s.rbac.v1.Role("role", { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] });
      new k8s.core.v1.ServiceAccount("account", { metadata: { ...metadata, annotations: {}, labels: {} } });
      new k8s.apps.v1.Deployment("deployment", { metadata, spec: { selector: { matchLabels: labels }, template } });
      return Promise.resolve();
    };
    assert.deepEqual((await bed.up(program)).steps, { create: 6 });
    assert.deepEqual((await bed.preview(program)).steps, { same: 6 });
    assert.deepEqual((await bed.refresh()).steps, { same: 6 });
  });

  it("show what was changed by hand at a refresh only, and are put right in the same update", async () => {
    const program = (annotations: { [name: string]: string }) => async (): Promise<void> => {
      const metadata = { namespace, name: "drifting", annotations };
      const ports = [{ name: "http", port: 80, nodePort: 30071 }];
      new k8s.core.v1.Service("service", { metadata, spec: { type: "NodePort", ports } });
      return Promise.resolve();
    };
    await bed.up(program({}));
    const edit = (...options: string[]): void => {
      const patch = JSON.stringify([{ op: "replace", path: "/spec/ports/0/nodePort", value: 30072 }]);
      bed.kubectl("patch", "service", "drifting", "--type=json", `--patch=${patch}`, ...options);
    };
    edit();
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 2 });
    assert.deepEqual((await bed.up(program({}), { refresh: true })).steps, { same: 1, update: 1 });
    assert.equal(bed.value("service", "drifting", ".spec.ports[0].nodePort"), "30071");

    // What kubectl did is taken over; what another field manager did is not, but by force.
    edit("--field-manager=somebody");
    const conflict = /Apply failed with 1 conflict: conflict with "somebody" using v1: \.spec\.ports/;
    assert.match(await failure(bed.up(program({}), { refresh: true })), conflict);
    await bed.up(program({ "pulumi.com/patchForce": "true" }), { refresh: true });
    assert.equal(bed.value("service", "drifting", ".spec.ports[0].nodePort"), "30071");
  });

  it("are adopted by import, and gone once they are destroyed, a Namespace with all in it too", async () => {
    bed.kubectl("create", "configmap", "imported", "--from-literal=key=value");
    const uid = bed.value("configmap", "imported", ".metadata.uid");
    const name = `${namespace}-inner`;
    const program = (options: object) => async (): Promise<object> => {
      const metadata = { namespace, name: "imported" };
      const imported = new k8s.core.v1.ConfigMap("imported", { metadata, data: { key: "value" } }, options);
      const inner = new k8s.core.v1.Namespace("inner", { metadata: { name } });
      new k8s.core.v1.ConfigMap("map", { metadata: { namespace: inner.metadata.name, name: "map" } });
      return Promise.resolve({ uid: imported.metadata.uid });
    };
    const done = await bed.up(program({ import: `${namespace}/imported` }));
    assert.deepEqual([done.steps.import, done.outputs], [1, { uid }]);
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 4 });
    assert.deepEqual((await bed.destroy()).steps, { delete: 4 });
    for (const [kind, gone] of [
      ["configmap", "imported"],
      ["namespace", name],
    ] as const)
      assert.equal(bed.get(kind, gone), undefined, gone);
  });
});
