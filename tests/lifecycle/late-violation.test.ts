// A violation that shows only while the program runs: what depends on it stays as it was.
import * as assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AmbientNamespace } from "../../components";
import { get, TestStack } from "./support";

let label = "demo";
let fails = false;

/** The namespace's setting arrives late, as does what another resource is made of. */
function program(): Promise<void> {
  const annotations = { label };
  const first = new k8s.core.v1.ConfigMap("first", { metadata: { name: "first", annotations } });
  const late = first.metadata.apply((metadata) => metadata.annotations["label"]!);
  const shop = new AmbientNamespace("shop", { stack: late, labels: { team: late } });
  const text = shop.name.apply((name) => {
    if (fails) throw new pulumi.RunError("no text today");
    return name;
  });
  new k8s.core.v1.ConfigMap("last", { metadata: { name: "last" }, data: { text } });
  return Promise.resolve();
}

const uids = () =>
  [...get("namespace", "shop"), ...get("configmap", "last")].map(({ kind, metadata }) => `${kind} ${metadata.uid}`);

describe("a violation that shows late", () => {
  let stack: TestStack;
  let made: string[];

  before(async () => {
    stack = await TestStack.open("late", program);
    await stack.up();
    made = uids();
  });

  after(async () => {
    [label, fails] = ["demo", false];
    await stack.remove();
  });

  it("of two arguments fails the run with one error and deletes nothing", async () => {
    label = "not a label";
    await assert.rejects(stack.up(), ({ message }: Error) => {
      // However often the host repeats it: never the one without the other.
      const both = message.split(/`stack`: got "not a label".*\n *`labels\["team"\]`: got "not a label"/).length;
      assert.ok(both > 1);
      assert.deepEqual(
        ["`stack`: got", '`labels["team"]`: got'].map((part) => message.split(part).length),
        [both, both],
      );
      return true;
    });
    assert.deepEqual(uids(), made);
    label = "demo";
  });

  it("of the program's own fails the run and deletes nothing", async () => {
    fails = true;
    await assert.rejects(stack.up(), /no text today/);
    assert.deepEqual(uids(), made);
    fails = false;
  });

  it("is forgotten once it is mended", async () => {
    await stack.up();
    assert.deepEqual((await stack.preview()).steps, []);
  });
});
