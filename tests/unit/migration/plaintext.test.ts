// Clients without a certificate: whom sidecars let in, and ztunnel and the guards of a waypoint do not.
import * as assert from "node:assert/strict";
import type { MigrationFacts } from "../../../lib/migration/facts";
import { planMigration } from "../../../lib/migration/plan";
import type { AuthorizationSpec, Workload } from "../../../lib/migration/objects";
import { peer, policy, service, shop, workload } from "./shop";
import { from, to } from "./verdict-rows";

const choice = { waypoint: "waypoint", accept: [], stamp: "1" };
const strict = [peer("default", { mtls: { mode: "STRICT" } })];
const key = "traffic.sidecar.istio.io";

function rowOf(
  podAnnotations: Workload["podAnnotations"],
  fields: Partial<MigrationFacts> = { peers: strict },
): string[] {
  const ports = { http: 8080, metrics: 9090 };
  const workloads = [workload("web", { podAnnotations, ports })];
  const { verdicts } = planMigration(shop({ workloads, ...fields }), choice);
  const { verdict, why, fix } = verdicts.find(({ object }) => object === "Deployment shop/web")!;
  return [verdict, why, ...(fix === undefined ? [] : [fix])];
}

function notesOf(spec: AuthorizationSpec, fields: Partial<MigrationFacts> = {}): string[] {
  const selector = { matchLabels: { app: "web" } };
  const { notes } = planMigration(shop({ policies: [policy("p", { selector, ...spec })], ...fields }), choice);
  return notes.filter((note) => /outside the mesh|headless/.test(note));
}

const healthy = ["carries-over", "its pods are replaced, new ones first"];
const open = (ports: string) => `portLevelMtls: { ${ports} } in a PeerAuthentication with a selector for it`;

describe("plaintext that went past a sidecar", () => {
  it("is denied at ports that the sidecar left out, where mTLS is STRICT", () => {
    const past = (ports: string) =>
      `ztunnel takes every port: plaintext to ${ports} went past the sidecar, and STRICT denies it`;
    assert.deepEqual(rowOf({ [`${key}/excludeInboundPorts`]: "9090, 5432" }), [
      "loses",
      past("5432, 9090"),
      open("5432: { mode: PERMISSIVE }, 9090: { mode: PERMISSIVE }"),
    ]);
    assert.deepEqual(rowOf({ [`${key}/includeInboundPorts`]: "8080" }), [
      "loses",
      past("9090"),
      open("9090: { mode: PERMISSIVE }"),
    ]);
    assert.deepEqual(rowOf({ [`${key}/includeInboundPorts`]: "*" }), healthy);
    assert.deepEqual(rowOf({ [`${key}/excludeInboundPorts`]: "9090" }, {}), healthy);
    const opened = peer("web", {
      selector: { matchLabels: { app: "web" } },
      portLevelMtls: { 9090: { mode: "PERMISSIVE" } },
    });
    assert.deepEqual(rowOf({ [`${key}/excludeInboundPorts`]: "9090" }, { peers: [...strict, opened] }), healthy);
  });

  it("was how Prometheus read the metrics that the sidecar gave out", () => {
    const scraped = { "prometheus.io/scrape": "true", "prometheus.io/port": "9090" };
    assert.deepEqual(rowOf(scraped), [
      "loses",
      "the sidecar gave out the metrics of port 9090 in plaintext, at its own port 15020; STRICT denies it at 9090",
      open("9090: { mode: PERMISSIVE }"),
    ]);
    assert.deepEqual(rowOf(scraped, {}), healthy);
    assert.deepEqual(rowOf({ ...scraped, "prometheus.istio.io/merge-metrics": "false" }), healthy);
    assert.deepEqual(rowOf({ ...scraped, "prometheus.io/scrape": "false" }), healthy);
  });
});

describe("clients outside the mesh", () => {
  const legacy = { namespace: "legacy", serviceAccount: "default", mode: "none", pods: 1 } as const;
  const note = (pods: string) =>
    `clients outside the mesh reach no waypoint: what comes from ${pods}load balancers, NodePorts or the API server is denied at ` +
    "web from then on; where it has to get in, send it through a gateway of the mesh";

  it("are denied behind a waypoint, which the plan says where they were let in", () => {
    const gets = { rules: [to({ methods: ["GET"] })] };
    assert.deepEqual(notesOf(gets), [note("")]);
    assert.deepEqual(notesOf(gets, { callers: [legacy] }), [note("pods of legacy, ")]);
    assert.deepEqual(notesOf({ action: "DENY", rules: [to({ methods: ["DELETE"] })] }), [note("")]);
  });

  it("are not named where they were denied before", () => {
    const named = { rules: [{ ...from({ namespaces: ["shop"] }), ...to({ methods: ["GET"] }) }] };
    assert.deepEqual(notesOf(named, { callers: [legacy] }), []);
    const byCondition = {
      rules: [{ ...to({ methods: ["GET"] }), when: [{ key: "source.namespace", values: ["shop"] }] }],
    };
    assert.deepEqual(notesOf(byCondition, { callers: [legacy] }), []);
    assert.deepEqual(notesOf({ rules: [to({ methods: ["GET"] })] }, { callers: [legacy], peers: strict }), []);
  });
});

describe("replicas that call each other by a headless Service", () => {
  it("are denied behind a waypoint, which the plan says", () => {
    const services = [service("web"), service("web-peers", { selector: { app: "web" }, headless: true })];
    const spec = { rules: [{ ...from({ namespaces: ["shop"] }), ...to({ methods: ["GET"] }) }] };
    assert.deepEqual(notesOf(spec, { services }), [
      "the headless Service web-peers leads to the pods of web themselves: what calls them by it, as replicas call each other, is denied",
    ]);
    assert.deepEqual(notesOf(spec), []);
  });
});
