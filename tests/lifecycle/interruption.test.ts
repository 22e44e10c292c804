// The engine is killed, with program and plugins, at moments spread over up and over destroy: the next `up`, or the one
// command that its error names, ends in a working mesh.
import * as assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { ask } from "../../sandbox/control-plane/control";
import { Instance } from "../../sandbox/instance";
import { condition, get, kubectl, namedCommands, settled, sources, TestStack } from "./support";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "killed-"));
const argsFile = path.join(folder, "args.json");
const args: AmbientMeshArgs = { ...sources, platform: "kind" };

/** Killed while this is being made, one after the other on the same stack. */
const upPoints = [
  "mesh-namespace",
  "mesh-base",
  "mesh-istiod",
  "mesh-ztunnel",
  "mesh-data-plane",
  "mesh-gateway-ca-certificate",
  "mesh-gateway-gateway",
];
/** Killed while this is being destroyed, each time on a mesh that works. */
const destroyPoints = ["mesh-gateway-certificate", "mesh-data-plane", "mesh-ztunnel"];

interface Run {
  killed: boolean;
  code: number;
  output: string;
}

/** One run of the engine in a process group of its own. */
function engine(operation: string, killAt?: string): Promise<Run> {
  const file = path.join(__dirname, "engine.ts");
  const argv = ["--require", require.resolve("tsx/cjs"), file, operation, argsFile, ...(killAt ? [killAt] : [])];
  const child = spawn(process.execPath, argv, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve({ killed: signal === "SIGKILL", code: code ?? 1, output }));
  });
}

/** Stops a part of the sandbox's control plane for two seconds. */
async function stopForAMoment(part: string): Promise<void> {
  const instance = Instance.current();
  await ask(instance, "POST", `stop/${part}`);
  await sleep(2000);
  await ask(instance, "POST", `start/${part}`);
}

/** What Pulumi's file backend was writing beside the state, as docs/recovery.md says: the state itself is written whole. */
function removeHalfWritten(): void {
  const stacks = path.join(new URL(process.env["PULUMI_BACKEND_URL"]!).pathname, ".pulumi", "stacks", "istio-ambient");
  for (const file of fs.readdirSync(stacks).filter((each) => each.endsWith(".json.attrs"))) {
    if (fs.statSync(path.join(stacks, file)).size === 0) fs.rmSync(path.join(stacks, file));
  }
}

describe("a mesh whose engine is killed", () => {
  const tally = { kills: 0, ups: 0, commands: [] as string[] };
  let stack: TestStack;

  before(async () => {
    fs.writeFileSync(argsFile, JSON.stringify(args));
    stack = await TestStack.open("killed", () => {
      const { httpsUrl } = new AmbientMesh("mesh", args);
      return Promise.resolve({ httpsUrl });
    });
  });

  after(async () => {
    console.log(
      `      killed ${tally.kills} times, ${tally.ups} runs of up to recover, commands: ${JSON.stringify(tally.commands)}`,
    );
    await stack.remove();
    fs.rmSync(folder, { recursive: true });
  });

  /** Runs `up`, and what its errors name, until the mesh works. */
  async function recover(): Promise<void> {
    for (let tries = 0; tries < 4; tries += 1) {
      tally.ups += 1;
      const { code, output } = await engine("up");
      if (code === 0) return;
      const commands = namedCommands(output);
      assert.notDeepEqual(commands, [], `no command in:\n${output}`);
      for (const command of commands) await carryOut(command);
    }
    assert.fail("the mesh does not come up again");
  }

  async function carryOut(command: string): Promise<void> {
    tally.commands.push(command);
    if (command === "pulumi up --refresh") {
      await stack.unlock();
      await stack.refresh();
    } else {
      execFileSync("/bin/sh", ["-c", command]);
    }
  }

  async function kill(operation: string, point: string): Promise<void> {
    const { killed, output } = await engine(operation, point);
    if (killed) tally.kills += 1;
    if (killed) removeHalfWritten();
    else for (const command of namedCommands(output)) await carryOut(command);
  }

  async function assertWorks(): Promise<void> {
    const programmed = () =>
      condition(get("gateways.gateway.networking.k8s.io", "hostk8s-gateway", "-n", "istio-system")[0], "Programmed");
    assert.equal(await settled(programmed, (status) => status === "True"), "True");
    const ready = get("daemonsets", "-n", "istio-system").map((set) => [
      set.metadata.name,
      set.status?.["numberReady"],
    ]);
    assert.deepEqual(ready, [
      ["istio-cni-node", 1],
      ["ztunnel", 1],
    ]);
  }

  it(`comes up after ${upPoints.length} kills spread over up`, async () => {
    for (const point of upPoints) await kill("up", point);
    assert.ok(tally.kills >= 5, `only ${tally.kills} kills struck`);
    await recover();
    await assertWorks();
    await stack.unlock();
    assert.deepEqual((await stack.preview()).steps, []);
  });

  for (const point of destroyPoints) {
    it(`comes up after a kill in destroy, at ${point}`, async () => {
      await kill("destroy", point);
      await recover();
      await assertWorks();
    });
  }

  it("has released every name in the end", async () => {
    await stack.unlock();
    await stack.destroy();
    assert.equal(kubectl("get", "namespace", "istio-system", "--ignore-not-found"), "");
  });

  it("comes up although the API server is away for a moment in the middle of it", async () => {
    let outage: Promise<void> | undefined;
    stack.onStep = (step) => {
      if (step === "create mesh-istiod") outage = stopForAMoment("kube-apiserver");
    };
    // The run may fail or get through, as it meets the API server; what counts is where it can be taken from there.
    await stack.up().catch(() => undefined);
    stack.onStep = () => undefined;
    assert.ok(outage, "istiod was never made");
    await outage;
    await recover();
    await assertWorks();
  });
});
