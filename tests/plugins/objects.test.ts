// Plain objects: created once, compared with what was recorded, named automatically, replaced where they cannot
// change, and gone when they are destroyed.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure, type Outcome } from "./bed";

describe("plain objects", () => {
  const bed = new Bed("objects");
  const { namespace } = bed;
  before(() => bed.open());
  after(async () => bed.clear());

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
      new k8s.core.v1.Secret("secret", { metadata, stringData: { password: "hush" } });
      new k8s.core.v1.Service("service", { metadata, spec: { ports: [{ name: "http", port: 80 }] } });
      new k8s.rbac.v1.Role("role", { metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }] });
      new k8s.core.v1.ServiceAccount("account", { metadata: { ...metadata, annotations: {}, labels: {} } });
      new k8s.apps.v1.Deployment("deployment", { metadata, spec: { selector: { matchLabels: labels }, template } });
      return Promise.resolve();
    };
    assert.deepEqual((await bed.preview(program)).steps, { create: 7 });
    assert.deepEqual((await bed.up(program)).steps, { create: 7 });
    assert.deepEqual((await bed.preview(program)).steps, { same: 7 });
    assert.deepEqual((await bed.refresh()).steps, { same: 7 });
  });

  it("keep the content of a Secret secret", async () => {
    assert.equal(bed.value("secret", "quiet", ".data.password"), Buffer.from("hush").toString("base64"));
    const state = await bed.state();
    for (const leak of ["hush", Buffer.from("hush").toString("base64")])
      assert.equal(state.includes(leak), false, `the state holds "${leak}"`);
  });

  it("fail where they exist already, in the update and not in the preview, and leave what exists alone", async () => {
    bed.kubectl("create", "configmap", "taken", "--from-literal=owner=somebody");
    const program = async (): Promise<void> => {
      new k8s.core.v1.ConfigMap("taken", { metadata: { namespace, name: "taken" }, data: { owner: "us" } });
      return Promise.resolve();
    };
    await bed.preview(program);
    const fault = await failure(bed.up(program));
    assert.match(fault, /was not successfully created by the Kubernetes API server: configmaps "taken" already exists/);
    assert.equal(await bed.recorded("taken"), undefined);
    assert.equal(bed.value("configmap", "taken", ".data.owner"), "somebody");
  });

  describe("that change", () => {
    const program = (value: string, account: string) => async (): Promise<object> => {
      const map = (name: string, metadata: object, provider?: k8s.Provider): k8s.core.v1.ConfigMap =>
        new k8s.core.v1.ConfigMap(name, { metadata: { namespace, ...metadata }, data: { value } }, { provider });
      const fixed = map("fixed", { name: "fixed" });
      const unnamed = map("unnamed", {});
      const mutable = map(
        "mutable",
        { name: "mutable" },
        new k8s.Provider("mutable", { enableConfigMapMutable: true }),
      );
      const labels = { color: value };
      new k8s.core.v1.Secret("labelled", { metadata: { namespace, labels } });
      new k8s.core.v1.ServiceAccount("account", { metadata: { namespace, name: account } });
      const uids = { fixed: fixed.metadata.uid, mutable: mutable.metadata.uid };
      return Promise.resolve({ ...uids, unnamed: unnamed.metadata.name });
    };
    let first: Outcome;
    let second: Outcome;
    before(async () => {
      first = await bed.up(program("1", "one"));
      second = await bed.up(program("2", "two"));
    });

    it("are replaced by another of the same name where the data of a ConfigMap differs", () => {
      assert.notEqual(second.outputs["fixed"], first.outputs["fixed"]);
      assert.equal(bed.value("configmap", "fixed", ".data.value"), "2");
    });

    it("get a name from the plugin where they have none, and another when they are replaced", () => {
      const [before, after] = [first, second].map(({ outputs }) => String(outputs["unnamed"])) as [string, string];
      assert.match(before, /^unnamed-[0-9a-f]{8}$/);
      assert.match(after, /^unnamed-[0-9a-f]{8}$/);
      assert.notEqual(after, before);
      assert.equal(bed.get("configmap", before), undefined);
      assert.equal(bed.value("configmap", after, ".metadata.annotations.pulumi\\.com/autonamed"), "true");
    });

    it("change in place where the provider is told that ConfigMaps may", () => {
      assert.equal(second.outputs["mutable"], first.outputs["mutable"]);
      assert.equal(bed.value("configmap", "mutable", ".data.value"), "2");
    });

    it("are replaced where they get another name", () => {
      assert.equal(bed.get("serviceaccount", "one"), undefined);
      assert.notEqual(bed.get("serviceaccount", "two"), undefined);
    });

    it("differ exactly where they were changed", () => {
      assert.deepEqual(second.steps, { same: 2, replace: 3, update: 2 });
      assert.deepEqual(second.differences, [
        "account: metadata.name",
        "fixed: data.value",
        "labelled: metadata.labels.color",
        "mutable: data.value",
        "unnamed: data.value",
      ]);
    });
  });

  it("show what was changed by hand at a refresh, and are put right in the same update", async () => {
    const program = (annotations: { [name: string]: string }) => async (): Promise<void> => {
      const metadata = { namespace, name: "drifting", annotations };
      const ports = [{ name: "http", port: 80, nodePort: 30071 }];
      new k8s.core.v1.Service("service", { metadata, spec: { type: "NodePort", ports } });
      return Promise.resolve();
    };
    const forced = program({ "pulumi.com/patchForce": "true" });
    await bed.up(program({}));
    const edit = (...options: string[]): void => {
      const patch = JSON.stringify([{ op: "replace", path: "/spec/ports/0/nodePort", value: 30072 }]);
      bed.kubectl("patch", "service", "drifting", "--type=json", `--patch=${patch}`, ...options);
    };
    edit();
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 2 });
    assert.deepEqual((await bed.up(program({}), { refresh: true })).steps, { same: 1, update: 1 });
    assert.equal(bed.value("service", "drifting", ".spec.ports[0].nodePort"), "30071");

    // What kubectl did is taken over; what another manager did is not.
    edit("--field-manager=somebody");
    const conflict = /Apply failed with 1 conflict: conflict with "somebody" using v1: \.spec\.ports/;
    assert.match(await failure(bed.up(program({}), { refresh: true })), conflict);
    await bed.up(forced, { refresh: true });
    assert.equal(bed.value("service", "drifting", ".spec.ports[0].nodePort"), "30071");
  });

  it("are adopted by import, and read without being managed", async () => {
    bed.kubectl("create", "configmap", "imported", "--from-literal=key=value");
    const uid = bed.value("configmap", "imported", ".metadata.uid");
    const program = (options: object) => async (): Promise<object> => {
      const metadata = { namespace, name: "imported" };
      const imported = new k8s.core.v1.ConfigMap("imported", { metadata, data: { key: "value" } }, options);
      const taken = k8s.core.v1.ConfigMap.get("taken", `${namespace}/taken`);
      return Promise.resolve({ uid: imported.metadata.uid, owner: taken.data.apply((data) => data["owner"]) });
    };
    const done = await bed.up(program({ import: `${namespace}/imported` }));
    assert.deepEqual([done.steps.import, done.outputs], [1, { uid, owner: "somebody" }]);
    assert.deepEqual((await bed.preview(program({}))).steps, { same: 2, read: 1 });
    // The read records no inputs, and a refresh fills them in.
    assert.deepEqual((await bed.refresh()).steps, { same: 2, update: 1 });
  });

  it("are gone once they are destroyed, a Namespace with all in it too, unless they are retained", async () => {
    const name = `${namespace}-inner`;
    const program = async (): Promise<void> => {
      const inner = new k8s.core.v1.Namespace("inner", { metadata: { name } });
      new k8s.core.v1.ConfigMap("map", { metadata: { namespace: inner.metadata.name, name: "map" } });
      const metadata = { namespace, name: "retained" };
      new k8s.core.v1.ConfigMap("retained", { metadata }, { retainOnDelete: true });
      return Promise.resolve();
    };
    await bed.up(program);
    assert.equal(bed.get("configmap", "imported"), undefined);
    assert.notEqual(bed.get("namespace", name), undefined);
    assert.deepEqual((await bed.destroy()).steps, { delete: 4 });
    assert.equal(bed.get("namespace", name), undefined);
    for (const kept of ["retained", "taken"]) assert.notEqual(bed.get("configmap", kept), undefined, kept);
  });
});
