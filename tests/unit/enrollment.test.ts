// What unenrollment writes onto objects, and that restoring leaves them as they were.
import * as assert from "node:assert/strict";
import { enrollPatch } from "../../lib/enrollment/enroll";
import {
  drainedMark,
  drainPatch,
  restorePatch,
  undrainPatch,
  unenrolledMark,
  unenrollPatch,
} from "../../lib/enrollment/enrollment";

const mode = "istio.io/dataplane-mode";

describe("unenrollment", () => {
  it("takes the label off and remembers it on the object", () => {
    assert.deepEqual(unenrollPatch({ [mode]: "ambient", team: "shop" }), {
      metadata: {
        labels: { [mode]: null },
        annotations: { [unenrolledMark]: '{"istio.io/dataplane-mode":"ambient"}' },
      },
    });
  });

  it("is undone by what it remembered, and by nothing else", () => {
    const { annotations } = unenrollPatch({ [mode]: "ambient" }).metadata;
    assert.deepEqual(restorePatch(annotations as Record<string, string>), {
      metadata: { labels: { [mode]: "ambient" }, annotations: { [unenrolledMark]: null } },
    });
    assert.equal(restorePatch({}), undefined);
  });
});

describe("enrollment by hand", () => {
  const named = (labels: Record<string, string>, annotations: Record<string, string> = {}) =>
    enrollPatch({ name: "shop", namespace: "", labels, annotations });

  it("sets the label, and leaves a namespace alone that has it", () => {
    assert.deepEqual(named({}), { metadata: { labels: { [mode]: "ambient" }, annotations: {} } });
    assert.equal(named({ [mode]: "ambient" }), undefined);
  });

  it("forgets that the namespace was taken out", () => {
    const patch = { metadata: { labels: { [mode]: "ambient" }, annotations: { [unenrolledMark]: null } } };
    assert.deepEqual(named({}, { [unenrolledMark]: `{"${mode}":"ambient"}` }), patch);
  });
});

describe("draining a Deployment", () => {
  const containers = [
    { name: "app" },
    { name: "cache", lifecycle: { postStart: {} } },
    { name: "log", lifecycle: { preStop: { sleep: { seconds: 1 } } } },
  ];
  const strategy = { type: "Recreate" };
  const patch = drainPatch({ strategy, labels: {}, grace: 5, containers }) as {
    metadata: { annotations: Record<string, string> };
    spec: object;
  };

  it("brings pods outside of the mesh up before old ones go, and lets those serve on", () => {
    assert.deepEqual(patch.spec, {
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { [mode]: "none" } },
        spec: {
          terminationGracePeriodSeconds: 13,
          containers: [
            { name: "app", lifecycle: { preStop: { sleep: { seconds: 8 } } } },
            { name: "cache", lifecycle: { preStop: { sleep: { seconds: 8 } } } },
          ],
        },
      },
    });
  });

  it("is undone down to the strategy", () => {
    assert.deepEqual(undrainPatch(patch.metadata.annotations), {
      metadata: { annotations: { [drainedMark]: null } },
      spec: {
        strategy: { type: "Recreate", rollingUpdate: null },
        template: {
          metadata: { labels: { [mode]: null } },
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [
              { name: "app", lifecycle: null },
              { name: "cache", lifecycle: { preStop: null } },
            ],
          },
        },
      },
    });
    assert.equal(undrainPatch({}), undefined);
  });
});
