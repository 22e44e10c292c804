// `istio-ambient migrate`: from sidecars to ambient, one namespace after the other, and back.
import { Command } from "commander";
import { ApiClient, UnreachableError } from "../cluster/client";
import { NoClusterError } from "../cluster/connection";
import { goMigration } from "../cluster/migrating";
import { MigrationError, readMeshPods, readMigration, readNamespaces } from "../cluster/migration";
import { readKept } from "../cluster/migration-keepers";
import { noteOwners } from "../cluster/migration-owners";
import { readAllStored, readStored, Run, type StoredRecord } from "../cluster/migration-record";
import { readSince, turnBack } from "../cluster/migration-since";
import { planData, statusData, type NamespaceState } from "../lib/migration/data";
import type { NamespaceFacts } from "../lib/migration/facts";
import { planMigration, type MigrationPlan } from "../lib/migration/plan";
import { recordStates, type MigrationRecord } from "../lib/migration/record";
import { namespaceOrder } from "../lib/migration/calls";
import { orderLine, planLines, refusalLines, stepName } from "../lib/migration/report";
import { sinceLines, sourceNotes } from "../lib/migration/since";
import type { Direction, Step } from "../lib/migration/steps";
import { nearest } from "../lib/validation/names";
import { violationLine } from "../lib/validation/violations";
import { sidecarLabel } from "../lib/istio/labels";
import { durationOption } from "./duration";
import { exit, UsageError } from "./exit";
import { statusLines } from "./migrate-status";
import { requireNamespaces, shellWord, targetFlags, targetOf, withTarget, type TargetOptions } from "./target";
import { endProgress, progress, type Terminal } from "./terminal";

interface Options extends TargetOptions {
  namespace?: string[];
  waypoint: string;
  accept?: string[];
  output: string;
  timeout: string;
}

const actions = ["plan", "apply", "status", "rollback"] as const;
const formats = ["table", "json"] as const;
const usualWaypoint = "waypoint";
/** Reading takes no longer than this, and no request does. */
const lookMs = 60_000;
/** One run may take as long as its pods need; each of its waits has a limit of its own. */
const runMs = 24 * 3600_000;

type Action = (typeof actions)[number];

/** The subcommand; `finish` takes its exit code. */
export function migrateCommand(terminal: Terminal, finish: (code: number) => void): Command {
  const collect = (value: string, list: string[] = []) => [...list, value];
  return withTarget(new Command("migrate"))
    .description(
      "Migrate namespaces from sidecars to ambient, never allowing a request that was denied before. plan prints the result " +
        "for each object, apply migrates, status prints the progress, rollback reverts.",
    )
    .argument("<action>", actions.join(", "))
    .option("--namespace <name>", "only this namespace; can be repeated; plan and status default to all", collect)
    .option("--waypoint <name>", "name of the waypoint, if one is needed", usualWaypoint)
    .option(
      "--accept <object>",
      'continue despite the verdict on an object, such as "EnvoyFilter shop/limits"; can be repeated',
      collect,
    )
    .option("--output <format>", "output format of plan and status: table or json", "table")
    .option("--timeout <duration>", "time limit of each restart and of each wait", "5m")
    .action(async (action: string, options: Options) => finish(await run(action, options, terminal)));
}

async function run(action: string, options: Options, terminal: Terminal): Promise<number> {
  const chosen = oneOf("<action>", action, actions);
  oneOf("--output", options.output, formats);
  const timeoutMs = durationOption("--timeout", options.timeout);
  const isWriting = chosen === "apply" || chosen === "rollback";
  if (isWriting && (options.namespace ?? []).length === 0) {
    const rule = "must name the namespace: one is migrated after the other";
    throw new UsageError(
      violationLine({ path: "--namespace", got: undefined, rule, fix: `${chosen} --namespace shop` }),
    );
  }
  let client: ApiClient | undefined;
  try {
    client = await ApiClient.connect(targetOf(options), isWriting ? runMs : lookMs, lookMs);
    const all = await readNamespaces(client);
    requireNamespaces(
      options.namespace ?? [],
      all.map(({ name }) => name),
    );
    const call: Call = { client, options, all, timeoutMs, terminal };
    return await { plan, apply, status, rollback }[chosen](call);
  } catch (error) {
    const unreachable = error instanceof NoClusterError || error instanceof UnreachableError;
    if (!unreachable && !(error instanceof MigrationError)) throw error;
    endProgress(terminal);
    terminal.err(`${error.message}\n`);
    if (isWriting)
      terminal.err(
        `${unreachable ? "once the cluster answers, " : ""}${nextText(chosen, options.namespace![0]!, options)}\n`,
      );
    return unreachable ? exit.unreachable : exit.failed;
  } finally {
    client?.close();
  }
}

interface Call {
  client: ApiClient;
  options: Options;
  all: NamespaceFacts[];
  timeoutMs: number;
  terminal: Terminal;
}

