// The program of this repository as somebody runs it who has cloned it: up, silent, down, from wherever they stand.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { CliStack, configOf } from "../support/cli-stack";
import { clone, root } from "../support/programs";
import { get, sources } from "./support";

describe("the program in a clone", () => {
  let workDir: string;
  let stack: CliStack;

  before(() => {
    workDir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "istio-ambient-clone-")));
    const folder = path.join(workDir, "istio-ambient");
    fs.mkdirSync(folder);
    clone(folder);
    const config = configOf(folder, "dev");
    const mesh = config["istio-ambient:mesh"] as object;
    stack = CliStack.init(folder, "test", { ...config, "istio-ambient:mesh": { ...mesh, ...sources } });
  });

  after(async () => {
    await stack?.remove();
    fs.rmSync(workDir, { recursive: true });
  });

  it("comes up", async () => {
    const { outputs, diagnostics } = await stack.up();
    // The official plugin warns of an object whose controller has not got to it yet.
    assert.deepEqual(
      diagnostics.filter((line) => line !== "warning: Has no .status.conditions"),
      [],
    );
    assert.equal(outputs["httpsUrl"], "https://localhost:8444");
  });

  it("leaves in the state no path of the clone, nor of where its dependencies are", () => {
    const state = stack.state();
    for (const folder of [workDir, root]) assert.equal(state.includes(folder), false, folder);
  });

  it("has nothing to change at the second preview, and after a refresh", async () => {
    assert.deepEqual((await stack.preview()).steps, []);
    await stack.refresh({ expectNoChanges: true });
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("has nothing to change either from another folder, or in the clone of somebody else, of a later version", async () => {
    stack.from = os.tmpdir();
    assert.deepEqual((await stack.preview()).steps, []);
    const elsewhere = path.join(workDir, "elsewhere");
    stack.move(elsewhere);
    const file = path.join(elsewhere, "package.json");
    const description = JSON.parse(fs.readFileSync(file, "utf8")) as object;
    fs.writeFileSync(file, JSON.stringify({ ...description, version: "99.0.0" }));
    assert.deepEqual((await stack.preview()).steps, []);
  });

  it("goes from there, with all that it made", async () => {
    await stack.destroy();
    assert.deepEqual(get("namespace", "istio-system"), []);
  });
});
