// The stack's mark on every object that any component makes, and the note on every object of others that one labels.
import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { kubeConfigClass } from "../../cluster/kube-config";
import * as components from "../../components";
import { AmbientNamespace } from "../../components";
import { gatewayObjects } from "../../lib/istio/names";
import { objectKinds } from "../../lib/ownership/kinds";
import { labelsNotes } from "../../lib/ownership/marks";
import { marks, preview } from "./applications";
import { everything } from "./everything";
import { record, Recording, Registration } from "./record";

process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";

type Metadata = { name?: string; namespace?: string; labels?: object; annotations?: Record<string, string> };

const kindOf = ({ type }: Registration): string => type.split(":").at(-1)!;
const metadataOf = ({ inputs }: Registration): Metadata => (inputs["metadata"] ?? {}) as Metadata;
const isPatch = (resource: Registration): boolean => kindOf(resource).endsWith("Patch");
const isObject = (resource: Registration): boolean =>
  resource.type.startsWith("kubernetes:") && "metadata" in resource.inputs;

/** The object, as the cluster has it: whoever patches it names it alike. */
function placeOf(resource: Registration): string {
  const { namespace = "", name = "" } = metadataOf(resource);
  return `${kindOf(resource).replace(/Patch$/, "")} ${namespace}/${name}`;
}

/** The component that made a resource, as messages call it: of a part of a mesh, the part. */
function makerOf({ resources }: Recording, { parent }: Registration): string {
  const found = resources.find(({ name, type }) => name === parent && type.startsWith("istio-ambient:index:"))!;
  return `${kindOf(found)} "${found.name}"`;
}

describe("the mark of a stack", () => {
  let recording: Recording;

  before(async () => {
    await kubeConfigClass();
    recording = await record(() => {
      everything();
      new AmbientNamespace("adopted", { adopt: true });
    }, preview);
  });

  it("is looked for on what every component makes, and on every kind that any of them makes", () => {
    const classes = Object.entries(components)
      .filter(([, each]) => typeof each === "function" && each.prototype instanceof pulumi.ComponentResource)
      .map(([name]) => name);
    const made = recording.resources.filter(({ type }) => type.startsWith("istio-ambient:index:")).map(kindOf);
    assert.deepEqual([...new Set(made)].sort(), classes.sort());
    const kinds = recording.resources.filter(isObject).map((each) => kindOf(each).replace(/Patch$/, ""));
    // cert-manager makes the Secret of a Certificate.
    assert.deepEqual([...new Set([...kinds, "Secret"])].sort(), Object.keys(objectKinds).sort());
  });

  it("is on every object that a component makes", () => {
    const made = recording.resources.filter((each) => isObject(each) && !isPatch(each));
    assert.ok(made.length > 20);
    for (const resource of made) {
      const { annotations = {} } = metadataOf(resource);
      const { "istio-ambient/stack": stack, "istio-ambient/component": component } = annotations;
      assert.deepEqual(
        { "istio-ambient/stack": stack, "istio-ambient/component": component },
        marks(makerOf(recording, resource)),
        resource.name,
      );
    }
  });

  it("is, as a note of what was labelled, on every object of others that a component labels", () => {
    const made = new Set(recording.resources.filter((each) => isObject(each) && !isPatch(each)).map(placeOf));
    const gateways = [...made].filter((place) => place.startsWith("Gateway ")).map((place) => place.slice(8));
    // istiod makes them of a Gateway of this program, and they go with it.
    const ofGateways = gateways.flatMap((gateway) => [
      `Service ${gatewayObjects.service(gateway)}`,
      `Deployment ${gateway}`,
    ]);
    const others = recording.resources
      .filter((each) => isPatch(each) && !made.has(placeOf(each)) && !ofGateways.includes(placeOf(each)))
      .map((each) => {
        const { labels = {}, annotations = {} } = metadataOf(each);
        const note = {
          stack: "istio-ambient/test",
          component: makerOf(recording, each),
          labels: Object.keys(labels).sort(),
        };
        assert.deepEqual(labelsNotes({ annotations }), [note], each.name);
        return placeOf(each);
      });
    assert.deepEqual(others.sort(), ["Namespace /adopted", "Service shop/web"]);
  });
});
