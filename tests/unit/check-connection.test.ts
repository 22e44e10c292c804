// Which cluster: the rules of client-go and of the Kubernetes plugin, and never another cluster by accident.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { loadKubeConfig, type ClusterTarget } from "../../cluster/connection";
import { environmentProxy } from "../../cluster/proxy";
import { typescript } from "../../sandbox/node";
import { kubeconfigText } from "./fixtures/api-server";

describe("which cluster is looked at", () => {
  let home: string;
  let serviceAccountDirectory: string;
  let env: NodeJS.ProcessEnv;

  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
    serviceAccountDirectory = path.join(home, "serviceaccount");
    env = {};
  });
  afterEach(() => fs.rmSync(home, { recursive: true }));

  function write(name: string, text: string): string {
    const file = path.join(home, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  /** A kubeconfig of several contexts, each with a cluster of its name. */
  function config(current: string, ...names: string[]): string {
    return JSON.stringify({
      clusters: names.map((name) => ({ name, cluster: { server: `https://${name}.example` } })),
      users: names.map((name) => ({ name, user: { token: name } })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
      ...(current ? { "current-context": current } : {}),
    });
  }

  const load = (target: ClusterTarget = {}) => loadKubeConfig(target, { env, home, serviceAccountDirectory });
  const serverOf = async (target?: ClusterTarget) => (await load(target)).getCurrentCluster()?.server;
  const refused = (target: ClusterTarget, message: string) =>
    assert.rejects(load(target), { name: "NoClusterError", message });

  it("is the current context of ~/.kube/config", async () => {
    write(".kube/config", config("b", "a", "b"));
    assert.equal(await serverOf(), "https://b.example");
    assert.equal(await serverOf({ context: "a" }), "https://a.example");
  });

  it("is the first current context of KUBECONFIG's list, whose missing files are passed over", async () => {
    write(".kube/config", config("home", "home"));
    const files = [path.join(home, "missing"), write("one", config("", "a")), write("two", config("b", "b"))];
    env["KUBECONFIG"] = [...files, write("three", config("c", "c"))].join(path.delimiter);
    assert.equal(await serverOf(), "https://b.example");
    assert.equal(await serverOf({ context: "c" }), "https://c.example");
    await refused({ context: "home" }, `context "home" is not in ${env["KUBECONFIG"]}; contexts there: "a", "b", "c"`);
  });

  it("takes each name from the first file that has it", async () => {
    const second = config("a", "a").replace("https://a.example", "https://other.example");
    env["KUBECONFIG"] = [write("one", config("a", "a")), write("two", second)].join(path.delimiter);
    assert.equal(await serverOf(), "https://a.example");
  });

  it("may be given as text, as a path, or as a path below ~", async () => {
    write(".kube/config", config("home", "home"));
    const file = write("given", config("b", "a", "b"));
    assert.equal(await serverOf({ kubeconfig: config("a", "a") }), "https://a.example");
    assert.equal(await serverOf({ kubeconfig: file }), "https://b.example");
    assert.equal(await serverOf({ kubeconfig: "~/given" }), "https://b.example");
    assert.equal(await serverOf({ kubeconfig: file, context: "a" }), "https://a.example");
    assert.equal(await serverOf({ kubeconfigFile: file }), "https://b.example");
  });

  it("takes another cluster than the context's where the provider does", async () => {
    write(".kube/config", config("b", "a", "b"));
    const kubeconfig = await load({ cluster: "a" });
    assert.equal(kubeconfig.getCurrentCluster()?.server, "https://a.example");
    assert.equal(kubeconfig.getCurrentUser()?.token, "b");
    await refused({ cluster: "c" }, `cluster "c" of context "b" is not in ${home}/.kube/config`);
  });

  it("finds files relative to the kubeconfig that names them", async () => {
    const text = config("a", "a").replace('"token":"a"', '"client-certificate":"certs/me.crt"');
    const file = write("dir/config", text);
    const user = (await load({ kubeconfigFile: file })).getCurrentUser();
    assert.equal(user?.certFile, path.join(home, "dir/certs/me.crt"));
  });

  it("is the cluster around the pod where there is no kubeconfig", async () => {
    env["KUBERNETES_SERVICE_HOST"] = "fd00::1";
    env["KUBERNETES_SERVICE_PORT"] = "443";
    await refused({}, `no kubeconfig context: none in ${home}/.kube/config`);
    write("serviceaccount/token", "secret");
    assert.equal(await serverOf(), "https://[fd00::1]:443");
    const { authProvider } = (await load()).getCurrentUser() ?? {};
    assert.deepEqual(authProvider, {
      name: "tokenFile",
      config: { tokenFile: path.join(serviceAccountDirectory, "token") },
    });
    await refused({ context: "a" }, `no kubeconfig context: none in ${home}/.kube/config`);
    write(".kube/config", config("a", "a"));
    assert.equal(await serverOf(), "https://a.example");
  });

  it("may speak plain HTTP, as kubectl proxy does", async () => {
    const kubeconfig = await load({ kubeconfig: kubeconfigText("http://127.0.0.1:8001") });
    await assert.doesNotReject(kubeconfig.applyToHTTPSOptions({}));
  });

  it("is reached through the proxy of the kubeconfig, or of the environment", async () => {
    write(".kube/config", config("a", "a"));
    env["HTTPS_PROXY"] = "proxy.example:3128";
    assert.equal((await load()).getCurrentCluster()?.proxyUrl, "http://proxy.example:3128");
    env["NO_PROXY"] = "a.example";
    assert.equal((await load()).getCurrentCluster()?.proxyUrl, undefined);
    const text = config("a", "a").replace('"server"', '"proxy-url":"socks5://own.example:1080","server"');
    assert.equal((await load({ kubeconfig: text })).getCurrentCluster()?.proxyUrl, "socks5://own.example:1080");
  });

  it("is none where nothing says which", async () => {
    await refused({}, `no kubeconfig context: none in ${home}/.kube/config`);
    write(".kube/config", config("", "a", "b"));
    await refused({}, `no current context in ${home}/.kube/config; contexts there: "a", "b"`);
    write(".kube/config", config("gone", "a"));
    await refused({}, `context "gone" is not in ${home}/.kube/config; contexts there: "a"`);
    const missing = path.join(home, "missing");
    await refused(
      { kubeconfigFile: missing },
      `cannot read kubeconfig ${missing}: ENOENT: no such file or directory, open '${missing}'`,
    );
    await refused({ kubeconfig: missing }, `kubeconfig "${missing}" is neither a file nor the text of a kubeconfig`);
    await refused({ kubeconfig: "kind: Config" }, "no kubeconfig context: none in the given kubeconfig");
  });
});

describe("the proxy of the environment", () => {
  const table: [string, NodeJS.ProcessEnv, string | undefined][] = [
    ["https://api.example", {}, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    ["https://api.example", { https_proxy: "p:1" }, "http://p:1"],
    ["https://api.example", { HTTP_PROXY: "http://p:1" }, undefined],
    ["http://api.example", { HTTP_PROXY: "http://p:1" }, "http://p:1"],
    ["https://localhost:6443", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://127.0.0.1:6443", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://[::1]:6443", { HTTPS_PROXY: "http://p:1" }, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1", NO_PROXY: "*" }, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1", NO_PROXY: "other, example" }, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1", no_proxy: ".example" }, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1", NO_PROXY: "*.example" }, undefined],
    ["https://example", { HTTPS_PROXY: "http://p:1", NO_PROXY: ".example" }, "http://p:1"],
    ["https://myexample", { HTTPS_PROXY: "http://p:1", NO_PROXY: "example" }, "http://p:1"],
    ["https://api.example:6443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "api.example:6443" }, undefined],
    ["https://api.example", { HTTPS_PROXY: "http://p:1", NO_PROXY: "api.example:6443" }, "http://p:1"],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8" }, undefined],
    ["https://11.1.2.3:6443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8,fd00::/8" }, "http://p:1"],
    ["https://[fd00::5]:6443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "10.0.0.0/8,fd00::/8" }, undefined],
    ["https://[fd00::5]:6443", { HTTPS_PROXY: "http://p:1", NO_PROXY: "fd00::5" }, undefined],
    ["https://110.1.2.3", { HTTPS_PROXY: "http://p:1", NO_PROXY: "1.2.3" }, "http://p:1"],
  ];
  for (const [server, env, proxy] of table) {
    it(`${server} with ${JSON.stringify(env)} is ${proxy ?? "none"}`, () => {
      assert.equal(environmentProxy(server, env), proxy);
    });
  }
});

describe("the client library", () => {
  const library = JSON.stringify(require.resolve("@kubernetes/client-node"));
  const own = JSON.stringify(require.resolve("../../cluster/kube-config"));
  const ours = `const KubeConfig = await require(${own}).kubeConfigClass(); new KubeConfig().loadFromDefault();`;

  /** How many of the API's models a process of its own loads by these statements, and what it says of them. */
  function ranWith(home: string, statements: string): { models: number; said: unknown } {
    const file = path.join(home, "program.ts");
    const program = `let models = 0, said: unknown;
      require("node:module").registerHooks({
        load: (url, context, next) => { models += Number(url.includes("client-node/dist/gen/models/")); return next(url, context); },
      });
      void (async () => { ${statements} console.log(JSON.stringify({ models, said })); })();`;
    fs.writeFileSync(file, program);
    const [node = "", ...args] = typescript(file);
    const root = path.dirname(path.dirname(__dirname));
    const output = execFileSync(node, args, { cwd: root, encoding: "utf8", env: { ...process.env, KUBECONFIG: "" } });
    return JSON.parse(output) as { models: number; said: unknown };
  }

  it("is loaded without the models of the API", () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
    assert.deepEqual(ranWith(home, ours), { models: 0 });
    fs.rmSync(home, { recursive: true });
  });

  it("is whole where the program itself asks for it as well", () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "home-"));
    const both = `${ours} const { CoreV1Api } = await import(${library}); said = typeof CoreV1Api.prototype.listNode;`;
    const { models, said } = ranWith(home, both);
    assert.ok(models > 500, `${models} models`);
    assert.equal(said, "function");
    fs.rmSync(home, { recursive: true });
  });
});
