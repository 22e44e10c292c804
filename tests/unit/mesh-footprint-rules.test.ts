// The footprint of AmbientMesh, and the limits that have to fit what it requests.
import * as assert from "node:assert/strict";
import { meshRules } from "../../components/mesh/rules";
import { partRequests } from "../../lib/istio/lean";
import { UNKNOWN, violationLine } from "../../lib/validation/violations";

const refusals = (args: object): string[] => meshRules(args, "").map(violationLine);

describe("the footprint of AmbientMesh", () => {
  it("is one of two words", () => {
    assert.deepEqual(refusals({ footprint: "slim" }), [
      '`footprint`: got "slim"; must be one of "standard", "lean"; write `footprint: "lean"`',
    ]);
    assert.deepEqual(refusals({ footprint: "standard" }), []);
  });

  it("has requests that no limit above its floor is below", () => {
    for (const footprint of ["standard", "lean"]) {
      assert.deepEqual(
        refusals({ footprint, dataplane: { memoryLimit: "64Mi" }, controlPlane: { memoryLimit: "256Mi" } }),
        [],
      );
      const { controlPlane, dataplane } = partRequests(footprint);
      assert.deepEqual(refusals({ controlPlane: { ...controlPlane, memoryLimit: "256Mi" } }), []);
      assert.deepEqual(refusals({ dataplane: { ...dataplane, memoryLimit: "64Mi" } }), []);
    }
  });

  it("refuses a limit below the floor once, beside any request and in the values of the chart", () => {
    const floor = "must be at least 64Mi, or ztunnel is killed when all pods of a node connect at once; write `";
    const limits = (memory: unknown) => ({ values: { resources: { limits: { memory } } } });
    const cases: [object, string[]][] = [
      [
        { dataplane: { memory: "128Mi", memoryLimit: "48Mi" } },
        [`\`dataplane.memoryLimit\`: got "48Mi"; ${floor}memoryLimit: "256Mi"\``],
      ],
      [
        { dataplane: { memory: "128Mi", memoryLimit: "64Mi" } },
        [
          '`dataplane.memoryLimit`: got "64Mi"; must not be below the request, which is 128Mi; write `memoryLimit: "128Mi"`',
        ],
      ],
      [
        { dataplane: limits("32Mi") },
        [`\`dataplane.values.resources.limits.memory\`: got "32Mi"; ${floor}memory: "256Mi"\``],
      ],
      [
        { controlPlane: limits(134217728) },
        [
          '`controlPlane.values.resources.limits.memory`: got "134217728"; must be at least 256Mi, or istiod is killed; ' +
            'write `memory: "512Mi"`',
        ],
      ],
      [{ dataplane: limits("64Mi"), controlPlane: limits(null) }, []],
      [{ dataplane: { values: { resources: null } }, controlPlane: { values: { resources: "{{ none }}" } } }, []],
    ];
    for (const [args, lines] of cases) assert.deepEqual(refusals(args), lines);
  });

  it("refuses no limit beside a request that is not known yet", () => {
    assert.deepEqual(refusals({ dataplane: { memory: UNKNOWN, memoryLimit: "64Mi" } }), []);
  });
});
