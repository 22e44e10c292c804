// local.Command runs its steps when the resource is made, changed and removed; local.run runs at every preview.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Bed, failure, type Outcome } from "./bed";

describe("commands", () => {
  const bed = new Bed("commands");
  const folder = mkdtempSync(path.join(tmpdir(), "commands-"));
  const log = (name: string): string => path.join(folder, name);
  const logged = (name: string): string[] =>
    existsSync(log(name)) ? readFileSync(log(name), "utf8").trimEnd().split("\n") : [];

  /** One command of each sort: `word` is an input of all, `trigger` replaces one of them. */
  const program = (word: string, trigger: string) => async (): Promise<object> => {
    const full = new local.Command("full", {
      create: `import os, sys; print(os.getcwd(), os.environ["COLOR"], sys.stdin.read()); print("noise", file=sys.stderr)`,
      dir: folder,
      environment: { COLOR: "green" },
      interpreter: ["python3", "-c"],
      stdin: "input",
    });
    new local.Command("stepped", {
      create: `echo create ${word} | tee -a ${log("stepped")}`,
      update: `echo update ${word} after $PULUMI_COMMAND_STDOUT | tee -a ${log("stepped")}`,
      delete: `echo delete ${word} after $PULUMI_COMMAND_STDOUT >> ${log("stepped")}`,
    });
    new local.Command("triggered", {
      create: `echo create ${word} >> ${log("triggered")}`,
      delete: `echo delete ${word} >> ${log("triggered")}`,
      triggers: [trigger],
    });
    const first = new local.Command("first", { delete: `echo first >> ${log("order")}` });
    new local.Command("second", { delete: `echo second >> ${log("order")}` }, { dependsOn: first });
    const environment = { WORD: pulumi.secret("hush-hush") };
    new local.Command("telling", { create: "echo $WORD", environment });
    new local.Command("quiet", { create: "echo $WORD", environment }, { additionalSecretOutputs: ["stdout"] });
    const run = local.runOutput({ command: "echo $COLOR", environment: { COLOR: "blue" } });
    return Promise.resolve({ stdout: full.stdout, stderr: full.stderr, run: run.stdout });
  };

  let created: Outcome;
  before(() => bed.open());
  after(async () => {
    await bed.clear();
    rmSync(folder, { recursive: true });
  });

  describe("that are made, changed and removed", () => {
    before(async () => {
      assert.deepEqual((await bed.preview(program("one", "a"))).steps, { create: 8 });
      assert.deepEqual(logged("stepped"), [], "commands ran in a preview");
      created = await bed.up(program("one", "a"));
      assert.deepEqual((await bed.preview(program("one", "a"))).steps, { same: 8 });
      assert.deepEqual((await bed.refresh()).steps, { same: 8 });
    });

    it("have their directory, environment, interpreter and input, and local.run its environment", () => {
      assert.deepEqual(created.outputs, { stdout: `${folder} green input`, stderr: "noise", run: "blue" });
    });

    it("keep a secret input secret, and what they print of it only where they are told to", async () => {
      const { environment, stdout } = (await bed.recorded("telling")) ?? {};
      assert.deepEqual([JSON.stringify(environment).includes("hush-hush"), stdout], [false, "hush-hush"]);
      assert.equal(JSON.stringify(await bed.recorded("quiet")).includes("hush-hush"), false);
    });

    it("run the step for updates, or create again, when an input changes", async () => {
      assert.deepEqual((await bed.up(program("two", "a"))).steps, { same: 6, update: 2 });
      assert.deepEqual(logged("stepped"), ["create one", "update two after create one"]);
      assert.deepEqual(logged("triggered"), ["create one", "create two"]);
    });

    it("are replaced when a trigger changes", async () => {
      const triggered = await bed.up(program("two", "b"));
      assert.deepEqual([triggered.steps, triggered.differences], [{ same: 7, replace: 1 }, ["triggered: triggers[0]"]]);
      assert.deepEqual(logged("triggered"), ["create one", "create two", "create two", "delete two"]);
    });

    it("run their delete steps from the record at destroy, in reverse order of dependency", async () => {
      await bed.destroy();
      assert.deepEqual(logged("order"), ["second", "first"]);
      assert.equal(logged("stepped").at(-1), "delete two after update two after create one");
    });
  });

  describe("that fail", () => {
    it("tell how they failed and all that they printed, and are not recorded", async () => {
      const failing = async (): Promise<void> => {
        new local.Command("failing", { create: "echo half done; echo the reason >&2; exit 3" });
        return Promise.resolve();
      };
      const fault = await failure(bed.up(failing));
      assert.match(
        fault,
        /exit status 3: running "echo half done; echo the reason >&2; exit 3":\s+half done\s+the reason/,
      );
      assert.equal(await bed.recorded("failing"), undefined);
    });

    it("as local.run fail a preview with what they printed", async () => {
      const failing = async (): Promise<void> => {
        await local.run({ command: "echo the port is taken >&2; exit 1" });
      };
      const fault = await failure(bed.preview(failing));
      assert.match(fault, /exit status 1: running "echo the port is taken >&2; exit 1":\s+the port is taken/);
    });
  });
});
