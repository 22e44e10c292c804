// local.Command as this package uses it: its texts run when the resource is made, changed and removed, by an interpreter,
// where the engine runs.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Bed, failure, type Outcome } from "./bed";

describe("commands", () => {
  const bed = new Bed("commands");
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "commands-")));
  const log = (name: string): string => path.join(folder, name);
  const logged = (name: string): string[] =>
    existsSync(log(name)) ? readFileSync(log(name), "utf8").trimEnd().split("\n") : [];

  const script = "console.log(process.argv[1], process.env.WORD, process.cwd()); console.error('noise')";

  /** One command of each sort: `word` is an input of all but those for the order. */
  const program = (word: string) => async (): Promise<object> => {
    const node = new local.Command("node", {
      interpreter: ["node", "-e", script],
      create: "create",
      update: "update",
      environment: { WORD: word },
      dir: folder,
    });
    const project = new local.Command("project", { create: "pwd" });
    new local.Command("stepped", {
      create: `echo create ${word} | tee -a ${log("stepped")}`,
      update: `echo update ${word} after $PULUMI_COMMAND_STDOUT | tee -a ${log("stepped")}`,
      delete: `echo delete $WORD after $PULUMI_COMMAND_STDOUT >> ${log("stepped")}`,
      environment: { WORD: word },
    });
    const first = new local.Command("first", { delete: `echo first >> ${log("order")}` });
    new local.Command("second", { delete: `echo second >> ${log("order")}` }, { dependsOn: first });
    new local.Command("secret", { create: "true", environment: { WORD: pulumi.secret("hush-hush") } });
    return Promise.resolve({ stdout: node.stdout, stderr: node.stderr, project: project.stdout });
  };

  let created: Outcome;
  before(async () => {
    bed.open();
    assert.deepEqual((await bed.preview(program("one"))).steps, { create: 7 });
    assert.deepEqual(logged("stepped"), [], "commands ran in a preview");
    created = await bed.up(program("one"));
  });
  after(async () => {
    await bed.clear();
    rmSync(folder, { recursive: true });
  });

  it("are the last word of their interpreter, in their directory and environment, or where the program runs", () => {
    const expected = { stdout: `create one ${folder}`, stderr: "noise", project: process.cwd() };
    assert.deepEqual(created.outputs, expected);
  });

  it("are silent at the next preview and at a refresh", async () => {
    assert.deepEqual((await bed.preview(program("one"))).steps, { same: 7 });
    assert.deepEqual((await bed.refresh()).steps, { same: 7 });
  });

  it("keep a secret input secret", async () => {
    assert.equal(JSON.stringify(await bed.recorded("secret")).includes("hush-hush"), false);
  });

  it("run the text for updates when an input changes", async () => {
    const changed = await bed.up(program("two"));
    assert.deepEqual(changed.steps, { same: 5, update: 2 });
    assert.deepEqual(changed.differences, [
      "node: environment.WORD",
      "stepped: create",
      "stepped: environment.WORD",
      "stepped: update",
    ]);
    assert.equal(changed.outputs["stdout"], `update two ${folder}`);
    assert.deepEqual(logged("stepped"), ["create one", "update two after create one"]);
  });

  it("tell how they failed and all that they printed, and are not recorded", async () => {
    const failing = async (): Promise<object> => {
      new local.Command("failing", { create: "echo half done; echo the reason >&2; exit 3" });
      return program("two")();
    };
    const fault = await failure(bed.up(failing));
    assert.match(
      fault,
      /exit status 3: running "echo half done; echo the reason >&2; exit 3":\s+half done\s+the reason/,
    );
    assert.equal(await bed.recorded("failing"), undefined);
  });

  it("run their text for deletion from the record at destroy, in reverse order of dependency", async () => {
    await bed.destroy();
    assert.deepEqual(logged("order"), ["second", "first"]);
    assert.equal(logged("stepped").at(-1), "delete two after update two after create one");
  });
});
