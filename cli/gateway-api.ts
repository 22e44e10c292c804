// `istio-ambient gateway-api`: installs the Gateway API CRDs. The component GatewayApi runs it at `up`.
import { Command } from "commander";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import { BundleError, installBundle, readBundle } from "../cluster/gateway-api";
import { timeouts } from "../lib/istio/defaults";
import { defaultGatewayApiVersion, gatewayApiUrl } from "../lib/istio/releases";
import { durationOption } from "./duration";
import { exit } from "./exit";
import { targetOf, withTarget, type TargetOptions } from "./target";
import type { Terminal } from "./terminal";

interface GatewayApiOptions extends TargetOptions {
  release: string;
  source?: string;
  timeout: string;
}

/** The subcommand; `finish` takes its exit code. */
export function gatewayApiCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("gateway-api"))
    .description("Install the Gateway API CRDs, unless the cluster has newer ones, and wait until they are served.")
    .option("--release <version>", "exact Gateway API release", defaultGatewayApiVersion)
    .option("--source <where>", "URL, file or directory to read the CRDs from instead")
    .option("--timeout <duration>", "time limit", `${timeouts.gatewayApi}m`)
    .action(async (options: GatewayApiOptions) => finish(await install(options, terminal)));
}

async function install(options: GatewayApiOptions, terminal: Terminal): Promise<number> {
  const timeoutMs = durationOption("--timeout", options.timeout);
  try {
    const objects = await readBundle(options.source ?? gatewayApiUrl(options.release));
    // A CRD that is never established has a message of its own, so the client's limit is longer.
    const client = await ApiClient.connect(targetOf(options), timeoutMs + 10_000);
    try {
      const { version, objects: count, left } = await installBundle(client, objects, Date.now() + timeoutMs);
      terminal.err(
        left === undefined
          ? `Gateway API ${version}: ${count} objects applied\n`
          : `the Gateway API CRDs are left unchanged: ${left}\n`,
      );
      // Alone on its stream, for who reads the version.
      terminal.out(`${version}\n`);
      return exit.good;
    } finally {
      client.close();
    }
  } catch (error) {
    const isKnown =
      error instanceof BundleError || error instanceof NoClusterError || error instanceof UnreachableError;
    if (!isKnown) throw error;
    terminal.err(`${error.message}\n`);
    return error instanceof BundleError ? exit.failed : exit.unreachable;
  }
}
