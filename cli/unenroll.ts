// `istio-ambient unenroll` and `istio-ambient enroll`: out of the mesh without losing traffic, into it, and back.
import { Command } from "commander";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import { drain, planDrain } from "../cluster/drain";
import {
  EnrollmentError,
  enroll as enrollNamespaces,
  hasZtunnel,
  namespaceNames,
  readEnrolled,
  removeLabels,
  restore,
  waitUntilReleased,
  type Enrolled,
} from "../cluster/enrollment";
import { some } from "../lib/checks/mesh";
import { endedProtection, stacksNote } from "../lib/enrollment/protection";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { requireNamespaces, targetFlags, targetOf, withTarget, type TargetOptions } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";

interface Options extends TargetOptions {
  namespace?: string[];
  timeout: string;
  drain?: boolean;
  refuse?: boolean;
  restore?: boolean;
  allowSystemNamespace?: boolean;
}

const collect = (value: string, list: string[] = []) => [...list, value];

/** `unenroll`; `finish` takes its exit code. */
export function unenrollCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("unenroll"))
    .description("Remove namespaces and pods from the mesh, and wait until it carries none of their traffic.")
    .option("--namespace <name>", "only this namespace; can be repeated", collect)
    .option("--drain", "roll Deployments out of the mesh first, so that none of their requests fail")
    .option("--refuse", "change nothing, and fail if anything is enrolled")
    .option("--timeout <duration>", "time limit of the whole operation", "5m")
    .action(async (options: Options) => finish(await withClient(options, terminal, unenroll)));
}

/** `enroll`; `finish` takes its exit code. */
export function enrollCommand(terminal: Terminal, finish: (code: number) => void): Command {
  return withTarget(new Command("enroll"))
    .description("Add namespaces to the mesh, or restore what `unenroll` removed.")
    .option("--namespace <name>", "namespace to add; can be repeated", collect)
    .option("--restore", "restore the labels that `unenroll` removed, in these namespaces or all")
    .option("--allow-system-namespace", "accept a system namespace (kube-…, openshift-…, Istio's own)")
    .option("--timeout <duration>", "time limit of the whole operation", "5m")
    .action(async (options: Options) => {
      if (!options.restore && options.namespace === undefined) {
        throw new UsageError(
          "`--namespace`: missing; must name the namespaces that join the mesh, unless `--restore` returns what " +
            "`unenroll` removed; write `--namespace shop`",
        );
      }
      finish(await withClient(options, terminal, enroll));
    });
}

type Work = (
  client: ApiClient,
  options: Options & { namespace: string[] },
  untilMs: number,
  terminal: Terminal,
) => Promise<number>;

async function withClient(options: Options, terminal: Terminal, work: Work): Promise<number> {
  const timeoutMs = durationOption("--timeout", options.timeout);
  let client: ApiClient | undefined;
  try {
    // The work has a time limit and a message of its own, so the client's limit is longer.
    client = await ApiClient.connect(targetOf(options), timeoutMs + 30_000);
    const { namespace = [] } = options;
    if (namespace.length > 0) requireNamespaces(namespace, await namespaceNames(client));
    return await work(client, { ...options, namespace }, Date.now() + timeoutMs, terminal);
  } catch (error) {
    const unreachable = error instanceof NoClusterError || error instanceof UnreachableError;
    if (!unreachable && !(error instanceof EnrollmentError)) throw error;
    terminal.err(`${error.message}\n`);
    return unreachable ? exit.unreachable : exit.failed;
  } finally {
    client?.close();
    endProgress(terminal);
  }
}

const unenroll: Work = async (client, options, untilMs, terminal) => {
  const enrolled = await readEnrolled(client, options.namespace);
  const count = enrolled.namespaces.length + enrolled.pods.length;
  if (options.refuse) {
    return count === 0 ? exit.good : refuse(enrolled, options, terminal);
  }
  if (options.drain) {
    const plan = await planDrain(client, enrolled);
    if (plan.kept.length > 0) {
      terminal.err(
        `not rolled: ${some(plan.kept, 5)}; their pods keep running and leave the mesh when the label is removed, ` +
          "and connections may fail for less than a second\n",
      );
    }
    await drain(client, plan, untilMs, (name) => terminal.err(`rolling Deployment ${name} out of the mesh\n`));
  }
  await removeLabels(client, enrolled);
  await waitUntilReleased(client, options.namespace, untilMs, (captured) =>
    progress(terminal, `waiting for istio-cni to release pods: ${captured} left`),
  );
  terminal.out(
    count === 0
      ? "nothing is enrolled\n"
      : `removed ${described(enrolled)}${stacksNote(enrolled.namespaces)} from the mesh; to return, run ` +
          `\`istio-ambient enroll --restore${targetFlags(options)}\`\n`,
  );
  const ended = count === 0 ? undefined : endedProtection(enrolled.protection);
  if (ended !== undefined) terminal.err(`${ended}\n`);
  return exit.good;
};

function refuse(enrolled: Enrolled, options: TargetOptions, terminal: Terminal): number {
  const names = [
    ...enrolled.namespaces.map(({ name }) => name),
    ...enrolled.pods.map(({ namespace, name }) => `${namespace}/${name}`),
  ];
  terminal.err(
    `still enrolled: ${described(enrolled)} (${some(names, 5)}), which would lose all traffic without the mesh; ` +
      `unenroll them first: run \`istio-ambient unenroll${targetFlags(options)}\`, or write \`onDestroy: "unenroll"\`\n`,
  );
  return exit.failed;
}

function described({ namespaces, pods }: Enrolled): string {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const alone = pods.length > 0 ? ` and ${counted(pods.length, "single pod")}` : "";
  return `${counted(namespaces.length, "namespace")}${alone}`;
}

const enroll: Work = async (client, options, _untilMs, terminal) => {
  const { namespace, restore: isReturn, allowSystemNamespace } = options;
  if (!(await hasZtunnel(client))) {
    throw new EnrollmentError(
      "ztunnel is not ready on every node, and enrolled pods lose all traffic without it; run `istio-ambient ready" +
        `${targetFlags(options)}\` first`,
    );
  }
  if (!isReturn) {
    const joined = await enrollNamespaces(client, namespace, allowSystemNamespace);
    terminal.out(joined.length === 0 ? "already in the mesh\n" : `in the mesh: ${some(joined, 20)}\n`);
    return exit.good;
  }
  const names = await restore(client, namespace);
  terminal.out(names.length === 0 ? "nothing to restore\n" : `back in the mesh: ${some(names, 20)}\n`);
  return exit.good;
};
