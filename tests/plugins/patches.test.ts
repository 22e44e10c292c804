// Patches: they adopt what exists or create it, own only their fields, give these back, and compare lists by position.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure, type Outcome } from "./bed";

describe("patches", () => {
  const bed = new Bed("patches");
  const { namespace } = bed;
  const statusPort = { name: "status-port", port: 15021, protocol: "TCP" };
  const httpPort = { name: "http", port: 80, protocol: "TCP" };

  /** What istiod makes of a Gateway: its own status port comes first. */
  const gatewayService = (name: string): object => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace, labels: { owner: "somebody" } },
    spec: { type: "NodePort", ports: [statusPort, httpPort] },
  });

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
    const kept = { namespace, name: "kept", labels: { ours: "yes" } };
    new k8s.core.v1.ServicePatch("kept", { metadata: kept }, { retainOnDelete: true });
    return Promise.resolve();
  };
  const forced = program({ "pulumi.com/patchForce": "true" });

  before(() => {
    bed.open();
    bed.apply(gatewayService("short"), gatewayService("whole"), gatewayService("kept"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace, name: "contested" },
      data: { key: "theirs" },
    });
  });
  after(async () => bed.clear());

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
    before(async () => {
      // Without the ports that the patch gives back it would not be a Service.
      bed.apply(gatewayService("made"));
      await bed.destroy();
    });

    it("give back their fields, and those alone", () => {
      assert.equal(bed.value("service", "whole", ".metadata.labels"), `{"owner":"somebody"}`);
      assert.equal(bed.value("service", "whole", ".spec.ports[*].port"), "15021 80");
    });

    it("leave them where they are retained", () => {
      assert.equal(bed.value("service", "kept", ".metadata.labels.ours"), "yes");
    });
  });
});
