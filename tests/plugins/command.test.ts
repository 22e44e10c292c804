// local.Command runs its steps when the resource is made, changed and removed; local.run runs at every preview.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { Bed, failure } from "./bed";

describe("commands", () => {
  const bed = new Bed("commands");
  const folder = mkdtempSync(path.join(tmpdir(), "commands-"));
  const log = path.join(folder, "log");
  const logged = (): string[] => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []);

  beforeEach(() => rmSync(log, { force: true }));
  after(async () => {
    await bed.clear();
    rmSync(folder, { recursive: true });
  });

  const command = (args: local.CommandArgs) => async (): Promise<object> => {
    const made = new local.Command("command", args);
    return Promise.resolve({ stdout: made.stdout, stderr: made.stderr });
  };

  it("run when they are made, with directory, environment, interpreter and input, and not in a preview", async () => {
    const args = {
      create: `import os, sys; print(os.getcwd(), os.environ["COLOR"], sys.stdin.read()); print("noise", file=sys.stderr)`,
      dir: folder,
      environment: { COLOR: "green" },
      interpreter: ["python3", "-c"],
      stdin: "input",
    };
    assert.deepEqual((await bed.preview(command(args))).steps, { create: 2 });
    assert.deepEqual((await bed.up(command(args))).outputs, { stdout: `${folder} green input`, stderr: "noise" });
    assert.deepEqual((await bed.preview(command(args))).steps, { same: 2 });
    assert.deepEqual((await bed.refresh()).steps, { same: 2 });
    await bed.destroy();
  });

  it("run the step for updates when an input changes, and the delete step when they go", async () => {
    const steps = (word: string): local.CommandArgs => ({
      create: `echo create ${word} | tee -a ${log}`,
      update: `echo update ${word} after $PULUMI_COMMAND_STDOUT | tee -a ${log}`,
      delete: `echo delete ${word} after $PULUMI_COMMAND_STDOUT >> ${log}`,
    });
    await bed.up(command(steps("one")));
    assert.deepEqual((await bed.up(command(steps("two")))).steps, { same: 1, update: 1 });
    await bed.destroy();
    const lines = ["create one", "update two after create one", "delete two after update two after create one"];
    assert.deepEqual(logged(), lines);
  });

  it("run create again where there is no step for updates, and are replaced when a trigger changes", async () => {
    const args = (word: string, trigger: string): local.CommandArgs => ({
      create: `echo create ${word} >> ${log}`,
      delete: `echo delete ${word} >> ${log}`,
      triggers: [trigger],
    });
    await bed.up(command(args("one", "a")));
    await bed.up(command(args("two", "a")));
    const replaced = await bed.up(command(args("two", "b")));
    assert.deepEqual([replaced.steps, replaced.differences], [{ same: 1, replace: 1 }, ["command: triggers[0]"]]);
    assert.deepEqual(logged(), ["create one", "create two", "create two", "delete two"]);
    await bed.destroy();
  });

  it("run their delete steps at destroy, in reverse order of dependency", async () => {
    const program = async (): Promise<void> => {
      const first = new local.Command("first", { delete: `echo first >> ${log}` });
      new local.Command("second", { delete: `echo second >> ${log}` }, { dependsOn: first });
      return Promise.resolve();
    };
    await bed.up(program);
    await bed.destroy();
    assert.deepEqual(logged(), ["second", "first"]);
  });

  it("tell how they failed and all that they printed, and are not recorded", async () => {
    const fault = await failure(bed.up(command({ create: "echo half done; echo the reason >&2; exit 3" })));
    assert.match(
      fault,
      /exit status 3: running "echo half done; echo the reason >&2; exit 3":\s+half done\s+the reason/,
    );
    assert.equal(await bed.recorded("command"), undefined);
  });

  it("keep a secret input secret, and what they print of it only where they are told to", async () => {
    const program = (options: pulumi.CustomResourceOptions) => async (): Promise<void> => {
      const environment = { WORD: pulumi.secret("hush-hush") };
      new local.Command("command", { create: "echo $WORD", environment }, options);
      return Promise.resolve();
    };
    await bed.up(program({}));
    const { environment, stdout } = (await bed.recorded("command")) ?? {};
    assert.deepEqual([JSON.stringify(environment).includes("hush-hush"), stdout], [false, "hush-hush"]);
    await bed.destroy();
    await bed.up(program({ additionalSecretOutputs: ["stdout"] }));
    assert.equal((await bed.state()).includes("hush-hush"), false);
    await bed.destroy();
  });

  it("as local.run answer in a preview too, and fail it with what they printed", async () => {
    const program = (text: string) => async (): Promise<object> => {
      const answer = local.runOutput({ command: text, environment: { COLOR: "green" } });
      return Promise.resolve({ stdout: answer.stdout });
    };
    assert.deepEqual((await bed.up(program("echo $COLOR"))).outputs, { stdout: "green" });
    const fault = await failure(bed.preview(program("echo the port is taken >&2; exit 1")));
    assert.match(fault, /exit status 1: running "echo the port is taken >&2; exit 1":\s+the port is taken/);
  });
});
