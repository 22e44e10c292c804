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

function refuseRoutes(mesh: MeshApi): MeshApi {
  for (const kind of ["httproutes", "grpcroutes", "tlsroutes", "tcproutes"]) {
    mesh.refuse(lists.routes.replace("httproutes", kind), { kind: "forbidden", why: "no right" });
  }
  return mesh;
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
    const report = await look(refuseRoutes(new MeshApi()));
    const ids = ["routes", "route-ports", "service-routes", "mixed-routes", "destination-rules", "policy-ingress"];
    assert.deepEqual(open(report), Object.fromEntries(ids.map((id) => [id, "unknown"])));
    assert.ok(isGood(report));
    assert.deepEqual(tally(report), { passed: checks.length - 6, warned: 0, failed: 0, waived: 0, unknown: 6 });
  });

  it("is good where every failure is waived by its id, and keeps what was found with the reason", async () => {
    const mesh = new MeshApi()
      .edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0))
      .edit(lists.nodes, "node-1", conditionIs("Ready", "False", "", ""));
    const report = await look(mesh, { waivers: { "ztunnel-ready": "node-1 is being replaced", routes: "none" } });
    assert.deepEqual(open(report), { "nodes-ready": "warned", "ztunnel-ready": "waived" });
    assert.ok(isGood(report));
    const result = report.results.find(({ check }) => check.id === "ztunnel-ready");
    assert.deepEqual([result?.why, result?.findings.length], ["node-1 is being replaced", 1]);
    assert.equal(tally(report).waived, 1);
  });

  it("tells once what was not read, which checks that leaves open, and which it narrows", async () => {
    const mesh = new MeshApi()
      .refuse(lists.events, { kind: "forbidden", why: "no right to events" })
      .refuse("/apis/networking.istio.io/v1/serviceentries", { kind: "forbidden", why: "no right to entries" })
      .refuse(lists.certificates, { kind: "missing" });
    const report = await look(mesh);
    assert.deepEqual(report.unread, [
      {
        kind: "events",
        cause: "forbidden",
        why: "no right to events",
        open: ["pod-sandboxes", "pods-created"],
        narrowed: [],
      },
      {
        kind: "serviceEntries",
        cause: "forbidden",
        why: "no right to entries",
        open: [],
        narrowed: [
          ...["routes", "virtual-services", "destination-rules", "subsets"],
          ...["waypoint-exists", "waypoint-bound", "waypoint-dns", "waypoint-labels", "waypoint-canary"],
          ...["policy-tokens", "policy-plugins", "policy-telemetry"],
        ],
      },
    ]);
    assert.deepEqual(open(report), { "pod-sandboxes": "unknown", "pods-created": "unknown" });
    assert.deepEqual((await look(mesh, { categories: ["versions"] })).unread, []);
  });

  it("keeps what some nodes have said where others are silent", async () => {
    const mesh = new MeshApi().serve(1);
    const [url] = Object.keys(mesh.recording.texts).filter((path) => path.includes(":15020/"));
    const second = (path: string, app: string, name: string) => {
      const [pod] = mesh.all(lists.pods).filter(({ metadata }) => metadata.labels?.[path] === app);
      const copy = structuredClone(pod!);
      copy.metadata.name = name;
      set("spec.nodeName", "node-2")(copy);
      mesh.add(lists.pods, copy);
    };
    second("app", "ztunnel", "ztunnel-2");
    second("app", "web", "web-2");
    const report = await look(mesh);
    assert.deepEqual(open(report), { "served-by-ztunnel": "failed" });
    assert.deepEqual(report.unread, [
      {
        kind: "ztunnelCounts",
        cause: "failed",
        why: "no metric workload_manager_active_proxy_count from istio-system/ztunnel-2",
        open: [],
        narrowed: ["served-by-ztunnel"],
      },
    ]);
    delete mesh.recording.texts[url!];
    assert.deepEqual(open(await look(mesh)), { "served-by-ztunnel": "unknown" });
  });

  it("is on the chosen categories only", async () => {
    const report = await look(new MeshApi(), { categories: ["network", "kubernetes"] });
    assert.deepEqual(
      report.results.map(({ check }) => check.id),
      [
        "kubernetes-version",
        "nodes-ready",
        "network-plugin",
        "network-policy-hbone",
        "network-policy-egress",
        "network-policy-istiod",
        "network-policy-gateways",
        "network-policy-probes",
        "network-policy-others",
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
      .edit(lists.gateways, "waypoint", set("spec.listeners", []));
    const data = reportData(await look(refuseRoutes(mesh)), documentation);
    assert.deepEqual(data.tally, { passed: checks.length - 9, warned: 1, failed: 2, waived: 0, unknown: 6 });
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
