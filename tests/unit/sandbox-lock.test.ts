// One command at a time works on a sandbox; a holder that dies leaves nothing behind.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as path from "node:path";
import { lock } from "../../sandbox/lock";
import { typescript } from "../../sandbox/node";

describe("a lock", () => {
  const name = `test ${process.pid}`;

  it("is had by one at a time, in turn", async () => {
    const events: string[] = [];
    const release = await lock(name, () => events.push("the first waits"));
    const second = lock(name, () => events.push("the second waits")).then((free) => {
      events.push("the second has it");
      return free;
    });
    // The second has to be waiting before the first lets go.
    while (events.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    events.push("the first lets go");
    await release();
    await (
      await second
    )();
    assert.deepEqual(events, ["the second waits", "the first lets go", "the second has it"]);
  });

  it("is free for another name", async () => {
    const release = await lock(name, () => assert.fail("nobody holds it"));
    await (
      await lock(`${name} too`, () => assert.fail("nobody holds it"))
    )();
    await release();
  });

  it("is free again once its holder was killed", async () => {
    const held = path.join(__dirname, "fixtures", "hold-lock.ts");
    const [node = "", ...args] = typescript(held, name);
    const holder = spawn(node, args, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    let waited = false;
    const next = lock(name, () => {
      waited = true;
      holder.kill("SIGKILL");
    });
    await (
      await next
    )();
    assert.equal(waited, true);
  });
});
