// What the sandbox prints.
import * as assert from "node:assert/strict";
import { report, resourceLabel } from "../../sandbox/session/engine-events";
import { Instance } from "../../sandbox/instance";
import { lackingExtensions } from "../../sandbox/session/requests";
import { endText, statusText } from "../../sandbox/session/status";
import { summary } from "../../sandbox/session/summary";
import { table } from "../../sandbox/session/table";

const instance = new Instance("/sandbox");
const ports = { http: 8081, https: 8444 };

describe("the sandbox's texts", () => {
  it("align columns, and leave out rows without a value", () => {
    assert.equal(
      table([
        ["a", "long one"],
        ["gone", undefined],
        ["longer", "b"],
      ]),
      "  a       long one\n  longer  b",
    );
  });

  it("name a resource by type and name", () => {
    const urn =
      "urn:pulumi:sandbox::istio-ambient::istio-ambient:index:AmbientMesh$kubernetes:helm.sh/v3:Release::mesh-istiod";
    assert.equal(resourceLabel(urn), "Release mesh-istiod");
  });

  it("say once what stopped the program, which the engine says twice", () => {
    const printed: string[] = [];
    const diagnostic = (severity: "error" | "warning", message: string) =>
      report({
        sequence: 0,
        timestamp: 0,
        diagnosticEvent: { message, color: "never", severity },
      });
    const print = console.error;
    console.error = (line: string) => printed.push(line);
    try {
      diagnostic("warning", "slow");
      diagnostic("error", "`name`: wrong");
      diagnostic("error", "`name`: wrong\n");
      diagnostic("error", "One or more errors occurred: `name`: wrong");
      diagnostic("error", "One or more errors occurred: another");
      diagnostic("warning", "slow");
    } finally {
      console.error = print;
    }
    assert.deepEqual(printed, [
      "  warning: slow",
      "  error: `name`: wrong",
      "  error: One or more errors occurred: another",
      "  warning: slow",
    ]);
  });

  it("say how to start a sandbox that does not run", () => {
    assert.equal(statusText(instance, undefined), "no sandbox runs in /sandbox; start one with `make up`");
  });

  it("list the parts that run", () => {
    const parts = [
      { part: "etcd", state: "ready" as const, pid: 12, restarts: 0, log: "/sandbox/logs/etcd.log" },
      { part: "istiod", state: "stopped" as const, pid: undefined, restarts: 1, log: "/sandbox/logs/istiod.log" },
    ];
    const expected = `sandbox /sandbox: ready, 2 node(s), 127.0.0.1:8081 and 127.0.0.1:8444 lead to its gateway
  part    state    pid inside  restarts  log
  etcd    ready    12          0         /sandbox/logs/etcd.log
  istiod  stopped  -           1         /sandbox/logs/istiod.log`;
    assert.equal(statusText(instance, { phase: "ready", nodes: 2, ports, lacks: [], parts }), expected);
  });

  it("say what was ended, where anything ran", () => {
    const service = { restarts: 0, log: "" };
    const parts = [
      { part: "etcd", state: "ready" as const, pid: 12, ...service },
      { part: "istiod", state: "stopped" as const, pid: undefined, ...service },
      { part: "kwok", state: "ready" as const, pid: 14, ...service },
    ];
    assert.equal(endText(instance, parts), "ended the sandbox /sandbox: etcd, kwok");
    assert.equal(endText(instance, []), "ended the sandbox /sandbox");
    assert.equal(endText(instance, undefined), "no sandbox runs in /sandbox");
  });

  it("say which piece is missing where no requests are carried", () => {
    const lacks = [
      "`nft`, which comes with the package nftables",
      "envoy 1.40.0, which could not be built or downloaded",
    ];
    const said =
      "without traffic, since it lacks `nft`, which comes with the package nftables; " +
      "envoy 1.40.0, which could not be built or downloaded";
    const [first] = statusText(instance, { phase: "ready", nodes: 1, ports, lacks, parts: [] }).split("\n");
    assert.equal(first, `sandbox /sandbox: ready, 1 node(s), ${said}`);
    const outputs = { httpUrl: { value: "http://localhost:8081", secret: false } };
    const text = summary(instance, outputs, [], lacks);
    assert.ok(text.split("\n").includes(`The sandbox runs ${said}`));
    // Nothing would answer there.
    assert.ok(!text.includes("http://localhost:8081"));
  });

  it("sum up a mesh: where it answers, what it asks for, how to look and how to stop", () => {
    const output = (value: unknown) => ({ value, secret: false });
    const text = summary(
      instance,
      {
        version: output("1.31.0"),
        httpUrl: output("http://localhost:8081"),
        httpsUrl: output("https://localhost:8444"),
        nodePorts: output({ http: 30081, https: 30444 }),
        resources: output({ total: { cpu: "150m", memory: "192Mi" }, istiod: { cpu: "100m", memory: "128Mi" } }),
      },
      [{ name: "kubernetes", version: "4.34.2", origin: "official", from: "/plugins" }],
      [],
    );
    const expected = `
Istio 1.31.0 in ambient mode runs in the sandbox /sandbox

  http       http://localhost:8081
  https      https://localhost:8444
  NodePorts  http 30081, https 30444
  plugins    kubernetes 4.34.2 (official)

  requests  cpu   memory
  istiod    100m  128Mi
  total     150m  192Mi

Gateways are real here; ztunnel and waypoints are not: what goes between applications is plain

  look around  SANDBOX_DIR=/sandbox make shell
               SANDBOX_DIR=/sandbox npm run sandbox -- exec kubectl get pods -A
  what runs    SANDBOX_DIR=/sandbox make status
  stop         SANDBOX_DIR=/sandbox make down
`;
    assert.equal(text, expected);
  });

  it("name the extensions that a gateway's Envoy was sent and has not, each once", () => {
    const line = (name: string) =>
      `config rejected: Didn't find a registered implementation for '${name}' with type URL: 'x'`;
    const log = ["started", line("istio.stats"), line("istio.alpn"), line("istio.stats")].join("\n");
    assert.deepEqual(lackingExtensions(log), ["istio.stats", "istio.alpn"]);
  });

  it("sum up a stack that is switched off", () => {
    const [first = ""] = summary(instance, {}, [], []).trim().split("\n");
    assert.equal(first, "The program made no mesh (istio-ambient:enabled is false); istiod 1.31.0 waits for one");
  });
});
