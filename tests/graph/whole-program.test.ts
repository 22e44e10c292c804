// What the preview of a program with a mesh and every component costs the API server.
import * as assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { kubeConfigClass } from "../../cluster/kube-config";
import {
  AccessPolicy,
  AmbientMesh,
  AmbientNamespace,
  HttpRoute,
  IngressGateway,
  TrafficPolicy,
  Waypoint,
} from "../../components";
import { preview } from "./applications";
import { record } from "./record";

describe("the preview of a mesh and every component", () => {
  const usual = process.env["KUBECONFIG"];
  let server: ChildProcess;

  before(async () => {
    server = fork(path.join(__dirname, "standing-server.ts"), { execArgv: ["--require", "tsx/cjs"] });
    const [kubeconfig] = (await once(server, "message")) as [string];
    process.env["KUBECONFIG"] = kubeconfig;
    // Loaded at the first look, for longer than a recording waits for something to happen.
    await kubeConfigClass();
  });

  after(() => {
    process.env["KUBECONFIG"] = usual;
    server.disconnect();
  });

  /** What was asked for since the last time, each path without its query. */
  async function requests(): Promise<string[]> {
    server.send("requests");
    const [sent] = (await once(server, "message")) as [string[]];
    return sent.map((request) => request.split("?")[0] ?? "").sort();
  }

  /** Everything in one namespace, and a second gateway beside the mesh's. */
  function program(name: string, adopt: boolean): void {
    const mesh = new AmbientMesh("mesh", { version: "1.31.0", platform: "kind" });
    const { name: namespace } = new AmbientNamespace(name, { adopt, mtls: "strict" });
    const service = new k8s.core.v1.Service("made", { metadata: { name: "made", namespace } }).metadata.name;
    const backends = [{ service, port: 80 }];
    new HttpRoute("made", { namespace, parent: mesh.gateway, hostnames: ["localhost"], backends });
    new IngressGateway("front", { httpNodePort: 30090, httpsNodePort: 30555 });
    const waypoint = new Waypoint("proxy", { namespace, for: [{ namespace, service }] });
    const jwt = { issuer: "https://id.example.com", jwksUri: "https://id.example.com/keys" };
    new AccessPolicy("access", { namespace, http: { waypoint, allow: [{ methods: ["GET"] }], jwt } });
    const shaped = { timeout: "1s", connectionPool: { maxConnections: 1 } };
    new TrafficPolicy("traffic", { namespace, service, waypoint, ...shaped });
  }

  /** Beside the preflight's, which is in tests/unit/preflight-requests.test.ts. */
  const beside = (sent: string[]) => sent.length - 18;

  it("asks for no object of a namespace that the program is about to make", async () => {
    const { logged } = await record(() => program("own", false), preview);
    assert.deepEqual(logged, []);
    const sent = await requests();
    assert.equal(beside(sent), 6, sent.join("\n"));
  });

  it("asks once for what several components need, and for nothing that the preflight has read", async () => {
    const { logged } = await record(() => program("shop", true), preview);
    assert.deepEqual(logged, []);
    const sent = await requests();
    assert.equal(beside(sent), 13, sent.join("\n"));
    const twice = sent.filter((request, index) => sent.indexOf(request) !== index);
    assert.deepEqual(twice, ["GET /api/v1/secrets", "GET /apis/apps/v1/deployments"]);
  });
});
