// How a recorded command finds the package: in a project of any language, after an upgrade, on another machine.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { launcher } from "../../components/support/own-command";

describe("the launcher in a stack's state", () => {
  let folder: string;
  let project: string;
  let home: string;

  /** A package that says which one it is, and what it was told. */
  function install(at: string, name = "istio-ambient"): string {
    fs.mkdirSync(path.join(at, "dist", "cli"), { recursive: true });
    fs.writeFileSync(path.join(at, "package.json"), JSON.stringify({ name }));
    const main = `console.log([${JSON.stringify(path.basename(at))}, ...process.argv.slice(2)].join(" "));`;
    fs.writeFileSync(path.join(at, "dist", "cli", "main.js"), main);
    return at;
  }

  function launch(environment: NodeJS.ProcessEnv = {}): string {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", launcher, "unenroll --timeout 5m"], {
      cwd: project,
      encoding: "utf8",
      env: { HOME: home, PATH: "", ...environment },
    });
    return (stdout || stderr).trim();
  }

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "launcher-")));
    [project, home] = [path.join(folder, "project"), path.join(folder, "home")];
    for (const each of [project, home]) fs.mkdirSync(each);
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it("takes the package of the project's node_modules, or of a folder above", () => {
    install(path.join(folder, "node_modules", "istio-ambient"));
    assert.equal(launch(), "istio-ambient unenroll --timeout 5m");
  });

  it("takes the one that Pulumi.yaml names by a path, in either form", () => {
    const plugin = path.join(install(path.join(folder, "checkout")), "plugin");
    fs.mkdirSync(plugin);
    fs.writeFileSync(path.join(plugin, "package.json"), JSON.stringify({ name: "istio-ambient-plugin" }));
    for (const source of ["../checkout/plugin", "\n    source: ../checkout/plugin"]) {
      const text = `name: shop\nruntime: yaml\npackages:\n  istio-ambient: ${source}\n`;
      fs.writeFileSync(path.join(project, "Pulumi.yaml"), text);
      assert.equal(launch(), "checkout unenroll --timeout 5m");
    }
  });

  it("takes the newest of those that Pulumi has installed", () => {
    const repository = "packages:\n  istio-ambient: github.com/danielscholl-osdu/istio-ambient.git/plugin@0.9.0\n";
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), `name: shop\nruntime: python\n${repository}`);
    const plugins = path.join(home, ".pulumi", "plugins");
    for (const version of ["v0.9.0", "v0.10.0"]) {
      install(path.join(plugins, `resource-github.com_danielscholl-osdu_istio-ambient.git-${version}`));
    }
    install(path.join(plugins, "resource-kubernetes-v4.34.2"), "@pulumi/kubernetes");
    const found = "resource-github.com_danielscholl-osdu_istio-ambient.git-v0.10.0";
    assert.equal(launch(), `${found} unenroll --timeout 5m`);
    const elsewhere = path.join(folder, "elsewhere");
    install(path.join(elsewhere, "plugins", "resource-istio-ambient-v1.0.0"));
    assert.equal(launch({ PULUMI_HOME: elsewhere }), "resource-istio-ambient-v1.0.0 unenroll --timeout 5m");
  });

  it("takes the one to which a plugin on the PATH belongs", () => {
    const bin = path.join(install(path.join(folder, "unpacked")), "bin");
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "pulumi-resource-istio-ambient"), "");
    assert.equal(launch({ PATH: bin }), "unpacked unenroll --timeout 5m");
  });

  it("takes before all others the one that the environment names", () => {
    install(path.join(folder, "node_modules", "istio-ambient"));
    const ISTIO_AMBIENT_PACKAGE = install(path.join(folder, "named"));
    assert.equal(launch({ ISTIO_AMBIENT_PACKAGE }), "named unenroll --timeout 5m");
  });

  it("says what to do where it finds none", () => {
    assert.equal(
      launch(),
      `the package istio-ambient is not installed in ${project}: run "npm install" there, or "pulumi install" for a ` +
        "program in another language, or set ISTIO_AMBIENT_PACKAGE to its folder",
    );
  });
});
