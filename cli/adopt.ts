// `istio-ambient adopt`: hands an Istio that something else has installed to a stack, without touching what runs, and back.
import { Command } from "commander";
import { AdoptionError, encodeRecord, readAdoption } from "../cluster/adoption";
import {
  forgetComponent,
  goSteps,
  journalNamespaces,
  readJournal,
  takenOverBy,
  writeJournal,
  type Outcome,
} from "../cluster/adopting";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import {
  baseValues,
  cniValues,
  istiodValues,
  ztunnelValues,
  type PartSettings,
  type SharedSettings,
} from "../components/mesh/objects";
import { argsConfig, argsProgram, type ValuesOf } from "../lib/adoption/args";
import { planAdoption, type AdoptionPlan } from "../lib/adoption/plan";
import { adoptCall } from "../lib/adoption/refusals";
import { planLines, refusalLines } from "../lib/adoption/report";
import { count } from "../lib/checks/mesh";
import type { JsonMap } from "../lib/drift";
import { meshDefaults } from "../lib/istio/defaults";
import { violationLine } from "../lib/validation/violations";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { targetFlags, targetOf, withTarget, type TargetOptions } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";

interface Options extends TargetOptions {
  to?: string;
  apply?: boolean;
  undo?: boolean;
  printArgs?: string;
  released?: string[];
  timeout: string;
}

const formats = ["typescript", "yaml"];

/** The subcommand; `finish` takes its exit code. */
export function adoptCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const collect = (value: string, list: string[] = []) => [...list, value];
  return withTarget(new Command("adopt"))
    .description(
      "Hand over an Istio that istioctl, Helm or another tool installed to a stack, for `pulumi up` to import. " +
        "Without --apply, only print the plan.",
    )
    .option("--to <project/stack>", "stack that takes over the installation")
    .option("--apply", "execute the plan")
    .option("--undo", "undo an adoption: restore all metadata and Helm records")
    .option("--print-args <format>", "print the arguments that preserve the installation: typescript or yaml")
    .option(
      "--released <owner>",
      "owner that no longer manages Istio, such as argocd/istiod, or with --undo the stack; can be repeated",
      collect,
    )
    .option("--timeout <duration>", "time limit of the whole operation", "2m")
    .action(async (options: Options) => finish(await run(options, terminal)));
}

async function run(options: Options, terminal: Terminal): Promise<number> {
  requireOptions(options);
  const timeoutMs = durationOption("--timeout", options.timeout);
  let client: ApiClient | undefined;
  try {
    client = await ApiClient.connect(targetOf(options), timeoutMs);
    return await (options.undo ? undo(client, options, terminal) : adopt(client, options, terminal));
  } catch (error) {
    const unreachable = error instanceof NoClusterError || error instanceof UnreachableError;
    if (!unreachable && !(error instanceof AdoptionError)) throw error;
    endProgress(terminal);
    terminal.err(`${error.message}\n`);
    const isWriting = options.apply === true || options.undo === true;
    if (error instanceof UnreachableError && isWriting) {
      terminal.err("the same command goes on from there once the cluster answers\n");
    }
    return unreachable ? exit.unreachable : exit.failed;
  } finally {
    client?.close();
  }
}

function requireOptions({ to, apply, undo: back, printArgs }: Options): void {
  const refuse = (path: string, got: string | undefined, rule: string, fix: string) => {
    throw new UsageError(violationLine({ path, got, rule, fix }));
  };
  if (to !== undefined && !/^[^/\s]+\/[^/\s]+$/.test(to)) {
    refuse("--to", to, "must be a project and a stack with a slash between them", "--to istio-ambient/dev");
  }
  if (apply && back) refuse("--undo", undefined, "must not be given with --apply", "--undo");
  if (apply && to === undefined)
    refuse("--to", undefined, "must name the stack that gets the mesh", "--to istio-ambient/dev");
  if (printArgs !== undefined && !formats.includes(printArgs)) {
    refuse("--print-args", printArgs, `must be one of ${formats.join(", ")}`, "--print-args typescript");
  }
}

