// `istio-ambient footprint`: what the mesh takes of its cluster, beside what sidecars would take.
import { Command } from "commander";
import { UnreachableError } from "../cluster/client";
import { NoClusterError, type ClusterTarget } from "../cluster/connection";
import { readFootprint, UnreadableError } from "../cluster/footprint";
import { advise, isGood } from "../lib/footprint/advice";
import { footprintData } from "../lib/footprint/data";
import type { FootprintState } from "../lib/footprint/footprint";
import { violationLine } from "../lib/validation/violations";
import { nearest } from "../lib/validation/names";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { renderFootprint } from "./footprint-table";
import { targetOf, withTarget, type TargetOptions } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";
import { interruptible } from "./watch";

const formats = ["table", "json"];
/** The kubelets themselves look every ten to fifteen seconds. */
const usualPause = "15s";

interface FootprintOptions extends TargetOptions {
  output: string;
  watch?: string | true;
  timeout: string;
}

/** The subcommand; `finish` takes its exit code. */
export function footprintCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("footprint"))
    .description("Measure the resource usage of the mesh, and compare it with sidecars.")
    .option("--output <format>", "output format: table or json", "table")
    .option("--watch [duration]", `measure repeatedly, at this interval (default: ${usualPause}), until interrupted`)
    .option("--timeout <duration>", "time limit of a single measurement", "1m")
    .action(async (options: FootprintOptions) => finish(await measure(options, terminal)));
}

async function measure(options: FootprintOptions, terminal: Terminal): Promise<number> {
  const { output, watch, timeout } = options;
  if (!formats.includes(output)) {
    const fix = `--output ${nearest(output, formats)}`;
    throw new UsageError(
      violationLine({ path: "--output", got: output, rule: `must be one of ${formats.join(", ")}`, fix }),
    );
  }
  const pauseMs = watch === undefined ? undefined : durationOption("--watch", watch === true ? usualPause : watch);
  const look = { target: targetOf(options), timeoutMs: durationOption("--timeout", timeout), output };
  if (pauseMs === undefined) return measureOnce(look, terminal);
  return interruptible(pauseMs, (isFirst) => {
    // A table gets a line between it and the one before; JSON is one document a line.
    if (!isFirst && output === "table") terminal.out("\n");
    return measureOnce({ ...look, inOneLine: true }, terminal);
  });
}

interface Look {
  target: ClusterTarget;
  timeoutMs: number;
  output: string;
  inOneLine?: boolean;
}

async function measureOnce({ target, timeoutMs, output, inOneLine }: Look, terminal: Terminal): Promise<number> {
  let state: FootprintState;
  try {
    state = await readFootprint(target, timeoutMs, (what) => progress(terminal, `reading ${what}`));
  } catch (error) {
    const isKnown = [UnreachableError, NoClusterError, UnreadableError].some((kind) => error instanceof kind);
    if (!isKnown || !(error instanceof Error)) throw error;
    terminal.err(`${error.message}\n`);
    return error instanceof UnreadableError ? exit.failed : exit.unreachable;
  } finally {
    endProgress(terminal);
  }
  const data = output === "json" ? footprintData(state, new Date()) : undefined;
  terminal.out(data ? `${JSON.stringify(data, null, inOneLine ? 0 : 2)}\n` : renderFootprint(state, terminal.color));
  if (state.pods.length === 0) {
    terminal.err(`no istiod, istio-cni, ztunnel, gateway, waypoint or sidecar was found on ${state.server}\n`);
  }
  if (state.source === "none") terminal.err(`${unknownUse(state)}\n`);
  return isGood(state, advise(state)) ? exit.good : exit.failed;
}

/** Why there are no figures of use, and what gives some. */
function unknownUse({ reasons }: FootprintState): string {
  return violationLine({
    path: "nodes/proxy",
    got: reasons[0],
    rule: "this user must be allowed to get it, or metrics-server must be installed, for figures of use",
    fix: { run: "kubectl auth can-i get nodes/proxy" },
  });
}
