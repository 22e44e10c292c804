// The process behind look.ts: reads an order from its input, and writes what it saw to its output.
import { readCertManagerFacts } from "./cert-manager";
import { UnreachableError } from "./client";
import { NoClusterError, reason } from "./connection";
import { readDefinitions } from "./gateway-api";
import type { CertManagerLook, Look, Order } from "./look";
import { readFacts } from "./preflight";
import type { Named } from "../lib/cluster-state/snapshot";

async function answer({ target, plan, certManager, deadlineMs }: Order): Promise<Look | CertManagerLook | Named[]> {
  try {
    if (certManager) return { facts: await readCertManagerFacts(target, certManager, deadlineMs) };
    return plan ? await readFacts(target, plan, deadlineMs) : await readDefinitions(target, deadlineMs);
  } catch (error) {
    if (error instanceof NoClusterError || error instanceof UnreachableError) {
      return plan || certManager ? { why: reason(error) } : [];
    }
    throw error;
  }
}

async function main(): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
  }
  process.stdout.write(JSON.stringify(await answer(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Order)));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
