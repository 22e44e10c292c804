// Patches: they adopt what exists or create it, own only their fields, give these back, and compare lists by position.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure } from "./bed";

const definition = (group: string) => ({
  metadata: { name: `things.${group}`, labels: { "example.com/bundle": "1" } },
  spec: {
    group,
    scope: "Namespaced",
    names: { plural: "things", singular: "thing", kind: "Thing" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
});

describe("patches", () => {
  const bed = new Bed("patches");
  const { namespace } = bed;
  const group = `${namespace}.example.com`;
  after(async () => bed.clear());

  /** What istiod makes of a Gateway with two listeners: its own status port comes first. */
  const gatewayService = (name: string): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: { owner: "somebody" } },
    spec: {
      type: "NodePort",
      ports: [
        { name: "status-port", port: 15021, protocol: "TCP" },
        { name: "http", port: 80, protocol: "TCP" },
      ],
    },
  });

  it("differ at every preview where a list is not given in the order of the live object", async () => {
    bed.apply(gatewayService("short"));
    const program = async (): Promise<void> => {
      const ports = [{ name: "http", port: 80, protocol: "TCP", nodePort: 30061 }];
      new k8s.core.v1.ServicePatch("short", { metadata: { namespace, name: "short" }, spec: { ports } });
      return Promise.resolve();
    };
    await bed.up(program);
    assert.equal(bed.value("service", "short", ".spec.ports[?(@.port==80)].nodePort"), "30061");
    const again = await bed.preview(program);
    assert.deepEqual(again.steps, { same: 1, update: 1 });
    assert.deepEqual(again.differences, [
      "short: spec.ports[0].name",
      "short: spec.ports[0].nodePort",
      "short: spec.ports[0].port",
    ]);
  });

  it("are silent where the list has the order of the live object, and give back what they owned", async () => {
    bed.apply(gatewayService("whole"));
    const program = async (): Promise<void> => {
      const ports = [
        { name: "status-port", port: 15021, protocol: "TCP" },
        { name: "http", port: 80, protocol: "TCP", nodePort: 30062 },
      ];
      const metadata = { namespace, name: "whole", labels: { ours: "yes" } };
      new k8s.core.v1.ServicePatch("whole", { metadata, spec: { type: "NodePort", ports } });
      return Promise.resolve();
    };
    await bed.up(program);
    assert.deepEqual((await bed.preview(program)).steps, { same: 2 });
    assert.deepEqual((await bed.refresh()).steps, { same: 2 });
    assert.equal(bed.value("service", "whole", ".metadata.labels"), `{"ours":"yes","owner":"somebody"}`);
    await bed.destroy();
    assert.equal(bed.value("service", "whole", ".metadata.labels"), `{"owner":"somebody"}`);
    assert.equal(bed.value("service", "whole", ".spec.ports[*].port"), "15021 80");
  });

  it("create what is missing, and cannot leave it without the fields it needs", async () => {
    const program = async (): Promise<void> => {
      const spec = { ports: [{ port: 80 }] };
      new k8s.core.v1.ServicePatch("made", { metadata: { namespace, name: "made" }, spec });
      return Promise.resolve();
    };
    await bed.up(program);
    assert.equal(bed.value("service", "made", ".spec.ports[0].port"), "80");
    assert.match(await failure(bed.destroy()), /this Patch resource is currently managing a required field/);
    bed.apply({ ...gatewayService("made") });
    await bed.destroy();
    assert.equal(bed.value("service", "made", ".metadata.labels.owner"), "somebody");
  });

  it("take fields from others only by force", async () => {
    bed.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "contested" },
      data: { key: "theirs" },
    });
    const program = (annotations: { [name: string]: string }) => async (): Promise<void> => {
      const metadata = { namespace, name: "contested", annotations };
      new k8s.core.v1.ConfigMapPatch("contested", { metadata, data: { key: "ours" } });
      return Promise.resolve();
    };
    assert.match(
      await failure(bed.up(program({}))),
      /Apply failed with 1 conflict: conflict with "kubectl": \.data\.key/,
    );
    await bed.up(program({ "pulumi.com/patchForce": "true" }));
    assert.equal(bed.value("configmap", "contested", ".data.key"), "ours");
  });

  it("need the name of what they patch", async () => {
    const program = async (): Promise<void> => {
      new k8s.core.v1.ConfigMapPatch("nameless", { metadata: { namespace }, data: { key: "value" } });
      return Promise.resolve();
    };
    assert.match(await failure(bed.preview(program)), /patch resources require the `\.metadata\.name` field to be set/);
  });

  it("keep a CRD through destroy when it is retained, and take it up again", async () => {
    const program = async (): Promise<void> => {
      const crd = definition(group);
      new k8s.apiextensions.v1.CustomResourceDefinitionPatch("crd", crd, { retainOnDelete: true });
      return Promise.resolve();
    };
    await bed.up(program);
    bed.kubectl("wait", "--for=condition=Established", "crd", `things.${group}`);
    bed.apply({ apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "kept" }, spec: { size: 1 } });
    assert.deepEqual((await bed.destroy()).steps, { delete: 2 });
    assert.equal(bed.value("thing." + group, "kept", ".spec.size"), "1");
    await bed.up(program);
    assert.deepEqual((await bed.preview(program)).steps, { same: 2 });
    await bed.destroy();
  });

  it("unlike a plain CRD, which fails where it exists and takes its objects along when it goes", async () => {
    const program = async (): Promise<void> => {
      new k8s.apiextensions.v1.CustomResourceDefinition("crd", definition(group));
      return Promise.resolve();
    };
    const exists = /customresourcedefinitions\.apiextensions\.k8s\.io "things\..*" already exists/;
    assert.match(await failure(bed.up(program)), exists);
    bed.kubectl("delete", "crd", `things.${group}`);
    await bed.up(program);
    assert.deepEqual((await bed.preview(program)).steps, { same: 2 });
    bed.kubectl("wait", "--for=condition=Established", "crd", `things.${group}`);
    bed.apply({ apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "lost" }, spec: { size: 1 } });
    await bed.destroy();
    assert.equal(bed.get("crd", `things.${group}`), undefined);
  });
});