function oneOf<W extends string>(path: string, word: string, words: readonly W[]): W {
  const found = words.find((each) => each === word);
  if (found !== undefined) return found;
  const fix = path.startsWith("-") ? `${path} ${nearest(word, words)}` : `migrate ${nearest(word, words)}`;
  throw new UsageError(violationLine({ path, got: word, rule: `must be one of ${words.join(", ")}`, fix }));
}

function nextText(action: Action, namespace: string, options: Options): string {
  const command = (next: Action) => commandFor(next, namespace, options);
  if (action === "rollback") return `run ${command("rollback")} to go on`;
  return `run ${command("apply")} to go on, ${command("rollback")} to go back`;
}

/** The call for a namespace of this cluster. */
function commandFor(action: Action, namespace: string, options: Options, more = ""): string {
  return `\`istio-ambient migrate ${action} --namespace ${namespace}${more}${targetFlags(options)}\``;
}

/** What the plan of a namespace was made with, as far as it matters to it. */
function choiceFlags({ waypoint, accept = [] }: Options, { verdicts }: MigrationPlan): string {
  const accepted = accept.filter((object) => verdicts.some((row) => row.accepted && row.object === object));
  const name = waypoint === usualWaypoint ? "" : ` --waypoint ${shellWord(waypoint)}`;
  return `${name}${accepted.map((object) => ` --accept ${shellWord(object)}`).join("")}`;
}

async function planOf({ client, options }: Call, namespace: NamespaceFacts): Promise<MigrationPlan> {
  const facts = await readMigration(client, namespace);
  const { waypoint, accept = [] } = options;
  return planMigration(facts, { waypoint, accept, stamp: new Date().toISOString() });
}

async function plan(call: Call): Promise<number> {
  const { client, options, all, terminal } = call;
  const given = options.namespace ?? (await withSidecars(call)).map(({ name }) => name);
  const plans: MigrationPlan[] = [];
  for (const namespace of all.filter(({ name }) => given.includes(name))) {
    progress(terminal, `reading ${namespace.name}`);
    plans.push(await planOf(call, namespace));
  }
  endProgress(terminal);
  requireAccepted(options.accept, plans);
  const sorted = namespaceOrder(plans, ({ steps }) =>
    steps.some((step) => step.do === "await" && step.what === "waypoint"),
  );
  const isReady = plans.every(({ ready }) => ready);
  if (options.output === "json") {
    terminal.out(`${JSON.stringify(planData(client.server, sorted), null, 2)}\n`);
    return isReady ? exit.good : exit.failed;
  }
  terminal.out(
    plans.length === 0
      ? "no namespace has sidecars, or asks for them\n"
      : `${sorted.map((each) => planLines(each).join("\n")).join("\n\n")}\n`,
  );
  if (sorted.length > 1) terminal.out(`\n${orderLine(sorted)}\n`);
  const [first] = sorted.filter(({ ready }) => ready);
  if (first)
    terminal.out(
      `\nNothing was written. To migrate it: run ${commandFor("apply", first.namespace, options, choiceFlags(options, first))}\n`,
    );
  return isReady ? exit.good : exit.failed;
}

/** Namespaces with sidecars, or with the label that asks for them. */
async function withSidecars({ client, all }: Call): Promise<NamespaceFacts[]> {
  const pods = await readMeshPods(client);
  return all.filter(
    ({ name, labels }) =>
      sidecarLabel(labels) !== undefined || pods.some((pod) => pod.namespace === name && pod.sidecar),
  );
}

/** What is accepted has to be a row that can be: a slip of the pen must not look like an answer. */
function requireAccepted(accept: readonly string[] = [], plans: readonly MigrationPlan[]): void {
  const rows = plans.flatMap(({ verdicts }) =>
    verdicts.filter(({ acceptable }) => acceptable).map(({ object }) => object),
  );
  const unknown = accept.find((object) => !rows.includes(object));
  if (unknown === undefined) return;
  const like = rows.length > 0 ? nearest(unknown, rows) : undefined;
  const rule =
    rows.length > 0
      ? "must be an object of the plan whose verdict can be accepted"
      : "the plan has no object whose verdict can be accepted";
  const fix = like === undefined ? { remove: `--accept "${unknown}"` } : `--accept "${like}"`;
  throw new UsageError(violationLine({ path: "--accept", got: unknown, rule, fix }));
}

async function apply(call: Call): Promise<number> {
  if (call.options.accept) {
    const given = call.all.filter(({ name }) => call.options.namespace?.includes(name));
    const stored = await Promise.all(given.map(({ name }) => readStored(call.client, name)));
    const fresh = given.filter((_, index) => stored[index] === undefined);
    const plans = await Promise.all(fresh.map((namespace) => planOf(call, namespace)));
    if (fresh.length > 0) requireAccepted(call.options.accept, plans);
  }
  for (const name of call.options.namespace ?? []) {
    const code = await applyOne(
      call,
      call.all.find((each) => each.name === name)!,
    );
    if (code !== exit.good) return code;
  }
  return exit.good;
}

