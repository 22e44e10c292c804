// Checks of arguments that are Outputs: skipped while unknown, made as soon as the value is there. And of no arguments.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as components from "../../components";
import { checkArgs, resolved } from "../../components/support/arguments";
import { memory } from "../../lib/validation/formats";
import { object } from "../../lib/validation/object";

const rules = object<{ memory?: unknown }>({ memory });
const promiseOf = (output: unknown) => (output as { promise(): Promise<unknown> }).promise();

describe("arguments that are Outputs", () => {
  it("pass the first check whatever they will be, as promises do", () => {
    checkArgs("AmbientMesh", "mesh", { memory: pulumi.output("much") }, rules);
    checkArgs("AmbientMesh", "mesh", { memory: Promise.resolve("much") }, rules);
  });

  it("are refused on arrival with their own path", async () => {
    const late = resolved('AmbientMesh "mesh"', "controlPlane", { memory: pulumi.output("much") }, rules);
    await assert.rejects(promiseOf(late), (error: unknown) => {
      assert.ok(pulumi.InputPropertiesError.isInstance(error));
      const rule = 'must be a Kubernetes quantity above 0 in quotes, such as "128Mi"';
      const reason = `got "much"; ${rule}; write \`memory: "128Mi"\``;
      assert.deepEqual(error.errors, [{ propertyPath: "controlPlane.memory", reason }]);
      assert.equal(error.message, `invalid arguments for AmbientMesh "mesh":\n  \`controlPlane.memory\`: ${reason}`);
      return true;
    });
  });

  it("come through as they are when they are right", async () => {
    const late = resolved('AmbientMesh "mesh"', "controlPlane", { memory: pulumi.output("256Mi") }, rules);
    assert.deepEqual(await promiseOf(late), { memory: "256Mi" });
  });
});

describe("arguments that are none", () => {
  const first = {
    AccessPolicy: "name",
    AmbientMesh: "version",
    AmbientNamespace: "name",
    CertManager: "version",
    GatewayApi: "version",
    HttpRoute: "name",
    IngressGateway: "name",
    TrafficPolicy: "name",
    Waypoint: "name",
  };
  for (const [component, field] of Object.entries(first) as [keyof typeof first, string][]) {
    it(`are told as they are by ${component}: null, a text, a list`, () => {
      for (const [args, got] of [
        [null, "null"],
        ["shop", "shop"],
        [["shop"], '["shop"]'],
      ]) {
        const rule = `\`args\`: got "${String(got)}"; must be an object; write \`args: { ${field}: ... }\``;
        const message = `invalid arguments for ${component} "x":\n  ${rule}`;
        assert.throws(() => Reflect.construct(components[component], ["x", args]) as object, { message });
      }
    });
  }

  it("are the required ones that are missing, where nothing is given", () => {
    assert.throws(() => Reflect.construct(components.Waypoint, ["x"]) as object, {
      message:
        'invalid arguments for Waypoint "x":\n  `namespace`: missing; must be the namespace of the waypoint; write ' +
        '`namespace: "shop"`\n  `for`: missing; must name the namespaces and Services that use the waypoint; write ' +
        '`for: [{ namespace: "shop" }]`',
    });
  });
});
