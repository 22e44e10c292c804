// What an update waits for: conditions named on the live object, and readiness of the kinds that have their own.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure, until } from "./bed";

const WAIT = "pulumi.com/waitFor";
const SKIP = "pulumi.com/skipAwait";
const TIMEOUT = "pulumi.com/timeoutSeconds";

describe("waiting", () => {
  const bed = new Bed("waiting");
  const { namespace } = bed;
  const group = `${namespace}.example.com`;

  before(() => {
    const properties = { status: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    const version = { name: "v1", served: true, storage: true, subresources: { status: {} } };
    bed.apply({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `things.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural: "things", singular: "thing", kind: "Thing" },
        versions: [{ ...version, schema: { openAPIV3Schema: { type: "object", properties } } }],
      },
    });
    bed.kubectl("wait", "--for=condition=Established", "crd", `things.${group}`);
  });

  after(async () => {
    await bed.clear();
    bed.kubectl("delete", "crd", `things.${group}`);
  });

  const thing = (name: string, annotations: { [name: string]: string }) => async (): Promise<void> => {
    const metadata = { namespace, name, annotations };
    new k8s.apiextensions.CustomResource(name, { apiVersion: `${group}/v1`, kind: "Thing", metadata });
    return Promise.resolve();
  };

  /** Writes the status of a Thing as its controller would. */
  const report = (name: string, status: object): void => {
    const patch = JSON.stringify({ status });
    bed.kubectl("patch", `things.${group}`, name, "--subresource=status", "--type=merge", `--patch=${patch}`);
  };

  const exists = (name: string) => (): boolean => bed.get(`things.${group}`, name) !== undefined;

  it("ends when the condition holds, and the recorded object has it", async () => {
    const update = bed.up(thing("single", { [WAIT]: "condition=Programmed" }));
    await until(exists("single"));
    report("single", { conditions: [{ type: "Programmed", status: "False" }] });
    report("single", { conditions: [{ type: "Programmed", status: "True" }] });
    await update;
    assert.deepEqual((await bed.recorded("single"))?.["status"], {
      conditions: [{ type: "Programmed", status: "True" }],
    });
  });

  it("needs every expression of a list, filters in paths too", async () => {
    const accepted = `jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True`;
    const resolved = `jsonpath={.status.parents[0].conditions[?(@.type=="ResolvedRefs")].status}=True`;
    const annotations = { [WAIT]: JSON.stringify([accepted, resolved]), [TIMEOUT]: "3" };
    const parents = (resolvedRefs: string): object => ({
      parents: [
        {
          conditions: [
            { type: "Accepted", status: "True" },
            { type: "ResolvedRefs", status: resolvedRefs },
          ],
        },
      ],
    });
    const early = failure(bed.up(thing("route", annotations)));
    await until(exists("route"));
    report("route", parents("False"));
    assert.match(await early, /failed to fully initialize or become live: timed out waiting for the condition/);
    report("route", parents("True"));
    await bed.up(thing("route", annotations));
    assert.deepEqual((await bed.recorded("route"))?.["status"], parents("True"));
  });

  it("records what was made before time was up, so that destroy removes it", async () => {
    const annotations = { [WAIT]: "condition=Never", [TIMEOUT]: "1" };
    assert.match(await failure(bed.up(thing("late", annotations))), /timed out waiting for the condition/);
    assert.equal(exists("late")(), true);
    await bed.destroy();
    assert.equal(exists("late")(), false);
  });

  it("refuses an expression that is none", async () => {
    const fault = await failure(bed.up(thing("wrong", { [WAIT]: "Ready" })));
    assert.match(fault, /expected a "jsonpath=" or "condition=" prefix, got "Ready"/);
    await bed.destroy();
  });

  it("obeys an annotation that somebody else put on the live object, unless the patch skips it", async () => {
    const annotations = { [WAIT]: "condition=Programmed" };
    const spec = { ports: [{ name: "http", port: 80, protocol: "TCP" }] };
    bed.apply({ apiVersion: "v1", kind: "Service", metadata: { namespace, name: "copied", annotations }, spec });
    const program = (own: { [name: string]: string }) => async (): Promise<void> => {
      const metadata = { namespace, name: "copied", annotations: own };
      new k8s.core.v1.ServicePatch("copied", { metadata, spec });
      return Promise.resolve();
    };
    const fault = await failure(bed.up(program({ [TIMEOUT]: "1" })));
    assert.match(fault, /failed to fully initialize or become live: timed out waiting for the condition/);
    await bed.up(program({ [SKIP]: "true" }));
    assert.equal(bed.value("service", "copied", `.metadata.annotations.pulumi\\.com/waitFor`), "condition=Programmed");
    assert.equal(bed.value("service", "copied", `.metadata.annotations.pulumi\\.com/skipAwait`), "true");
  });

  it("goes on until a LoadBalancer has its address", async () => {
    const program = async (): Promise<void> => {
      const spec = { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] };
      const options = { customTimeouts: { create: "1s" } };
      new k8s.core.v1.Service("balanced", { metadata: { namespace, name: "balanced" }, spec }, options);
      return Promise.resolve();
    };
    assert.match(await failure(bed.up(program)), /'balanced' timed out waiting to be Ready/);
    await bed.destroy();
  });

  it("goes on until a Deployment is available, and until one that never is runs out of time", async () => {
    const program = (name: string, nodeSelector: { [label: string]: string }) => async (): Promise<object> => {
      const labels = { app: name };
      const metadata = { namespace, name, annotations: { [TIMEOUT]: name === "stuck" ? "2" : "60" } };
      const containers = [{ name: "main", image: "registry.example/none" }];
      const template = { metadata: { labels }, spec: { nodeSelector, containers } };
      const made = new k8s.apps.v1.Deployment(name, {
        metadata,
        spec: { selector: { matchLabels: labels }, template },
      });
      return Promise.resolve({ available: made.status.availableReplicas });
    };
    assert.deepEqual((await bed.up(program("running", {}))).outputs, { available: 1 });
    assert.deepEqual((await bed.preview(program("running", {}))).steps, { same: 2 });
    assert.match(await failure(bed.up(program("stuck", { no: "node" }))), /'stuck' timed out waiting to be Ready/);
    await bed.destroy();
    assert.equal(bed.get("deployment", "running"), undefined);
  });

  it("gives a ServicePatch the time in which the endpoints of its pods settle", async () => {
    const labels = { app: "settled" };
    const pod = { containers: [{ name: "main", image: "registry.example/none" }] };
    bed.apply({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "settled", labels }, spec: pod });
    const spec = { selector: labels, ports: [{ name: "http", port: 80, protocol: "TCP" }] };
    bed.apply({ apiVersion: "v1", kind: "Service", metadata: { namespace, name: "settled" }, spec });
    const program = async (): Promise<void> => {
      const patch = new k8s.core.v1.ServicePatch("settled", { metadata: { namespace, name: "settled" }, spec });
      new k8s.core.v1.ConfigMap("after", { metadata: { namespace, name: "after" } }, { dependsOn: patch });
      return Promise.resolve();
    };
    const update = bed.up(program);
    const ours = `.metadata.managedFields[?(@.operation=="Apply")].manager`;
    await until(() => /pulumi-kubernetes/.test(bed.value("service", "settled", ours)));
    bed.kubectl("wait", "--for=condition=Ready", "pod", "settled");
    assert.equal(bed.get("configmap", "after"), undefined);
    await update;
    assert.notEqual(bed.get("configmap", "after"), undefined);
  });
});
