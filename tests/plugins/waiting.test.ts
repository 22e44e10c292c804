// What an update of the Kubernetes plugin waits for: conditions named on the live object, and a Deployment's availability.
import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Bed, failure, until } from "./bed";

const WAIT = "pulumi.com/waitFor";
const SKIP = "pulumi.com/skipAwait";
const TIMEOUT = "pulumi.com/timeoutSeconds";
interface Annotations {
  [name: string]: string;
}

describe("waiting", () => {
  const bed = new Bed("waiting");
  const { namespace } = bed;
  const group = `${namespace}.example.com`;

  const thing = (name: string, annotations: Annotations): void => {
    const metadata = { namespace, name, annotations };
    new k8s.apiextensions.CustomResource(name, { apiVersion: `${group}/v1`, kind: "Thing", metadata });
  };

  /** Writes the status of a Thing as its controller would. */
  const report = (name: string, status: object): void => {
    const patch = JSON.stringify({ status });
    bed.kubectl("patch", `things.${group}`, name, "--subresource=status", "--type=merge", `--patch=${patch}`);
  };
  const exists = (name: string) => (): boolean => bed.get(`things.${group}`, name) !== undefined;

  const accepted = `jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True`;
  const resolved = `jsonpath={.status.parents[0].conditions[?(@.type=="ResolvedRefs")].status}=True`;
  const route = { [WAIT]: JSON.stringify([accepted, resolved]), [TIMEOUT]: "6" };
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

  const copied = { ports: [{ name: "http", port: 80, protocol: "TCP" }] };
  const patchCopied = (annotations: Annotations): void =>
    void new k8s.core.v1.ServicePatch("copied", { metadata: { namespace, name: "copied", annotations }, spec: copied });

  const containers = [{ name: "main", image: "registry.example/none" }];
  const deployment = (name: string, nodeSelector: { [label: string]: string }, timeout: string): void => {
    const labels = { app: name };
    const metadata = { namespace, name, annotations: { [TIMEOUT]: timeout } };
    const template = { metadata: { labels }, spec: { nodeSelector, containers } };
    new k8s.apps.v1.Deployment(name, { metadata, spec: { selector: { matchLabels: labels }, template } });
  };

  before(() => {
    bed.open();
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
    // As istiod copies annotations of a Gateway onto its Service.
    const copiedFrom = { namespace, name: "copied", annotations: { [WAIT]: "condition=Programmed" } };
    bed.apply({ apiVersion: "v1", kind: "Service", metadata: copiedFrom, spec: copied });
  });

  after(async () => {
    await bed.clear();
    bed.kubectl("delete", "crd", `things.${group}`);
  });

  describe("in vain", () => {
    let fault: string;
    before(async () => {
      const program = async (): Promise<void> => {
        thing("route", route);
        // Later it has as long to go: the garbage collector hears of a new kind every 30 seconds.
        thing("late", { [WAIT]: "condition=Never", [TIMEOUT]: "40" });
        patchCopied({ [TIMEOUT]: "1" });
        deployment("stuck", { no: "node" }, "2");
        return Promise.resolve();
      };
      const update = failure(bed.up(program, { continueOnError: true }));
      await until(exists("route"));
      report("route", parents("False"));
      fault = await update;
    });
    const timedOut = (name: string): RegExp =>
      new RegExp(`::${name}" was successfully created, .* become live: timed out waiting for the condition`);

    it("needs every expression of a list", () => assert.match(fault, timedOut("route")));

    it("records what was made before time was up", async () => {
      assert.match(fault, timedOut("late"));
      assert.notEqual(await bed.recorded("late"), undefined);
    });

    it("obeys an annotation that somebody else put on the live object", () => assert.match(fault, timedOut("copied")));

    it("goes on until a Deployment is available", () => assert.match(fault, /'stuck' timed out waiting to be Ready/));
  });

  describe("in the end", () => {
    before(async () => {
      const program = async (): Promise<void> => {
        thing("route", route);
        thing("single", { [WAIT]: "condition=Programmed" });
        patchCopied({ [SKIP]: "true" });
        deployment("running", {}, "60");
        return Promise.resolve();
      };
      report("route", parents("True"));
      const update = bed.up(program);
      await until(exists("single"));
      for (const status of ["False", "True"]) report("single", { conditions: [{ type: "Programmed", status }] });
      await update;
    });

    it("records the object as it is when its condition holds", async () => {
      assert.deepEqual((await bed.recorded("single"))?.["status"], {
        conditions: [{ type: "Programmed", status: "True" }],
      });
    });

    it("finds values by filters in paths", async () => {
      assert.deepEqual((await bed.recorded("route"))?.["status"], parents("True"));
    });

    it("is left out where the resource says so, and both annotations stay on the live object", () => {
      const annotation = (name: string): string => bed.value("service", "copied", `.metadata.annotations.${name}`);
      assert.equal(annotation("pulumi\\.com/waitFor"), "condition=Programmed");
      assert.equal(annotation("pulumi\\.com/skipAwait"), "true");
    });

    it("has a Deployment available", () => {
      assert.equal(bed.value("deployment", "running", ".status.availableReplicas"), "1");
    });

    it("leaves nothing of what was waited for in vain", () => {
      assert.equal(exists("late")(), false);
      assert.equal(bed.get("deployment", "stuck"), undefined);
    });
  });
});
