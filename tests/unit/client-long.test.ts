// A client that works for hours: tokens run out, and a server may go silent without closing its connections.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { ApiClient } from "../../cluster/client";

interface Asked {
  method: string;
  token: string;
}

/** Serves with what `answer` says of each request: a status, or silence. */
async function on(
  user: (directory: string) => object,
  answer: (asked: Asked, count: number) => number | "silence",
  work: (client: ApiClient, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const all: Asked[] = [];
  const server = http.createServer((request, response) => {
    const asked = { method: request.method ?? "", token: request.headers.authorization ?? "" };
    all.push(asked);
    const status = answer(asked, all.length);
    if (status === "silence") return;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message: "Unauthorized" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "client-"));
  const kubeconfig = path.join(directory, "config");
  fs.writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: "v1", kind: "Config", "current-context": "test" },
      clusters: [{ name: "test", cluster: { server: address } }],
      users: [{ name: "test", user: user(directory) }],
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    }),
  );
  const client = await ApiClient.connect({ kubeconfigFile: kubeconfig }, 60_000, 1000);
  try {
    await work(client, all);
  } finally {
    client.close();
    server.closeAllConnections();
    server.close();
    fs.rmSync(directory, { recursive: true });
  }
}

/** A plugin that gives another token whenever it is asked. */
function plugin(directory: string): object {
  const count = path.join(directory, "count");
  const status = '{"token":"t%s"}';
  const text = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`;
  const script = `echo x >> ${count}; printf '${text}' "$(wc -l < ${count} | tr -d ' ')"`;
  const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "sh", args: ["-c", script] };
  return { exec: { ...exec, interactiveMode: "Never" } };
}

const still = () => ({ token: "t" });

describe("a client that works for long", () => {
  it("asks for new credentials where its own have run out, for reads and writes", () =>
    on(
      plugin,
      ({ token }) => (token === "Bearer t1" ? 401 : 200),
      async (client, asked) => {
        assert.equal((await client.post("/api/v1/namespaces/shop/configmaps", {})).kind, "ok");
        assert.equal((await client.get("/api/v1/pods")).kind, "ok");
        assert.deepEqual(
          asked.map(({ method, token }) => `${method} ${token}`),
          ["POST Bearer t1", "POST Bearer t2", "GET Bearer t2"],
        );
      },
    ));

  it("asks for them once for all requests that are under way", () =>
    on(
      plugin,
      ({ token }) => (token === "Bearer t1" ? 401 : 200),
      async (client, asked) => {
        const paths = ["pods", "services", "secrets", "events"];
        const replies = await Promise.all(paths.map((plural) => client.get(`/api/v1/${plural}`)));
        assert.deepEqual(
          replies.map(({ kind }) => kind),
          paths.map(() => "ok"),
        );
        assert.deepEqual([...new Set(asked.map(({ token }) => token))], ["Bearer t1", "Bearer t2"]);
      },
    ));

  it("says so where new ones are rejected too, and does not ask again where there are no others", async () => {
    const rejected = /^the API server at http:\/\/[\d.:]+ rejected the credentials: Unauthorized$/;
    for (const [user, requests] of [[plugin, 2] as const, [still, 1] as const])
      await on(
        user,
        () => 401,
        async (client, asked) => {
          await assert.rejects(client.get("/api/v1/pods"), { name: "UnreachableError", message: rejected });
          assert.equal(asked.length, requests);
        },
      );
  });

  it("reads once more from a server that went silent", () =>
    on(
      still,
      (_, count) => (count === 1 ? "silence" : 200),
      async (client) => assert.equal((await client.get("/api/v1/pods")).kind, "ok"),
    ));

  it("gives up a server that stays silent, and does not write twice", () =>
    on(
      still,
      () => "silence",
      async (client, asked) => {
        const silent = /^cannot reach the cluster at http:\/\/[\d.:]+: no answer within 1 s$/;
        await assert.rejects(client.patch("/api/v1/namespaces/shop", {}), {
          name: "UnreachableError",
          message: silent,
        });
        assert.deepEqual(
          asked.map(({ method }) => method),
          ["PATCH"],
        );
        await assert.rejects(client.get("/api/v1/pods"), { name: "UnreachableError", message: silent });
        assert.equal(asked.length, 3);
      },
    ));
});