async function adopt(client: ApiClient, options: Options, terminal: Terminal): Promise<number> {
  const facts = await readAdoption(client);
  const plan = planAdoption(
    facts,
    { stack: options.to, released: options.released ?? [], target: targetFlags(options) },
    means,
  );
  const begun = plan.install.namespace === "" ? undefined : await readJournal(client, plan.install.namespace);
  if (options.printArgs !== undefined && plan.parts.length > 0) {
    terminal.out(options.printArgs === "yaml" ? argsConfig(plan.args) : argsProgram(plan.args));
    return exit.good;
  }
  if (begun) {
    const { stack } = begun.journal;
    if (options.to !== undefined && stack !== options.to) {
      throw new AdoptionError(`this Istio was adopted for the stack ${stack}; run ${undoCommand(options)} first`);
    }
    if (!options.apply) {
      terminal.out(`this Istio was adopted for the stack ${stack}; run ${undoCommand(options)} to give it back\n`);
      return exit.good;
    }
    return conclude(await goSteps(client, begun, "apply", onStep(terminal)), stack, options, terminal);
  }
  if (!options.apply) return show(plan, options, terminal);
  if (plan.refusals.length > 0) {
    terminal.err(`${refusalLines(plan).join("\n")}\n`);
    return exit.failed;
  }
  if (plan.journal.steps.length === 0)
    return conclude({ written: 0, notes: [] }, plan.journal.stack, options, terminal);
  const stored = await writeJournal(client, plan.journal);
  return conclude(await goSteps(client, stored, "apply", onStep(terminal)), plan.journal.stack, options, terminal);
}

function undoCommand(options: Options): string {
  return `\`istio-ambient adopt --undo${targetFlags(options)}\``;
}

function show(plan: AdoptionPlan, options: Options, terminal: Terminal): number {
  const text = `${planLines(plan).join("\n")}\n`;
  if (plan.refusals.length > 0) {
    terminal.err(text);
    return exit.failed;
  }
  terminal.out(text);
  const { to = "<project>/<stack>", released = [] } = options;
  const command = `${adoptCall({ stack: to, released, target: targetFlags(options) })} --apply`;
  terminal.out(`\nNothing was written. To hand it over: run \`${command}\`\n`);
  return exit.good;
}

function onStep(terminal: Terminal): (done: number, all: number) => void {
  return (done, all) => progress(terminal, `${done} of ${all} written`);
}

function conclude({ written, notes }: Outcome, stack: string, options: Options, terminal: Terminal): number {
  endProgress(terminal);
  for (const note of notes) terminal.err(`${note}\n`);
  terminal.out(
    written === 0
      ? `the stack ${stack} has this Istio already\n`
      : `handed to the stack ${stack}: ${count(written, "object")}; write the arguments of \`istio-ambient adopt --print-args ` +
          `typescript${targetFlags(options)}\` into its program, and run \`pulumi preview\`\n`,
  );
  return exit.good;
}

async function undo(client: ApiClient, options: Options, terminal: Terminal): Promise<number> {
  const { released = [] } = options;
  const [namespace] = await journalNamespaces(client);
  const stored = namespace === undefined ? undefined : await readJournal(client, namespace);
  if (!stored) throw new AdoptionError("there is no adoption to undo in this cluster");
  const { stack } = stored.journal;
  const component = await takenOverBy(client, stored.journal.namespace);
  if (component !== undefined && !released.includes(stack))
    throw new AdoptionError(inState(stack, component, targetFlags(options)));
  if (component !== undefined) await forgetComponent(client, stored.journal.namespace);
  const { written, notes } = await goSteps(client, stored, "undo", onStep(terminal));
  endProgress(terminal);
  for (const note of notes) terminal.err(`${note}\n`);
  terminal.out(`given back by the stack ${stack}: ${count(written, "object")} as they were\n`);
  return exit.good;
}

/** A stack that keeps the mesh in its state would uninstall, with its next destroy, what was given back. */
function inState(stack: string, component: string, target: string): string {
  const [project, name] = stack.split("/");
  const [type, resource = ""] = component.split(" ");
  const urn = `urn:pulumi:${name}::${project}::istio-ambient:index:${type}::${resource.replace(/"/g, "")}`;
  return (
    `the stack ${stack} has this Istio in its state since \`pulumi up\`: its next \`pulumi destroy\` would uninstall it; first run ` +
    `\`pulumi state delete '${urn}' --target-dependents --stack ${name}\` in its project, then run ` +
    `\`istio-ambient adopt --undo --released ${stack}${target}\``
  );
}

/** The values that an AmbientMesh of these arguments gives its charts. */
const meshValues: ValuesOf = (chart, args) => {
  const shared = { namespace: meshDefaults.namespace, version: "", ...args } as unknown as SharedSettings;
  const { controlPlane = {}, cni = {}, dataplane = {} } = args as { [part: string]: PartSettings };
  const values = {
    base: () => baseValues(shared),
    istiod: () => istiodValues(shared, controlPlane),
    cni: () => cniValues(shared, cni),
    ztunnel: () => ztunnelValues(shared, dataplane),
  };
  return values[chart]() as JsonMap;
};

const means = { encode: encodeRecord, valuesOf: meshValues };
