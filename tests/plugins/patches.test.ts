// Patches: they adopt what exists or create it, own only their fields, give these back, and compare lists by position.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure, type Outcome } from "./bed";

describe("patches", () => {
  const bed = new Bed("patches");
  const { namespace } = bed;
  const group = `${namespace}.example.com`;
  const definition = {
    metadata: { name: `things.${group}` },
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
  };
  const statusPort = { name: "status-port", port: 15021, protocol: "TCP" };
  const httpPort = { name: "http", port: 80, protocol: "TCP" };

  /** What istiod makes of a Gateway: its own status port comes first. */
  const gatewayService = (name: string): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: { owner: "somebody" } },
    spec: { type: "NodePort", ports: [statusPort, httpPort] },
  });

  /** Makes an object of the CRD, as soon as the API server serves it. */
  const makeThing = (name: string): void => {
    bed.kubectl("wait", "--for=condition=Established", "crd", `things.${group}`);
    bed.apply({ apiVersion: `${group}/v1`, kind: "Thing", metadata: { name }, spec: { size: 1 } });
  };

  const program = (annotations: { [name: string]: string }) => async (): Promise<void> => {
    const patch = (name: string, ports: object[], labels?: { [name: string]: string }): void =>
      void new k8s.core.v1.ServicePatch(name, {
        metadata: { namespace, name, labels },
        spec: { type: "NodePort", ports: ports as k8s.types.input.core.v1.ServicePortPatch[] },
      });
    patch("short", [{ ...httpPort, nodePort: 30061 }]);
    patch("whole", [statusPort, { ...httpPort, nodePort: 30062 }], { ours: "yes" });
    patch("made", [httpPort]);
    const metadata = { namespace, name: "contested", annotations };
    new k8s.core.v1.ConfigMapPatch("contested", { metadata, data: { key: "ours" } });
    new k8s.apiextensions.v1.CustomResourceDefinitionPatch("crd", definition, { retainOnDelete: true });
    return Promise.resolve();
  };
  const forced = program({ "pulumi.com/patchForce": "true" });

  before(() => {
    bed.open();
    bed.apply(gatewayService("short"), gatewayService("whole"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "contested" },
      data: { key: "theirs" },
    });
  });
  after(async () => {
    await bed.clear();
    bed.kubectl("delete", "crd", `things.${group}`, "--ignore-not-found");
  });

  describe("that are applied", () => {
    let again: Outcome;

    it("take fields from others only by force", async () => {
      const conflict = /Apply failed with 1 conflict: conflict with "kubectl": \.data\.key/;
      assert.match(await failure(bed.up(program({}), { continueOnError: true })), conflict);
      await bed.up(forced);
      assert.equal(bed.value("configmap", "contested", ".data.key"), "ours");
    });

    it("differ at the next preview where a list is not given in the order of the live object", async () => {
      assert.equal(bed.value("service", "short", ".spec.ports[?(@.port==80)].nodePort"), "30061");
      again = await bed.preview(forced);
      assert.deepEqual(again.differences, [
        "short: spec.ports[0].name",
        "short: spec.ports[0].nodePort",
        "short: spec.ports[0].port",
      ]);
    });

    it("are silent where the list has that order, at a refresh too", async () => {
      assert.equal(bed.value("service", "whole", ".spec.ports[?(@.port==80)].nodePort"), "30062");
      assert.deepEqual(again.steps, { same: 5, update: 1 });
      assert.deepEqual((await bed.refresh()).steps, { same: 5, update: 1 });
    });

    it("need the name of what they patch, at preview already", async () => {
      const nameless = async (): Promise<void> => {
        new k8s.core.v1.ConfigMapPatch("nameless", { metadata: { namespace }, data: { key: "value" } });
        return Promise.resolve();
      };
      const laterNamed = async (): Promise<void> => {
        const made = new k8s.core.v1.ConfigMap("made-later", { metadata: { namespace } });
        const name = made.id.apply((id) => id.split("/")[1] ?? "");
        new k8s.core.v1.ConfigMapPatch("later-named", { metadata: { namespace, name }, data: { key: "value" } });
        return Promise.resolve();
      };
      for (const refused of [nameless, laterNamed]) {
        const fault = await failure(bed.preview(refused));
        assert.match(fault, /patch resources require the `\.metadata\.name` field to be set/);
      }
    });
  });

  describe("that are destroyed", () => {
    it("cannot leave an object without the fields it needs", async () => {
      makeThing("kept");
      assert.match(await failure(bed.destroy()), /this Patch resource is currently managing a required field/);
      bed.apply(gatewayService("made"));
      await bed.destroy();
      assert.equal(bed.value("service", "made", ".metadata.labels.owner"), "somebody");
    });

    it("give back their fields, and those alone", () => {
      assert.equal(bed.value("service", "whole", ".metadata.labels"), `{"owner":"somebody"}`);
      assert.equal(bed.value("service", "whole", ".spec.ports[*].port"), "15021 80");
    });

    it("keep a CRD with its objects where they are retained, and take it up again", async () => {
      assert.equal(bed.value(`things.${group}`, "kept", ".spec.size"), "1");
      const again = async (): Promise<void> => {
        new k8s.apiextensions.v1.CustomResourceDefinitionPatch("crd", definition, { retainOnDelete: true });
        return Promise.resolve();
      };
      assert.deepEqual((await bed.up(again)).steps, { create: 2 });
      assert.deepEqual((await bed.preview(again)).steps, { same: 2 });
    });

    it("differ in that from a plain CRD, which fails where it exists and takes its objects along when it goes", async () => {
      const plain = async (): Promise<void> => {
        new k8s.apiextensions.v1.CustomResourceDefinition("plain", definition);
        return Promise.resolve();
      };
      const exists = /customresourcedefinitions\.apiextensions\.k8s\.io "things\..*" already exists/;
      assert.match(await failure(bed.up(plain)), exists);
      bed.kubectl("delete", "crd", `things.${group}`);
      await bed.up(plain);
      makeThing("lost");
      assert.deepEqual((await bed.preview(plain)).steps, { same: 2 });
      await bed.destroy();
      assert.equal(bed.get("crd", `things.${group}`), undefined);
    });
  });
});
