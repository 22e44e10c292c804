// `istio-ambient footprint` against an API server on loopback: what it prints, where, and how it ends.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import Ajv from "ajv";
import { interruptible } from "../../cli/watch";
import { ApiServer } from "./fixtures/api-server";
import { addSidecar, measuredMesh, paths, usual } from "./fixtures/footprint";
import { istioAmbient } from "./fixtures/terminal";
import type { MeshApi } from "./fixtures/mesh-api";

const golden = `mesh on <server>
used: as the kubelets say (nodes/proxy, stats/summary)

PART       PODS  CPU REQUESTED  CPU USED  MEMORY REQUESTED  WORKING SET       RSS
istiod        1           100m        3m           128 MiB     77.3 MiB  45.2 MiB
istio-cni     1           100m        2m           128 MiB     58.9 MiB  19.4 MiB
ztunnel       1            50m        1m          64.0 MiB     11.4 MiB   5.3 MiB
gateways      1            50m        4m          64.0 MiB     31.8 MiB  29.4 MiB
waypoints     1            50m        4m          64.0 MiB     30.0 MiB  27.0 MiB
total         5           350m       14m           448 MiB      209 MiB   126 MiB

against sidecars, by RSS: 2 pods captured; one sidecar takes 29.0 MiB, not measured here: the RSS in https://github.com/danielscholl-osdu/istio-ambient/blob/main/docs/footprint.md
SERVICES  WITH SIDECARS  AMBIENT  SAVED    AMBIENT IS
2               133 MiB  126 MiB    5 %      measured
5               220 MiB  127 MiB   42 %  extrapolated
10              365 MiB  129 MiB   64 %  extrapolated
20              655 MiB  133 MiB   80 %  extrapolated
with sidecars is extrapolated: istiod, the gateways, and one sidecar for each service of one pod

no advice
`;

const mayNot =
  'nodes "node-1" is forbidden: User "dev" cannot get resource "nodes/proxy" in API group "" at the cluster scope';

