// `istio-ambient check` against an API server on loopback: what it prints, where, and how it ends.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { checks } from "../../lib/checks";
import { ApiServer, kubeconfigText } from "./fixtures/api-server";
import { conditionIs, lists, set } from "./fixtures/breakages";
import { MeshApi } from "./fixtures/mesh-api";
import { istioAmbient } from "./fixtures/terminal";

const goldenTable = `kubernetes
----------
√ Kubernetes is a version that the installed Istio supports
‼ every node is ready
    \`Node node-1\`: got "condition Ready is not True"; a node that runs pods is ready; run \`kubectl describe node node-1\`
    The data plane of a node that is not ready cannot be checked, and its pods get no traffic.
    see https://github.com/danielscholl-osdu/istio-ambient/blob/main/docs/checks.md#nodes-ready

data-plane
----------
√ istio-cni is ready on every node
× ztunnel is ready on every node
    \`DaemonSet istio-system/ztunnel\`: got "0 of 1 ready"; it is ready on every node, and on at least one; run \`kubectl describe daemonset ztunnel --namespace istio-system\`
    On a node without ztunnel every new connection to or from a captured pod fails.
    see https://github.com/danielscholl-osdu/istio-ambient/blob/main/docs/checks.md#ztunnel-ready
√ every pod of istiod, istio-cni and ztunnel runs the newest template
√ istio-cni is connected to ztunnel on every node that was asked
√ ztunnel serves every captured pod of the nodes that were asked
√ every captured pod has a ztunnel on its node
√ no node with a ready istio-cni keeps the taint for those without
‼ the mesh's CNI does not prevent pods from starting or ending
    not checked: see “not read” below
‼ no quota or admission rule rejects the mesh's pods
    not checked: see “not read” below
√ ztunnel has the network, the cluster and the address of its istiod

not read
--------
‼ events: no right to list events; leaves open pod-sandboxes, pods-created

√ 8 passed   ‼ 1 warned   ‼ 2 not checked   × 1 failed
`;

const goldenJson = `{
  "schemaVersion": 1,
  "cluster": {
    "server": "<server>",
    "kubernetes": "v1.36.3"
  },
  "good": true,
  "tally": {
    "passed": 1,
    "warned": 1,
    "failed": 0,
    "waived": 0,
    "unknown": 0
  },
  "unread": [],
  "checks": [
    {
      "id": "kubernetes-version",
      "category": "kubernetes",
      "claim": "Kubernetes is a version that the installed Istio supports",
      "severity": "warning",
      "outcome": "passed",
      "hint": "Each Istio release supports a few minor versions of Kubernetes; upgrade the one that is too old.",
      "anchor": "https://github.com/danielscholl-osdu/istio-ambient/blob/main/docs/checks.md#kubernetes-version",
      "findings": []
    },
    {
      "id": "nodes-ready",
      "category": "kubernetes",
      "claim": "every node is ready",
      "severity": "warning",
      "outcome": "warned",
      "hint": "The data plane of a node that is not ready cannot be checked, and its pods get no traffic.",
      "anchor": "https://github.com/danielscholl-osdu/istio-ambient/blob/main/docs/checks.md#nodes-ready",
      "findings": [
        {
          "object": "Node node-1",
          "namespace": "",
          "got": "condition Ready is not True",
          "rule": "a node that runs pods is ready",
          "fix": {
            "run": "kubectl describe node node-1"
          },
          "message": "\`Node node-1\`: got \\"condition Ready is not True\\"; a node that runs pods is ready; run \`kubectl describe node node-1\`"
        }
      ]
    }
  ]
}
`;

