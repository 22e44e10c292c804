// Checks of arguments that are Outputs: skipped while unknown, made as soon as the value is there.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkArgs, resolved } from "../../components/inputs";
import { memory } from "../../lib/formats";
import { object } from "../../lib/rules";

const rules = object({ memory });
const promiseOf = (output: unknown) => (output as { promise(): Promise<unknown> }).promise();

describe("arguments that are Outputs", () => {
  it("pass the first check whatever they will be, as promises do", () => {
    checkArgs("AmbientMesh", "mesh", { memory: pulumi.output("much") }, rules);
    checkArgs("AmbientMesh", "mesh", { memory: Promise.resolve("much") }, rules);
  });

  it("are refused on arrival with their own path", async () => {
    const late = resolved("controlPlane", { memory: pulumi.output("much") }, rules);
    await assert.rejects(promiseOf(late), (error: unknown) => {
      assert.ok(pulumi.InputPropertyError.isInstance(error));
      assert.equal(error.propertyPath, "controlPlane.memory");
      const rule = 'memory is a Kubernetes quantity above 0, as text: "128Mi"';
      assert.equal(error.reason, `got "much"; ${rule}; write \`memory: "128Mi"\``);
      return true;
    });
  });

  it("come through as they are when they are right", async () => {
    const late = resolved("controlPlane", { memory: pulumi.output("256Mi") }, rules);
    assert.deepEqual(await promiseOf(late), { memory: "256Mi" });
  });
});
