// `istio-ambient sweep`: deletes what istiod has left behind. The mesh component runs it at destroy, once istiod is gone.
import { Command } from "commander";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import { sweep } from "../cluster/leftovers";
import { some } from "../lib/checks/mesh";
import { exit } from "./exit";
import { targetOf, withTarget, type TargetOptions } from "./target";
import type { Terminal } from "./terminal";

/** How long it may take. */
const deadlineMs = 60_000;

interface Options extends TargetOptions {
  later?: boolean;
}

/** The subcommand; `finish` takes its exit code. */
export function sweepCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("sweep"))
    .description("Delete what istiod left behind: a ConfigMap in every namespace, and unused GatewayClasses.")
    .option("--later", "do nothing; for `up`, whose cleanup happens at destroy")
    .action(async (options: Options) => finish(options.later ? exit.good : await work(options, terminal)));
}

async function work(options: Options, terminal: Terminal): Promise<number> {
  let client: ApiClient | undefined;
  try {
    client = await ApiClient.connect(targetOf(options), deadlineMs);
    const swept = await sweep(client);
    if (swept === undefined) {
      terminal.out("nothing is deleted: there is an istiod, which uses it\n");
      return exit.good;
    }
    const { configMaps, gatewayClasses, failed } = swept;
    const classes = gatewayClasses.length === 0 ? "" : `: ${gatewayClasses.join(", ")}`;
    terminal.out(`deleted ${configMaps} ConfigMaps and ${gatewayClasses.length} GatewayClasses${classes}\n`);
    // A destroy that has come this far does not fail for what does no harm.
    if (failed.length > 0) terminal.err(`not deleted: ${some(failed, 3)}\n`);
    return exit.good;
  } catch (error) {
    if (!(error instanceof NoClusterError || error instanceof UnreachableError)) throw error;
    terminal.err(`${error.message}\n`);
    return exit.unreachable;
  } finally {
    client?.close();
  }
}
