// `istio-ambient gateway-api` against an API server and a web server on loopback: where a bundle may come from, what is said
// where it cannot be read, and that the CRDs are awaited.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { kubeconfigText } from "./fixtures/api-server";
import { istioAmbient, type Ran } from "./fixtures/terminal";

const bundle = path.join(__dirname, "..", "fixtures", "gateway-api", "crds.yaml");
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const admission = "/apis/admissionregistration.k8s.io/v1";
const group = "gateway.networking.k8s.io";
const policy = `safe-upgrades.${group}`;

interface Applied {
  metadata: { name: string; annotations?: Record<string, string> };
}
type Condition = { type: string; status: string; message?: string };

describe("the Gateway API CRDs, by the command that a stack runs", () => {
  let server: http.Server;
  let address: string;
  let folder: string;
  /** What the web server has: a text, or a status alone. */
  let pages: Record<string, string | number>;
  /** Objects of the API server by path, as they were applied. */
  let applied: Map<string, Applied>;
  /** How often an applied CRD was read. */
  let reads: Map<string, number>;
  /** Conditions of a CRD that is read for the nth time. */
  let conditions: (name: string, read: number) => Condition[];

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "bundle-"));
    server = http.createServer((request, response) => void answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    fs.writeFileSync(path.join(folder, "kubeconfig"), kubeconfigText(address));
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    fs.rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    pages = { "/crds.yaml": fs.readFileSync(bundle, "utf8") };
    applied = new Map();
    reads = new Map();
    conditions = () => [{ type: "Established", status: "True" }];
  });

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const asked = (request.url ?? "").split("?")[0]!;
    const send = (status: number, body: unknown) => {
      response.writeHead(status);
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    };
    const page = pages[asked];
    if (typeof page === "string") return send(200, page);
    if (page !== undefined) return send(page, "");
    if (request.method === "PATCH") {
      let text = "";
      for await (const chunk of request) text += String(chunk);
      applied.set(asked, JSON.parse(text) as Applied);
    }
    const found = applied.get(asked);
    if (asked === definitions) return send(200, { items: [] });
    if (!found) return send(404, { message: `${asked} not found` });
    if (request.method === "GET") reads.set(asked, (reads.get(asked) ?? 0) + 1);
    return send(200, { ...found, status: { conditions: conditions(found.metadata.name, reads.get(asked) ?? 0) } });
  }

  const install = (source: string, ...more: string[]): Promise<Ran> =>
    istioAmbient([...["gateway-api", "--source", source, "--kubeconfig", path.join(folder, "kubeconfig")], ...more]);
  const done: Ran = { code: 0, out: "1.6.0\n", err: "Gateway API 1.6.0: 4 objects applied\n" };

  function assertApplied(): void {
    assert.deepEqual(
      [...applied.keys()],
      [
        `${definitions}/gateways.${group}`,
        `${definitions}/httproutes.${group}`,
        `${admission}/validatingadmissionpolicies/${policy}`,
        `${admission}/validatingadmissionpolicybindings/${policy}`,
      ],
    );
    const { metadata } = applied.get(`${definitions}/httproutes.${group}`)!;
    assert.equal(metadata.annotations!["istio-ambient/bundle"], "1.6.0/gateways,httproutes");
  }

  it("come from a URL", async () => {
    assert.deepEqual(await install(`${address}/crds.yaml`), done);
    assertApplied();
  });

  it("come from a single file", async () => {
    assert.deepEqual(await install(bundle), done);
    assertApplied();
  });

  it("come from a folder, of which other files are no part", async () => {
    const whole = path.join(folder, "crds");
    fs.mkdirSync(whole);
    const documents = fs.readFileSync(bundle, "utf8").split("---\n");
    documents.forEach((text, index) => fs.writeFileSync(path.join(whole, `${index}.yaml`), text));
    fs.writeFileSync(path.join(whole, "README.md"), "[not: yaml");
    assert.deepEqual(await install(whole), done);
    assertApplied();
  });

  const unreadable: [what: string, page: string | number, why: string][] = [
    ["a page that does not exist", 404, "HTTP 404"],
    ["a page that nobody may read", 403, "HTTP 403"],
    ["a login page", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", "it has no Gateway API CRDs"],
    ["an empty page", "", "it has no Gateway API CRDs"],
    ["other objects", "kind: ConfigMap\nmetadata:\n  name: web\n", "it has no Gateway API CRDs"],
    [
      "a page that is cut off, of which nothing is applied",
      `${fs.readFileSync(bundle, "utf8")}---\nkind: CustomResourceDefinition\nspec: { group: "gate`,
      'it is not valid YAML: Missing closing "quote at line 47, column 21',
    ],
    [
      "an alias of nothing",
      "kind: *what\n",
      "it is not valid YAML: Unresolved alias (the anchor must be set before the alias): what",
    ],
  ];
  for (const [what, page, why] of unreadable) {
    it(`are not read from ${what}, in one line`, async () => {
      pages["/crds.yaml"] = page;
      const source = `${address}/crds.yaml`;
      const err = `cannot read the Gateway API CRDs from ${source}: ${why}\n`;
      assert.deepEqual(await install(source), { code: 1, out: "", err });
      assert.equal(applied.size, 0);
    });
  }

  it("are not read where nothing answers", async () => {
    const { code, out, err } = await install("http://127.0.0.1:1/crds.yaml");
    assert.deepEqual([code, out], [1, ""]);
    assert.match(
      err,
      /^cannot read the Gateway API CRDs from http:\/\/127\.0\.0\.1:1\/crds\.yaml: fetch failed: .+\n$/,
    );
  });

  it("are awaited, each of them, until the API server serves them", async () => {
    conditions = (_name, read) => [{ type: "Established", status: read < 3 ? "False" : "True" }];
    assert.deepEqual(await install(bundle), done);
    assert.deepEqual(Object.fromEntries(reads), {
      [`${definitions}/gateways.${group}`]: 3,
      [`${definitions}/httproutes.${group}`]: 3,
    });
  });

  const never: [what: string, condition: Condition, why: string][] = [
    ["says no more", { type: "Established", status: "False" }, "the API server does not serve it yet"],
    [
      "says why",
      { type: "NamesAccepted", status: "False", message: '"routes" is already in use' },
      '"routes" is already in use',
    ],
  ];
  for (const [what, condition, why] of never) {
    it(`end with the one that is never established, where the API server ${what}`, async () => {
      conditions = (name) => [name.startsWith("httproutes") ? condition : { type: "Established", status: "True" }];
      const err = `CustomResourceDefinition httproutes.${group} is not established: ${why}\n`;
      assert.deepEqual(await install(bundle, "--timeout", "1s"), { code: 1, out: "", err });
    });
  }
});
