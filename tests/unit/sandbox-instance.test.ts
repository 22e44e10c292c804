// A command inside a sandbox sees the sandbox and nothing of the user's own cluster, stacks or proxies.
import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { partPath } from "../../sandbox/build/cache";
import { Instance } from "../../sandbox/instance";
import { withMachine } from "../../sandbox/session/stack-config";

describe("a sandbox's environment", () => {
  const environment = new Instance("/sandbox").environment({
    HOME: "/home/me",
    PATH: "/usr/bin",
    KUBECONFIG: "/home/me/.kube/config",
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    PULUMI_ACCESS_TOKEN: "secret",
    PULUMI_STACK: "prod",
    HELM_KUBECONTEXT: "prod",
    HTTPS_PROXY: "http://proxy",
    no_proxy: "localhost",
  });

  it("points every tool at the sandbox", () => {
    assert.equal(environment.KUBECONFIG, "/sandbox/kubeconfig");
    assert.equal(environment.PULUMI_HOME, "/sandbox/pulumi-home");
    assert.equal(environment.PULUMI_BACKEND_URL, "file:///sandbox/pulumi-state");
    assert.equal(environment.PATH, `/sandbox/bin:${path.dirname(process.execPath)}:/usr/bin:/usr/sbin:/sbin`);
  });

  it("keeps the user's own settings but those that lead elsewhere", () => {
    assert.equal(environment.HOME, "/home/me");
    const gone = [
      "KUBERNETES_SERVICE_HOST",
      "PULUMI_ACCESS_TOKEN",
      "PULUMI_STACK",
      "HELM_KUBECONTEXT",
      "HTTPS_PROXY",
      "no_proxy",
    ];
    assert.deepEqual(
      gone.filter((name) => environment[name] !== undefined),
      [],
    );
  });
});

describe("a sandbox's pulumi", () => {
  let root: string;
  let instance: Instance;
  const checkout = path.resolve(__dirname, "..", "..");
  const script = (): string => path.join(root, "pulumi");
  /** The settings that a command of this directory has. */
  const settings = (cwd: string, ...args: string[]): string =>
    execFileSync(script(), ["-c", 'echo "${PULUMI_OPTION_CONFIG_FILE:-}"', ...args], { cwd, encoding: "utf8" }).trim();

  before(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "it's a sandbox "));
    instance = new Instance(root);
    // A shell in its place says what it was started with.
    fs.writeFileSync(script(), instance.pulumiScript("/bin/sh"), { mode: 0o755 });
  });
  after(() => fs.rmSync(root, { recursive: true }));

  it("has the program's own settings as long as there are no others", () => {
    assert.equal(settings(checkout), "");
  });

  it("knows this machine in the checkout, from wherever it is called, and nowhere else", () => {
    fs.mkdirSync(path.dirname(instance.settings));
    fs.writeFileSync(instance.settings, "");
    assert.equal(settings(checkout), instance.settings);
    assert.equal(settings(root, "-C", checkout), instance.settings);
    assert.equal(settings(path.join(checkout, "examples"), "--cwd=.."), instance.settings);
    assert.equal(settings(root), "");
    assert.equal(settings(checkout, "-C", root), "");
    assert.equal(settings(checkout, "--cwd", path.join(root, "nowhere")), "");
  });
});

describe("a sandbox's folder", () => {
  const folder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), "sandbox-"));

  it("is gone when nothing else lies in it", () => {
    const instance = new Instance(folder());
    fs.mkdirSync(instance.pulumiHome);
    fs.writeFileSync(instance.kubeconfig, "");
    instance.clear();
    assert.equal(fs.existsSync(instance.directory), false);
    instance.clear();
  });

  it("loses only what a sandbox wrote", () => {
    const instance = new Instance(folder());
    fs.writeFileSync(instance.file("notes.txt"), "");
    fs.mkdirSync(instance.file("logs"));
    instance.clear();
    assert.deepEqual(fs.readdirSync(instance.directory), ["notes.txt"]);
    fs.rmSync(instance.directory, { recursive: true });
  });
});

describe("the stack's configuration", () => {
  it("gains the charts, the CRDs and the ports and keeps the rest", () => {
    const mesh = { platform: "kind", gatewayApi: { install: true }, gateway: { name: "edge" } };
    const ports = { http: 9081, https: 9444 };
    const config = withMachine({ "istio-ambient:enabled": true, "istio-ambient:mesh": mesh }, ports);
    assert.deepEqual(config, {
      "istio-ambient:enabled": true,
      "istio-ambient:mesh": {
        platform: "kind",
        charts: { directory: partPath("istio-charts") },
        gatewayApi: { install: true, source: partPath("gateway-api-crds") },
        gateway: { name: "edge", httpHostPort: 9081, httpsHostPort: 9444 },
      },
    });
  });
});
