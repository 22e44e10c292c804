// The language host: what a program sees of the stack it is run for, and what its user sees of how it ended.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { CliStack } from "../support/cli-stack";
import { root } from "../support/programs";
import { failure } from "./bed";

const program = `
import * as pulumi from "@pulumi/pulumi";
import { sum } from "./sums";

const config = new pulumi.Config();
const end = config.get("end");
if (end === "fault") throw new pulumi.RunError("nothing today");
if (end === "status") process.exit(5);

export const seen = {
  sum: sum(1, 2),
  project: pulumi.getProject(),
  stack: pulumi.getStack(),
  organization: pulumi.getOrganization(),
  root: pulumi.runtime.getRootDirectory(),
  cwd: process.cwd(),
  preview: pulumi.runtime.isDryRun(),
  list: config.requireObject("list"),
};
export const hidden = config.requireSecret("list");
`;

describe("the language host", () => {
  let folder: string;
  const stacks: CliStack[] = [];
  const open = (name: string, config: Record<string, unknown> = {}): CliStack => {
    const stack = CliStack.init(folder, name, { "probe:list": [1, 2], ...config });
    stacks.push(stack);
    return stack;
  };

  before(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), "program-")));
    writeFileSync(path.join(folder, "Pulumi.yaml"), "name: probe\nruntime: nodejs\nmain: index.ts\n");
    // Its main is not the program, as in a package that has one.
    writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "probe", main: "none.js" }));
    writeFileSync(path.join(folder, "index.ts"), program);
    mkdirSync(path.join(folder, "sums"));
    writeFileSync(
      path.join(folder, "sums", "index.ts"),
      "export const sum = (one: number, other: number) => one + other;\n",
    );
    symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  });
  after(async () => {
    for (const stack of stacks) await stack.remove();
    rmSync(folder, { recursive: true });
  });

  it("tells the program its project, its stack, its configuration and where it is, from wherever it is run", async () => {
    const stack = open("seeing");
    stack.from = tmpdir();
    const { outputs } = await stack.up();
    const seen = {
      sum: 3,
      project: "probe",
      stack: "seeing",
      organization: "organization",
      root: folder,
      cwd: folder,
      preview: false,
      list: [1, 2],
    };
    assert.deepEqual(outputs, { seen, hidden: "[1,2]" });
    assert.equal(stack.state().includes('"[1,2]"'), false);
  });

  it("leaves it to the program to say what is wrong", async () => {
    const said = await failure(open("faulty", { "probe:end": "fault" }).preview());
    assert.equal(said.split("\n")[0], "error: nothing today");
    assert.doesNotMatch(said, /exit/);
  });

  it("says how the program ended that does not say it itself", async () => {
    const said = await failure(open("ending", { "probe:end": "status" }).preview());
    assert.match(said, /Program exited with non-zero exit code: 5/);
  });

  it("cannot run a program without the SDK", async () => {
    const stack = open("bare");
    // Missing packages are looked for in the folders above as well; an empty one ends the search here.
    const modules = path.join(folder, "node_modules");
    rmSync(modules);
    mkdirSync(path.join(modules, "@pulumi", "pulumi"), { recursive: true });
    writeFileSync(path.join(modules, "@pulumi", "pulumi", "package.json"), JSON.stringify({ exports: {} }));
    const said = await failure(stack.preview());
    assert.match(said, /SDK/);
  });
});
