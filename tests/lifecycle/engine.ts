// One run of the engine in a process group of its own, so that all of it can be killed at a moment of its choosing:
// `engine.ts <up|destroy> <file with the mesh's arguments> [<resource at which everything is killed>]`.
import * as fs from "node:fs";
import { AmbientMesh, AmbientMeshArgs } from "../../components";
import { TestStack } from "./support";

const [operation, argsFile = "", killAt] = process.argv.slice(2);
const args = JSON.parse(fs.readFileSync(argsFile, "utf8")) as AmbientMeshArgs;

/** In the middle of the operation, rather than before the plugin has heard of it. */
const afterMs = 250;

async function main(): Promise<void> {
  const stack = await TestStack.open("killed", async () => {
    const { httpsUrl } = new AmbientMesh("mesh", args);
    return { httpsUrl };
  });
  stack.onStep = (step) => {
    if (killAt !== undefined && step.endsWith(` ${killAt}`)) {
      setTimeout(() => process.kill(0, "SIGKILL"), afterMs);
    }
  };
  await stack.unlock();
  await (operation === "up" ? stack.up() : stack.destroy());
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
