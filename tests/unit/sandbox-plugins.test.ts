// The official plugins are used wherever they can be had; stand-ins only where they cannot.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Instance } from "../../sandbox/instance";
import { chosenPlugins, ensurePlugins, Places } from "../../sandbox/plugins";

const versions = ["kubernetes", "command"].map((name) => {
  const manifest = fs.readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8");
  const { version }: { version: string } = JSON.parse(manifest);
  return { name, version };
});
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
  const inSandbox = (index: number, ...below: string[]) =>
    path.join(instance.pulumiHome, "plugins", folders[index] ?? "", ...below);

  for (const home of ["userHome", "cacheHome"] as const) {
    it(`are the official ones of ${home}, linked one by one in folders, since the engine takes no linked folder`, async () => {
      const installed = install(where[home]);
      assert.deepEqual(
        await origins(),
        installed.map((folder) => ["official", folder]),
      );
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

  it("are the official ones on PATH, where the engine finds them by itself", async () => {
    const files = versions.map(({ name }) => path.join(where.path[0] ?? "", `pulumi-resource-${name}`));
    fs.mkdirSync(where.path[0] ?? "");
    for (const file of files) fs.writeFileSync(file, "official");
    assert.deepEqual(
      await origins(),
      files.map((file) => ["official", file]),
    );
    assert.deepEqual(fs.readdirSync(path.join(instance.pulumiHome, "plugins")), []);
  });

  it("are stand-ins otherwise, as programs where the engine looks for plugins", async () => {
    const sources = versions.map(({ name }) => path.resolve(`sandbox/plugins/${name}/main.ts`));
    assert.deepEqual(
      await origins(),
      sources.map((source) => ["stand-in", source]),
    );
    const program = inSandbox(0, "pulumi-resource-kubernetes");
    fs.accessSync(program, fs.constants.X_OK);
    const tsx = require.resolve("tsx/cjs");
    const expected = `#!/bin/sh\nexec '${process.execPath}' '--require' '${tsx}' '${sources[0]}' "$@"\n`;
    assert.equal(fs.readFileSync(program, "utf8"), expected);
  });

  it("are stand-ins while an official one is half downloaded", async () => {
    for (const folder of install(where.userHome)) fs.writeFileSync(`${folder}.partial`, "");
    assert.deepEqual(
      (await origins()).map(([origin]) => origin),
      ["stand-in", "stand-in"],
    );
  });

  it("change to the official ones as soon as these are there, and are remembered", async () => {
    await ensurePlugins(instance, where);
    const installed = install(where.userHome);
    await ensurePlugins(instance, where);
    assert.deepEqual(
      chosenPlugins(instance).map(({ from }) => from),
      installed,
    );
    assert.equal(fs.readFileSync(inSandbox(0, "pulumi-resource-kubernetes"), "utf8"), "official");
  });
});
