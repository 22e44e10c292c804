// `istio-ambient ready`: waits until a mesh carries traffic, and says why it does not. The mesh component runs it too.
import { Command } from "commander";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import { waitUntilReady, type Readiness } from "../cluster/readiness";
import { readDrift, repairDrift, RepairError } from "../cluster/release-drift";
import { findingLine } from "../lib/checks/check";
import { meshDefaults } from "../lib/istio/defaults";
import { causeLines } from "../lib/cluster-state/readiness";
import { meshReleases } from "../lib/istio/releases";
import { durationOption } from "./duration";
import { exit } from "./exit";
import { targetOf, withTarget, type TargetOptions } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";

interface ReadyOptions extends TargetOptions {
  namespace: string;
  nodeNamespace?: string;
  wait: string;
  repair?: boolean;
}

/** The subcommand; `finish` takes its exit code. */
export function readyCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("ready"))
    .description("Wait until istiod serves and every node has a ready istio-cni and ztunnel.")
    .option("--namespace <name>", "namespace of the mesh", meshDefaults.namespace)
    .option("--node-namespace <name>", "namespace of istio-cni and ztunnel, if different")
    .option("--wait <duration>", "how long to wait", "3m")
    .option("--repair", "first revert manual changes to the mesh's Helm releases")
    .action(async (options: ReadyOptions) => finish(await ready(options, terminal)));
}

async function ready(options: ReadyOptions, terminal: Terminal): Promise<number> {
  const { namespace, nodeNamespace = namespace, wait } = options;
  const waitMs = durationOption("--wait", wait);
  try {
    if (options.repair) await repair(options, terminal, waitMs);
    const onLook = ({ findings, unreachable }: Readiness, left: number) =>
      progress(terminal, `${unreachable ?? findings[0]?.object ?? ""}; ${Math.ceil(left / 1000)} s left`);
    const last = await waitUntilReady(targetOf(options), { namespace, nodeNamespace }, waitMs, onLook);
    endProgress(terminal);
    return conclude(last, terminal);
  } catch (error) {
    if (error instanceof RepairError) {
      terminal.err(`${error.message}\n`);
      return exit.failed;
    }
    if (!(error instanceof NoClusterError || error instanceof UnreachableError)) throw error;
    terminal.err(`${error.message}\n`);
    return exit.unreachable;
  }
}

/** Restores the objects of the releases, and says which. */
async function repair(options: ReadyOptions, terminal: Terminal, forMs: number): Promise<void> {
  const { namespace, nodeNamespace = namespace } = options;
  const client = await ApiClient.connect(targetOf(options), forMs);
  try {
    const { drifted } = await readDrift(client, meshReleases({ namespace, nodeNamespace }));
    for (const done of await repairDrift(client, drifted)) terminal.err(`${done}\n`);
  } finally {
    client.close();
  }
}

function conclude({ findings, troubles, unreachable }: Readiness, terminal: Terminal): number {
  if (unreachable !== undefined) {
    terminal.err(`${unreachable}\n`);
    return exit.unreachable;
  }
  if (findings.length === 0) {
    terminal.out("istiod serves, and istio-cni and ztunnel are ready on every node\n");
    return exit.good;
  }
  const causes = causeLines(troubles);
  const lines = [
    "the mesh does not carry traffic:",
    ...findings.map((found) => `  ${findingLine(found)}`),
    ...(causes.length > 0 ? ["likely cause:", ...causes.map((line) => `  ${line}`)] : []),
  ];
  terminal.err(`${lines.join("\n")}\n`);
  return exit.failed;
}
