// Plain objects: created once, compared with what was recorded, named automatically, replaced where they cannot
// change, and gone when they are destroyed.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure } from "./bed";

interface ConfigMap {
  metadata: { name: string; annotations?: { [name: string]: string }; labels?: { [name: string]: string } };
  data: { [key: string]: string };
}

describe("plain objects", () => {
  const bed = new Bed("objects");
  const { namespace } = bed;
  after(async () => bed.clear());

  it("pass a second preview and a refresh without a change", async () => {
    const program = async (): Promise<void> => {
      const metadata = { namespace, name: "quiet" };
      new k8s.core.v1.ConfigMap("map", { metadata, data: { key: "value" } });
      new k8s.core.v1.Secret("secret", { metadata, stringData: { password: "hush" } });
      new k8s.core.v1.Service("service", { metadata, spec: { ports: [{ name: "http", port: 80 }] } });
      new k8s.rbac.v1.Role("role", { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] });
      new k8s.core.v1.ServiceAccount("account", { metadata: { ...metadata, annotations: {}, labels: {} } });
      return Promise.resolve();
    };
    assert.deepEqual((await bed.preview(program)).steps, { create: 6 });
    assert.deepEqual((await bed.up(program)).steps, { create: 6 });
    assert.deepEqual((await bed.preview(program)).steps, { same: 6 });
    assert.deepEqual((await bed.refresh()).steps, { same: 6 });
  });

  it("keep the content of a Secret secret", async () => {
    assert.equal(bed.value("secret", "quiet", ".data.password"), Buffer.from("hush").toString("base64"));
    const state = await bed.state();
    for (const leak of ["hush", Buffer.from("hush").toString("base64")])
      assert.equal(state.includes(leak), false, `the state holds "${leak}"`);
  });

  it("fail where they exist already, and leave what exists alone", async () => {
    bed.kubectl("create", "configmap", "taken", "--from-literal=owner=somebody");
    const program = async (): Promise<void> => {
      new k8s.core.v1.ConfigMap("taken", { metadata: { namespace, name: "taken" }, data: { owner: "us" } });
      return Promise.resolve();
    };
    await bed.preview(program);
    const fault = await failure(bed.up(program));
    assert.match(fault, /was not successfully created by the Kubernetes API server: configmaps "taken" already exists/);
    await bed.destroy();
    assert.equal(bed.value("configmap", "taken", ".data.owner"), "somebody");
  });

  it("get a name from the plugin where they have none, and keep it", async () => {
    const program = (labels: { [name: string]: string }) => async (): Promise<object> => {
      const map = new k8s.core.v1.ConfigMap("unnamed", { metadata: { namespace, labels }, data: { key: "value" } });
      return Promise.resolve({ name: map.metadata.name });
    };
    const name = String((await bed.up(program({}))).outputs["name"]);
    assert.match(name, /^unnamed-[0-9a-f]{8}$/);
    assert.equal(bed.value("configmap", name, ".metadata.annotations.pulumi\\.com/autonamed"), "true");
    const changed = await bed.up(program({ color: "green" }));
    assert.deepEqual([changed.steps, changed.outputs], [{ same: 1, update: 1 }, { name }]);
    assert.equal(bed.value("configmap", name, ".metadata.labels.color"), "green");
  });

  it("are replaced, and not changed, where the data of a ConfigMap differs", async () => {
    const program = (name: string | undefined, key: string) => async (): Promise<object> => {
      const map = new k8s.core.v1.ConfigMap("data", { metadata: { namespace, name }, data: { key } });
      return Promise.resolve({ uid: map.metadata.uid, name: map.metadata.name });
    };
    const before = await bed.up(program("fixed", "1"));
    const after = await bed.up(program("fixed", "2"));
    assert.deepEqual([after.steps, after.differences], [{ same: 1, replace: 1 }, ["data: data.key"]]);
    assert.notEqual(after.outputs["uid"], before.outputs["uid"]);
    assert.equal(bed.value("configmap", "fixed", ".data.key"), "2");
    await bed.destroy();
    const first = await bed.up(program(undefined, "1"));
    const second = await bed.up(program(undefined, "2"));
    assert.notEqual(second.outputs["name"], first.outputs["name"]);
    assert.equal(bed.get("configmap", String(first.outputs["name"])), undefined);
  });

  it("change in place where the provider is told that ConfigMaps may", async () => {
    const program = (key: string) => async (): Promise<object> => {
      const provider = new k8s.Provider("mutable", { enableConfigMapMutable: true });
      const metadata = { namespace, name: "mutable" };
      const map = new k8s.core.v1.ConfigMap("map", { metadata, data: { key } }, { provider });
      return Promise.resolve({ uid: map.metadata.uid });
    };
    const before = await bed.up(program("1"));
    const after = await bed.up(program("2"));
    assert.deepEqual([after.steps, after.outputs], [{ same: 2, update: 1 }, before.outputs]);
    assert.equal(bed.value("configmap", "mutable", ".data.key"), "2");
  });

  it("are replaced where their name or namespace changes", async () => {
    const program = (name: string) => async (): Promise<void> => {
      new k8s.core.v1.ServiceAccount("account", { metadata: { namespace, name } });
      return Promise.resolve();
    };
    await bed.up(program("one"));
    const moved = await bed.up(program("two"));
    assert.deepEqual([moved.steps, moved.differences], [{ same: 1, replace: 1 }, ["account: metadata.name"]]);
    assert.equal(bed.get("serviceaccount", "one"), undefined);
  });

  it("show what was changed by hand at a refresh, and are put right by the next update", async () => {
    const annotations = { "pulumi.com/patchForce": "true" };
    const metadata = { namespace, name: "drifting", annotations };
    const program = async (): Promise<void> => {
      const ports = [{ name: "http", port: 80, nodePort: 30071 }];
      new k8s.core.v1.Service("service", { metadata, spec: { type: "NodePort", ports } });
      return Promise.resolve();
    };
    await bed.up(program);
    const patch = JSON.stringify([{ op: "replace", path: "/spec/ports/0/nodePort", value: 30072 }]);
    bed.kubectl("patch", "service", "drifting", "--type=json", `--patch=${patch}`);
    const repaired = await bed.up(program, { refresh: true });
    assert.deepEqual(repaired.steps, { same: 1, update: 1 });
    assert.equal(bed.value("service", "drifting", ".spec.ports[0].nodePort"), "30071");
  });

  it("are adopted by import", async () => {
    bed.kubectl("create", "configmap", "imported", "--from-literal=key=value");
    const uid = bed.value("configmap", "imported", ".metadata.uid");
    const program = (options: object) => async (): Promise<object> => {
      const metadata = { namespace, name: "imported" };
      const map = new k8s.core.v1.ConfigMap("imported", { metadata, data: { key: "value" } }, options);
      return Promise.resolve({ uid: map.metadata.uid });
    };
    const imported = await bed.up(program({ import: `${namespace}/imported` }));
    assert.deepEqual([imported.steps.import, imported.outputs], [1, { uid }]);
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 2 });
  });

  it("can be read without being managed", async () => {
    const program = async (): Promise<object> => {
      const found = k8s.core.v1.ConfigMap.get("root", `${namespace}/taken`);
      return Promise.resolve({ owner: found.data.apply((data) => data["owner"]) });
    };
    assert.deepEqual((await bed.up(program)).outputs, { owner: "somebody" });
    await bed.destroy();
    assert.notEqual(bed.get("configmap", "taken"), undefined);
  });

  it("are gone once they are destroyed, a Namespace with everything in it too", async () => {
    const name = `${namespace}-inner`;
    const program = async (): Promise<void> => {
      const inner = new k8s.core.v1.Namespace("inner", { metadata: { name } });
      const metadata = { namespace: inner.metadata.name, name: "map" };
      new k8s.core.v1.ConfigMap("map", { metadata, data: { key: "value" } });
      return Promise.resolve();
    };
    await bed.up(program);
    assert.equal(bed.get<ConfigMap>("namespace", name)?.metadata.name, name);
    assert.deepEqual((await bed.destroy()).steps, { delete: 3 });
    assert.equal(bed.get("namespace", name), undefined);
  });

  it("stay where they are retained", async () => {
    const program = async (): Promise<void> => {
      const metadata = { namespace, name: "retained" };
      new k8s.core.v1.ConfigMap("retained", { metadata, data: { key: "value" } }, { retainOnDelete: true });
      return Promise.resolve();
    };
    await bed.up(program);
    await bed.destroy();
    assert.equal(bed.value("configmap", "retained", ".data.key"), "value");
  });
});
