// One finding waived by its id, with a reason: which ids there are, what is refused, and what becomes of the finding.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { meshRules } from "../../components/mesh/rules";
import { judgePlan, preflightChecks, waivable } from "../../lib/preflight";
import { isReason, waiverRule } from "../../lib/preflight/waivers";
import { UNKNOWN, violationLine } from "../../lib/validation/violations";
import { release, service } from "./fixtures/objects";
import { empty, plan, theirs } from "./fixtures/plans";

const taken = { services: [service("shop", "web", 30081)], kubernetes: "v1.37.0" };
const found = (findings: { id: string; object: string }[]) => findings.map(({ id, object }) => `${id}: ${object}`);

describe("the ids of findings", () => {
  it("are one for each thing that is looked for, and all stand in docs/preflight.md", () => {
    const ids = waivable.map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index || !/^[a-z]+(-[a-z]+)*$/.test(id)),
      [],
    );
    const page = fs.readFileSync("docs/preflight.md", "utf8");
    assert.deepEqual(
      ids.filter((id) => !page.includes(`| \`${id}\``)),
      [],
    );
  });

  it("come with every finding", () => {
    const report = judgePlan(plan, { ...empty, ...taken }, false);
    assert.deepEqual(found(report.errors), ["node-ports-free: Service shop/web"]);
    assert.deepEqual(found(report.warnings), ["kubernetes-untested: Cluster https://127.0.0.1:6443"]);
  });
});

describe("a waived finding", () => {
  it("is neither an error nor a warning, and not lost", () => {
    const waivers = {
      "node-ports-free": "web moves on Monday",
      "kubernetes-untested": "tried",
      rights: "none missing",
    };
    const report = judgePlan(plan, { ...empty, ...taken }, false, waivers);
    assert.deepEqual([report.errors, report.warnings], [[], []]);
    assert.deepEqual(found(report.waived), [
      "node-ports-free: Service shop/web",
      "kubernetes-untested: Cluster https://127.0.0.1:6443",
    ]);
  });

  it("takes no other one with it", () => {
    const report = judgePlan(plan, { ...empty, ...taken }, false, { "kubernetes-untested": "tried" });
    assert.deepEqual(found(report.errors), ["node-ports-free: Service shop/web"]);
    assert.deepEqual(found(report.waived), ["kubernetes-untested: Cluster https://127.0.0.1:6443"]);
  });

  it("no longer hides what it stands for: the parts of another stack's mesh are told one by one", () => {
    const facts = { ...empty, namespaces: [theirs], helmReleases: [release("istiod", "deployed")] };
    const mesh = { ...facts, istiods: [{ ...empty.certManager!.deployments[0]!, namespace: "istio-system" }] };
    const alone = judgePlan({ ...plan, adoptNamespace: true }, mesh, false);
    assert.deepEqual(found(alone.errors), ["other-stacks-mesh: Namespace istio-system"]);
    const report = judgePlan({ ...plan, adoptNamespace: true }, mesh, false, { "other-stacks-mesh": "it is gone" });
    assert.deepEqual(found(report.waived), ["other-stacks-mesh: Namespace istio-system"]);
    assert.ok(found(report.errors).includes("helm-releases: Helm release istio-system/istiod"));
  });

  it("of a cert-manager that may still come is waived at preview as well", () => {
    const report = judgePlan(plan, { ...empty, definitions: [] }, true, { "cert-manager": "comes with the platform" });
    assert.deepEqual([report.errors, report.warnings, report.waived.length], [[], [], 1]);
  });
});

describe("preflight.ignore", () => {
  const ids = waivable.map(({ id }) => id);
  const path = "preflight.ignore";
  const messages = (ignore: unknown) => waiverRule(ids)(ignore, path).map(violationLine);

  it("takes ids with reasons", () => {
    assert.deepEqual(messages({ "node-ports-free": "web moves on Monday" }), []);
    assert.deepEqual(messages(undefined), []);
    assert.equal(preflightChecks.length + 1, ids.length);
  });

  it("refuses an id that does not exist, with the nearest one", () => {
    assert.deepEqual(messages({ "node-port-free": "moves" }), [
      '`preflight.ignore["node-port-free"]`: got "moves"; must be the id of a finding; write `"node-ports-free": ' +
        '"moves"`',
    ]);
    assert.deepEqual(messages({ zzz: "moves" }), [
      `\`preflight.ignore["zzz"]\`: got "moves"; must be the id of a finding, only ${ids.join(", ")}; remove \`"zzz"\``,
    ]);
  });

  it("refuses what is no reason", () => {
    for (const reason of ["", " ", "<reason>", "...", true, null]) {
      assert.equal(isReason(reason), false, String(reason));
      assert.deepEqual(messages({ rights: reason }), [
        `\`preflight.ignore["rights"]\`: got "${String(reason)}"; must be the reason why the finding does not matter ` +
          `here` +
          '; write `"rights": "<reason>"`',
      ]);
    }
  });

  it("refuses a list, and an Output, which arrives too late", () => {
    const map = "must be a map from the ids of findings to reasons";
    assert.deepEqual(messages(["rights"]), [
      `\`preflight.ignore\`: got "["rights"]"; ${map}; write \`ignore: { "${ids[0]}": "<reason>" }\``,
    ]);
    assert.deepEqual(messages(UNKNOWN), [
      "`preflight.ignore`: got a value not known yet; must be known when the program runs, so it cannot be an Output; " +
        `write \`ignore: { "${ids[0]}": "<reason>" }\``,
    ]);
  });

  it("is what is meant by a waiver in the wrong place", () => {
    assert.deepEqual(meshRules({ ignore: { rights: "x" } }, "").map(violationLine), [
      '`ignore`: got "{"rights":"x"}"; there is no such argument; write ' +
        '`preflight: { ignore: { "kubernetes-untested": "<reason>" } }`',
    ]);
  });
});