describe("istio-ambient check", () => {
  let mesh: MeshApi;
  let server: ApiServer;

  beforeEach(async () => {
    mesh = new MeshApi();
    server = await ApiServer.start(mesh);
  });
  afterEach(() => server.stop());

  const check = (...argv: string[]) => istioAmbient(["check", "--kubeconfig", server.kubeconfig, ...argv]);
  const breakIt = () => {
    mesh.edit(lists.nodes, "node-1", conditionIs("Ready", "False", "", ""));
    mesh.edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0));
    server.answers.set(lists.events, { status: 403, message: "no right to list events" });
  };

  it("ends with 0 on a healthy mesh, and says nothing on stderr", async () => {
    const { code, out, err } = await check("--category", "versions", "--category", "network");
    assert.equal(
      out,
      `versions
--------
√ istiod's release is supported by this package
√ istio-cni and ztunnel have istiod's minor version or the one before
√ no image comes from a retired registry
√ Istio's CRDs are of istiod's minor version or a newer one

network
-------
√ the network plugin's settings leave the mesh's traffic alone
√ no NetworkPolicy blocks the mesh's port
√ no NetworkPolicy keeps pods from connecting to the mesh's port
√ no NetworkPolicy is between istiod and what it serves
√ no NetworkPolicy closes the listeners of an ingress gateway
√ no NetworkPolicy blocks the kubelet's probes
√ no policy of the network plugin's own kinds is in the mesh's way

√ 11 passed
`,
    );
    assert.deepEqual({ code, err }, { code: 0, err: "" });
  });

  it("ends with 1 on a failure, with what was found below each check", async () => {
    breakIt();
    const { code, out } = await check("--category", "data-plane", "--category", "kubernetes");
    assert.equal(out, goldenTable);
    assert.equal(code, 1);
  });

  it("shows ten findings of a check and counts the others, which the data has all", async () => {
    for (let index = 0; index < 12; index++) {
      mesh.add(lists.namespaces, { metadata: { name: `n${index}`, labels: { "istio.io/dataplane-mode": "on" } } });
    }
    const { out } = await check("--category", "enrollment");
    const lines = out.split("\n").filter((line) => line.startsWith("    "));
    assert.equal(lines.filter((line) => line.startsWith("    `Namespace n")).length, 10);
    assert.equal(lines[10], "    and 2 more; see all with --output json");
    const data = (await check("--category", "enrollment", "--output", "json")).out;
    assert.equal(data.match(/"object": "Namespace n\d+"/g)?.length, 12);
  });

  it("refuses a namespace that does not exist, in which nothing would be found wrong", async () => {
    mesh.add(lists.namespaces, { metadata: { name: "shop" } });
    const { code, out, err } = await check("--namespace", "shopp");
    const message = '`--namespace`: got "shopp"; must be an existing namespace; write `--namespace shop`\n';
    assert.deepEqual({ code, out, err }, { code: 64, out: "", err: message });
    server.answers.set(lists.namespaces, { status: 403, message: "no right to list namespaces" });
    assert.deepEqual(await check("--namespace", "shopp"), {
      code: 64,
      out: "",
      err: '`--namespace`: got "shopp"; must be an existing namespace; write `--namespace <name>`\n',
    });
    server.answers.set(`${lists.namespaces}/shopp`, { status: 403, message: "no right to shopp" });
    assert.notEqual((await check("--namespace", "shopp")).code, 64);
  });

  it("passes a check that could read all but a part, and says at the end what that was", async () => {
    const entries = "/apis/networking.istio.io/v1/serviceentries";
    server.answers.set(entries, { status: 403, message: "no right to list entries" });
    const { code, out } = await check("--category", "waypoints");
    assert.equal(
      out,
      `waypoints
---------
√ every waypoint that is in use exists
√ the traffic type of every waypoint is valid
√ every waypoint serves the kind of traffic that it is named for
√ every waypoint has a mesh listener
√ every Service with a waypoint label is bound to its waypoint
√ every ServiceEntry with a waypoint has addresses that ztunnel knows
√ every waypoint has running pods
√ istiod reads every label that is to lead to a waypoint
√ every canary waypoint gets a share of the connections

not read
--------
‼ serviceEntries: no right to list entries; narrows waypoint-exists, waypoint-bound, waypoint-dns, waypoint-labels, waypoint-canary

√ 9 passed
`,
    );
    assert.equal(code, 0);
  });

  it("shows a waived finding with its reason, and does not fail", async () => {
    mesh.edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0));
    const { code, out } = await check("--category", "data-plane", "--ignore", "ztunnel-ready=a = b, until Monday");
    const shown = `‼ ztunnel is ready on every node
    \`DaemonSet istio-system/ztunnel\`: got "0 of 1 ready"; it is ready on every node, and on at least one; run \`kubectl describe daemonset ztunnel --namespace istio-system\`
    waived: a = b, until Monday
`;
    assert.ok(out.includes(shown), out);
    assert.ok(out.endsWith("√ 9 passed   ‼ 1 waived\n"), out);
    assert.equal(code, 0);
  });

  it("refuses to waive what does not exist, and to waive without a reason", async () => {
    for (const [given, rule, fix] of [
      ["ztunel-ready=known", "there is no such check", "ztunnel-ready=known"],
      ["ztunnel-redy", "there is no such check", "ztunnel-ready=<reason>"],
      ["ztunnel-ready", "must say after `=` why the finding does not matter here", "ztunnel-ready=<reason>"],
      ["ztunnel-ready=<reason>", "must say after `=` why the finding does not matter here", "ztunnel-ready=<reason>"],
    ]) {
      const { code, out, err } = await check("--ignore", given!);
      const message = `\`--ignore\`: got "${given}"; ${rule}; write \`--ignore "${fix}"\`\n`;
      assert.deepEqual({ code, out, err }, { code: 64, out: "", err: message });
    }
  });

  it("ends with 0 on warnings", async () => {
    breakIt();
    assert.equal((await check("--category", "kubernetes")).code, 0);
  });

  it("prints data, and nothing but data, to stdout", async () => {
    breakIt();
    const { out } = await check("--category", "kubernetes", "--output", "json");
    assert.equal(out, goldenJson.replace("<server>", server.address));
  });

  it("colors the signs on a terminal that may show colors, and only the signs", async () => {
    breakIt();
    const argv = ["check", "--kubeconfig", server.kubeconfig, "--category", "data-plane"];
    const { out } = await istioAmbient(argv, { color: true });
    assert.ok(out.includes("\u001b[32m√\u001b[0m istio-cni is ready on every node\n"));
    assert.ok(out.includes("\u001b[31m×\u001b[0m ztunnel is ready on every node\n"));
    assert.ok(out.includes("\u001b[33m‼\u001b[0m the mesh's CNI does not prevent pods from starting or ending\n"));
    const plain = (await check("--category", "data-plane")).out;
    const uncolored = ["[32m", "[31m", "[33m", "[0m"].reduce((text, code) => text.replaceAll(`\u001b${code}`, ""), out);
    assert.equal(uncolored, plain);
  });

  it("shows its progress on a terminal, and takes it away", async () => {
    const argv = ["check", "--kubeconfig", server.kubeconfig];
    const { err, out } = await istioAmbient(argv, { interactive: true });
    assert.ok(err.includes("\r\u001b[Kreading pods\r\u001b[Kreading "));
    assert.ok(err.endsWith("\r\u001b[K"));
    assert.ok(out.endsWith(`√ ${checks.length} passed\n`));
  });

  it("knows what kind publishes from the cluster's own file", async () => {
    const file = path.join(path.dirname(server.kubeconfig), "kind.yaml");
    fs.writeFileSync(
      file,
      "nodes: [{ extraPortMappings: [{ containerPort: 30081, hostPort: 80 }] }, { role: worker }]",
    );
    const { code, out } = await check("--category", "gateway-service", "--kind-config", file);
    assert.ok(out.includes('got "nodePort 30444"; the kind cluster publishes 30081; run'), out);
    assert.equal(code, 0);
  });

  it("waits until nothing fails", async () => {
    mesh.edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0));
    const waiting = check("--wait", "1m", "--category", "data-plane");
    await new Promise((resolve) => setTimeout(resolve, 500));
    mesh.edit(lists.daemonSets, "ztunnel", set("status.numberReady", 1));
    const { code, out, err } = await waiting;
    assert.match(err, /^1 failed: ztunnel-ready; checking again, \d+ s left\n$/);
    assert.deepEqual({ code, end: out.split("\n").at(-2) }, { code: 0, end: "√ 10 passed" });
  });

  it("waits no longer than it was told", async () => {
    mesh.edit(lists.daemonSets, "ztunnel", set("status.numberReady", 0));
    const { code, out, err } = await check("--wait", "1s", "--category", "data-plane");
    // On a busy machine the first look may take all of the second.
    assert.match(err, /^(1 failed: ztunnel-ready; checking again, 1 s left\n)?$/);
    assert.ok(out.includes("× ztunnel is ready on every node"));
    assert.equal(code, 1);
  });

  it("ends with 69 where there is no cluster", async () => {
    fs.writeFileSync(server.kubeconfig, kubeconfigText("http://127.0.0.1:1"));
    assert.deepEqual(await check(), {
      code: 69,
      out: "",
      err: "cannot reach the cluster at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1\n",
    });
    assert.deepEqual(await check("--context", "other"), {
      code: 69,
      out: "",
      err: `context "other" is not in ${server.kubeconfig}; contexts there: "test"\n`,
    });
  });

  it("ends with 69 where one look takes too long", async () => {
    server.answers.set(lists.pods, "silence");
    const { code, err } = await check("--timeout", "1s");
    assert.equal(err, `cannot reach the cluster at ${server.address}: no answer within 1 s\n`);
    assert.equal(code, 69);
  });
});
