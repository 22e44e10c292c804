// Requests to servers behind the API server: what goes wrong there is theirs, and does not end the look at the cluster.
import * as assert from "node:assert/strict";
import { ApiClient, UnreachableError } from "../../cluster/client";
import { ApiServer } from "./fixtures/api-server";
import { MeshApi } from "./fixtures/mesh-api";

describe("a server behind the API server", () => {
  const path = "/api/v1/nodes/node-1/proxy/stats/summary";
  let server: ApiServer;
  let client: ApiClient;

  const connect = async (deadlineMs = 60_000): Promise<void> => {
    server = await ApiServer.start(new MeshApi());
    client = await ApiClient.connect({ kubeconfigFile: server.kubeconfig }, deadlineMs);
  };
  afterEach(() => {
    client.close();
    server.stop();
  });

  it("that is silent is given up after its own time, and the cluster goes on to be read", async () => {
    await connect();
    server.answers.set(path, "silence");
    assert.deepEqual(await client.getBehind(path, 50), { kind: "failed", status: 0, why: "no answer within 0.05 s" });
    assert.equal((await client.get("/api/v1/nodes")).kind, "ok");
  });

  it("that refuses these credentials does not make them wrong for the cluster", async () => {
    await connect();
    server.answers.set(path, { status: 401, message: "Unauthorized" });
    assert.deepEqual(await client.getBehind(path, 5000), { kind: "failed", status: 401, why: "Unauthorized" });
    server.answers.set("/api/v1/nodes", { status: 401, message: "Unauthorized" });
    await assert.rejects(client.get("/api/v1/nodes"), {
      message: `the API server at ${server.address} rejected the credentials: Unauthorized`,
    });
  });

  it("is no reason to go on once the time for the whole look is up", async () => {
    await connect(50);
    server.answers.set(path, "silence");
    await assert.rejects(client.getBehind(path, 5000), UnreachableError);
  });
});
