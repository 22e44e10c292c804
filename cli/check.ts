// `istio-ambient check`: one report on a mesh, or as many as it takes until nothing fails.
import { setTimeout as sleep } from "node:timers/promises";
import * as fs from "node:fs";
import { Command } from "commander";
import { parse } from "yaml";
import { UnreachableError } from "../cluster/client";
import { NoClusterError, reason, type ClusterTarget } from "../cluster/connection";
import { readCluster } from "../cluster/snapshot";
import { checks } from "../lib/checks";
import { categories, type CheckContext } from "../lib/checks/check";
import { violationLine } from "../lib/validation/violations";
import { kindCluster, kindDefaults, publishedPorts, type KindCluster } from "../lib/kind/kind-cluster";
import { isReason } from "../lib/preflight/waivers";
import { nearest } from "../lib/validation/names";
import { withStacks } from "../lib/checks/owning-stack";
import { isGood, judge, reportData, type Report, type Scope } from "../lib/checks/verdicts";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { documentation } from "./package-file";
import { renderTable } from "./table";
import { requireNamespaces } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";

const formats = ["table", "json"];
/** Between two checks of --wait. */
const pauseMs = 2000;

interface CheckOptions {
  kubeconfig?: string;
  context?: string;
  namespace?: string[];
  category?: string[];
  output: string;
  wait?: string;
  timeout: string;
  kindConfig?: string;
  ignore?: string[];
}

/** The subcommand; `finish` takes its exit code. */
export function checkCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const collect = (value: string, list: string[] = []) => [...list, value];
  return new Command("check")
    .description("Check the mesh of a cluster, and show how to fix problems.")
    .option("--kubeconfig <file>", "kubeconfig to use instead of $KUBECONFIG or ~/.kube/config")
    .option("--context <name>", "context to use instead of the current one")
    .option("--namespace <name>", "check only this namespace and the mesh's own parts; can be repeated", collect)
    .option("--category <name>", `check only this category; can be repeated: ${categories.join(", ")}`, collect)
    .option("--output <format>", "output format: table or json", "table")
    .option("--wait <duration>", "repeat until nothing fails, for at most this long, such as 2m")
    .option("--timeout <duration>", "time limit of a single check", "1m")
    .option("--kind-config <file>", "kind cluster file with the published ports")
    .option("--ignore <id=reason>", "waive this check: show its findings, but do not fail; can be repeated", collect)
    .action(async (options: CheckOptions) => finish(await check(options, terminal)));
}

async function check(options: CheckOptions, terminal: Terminal): Promise<number> {
  validate(options);
  const target: ClusterTarget = {
    ...(options.kubeconfig ? { kubeconfigFile: options.kubeconfig } : {}),
    ...(options.context ? { context: options.context } : {}),
  };
  const waitMs = options.wait === undefined ? 0 : durationOption("--wait", options.wait);
  const look = { target, timeoutMs: durationOption("--timeout", options.timeout), ports: portsOf(options.kindConfig) };
  const scope: Scope = {
    categories: options.category ?? [],
    namespaces: options.namespace ?? [],
    waivers: waiversOf(options.ignore ?? []),
  };
  const until = Date.now() + waitMs;
  for (;;) {
    const seen = await lookOnce(look, scope, terminal);
    const left = until - Date.now();
    const good = typeof seen !== "string" && isGood(seen);
    if (good || left <= 0) return conclude(seen, options.output, terminal);
    terminal.err(`${waitingFor(seen)}; checking again, ${Math.ceil(left / 1000)} s left\n`);
    await sleep(Math.min(pauseMs, left));
  }
}

interface Look {
  target: ClusterTarget;
  timeoutMs: number;
  ports: readonly number[];
}

/** A report, or why the cluster cannot be reached. */
async function lookOnce(
  { target, timeoutMs, ports }: Look,
  scope: Scope,
  terminal: Terminal,
): Promise<Report | string> {
  try {
    const onProgress = (kind: string) => progress(terminal, `reading ${kind}`);
    const { namespaces = [] } = scope;
    const { snapshot } = await readCluster(target, timeoutMs, { onProgress, namespaces });
    const gap = snapshot.gaps.namespaces;
    requireNamespaces(
      gap ? (gap.within ?? []) : namespaces,
      snapshot.namespaces.map(({ name }) => name),
    );
    const context: CheckContext = { now: new Date(), publishedNodePorts: ports };
    return withStacks(judge(checks, snapshot, context, scope), snapshot);
  } catch (error) {
    if (error instanceof UnreachableError || error instanceof NoClusterError) return error.message;
    throw error;
  } finally {
    endProgress(terminal);
  }
}

function conclude(seen: Report | string, output: string, terminal: Terminal): number {
  if (typeof seen === "string") {
    terminal.err(`${seen}\n`);
    return exit.unreachable;
  }
  terminal.out(
    output === "json"
      ? `${JSON.stringify(reportData(seen, documentation), null, 2)}\n`
      : renderTable(seen, terminal.color),
  );
  return isGood(seen) ? exit.good : exit.failed;
}

function waitingFor(seen: Report | string): string {
  if (typeof seen === "string") return seen;
  const failed = seen.results.filter(({ outcome }) => outcome === "failed").map((result) => result.check.id);
  return `${failed.length} failed: ${failed.join(", ")}`;
}

function validate({ category = [], output }: CheckOptions): void {
  for (const name of category) requireWord("--category", name, categories);
  requireWord("--output", output, formats);
}

/** Reasons by ids, as `id=reason` gives them. */
function waiversOf(given: readonly string[]): Record<string, string> {
  const ids = checks.map(({ id }) => id);
  return Object.fromEntries(
    given.map((text) => {
      const [, id = text, reason = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
      const shown = isReason(reason) ? reason : "<reason>";
      const refuse = (rule: string, known: string) =>
        new UsageError(violationLine({ path: "--ignore", got: text, rule, fix: `--ignore "${known}=${shown}"` }));
      if (!ids.includes(id)) throw refuse("there is no such check", nearest(id, ids));
      if (!isReason(reason)) throw refuse("must say after `=` why the finding does not matter here", id);
      return [id, reason];
    }),
  );
}

function requireWord(option: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  const fix = `${option} ${nearest(word, words)}`;
  throw new UsageError(violationLine({ path: option, got: word, rule: `must be one of ${words.join(", ")}`, fix }));
}

/** NodePorts that kind publishes: from the given file, or as `kind-config` would write it. */
function portsOf(file: string | undefined): number[] {
  if (file === undefined) return publishedPorts(kindCluster(kindDefaults));
  try {
    const cluster = parse(fs.readFileSync(file, "utf8")) as Partial<KindCluster>;
    return publishedPorts({ nodes: cluster.nodes ?? [] });
  } catch (error) {
    throw new UsageError(`cannot read kind file ${file}: ${reason(error)}`);
  }
}
