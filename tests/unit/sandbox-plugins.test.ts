// Pulumi's own plugins and language host are used wherever they can be had; what was built here and stand-ins only where they
// cannot.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { partPath } from "../../sandbox/build/cache";
import { Instance } from "../../sandbox/instance";
import { Places, sdkVersion } from "../../sandbox/plugins/official";
import { chosenPlugins, ensurePlugins } from "../../sandbox/plugins/choice";

const versions = ["kubernetes", "command"].map((name) => ({ name, version: sdkVersion(name) }));
const folders = versions.map(({ name, version }) => `resource-${name}-v${version}`);

describe("the sandbox's plugins", () => {
  let root: string;
  let instance: Instance;
  let where: Places;

  beforeEach(() => {
    root = fs.mkdtempSync(path.join(os.tmpdir(), "plugins-"));
    instance = new Instance(path.join(root, "sandbox"));
    where = { userHome: path.join(root, "user"), cacheHome: path.join(root, "cache"), path: [path.join(root, "bin")] };
    // Downloads that have just failed are not tried again.
    fs.mkdirSync(where.cacheHome);
    for (const { name, version } of versions) fs.writeFileSync(path.join(where.cacheHome, `no-${name}-${version}`), "");
  });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  function install(home: string): string[] {
    return versions.map(({ name }, index) => {
      const folder = path.join(home, "plugins", folders[index] ?? "");
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, `pulumi-resource-${name}`), "official");
      return folder;
    });
  }
  const origins = async () => (await ensurePlugins(instance, where)).map(({ origin, from }) => [origin, from]);
  /** A language host beside Pulumi's CLI. */
  function installHost(folder: string): string {
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "pulumi-language-nodejs");
    fs.writeFileSync(file, "official");
    return file;
  }
  const standInHost = path.resolve("sandbox/plugins/nodejs.ts");
  const host = () =>
    path.join(instance.pulumiHome, "plugins", `language-nodejs-v${sdkVersion("pulumi")}`, "pulumi-language-nodejs");
  const inSandbox = (index: number, ...below: string[]) =>
    path.join(instance.pulumiHome, "plugins", folders[index] ?? "", ...below);

  for (const home of ["userHome", "cacheHome"] as const) {
    it(`are the official ones of ${home}, linked one by one in folders, since the engine takes no linked folder`, async () => {
      const installed = install(where[home]);
      assert.deepEqual(await origins(), [
        ...installed.map((folder) => ["official", folder]),
        ["stand-in", standInHost],
      ]);
      assert.deepEqual(
        [0, 1].map((index) => fs.lstatSync(inSandbox(index)).isDirectory()),
        [true, true],
      );
      assert.deepEqual(
        versions.map(({ name }, index) => fs.readlinkSync(inSandbox(index, `pulumi-resource-${name}`))),
        versions.map(({ name }, index) => path.join(installed[index] ?? "", `pulumi-resource-${name}`)),
      );
    });
  }

  it("are the official ones on PATH, which the engine would warn of if it found them there", async () => {
    const files = versions.map(({ name }) => path.join(where.path[0] ?? "", `pulumi-resource-${name}`));
    fs.mkdirSync(where.path[0] ?? "");
    for (const file of files) fs.writeFileSync(file, "official");
    assert.deepEqual(await origins(), [...files.map((file) => ["official", file]), ["stand-in", standInHost]]);
    assert.deepEqual(
      versions.map(({ name }, index) => fs.readlinkSync(inSandbox(index, `pulumi-resource-${name}`))),
      files,
    );
  });

  for (const place of ["PATH", "the user's home"])
    it(`have the language host of ${place}, where the engine finds it`, async () => {
      const official = installHost(place === "PATH" ? (where.path[0] ?? "") : path.join(where.userHome, "bin"));
      assert.deepEqual((await origins()).at(-1), ["official", official]);
      assert.equal(fs.readlinkSync(host()), official);
    });

  it("are built here or stand-ins otherwise, as programs where the engine looks for plugins", async () => {
    const built = partPath("kubernetes-plugin", "pulumi-resource-kubernetes");
    const standIn = path.resolve("sandbox/plugins/command.ts");
    assert.deepEqual(await origins(), [
      ["official, built here from older sources", built],
      ["stand-in", standIn],
      ["stand-in", standInHost],
    ]);
    const node = `exec '${process.execPath}' '--require' '${require.resolve("tsx/cjs")}'`;
    const programs: Record<string, string> = {
      [inSandbox(0, "pulumi-resource-kubernetes")]: `PLUGIN_VERSION='${versions[0]?.version}' exec '${built}'`,
      [inSandbox(1, "pulumi-resource-command")]: `PLUGIN_VERSION='${versions[1]?.version}' ${node} '${standIn}'`,
      [host()]: `PLUGIN_VERSION='${sdkVersion("pulumi")}' ${node} '${standInHost}'`,
    };
    for (const [program, line] of Object.entries(programs)) {
      fs.accessSync(program, fs.constants.X_OK);
      assert.equal(fs.readFileSync(program, "utf8"), `#!/bin/sh\n${line} "$@"\n`);
    }
  });

  it("are not the official ones while these are half downloaded", async () => {
    for (const folder of install(where.userHome)) fs.writeFileSync(`${folder}.partial`, "");
    assert.deepEqual(
      (await origins()).map(([origin]) => origin),
      ["official, built here from older sources", "stand-in", "stand-in"],
    );
  });

  it("change to the official ones as soon as these are there, and are remembered", async () => {
    await ensurePlugins(instance, where);
    const installed = install(where.userHome);
    await ensurePlugins(instance, where);
    assert.deepEqual(
      chosenPlugins(instance).map(({ from }) => from),
      [...installed, standInHost],
    );
    assert.equal(fs.readFileSync(inSandbox(0, "pulumi-resource-kubernetes"), "utf8"), "official");
  });
});