describe("istio-ambient footprint", () => {
  let server: ApiServer;

  const serve = async (mesh: MeshApi): Promise<void> => {
    server = await ApiServer.start(mesh);
  };
  afterEach(() => server.stop());

  const footprint = (...argv: string[]) => istioAmbient(["footprint", "--kubeconfig", server.kubeconfig, ...argv]);
  const forbid = (...nodes: string[]) => {
    for (const node of nodes) server.answers.set(paths.summary(node), { status: 403, message: mayNot });
  };

  it("prints parts, comparison and advice, and ends with 0", async () => {
    await serve(measuredMesh());
    const { code, out, err } = await footprint();
    assert.equal(out.replace(server.address, "<server>"), golden);
    assert.deepEqual([code, err], [0, ""]);
  });

  it("tells a user without the right to nodes/proxy what is missing, and measures by metrics.k8s.io", async () => {
    const mesh = measuredMesh();
    const [istiod] = mesh.all(paths.pods).filter(({ metadata }) => metadata.name.startsWith("istiod"));
    const usage = { cpu: "3120401n", memory: "79155Ki" };
    for (const selector of [
      "k8s-app=istio-cni-node",
      "gateway.networking.k8s.io/gateway-name",
      "security.istio.io/tlsMode",
    ])
      mesh.recording.objects[paths.metrics(selector)] = { items: [] } as never;
    mesh.recording.objects[paths.metrics("app in (istiod,ztunnel)")] = {
      items: [{ metadata: istiod!.metadata, containers: [{ name: "discovery", usage }] }],
    } as never;
    await serve(mesh);
    forbid("node-1");
    const { code, out, err } = await footprint();
    assert.match(out, /^istiod +1 +100m +3m +128 MiB +77\.3 MiB +\?$/m);
    assert.equal(
      out.split("\n")[1],
      `used: as metrics.k8s.io says, which has no RSS; the kubelets were not read: ${mayNot}`,
    );
    assert.deepEqual([code, err], [0, ""]);
  });

  it("ends with 1 where use is not known, after the requests", async () => {
    await serve(measuredMesh());
    forbid("node-1");
    const { code, out, err } = await footprint();
    assert.match(out, /^total +5 +350m +\? +448 MiB +\? +\?$/m);
    assert.equal(
      err,
      `\`nodes/proxy\`: got "${mayNot}"; this user must be allowed to get it, or metrics-server must be installed, for figures of use; run \`kubectl auth can-i get nodes/proxy\`\n`,
    );
    assert.equal(code, 1);
  });

  it("ends with 1 on a part near its limit, which comes first among the advice", async () => {
    const near = { limits: { memory: "80Mi" }, requests: { cpu: "500m", memory: "64Mi" } };
    await serve(measuredMesh({ ...usual, istiod: { ...usual["istiod"], ...near } }));
    const { code, out } = await footprint();
    const advice = out.split("\nadvice\n")[1]?.trimEnd().split("\n");
    assert.deepEqual(
      advice?.map((line) => [line[0], line.split('"')[1]]),
      [
        ["×", "uses 77.3 MiB, 97 % of its limit of 80.0 MiB"],
        ["‼", "requests 64.0 MiB, uses 77.3 MiB"],
        ["‼", "requests 500m CPU, uses 3m"],
      ],
    );
    assert.equal(code, 1);
  });

  it("ends with 1 where no mesh is, and says so", async () => {
    const mesh = measuredMesh();
    mesh.recording.lists[paths.pods] = [];
    await serve(mesh);
    const { code, err } = await footprint();
    assert.deepEqual(
      [code, err],
      [1, `no istiod, istio-cni, ztunnel, gateway, waypoint or sidecar was found on ${server.address}\n`],
    );
  });

  it("ends with 1 where pods may not be listed, with 69 where nobody answers", async () => {
    await serve(measuredMesh());
    server.answers.set(paths.pods, { status: 403, message: "no right to list pods" });
    const refused = await footprint();
    assert.deepEqual(refused, { code: 1, out: "", err: "pods cannot be read: no right to list pods\n" });
    server.answers.set(paths.pods, "silence");
    const silent = await footprint("--timeout", "1s");
    assert.deepEqual(silent, {
      code: 69,
      out: "",
      err: `cannot reach the cluster at ${server.address}: no answer within 1 s\n`,
    });
  });

  it("has the documented form as data, with or without figures of use", async () => {
    const docs = path.join(__dirname, "..", "..", "docs");
    const schema = JSON.parse(fs.readFileSync(path.join(docs, "footprint.schema.json"), "utf8")) as object;
    const validate = new Ajv({ allErrors: true }).compile(schema);
    const mesh = measuredMesh({ ...usual, istiod: { ...usual["istiod"], requests: { cpu: "2", memory: "4Gi" } } });
    addSidecar(mesh, "orders", { workingSet: 40, rss: 31, cpu: 2 });
    await serve(mesh);
    const whole = await footprint("--output", "json");
    forbid("node-1");
    const poor = await footprint("--output", "json");
    for (const { out } of [whole, poor]) {
      validate(JSON.parse(out));
      assert.deepEqual(validate.errors, null);
    }
    const data = JSON.parse(whole.out) as { comparison: { sidecar: object; services: object[] }; advice: object[] };
    assert.deepEqual(data.comparison.sidecar, { bytes: 31 * 2 ** 20, basis: "measured", measuredPods: 1 });
    assert.deepEqual([data.comparison.services.length, data.advice.length], [4, 2]);
    assert.equal(validate({ ...data, extra: true }), false);
    assert.equal(validate({ ...data, schemaVersion: 2 }), false);
  });

  it("refuses a format and a duration that are none", async () => {
    await serve(measuredMesh());
    const format = await footprint("--output", "jsno");
    const duration = await footprint("--watch", "often");
    assert.deepEqual(
      [format, duration].map(({ code, err }) => [code, err]),
      [
        [64, '`--output`: got "jsno"; must be one of table, json; write `--output json`\n'],
        [64, '`--watch`: got "often"; must be a duration such as 90s, 2m or 1h30m; write `--watch 2m`\n'],
      ],
    );
  });

  it("measures again until it is interrupted, one JSON document a line", async () => {
    const mesh = measuredMesh();
    await serve(mesh);
    const listed = () => server.requests.filter((request) => request.startsWith("GET /api/v1/pods")).length;
    const watched = footprint("--output", "json", "--watch", "1s");
    while (listed() < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    process.emit("SIGINT");
    const { code, out } = await watched;
    const documents = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { capturedPods: number });
    assert.deepEqual([code, documents.map(({ capturedPods }) => capturedPods)], [0, [2, 2]]);
  });
});

describe("watching", () => {
  it("tells the first time from the others, and gives the last result", async () => {
    const firsts: boolean[] = [];
    const last = await interruptible(1, (isFirst) => {
      firsts.push(isFirst);
      if (firsts.length === 3) process.emit("SIGINT");
      return Promise.resolve(firsts.length);
    });
    assert.deepEqual([last, firsts, process.listenerCount("SIGINT")], [3, [true, false, false], 0]);
  });

  it("ends with what goes wrong, and leaves Ctrl-C as it was", async () => {
    await assert.rejects(
      interruptible(1, () => Promise.reject(new Error("no answer"))),
      { message: "no answer" },
    );
    assert.equal(process.listenerCount("SIGINT"), 0);
  });
});