async function applyOne(call: Call, namespace: NamespaceFacts): Promise<number> {
  const { client, options, terminal } = call;
  const { name } = namespace;
  const back = commandFor("rollback", name, options);
  const stored = await readStored(client, name);
  if (stored?.record.direction === "rollback") {
    throw new MigrationError(`the namespace ${name} is being rolled back; run ${back} first`);
  }
  if (stored?.record.state === recordStates.done) {
    terminal.out(`the namespace ${name} is migrated already; ${back} takes it back\n`);
    return exit.good;
  }
  const begun = stored ? await Run.take(client, stored) : await begin(call, namespace);
  if (begun === undefined) return exit.failed;
  await go(call, begun);
  terminal.out(`the namespace ${name} is migrated; ${back} takes it back\n`);
  return exit.good;
}

/** Writes the record of a plan that nothing keeps from starting. */
async function begin(call: Call, namespace: NamespaceFacts): Promise<Run | undefined> {
  const facts = await planOf(call, namespace);
  if (!facts.ready) {
    call.terminal.err(`${refusalLines(facts).join("\n")}\n`);
    return undefined;
  }
  const record: MigrationRecord = {
    namespace: namespace.name,
    waypoint: call.options.waypoint,
    stamp: new Date().toISOString(),
    steps: await noteOwners(call.client, facts.steps),
    direction: "apply",
    next: 0,
    state: recordStates.running,
  };
  return Run.begin(call.client, record);
}

async function go({ client, timeoutMs, terminal }: Call, begun: Run): Promise<void> {
  const onStep = (step: Step, done: number, all: number) => {
    const text = `${begun.record.namespace}: ${done + 1} of ${all}: ${wordsOf(step, begun.record.direction)}`;
    if (terminal.interactive) progress(terminal, text);
    else terminal.err(`${text}\n`);
  };
  const notes: string[] = [];
  try {
    await goMigration(client, begun, timeoutMs, onStep, (text) => notes.push(text));
  } finally {
    endProgress(terminal);
    for (const note of notes) terminal.err(`${note}\n`);
  }
}

function wordsOf(step: Step, direction: Direction): string {
  return direction === "apply" ? stepName(step) : `take back: ${stepName(step)}`;
}

async function rollback(call: Call): Promise<number> {
  const { client, options, terminal } = call;
  for (const name of options.namespace ?? []) {
    const stored = await readStored(client, name);
    if (!stored) {
      terminal.err(`there is no migration of ${name} to take back: it has no record\n`);
      return exit.failed;
    }
    const record = await turnBack(client, stored.record);
    const [since, kept] = await Promise.all([readSince(client, record), readKept(client, name)]);
    const changes = sinceLines(record, since);
    if (changes.length > 0) throw new MigrationError(changes.join("\n"));
    await go(call, await Run.take(client, { ...stored, record }));
    for (const note of sourceNotes(kept, since)) terminal.err(`${note}\n`);
    terminal.out(`the namespace ${name} is as it was, with sidecars\n`);
  }
  return exit.good;
}

async function status(call: Call): Promise<number> {
  const { client, options, terminal } = call;
  const [pods, stored] = await Promise.all([readMeshPods(client), readAllStored(client)]);
  const all = call.all.flatMap((namespace) => stateOf(namespace, pods, stored) ?? []);
  const states = all.filter(
    ({ namespace }) => options.namespace === undefined || options.namespace.includes(namespace),
  );
  const gateways = pods.filter(({ proxy }) => proxy === "gateway");
  terminal.out(
    options.output === "json"
      ? `${JSON.stringify(statusData(client.server, states, all), null, 2)}\n`
      : `${statusLines(states, all, gateways, (action, namespace) => commandFor(action, namespace, options)).join("\n")}\n`,
  );
  return states.some(({ state }) => state === "unfinished") ? exit.failed : exit.good;
}

/** Nothing for a namespace that has to do with neither. */
function stateOf(
  { name, labels }: NamespaceFacts,
  pods: { namespace: string; sidecar: boolean; captured: boolean }[],
  all: StoredRecord[],
): NamespaceState | undefined {
  const own = pods.filter(({ namespace }) => namespace === name);
  const record = all.find((stored) => stored.record.namespace === name)?.record;
  const count = {
    sidecars: own.filter(({ sidecar }) => sidecar).length,
    captured: own.filter(({ captured }) => captured).length,
  };
  const base = { namespace: name, ...count, ...(record ? { record } : {}) };
  if (record) return { ...base, state: record.state === recordStates.done ? "migrated" : "unfinished" };
  if (count.sidecars > 0 || sidecarLabel(labels) !== undefined) return { ...base, state: "sidecars" };
  return count.captured > 0 ? { ...base, state: "ambient" } : undefined;
}
