// A look at the cluster for a constructor, which cannot wait: in a process of its own, while this one stands still.
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import type { ClusterFacts, Plan } from "../lib/preflight/facts";
import { UnreachableError } from "./client";
import { namesCluster, NoClusterError, reason, type ClusterTarget } from "./connection";
import { readFacts } from "./preflight";

/** What came of it: the facts, or why there are none. */
export type Look = { facts: ClusterFacts; requests: number } | { why: string };

interface Order {
  target: ClusterTarget;
  plan: Plan;
  deadlineMs: number;
}

/** Reads what a plan has to be held against, by the kubeconfig of this process. Throws where the look itself fails. */
export function lookNow(target: ClusterTarget, plan: Plan, deadlineMs: number): Look {
  if (!namesCluster(target)) {
    return { why: "there is no kubeconfig" };
  }
  const order: Order = { target, plan, deadlineMs };
  const { stdout, stderr, status, error } = spawnSync(process.execPath, nodeArguments(__filename), {
    input: JSON.stringify(order),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    // Beyond the deadline for what no deadline covers, such as a disk that hangs.
    timeout: deadlineMs + 30_000,
  });
  if (status !== 0) {
    throw new Error(`the look at the cluster failed: ${error?.message ?? stderr}`);
  }
  return JSON.parse(stdout) as Look;
}

/** How Node is told to run a file of this package; from the sources it needs the loader that runs the tests. */
export function nodeArguments(file: string): string[] {
  return path.extname(file) === ".ts" ? ["--require", require.resolve("tsx/cjs"), file] : [file];
}

async function answer(order: Order): Promise<Look> {
  try {
    return await readFacts(order.target, order.plan, order.deadlineMs);
  } catch (error) {
    if (error instanceof NoClusterError || error instanceof UnreachableError) {
      return { why: reason(error) };
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

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
