// Components for programs in other languages: what each call knows of the others, and how wrong arguments are told.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { waivable } from "../../lib/preflight";
import { ApiServer, kubeconfigText } from "../unit/fixtures/api-server";
import { MeshApi } from "../unit/fixtures/mesh-api";
import { unknown } from "../../sandbox/plugins/values";
import { HostedRun, output, urn, type Made } from "./hosted";
import { recordedFile } from "../../tools/schema";

const parent = { name: "hostk8s-gateway", namespace: "istio-system" };
const backends = [{ service: "web", port: 80 }];

function failure(made: Made): string {
  return "failure" in made ? made.failure : assert.fail(`it was made: ${JSON.stringify(made.state)}`);
}

describe("the plugin for other languages", () => {
  let folder: string;
  let run: HostedRun;
  const runs: HostedRun[] = [];

  const start = async (runtime: string, kubeconfig = "none"): Promise<HostedRun> => {
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), `name: shop\nruntime: ${runtime}\n`);
    const started = await HostedRun.start(folder, { KUBECONFIG: path.join(folder, kubeconfig), HOME: folder });
    runs.push(started);
    return started;
  };

  /** A cluster that has these objects, for the runs with the kubeconfig "config"; gives what ends it. */
  async function serving(itemsAt: (url: string) => object[]): Promise<() => void> {
    const server = http.createServer((request, response) => {
      const body = { metadata: {}, items: itemsAt(request.url ?? "") };
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    fs.writeFileSync(path.join(folder, "config"), kubeconfigText(`http://127.0.0.1:${port}`));
    return () => {
      server.closeAllConnections();
      server.close();
    };
  }

  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hosted-"));
    run = await start("yaml");
  });
  after(async () => {
    for (const each of runs) await each.end();
    fs.rmSync(folder, { recursive: true });
  });

  it("serves the recorded schema with the version of the package, and its functions", async () => {
    const recorded = JSON.parse(fs.readFileSync(recordedFile, "utf8")) as object;
    const { version } = JSON.parse(
      fs.readFileSync(path.join(path.dirname(recordedFile), "..", "package.json"), "utf8"),
    ) as {
      version: string;
    };
    assert.deepEqual(await run.schema(), { ...recorded, version });
    assert.deepEqual(await run.invoke("enrolled"), { labels: { "istio.io/dataplane-mode": "ambient" } });
    assert.deepEqual(await run.invoke("optedOut"), { labels: { "istio.io/dataplane-mode": "none" } });
  });

  it("knows in one call what another one has claimed, be it by a name or by an Output", async () => {
    const first = await run.make("HttpRoute", "web", {
      namespace: "shop",
      parent,
      hostnames: ["a.example.com"],
      backends,
    });
    assert.deepEqual("failure" in first ? first.failure : first.state, {
      name: "web-route",
      namespace: "made",
      hostnames: ["a.example.com"],
    });
    const second = run.make("HttpRoute", "other", {
      namespace: "shop",
      parent,
      hostnames: ["a.example.com"],
      backends,
    });
    assert.equal(
      failure(await second),
      [
        'invalid arguments for HttpRoute "other":',
        '  `hostnames`: got "a.example.com/"; must not have the host and path of HttpRoute "web"; ' +
          'write `hostnames: ["other.example.com"]`',
      ].join("\n"),
    );
    await run.make("Waypoint", "one", { namespace: "shop", for: [{ namespace: "shop", service: "web" }] });
    const users = [{ namespace: output("shop"), service: output("web") }];
    assert.match(
      failure(await run.make("Waypoint", "two", { namespace: "shop", for: users })),
      /`for\[0\]`: got ""; Waypoint "one" serves it already; must be served by one waypoint/,
    );
    assert.deepEqual(run.logged, []);
  });

  it("takes apart what a language sends as one Output, where a component needs to know it at once", async () => {
    const made = await run.make("HttpRoute", "all", { namespace: "shop", parent, backends }, ["backends", "namespace"]);
    assert.ok("state" in made, JSON.stringify(made));
    const route = run.registered.find(({ name }) => name === "all-route")!;
    assert.deepEqual((route.inputs["spec"] as { rules: unknown[] }).rules, [
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ group: "", kind: "Service", name: "web", port: 80, weight: 1 }],
      },
    ]);
  });

  it("says so where that is not known at preview", async () => {
    const made = await run.make("Waypoint", "late", { namespace: "shop", for: unknown }, ["for"]);
    assert.equal(
      failure(made),
      'invalid arguments for Waypoint "late":\n  `for`: got a value not known yet; must be known when a component is made; ' +
        "only the values in a list or object may come from resources; write `for: [{ ... }]`",
    );
  });

  it("makes no grant for a backend in the namespace of the route, which is told twice", async () => {
    const own = [{ service: "web", port: 80, namespace: output("shop") }];
    const made = await run.make("HttpRoute", "near", {
      namespace: output("shop"),
      parent,
      hostnames: ["near.example.com"],
      backends: own,
    });
    assert.ok("state" in made, JSON.stringify(made));
    const names = run.registered.map(({ name }) => name).filter((name) => name.startsWith("near"));
    assert.deepEqual(names, ["near", "near-route"]);
  });

  it("tells wrong arguments once, in the words of TypeScript, with the paths of the language", async () => {
    const inputs = { httpNodePort: 80, certificate: { dnsNames: ["not a name"] } };
    const text = (http: string, names: string): string =>
      [
        'invalid arguments for IngressGateway "edge":',
        `  \`${http}\`: got "80"; must be a whole number from 30000 to 32767; write \`httpNodePort: 30081\``,
        `  \`${names}\`: got "not a name"; must be a lowercase hostname without scheme, port or path; only its first label ` +
          'may be `*`; write `dnsNames: ["apps.example.com"]`',
      ].join("\n");
    const python = await start("python");
    assert.equal(
      failure(await run.make("IngressGateway", "edge", inputs)),
      text("httpNodePort", "certificate.dnsNames[0]"),
    );
    const told = failure(await python.make("IngressGateway", "edge", inputs));
    assert.equal(told, text("http_node_port", "certificate.dns_names[0]"));
    assert.deepEqual([...run.logged, ...python.logged], []);
  });

  it("tells what is wrong with values that arrive later once as well, and of the component that they are for", async () => {
    const [bad, good] = await Promise.all([
      run.make("HttpRoute", "bad", { namespace: output("Shop!"), parent, hostnames: ["bad.example.com"], backends }),
      run.make("AmbientNamespace", "good", {}),
    ]);
    assert.match(failure(bad), /^invalid arguments for HttpRoute "bad":\n {2}`namespace`: got "Shop!"; must be /);
    assert.equal(failure(bad).split("\n").length, 2);
    assert.deepEqual(good, { state: { name: "good" } });
    assert.deepEqual(run.logged, []);
  });

  it("tells of the first component what stops several", async () => {
    const annotations = { "istio-ambient/stack": "bank/prod" };
    const items = ["accounts", "loans"].map((name) => ({ metadata: { name, annotations } }));
    const close = await serving((url) => (/\/namespaces(\?|$)/.test(url) ? items : []));
    const other = await start("yaml", "config");
    const made = await Promise.all(["accounts", "loans"].map((name) => other.make("AmbientNamespace", name, {})));
    close();
    const [short, whole] = made.map(failure).sort((one, another) => one.length - another.length);
    assert.match(
      short!,
      /^not created either, because of the errors reported for AmbientNamespace "(accounts|loans)"$/,
    );
    const [head, ...lines] = whole!.split("\n");
    assert.equal(head, "this program would overwrite objects of other owners:");
    assert.deepEqual(lines.map((line) => /Namespace \w+ belongs to the stack bank\/prod/.exec(line)?.[0]).sort(), [
      "Namespace accounts belongs to the stack bank/prod",
      "Namespace loans belongs to the stack bank/prod",
    ]);
  });

  it("knows that a mesh waits for the CertManager of another call, which is refused where it does not", async () => {
    const close = await serving(() => []);
    const dependsOn = [urn("istio-ambient:index:CertManager", "certs")];
    const mesh = async (after: string[]) => {
      const other = await start("yaml", "config");
      await other.make("CertManager", "certs", {});
      const made = await other.make("AmbientMesh", "mesh", {}, [], after);
      return [...("failure" in made ? made.failure.split("\n") : []), ...other.logged.join("\n").split("\n")];
    };
    const about = (lines: string[]) => lines.filter((line) => line.endsWith("[cert-manager]"));
    const [after, beside] = await Promise.all([mesh(dependsOn), mesh([])]);
    assert.deepEqual(about(after), []);
    assert.deepEqual(about(beside), [
      '  `CustomResourceDefinition certificates.cert-manager.io`: got "none"; the mesh has to wait for CertManager "certs" of ' +
        "this program, which brings them; write `{ dependsOn: certs }` [cert-manager]",
    ]);
    close();
  });

  it("knows that the CA of a mesh's gateway stays, and what a change of its certificate takes from others", async () => {
    const mesh = new MeshApi();
    const gateways = "/apis/gateway.networking.k8s.io/v1/gateways";
    const certificates = "/apis/cert-manager.io/v1/certificates";
    const annotations = {
      "istio-ambient/stack": "shop/test",
      "istio-ambient/component": 'IngressGateway "mesh-gateway"',
    };
    mesh.edit(gateways, "hostk8s-gateway", ({ metadata }) => void (metadata.annotations = annotations));
    for (const name of ["hostk8s-gateway-ca", "hostk8s-gateway-cert"])
      mesh.edit(certificates, name, ({ metadata }) => void (metadata.annotations = annotations));
    const cluster = await ApiServer.start(mesh);
    fs.copyFileSync(cluster.kubeconfig, path.join(folder, "config"));
    const ignore = Object.fromEntries(waivable.map(({ id }) => [id, "a test"]));
    const told = async (gateway: object) => {
      const other = await start("yaml", "config");
      const made = await other.make("AmbientMesh", "mesh", { preflight: { ignore }, gateway });
      assert.ok("state" in made, JSON.stringify(made));
      await other.end();
      return other.logged.filter((line) => line.includes("others rely on"));
    };
    const [same, signed] = [await told({}), await told({ certificate: { issuerName: "letsencrypt" } })];
    cluster.stop();
    assert.deepEqual(same, []);
    assert.deepEqual(signed, [
      "this change breaks what others rely on:\n" +
        '  `Certificate istio-system/hostk8s-gateway-ca`: got "not in this program any more"; clients that trust this CA ' +
        "reject the certificates of any other issuer; give them the CA of that issuer, or keep this one; write " +
        "`certificate: { issuerName: undefined }`",
    ]);
  });
});
