// A look at the cluster for a constructor, which cannot wait: in a process of its own, while this one stands still.
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import type { CertManagerFacts, CertManagerPlan } from "../lib/cert-manager/facts";
import type { ClusterFacts, Plan } from "../lib/preflight/facts";
import type { Named } from "../lib/cluster-state/snapshot";
import { namesCluster, type ClusterTarget } from "./connection";

/** What came of it: the facts, or why there are none. */
export type Look = { facts: ClusterFacts; requests: number } | { why: string };

/** The same, of what cert-manager's installation is held against. */
export type CertManagerLook = { facts: CertManagerFacts } | { why: string };

/** What the other process is asked. */
export interface Order {
  target: ClusterTarget;
  deadlineMs: number;
  /** What the cluster is held against; without one of the two only its CRDs are read. */
  plan?: Plan;
  certManager?: CertManagerPlan;
}

const noCluster = { why: "there is no kubeconfig" };

/** Reads what a plan has to be held against, by the kubeconfig of this process. Throws where the look itself fails. */
export function lookNow(target: ClusterTarget, plan: Plan, deadlineMs: number): Look {
  return namesCluster(target) ? (ask({ target, plan, deadlineMs }) as Look) : noCluster;
}

/** As `lookNow`, for cert-manager. */
export function lookForCertManager(target: ClusterTarget, plan: CertManagerPlan, deadlineMs: number): CertManagerLook {
  return namesCluster(target) ? (ask({ target, certManager: plan, deadlineMs }) as CertManagerLook) : noCluster;
}

/** The cluster's CRDs; none where they cannot be read. */
export function lookForDefinitions(target: ClusterTarget, deadlineMs: number): Named[] {
  return ask({ target, deadlineMs }) as Named[];
}

function ask(order: Order): unknown {
  const looker = path.join(__dirname, `looker${path.extname(__filename)}`);
  const { stdout, stderr, status, error } = spawnSync(process.execPath, nodeArguments(looker), {
    input: JSON.stringify(order),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    // Beyond the deadline for what no deadline covers, such as a disk that hangs.
    timeout: order.deadlineMs + 30_000,
  });
  if (status !== 0) {
    throw new Error(`cannot read the cluster: ${error?.message ?? stderr}`);
  }
  return JSON.parse(stdout);
}

/** How Node is told to run a file of this package; from the sources it needs the loader that runs the tests. */
function nodeArguments(file: string): string[] {
  return path.extname(file) === ".ts" ? ["--require", require.resolve("tsx/cjs"), file] : [file];
}
