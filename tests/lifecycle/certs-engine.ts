// One run of the engine with cert-manager alone, in a process group of its own, so that all of it can be killed:
// `certs-engine.ts <directory of the chart> [<resource at which everything is killed>]`.
import { CertManager } from "../../components";
import { TestStack } from "./support";

const [directory = "", killAt] = process.argv.slice(2);

/** In the middle of the operation, rather than before the plugin has heard of it. */
const afterMs = 250;

async function main(): Promise<void> {
  const stack = await TestStack.open("certs", () => {
    new CertManager("certs", { charts: { directory } });
    return Promise.resolve();
  });
  stack.onStep = (step) => {
    if (killAt !== undefined && step.endsWith(` ${killAt}`)) {
      setTimeout(() => process.kill(0, "SIGKILL"), afterMs);
    }
  };
  await stack.unlock();
  await stack.up();
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
