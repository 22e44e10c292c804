// Fields that a migration takes from their managers, and gives back.
import * as assert from "node:assert/strict";
import { givenBack, withOwners } from "../../../lib/migration/field-owners";
import type { FieldOwner, FieldSet, KubeObject } from "../../../lib/migration/objects";
import type { LabelStep, RollStep, Step } from "../../../lib/migration/steps";

const why = "";
const time = "2026-11-01T00:00:00Z";

function entry(manager: string, fieldsV1: FieldSet, more: Partial<FieldOwner> = {}): FieldOwner {
  return { manager, operation: "Update", apiVersion: "v1", time, fieldsType: "FieldsV1", fieldsV1, ...more };
}

const labels = (...keys: string[]): FieldSet => ({
  "f:metadata": { "f:labels": { ".": {}, ...Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) } },
});

function namespace(...managedFields: FieldOwner[]): KubeObject {
  const metadata = { name: "shop", managedFields };
  return { apiVersion: "v1", kind: "Namespace", metadata };
}

const injection: LabelStep = {
  do: "label",
  key: { apiVersion: "v1", kind: "Namespace", namespace: "", name: "shop" },
  labels: { "istio-injection": { before: "enabled", after: null } },
  why,
};

const applied = { operation: "Apply" };
const status = { subresource: "status" };

describe("the managers of fields", () => {
  it("are noted with the fields that a step changes, and no others", () => {
    const live = namespace(
      entry("team", labels("team", "istio-injection"), applied),
      entry("kubectl-label", labels("istio-injection")),
      entry("other", labels("team")),
      entry("controller", labels("istio-injection"), status),
    );
    const { owners } = withOwners(injection, live) as LabelStep;
    assert.deepEqual(owners, [
      entry("team", labels("istio-injection"), applied),
      entry("kubectl-label", labels("istio-injection")),
    ]);
    const mode = { ...injection, labels: { "istio.io/dataplane-mode": { before: null, after: "ambient" } } };
    assert.ok(!("owners" in withOwners(mode, live)));
  });

  it("get them back: into the entry that is left of each, or as a new one", () => {
    const before = namespace(
      entry("team", labels("team", "istio-injection"), applied),
      entry("kubectl-label", labels("istio-injection")),
    );
    const step = withOwners(injection, before);
    const after = namespace(
      entry("team", labels("team", "added"), applied),
      entry("istio-ambient", labels("istio-injection", "other")),
    );
    assert.deepEqual(givenBack(step, after), [
      entry("team", labels("team", "added", "istio-injection"), applied),
      entry("istio-ambient", labels("other")),
      entry("kubectl-label", labels("istio-injection")),
    ]);
  });

  it("keep what they have taken themselves since", () => {
    const step = withOwners(injection, namespace(entry("team", labels("istio-injection"), applied)));
    assert.equal(givenBack(step, namespace(entry("kubectl-label", labels("istio-injection")))), undefined);
    assert.equal(givenBack(step, namespace(entry("istio-ambient", labels("other")))), undefined);
  });

  it("get back those of a pod template", () => {
    const inTemplate = (set: FieldSet): FieldSet => ({ "f:spec": { "f:template": set } });
    const step: RollStep = {
      ...{ do: "roll", key: { apiVersion: "apps/v1", kind: "Deployment", namespace: "shop", name: "web" } },
      ...{ goal: "ambient", why },
      labels: { "sidecar.istio.io/inject": { before: "true", after: null } },
      annotations: { "istio-ambient/migrated": { before: null, after: "1" } },
    };
    const noted = withOwners(step, namespace(entry("helm", inTemplate(labels("app", "sidecar.istio.io/inject")))));
    const after = namespace(
      entry("helm", inTemplate(labels("app"))),
      entry("istio-ambient", inTemplate(labels("sidecar.istio.io/inject"))),
    );
    assert.deepEqual(givenBack(noted, after), [entry("helm", inTemplate(labels("app", "sidecar.istio.io/inject")))]);
  });

  it("get back an object that was deleted as a whole, but for its status", () => {
    const object = { apiVersion: "security.istio.io/v1", kind: "AuthorizationPolicy", metadata: { name: "readers" } };
    const spec: FieldSet = { "f:spec": { "f:action": {} } };
    const before = namespace(entry("kubectl", spec, applied), entry("pilot-discovery", { "f:status": {} }, status));
    const step = withOwners({ do: "delete", object, why } as Step, before);
    const told = entry("pilot-discovery", { "f:status": { "f:conditions": {} } }, status);
    assert.deepEqual(givenBack(step, namespace(told, entry("istio-ambient", spec))), [
      told,
      entry("kubectl", spec, applied),
    ]);
  });
});
