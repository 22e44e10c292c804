// The verdict: outcomes, the scope of a look, the documented form of the data, and a page for every check.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { documentation } from "../../cli/package-file";
import Ajv from "ajv";
import { checks } from "../../lib/checks";
import { categories } from "../../lib/checks/check";
import { hintAnchor, isGood, judge, reportData, tally, type Report, type Scope } from "../../lib/checks/verdicts";
import { conditionIs, label, lists, set } from "./fixtures/breakages";
import { MeshApi, recordedAt } from "./fixtures/mesh-api";

const docs = path.join(__dirname, "..", "..", "docs");
const context = { now: recordedAt, publishedNodePorts: [30081, 30444] };

async function look(mesh: MeshApi, scope: Scope = {}): Promise<Report> {
  return judge(checks, await mesh.snapshot(), context, scope);
}

const open = (report: Report) =>
  Object.fromEntries(report.results.filter((r) => r.outcome !== "passed").map((r) => [r.check.id, r.outcome]));

describe("the verdict", () => {
  it("is good with warnings, and bad with one failure", async () => {
    const warned = await look(new MeshApi().edit(lists.nodes, "node-1", conditionIs("Ready", "False", "", "")));
    assert.deepEqual(open(warned), { "nodes-ready": "warned" });
    assert.ok(isGood(warned));
    const failed = await look(new MeshApi().edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0)));
    assert.deepEqual(open(failed), { "ztunnel-ready": "failed" });
    assert.ok(!isGood(failed));
  });

  it("is good, and says so, where something was not checked", async () => {
    const report = await look(new MeshApi().refuse(lists.routes, { kind: "forbidden", why: "no right" }));
    assert.deepEqual(open(report), { routes: "unknown", "route-ports": "unknown", "policy-ingress": "unknown" });
    assert.ok(isGood(report));
    assert.deepEqual(tally(report), { passed: checks.length - 3, warned: 0, failed: 0, unknown: 3 });
  });

  it("is on the chosen categories only", async () => {
    const report = await look(new MeshApi(), { categories: ["network", "kubernetes"] });
    assert.deepEqual(
      report.results.map(({ check }) => check.id),
      [
        ...["kubernetes-version", "nodes-ready", "network-plugin", "network-policy-hbone"],
        ...["network-policy-egress", "network-policy-probes", "network-policy-others"],
      ],
    );
  });

  it("is on the chosen namespaces, the mesh's own and the whole cluster", async () => {
    const mesh = new MeshApi()
      .edit(lists.namespaces, "shop", label("istio-injection", "enabled"))
      .edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0))
      .remove(lists.definitions, "telemetries.telemetry.istio.io");
    const everywhere = { "istio-crds": "failed", "ztunnel-ready": "failed" };
    assert.deepEqual(open(await look(mesh)), { ...everywhere, "both-labels": "warned" });
    assert.deepEqual(open(await look(mesh, { namespaces: ["shop"] })), { ...everywhere, "both-labels": "warned" });
    assert.deepEqual(open(await look(mesh, { namespaces: ["default"] })), everywhere);
  });

  it("has the documented form as data, whatever its outcomes", async () => {
    const schema = JSON.parse(fs.readFileSync(path.join(docs, "check.schema.json"), "utf8")) as object;
    const validate = new Ajv({ allErrors: true }).compile(schema);
    const mesh = new MeshApi()
      .edit(lists.namespaces, "shop", label("istio-injection", "enabled"))
      .edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0))
      .edit(lists.gateways, "waypoint", set("spec.listeners", []))
      .refuse(lists.routes, { kind: "forbidden", why: "no right" });
    const data = reportData(await look(mesh), documentation);
    assert.deepEqual(data.tally, { passed: checks.length - 6, warned: 1, failed: 2, unknown: 3 });
    validate(JSON.parse(JSON.stringify(data)));
    assert.deepEqual(validate.errors, null);
    assert.equal(validate({ ...data, extra: true }), false);
    assert.equal(validate({ ...data, checks: [{ ...data.checks[0], outcome: "skipped" }] }), false);
  });
});

describe("docs/checks.md", () => {
  const text = fs.readFileSync(path.join(docs, "checks.md"), "utf8");

  it("has a section for every check, with its severity, claim and hint, in the order of the report", () => {
    const documented = [...text.matchAll(/^### (\S+)\n\n(error|warning): \*\*(.+)\*\*\n\n(.+)\n/gm)];
    assert.deepEqual(
      documented.map(([, id, severity, claim, hint]) => ({ id, severity, claim, hint })),
      checks.map(({ id, severity, claim, hint }) => ({ id, severity, claim, hint })),
    );
    assert.deepEqual(
      [...text.matchAll(/^## (\S+)$/gm)].map(([, category]) => category),
      [...categories],
    );
  });

  it("is where the hints and its own links lead", () => {
    assert.equal(hintAnchor(checks[0]!), "docs/checks.md#kubernetes-version");
    const headings = new Set([...text.matchAll(/^#+ (\S+)$/gm)].map(([, heading]) => heading));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    assert.deepEqual(
      [...links, ...checks.map((check) => hintAnchor(check).split("#")[1])].filter((anchor) => !headings.has(anchor)),
      [],
    );
  });
});
