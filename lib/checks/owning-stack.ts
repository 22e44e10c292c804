// Findings about what a Pulumi stack owns: they name the stack, and what changes the object is that stack's own `up`.
import type { ClusterSnapshot } from "../cluster-state/snapshot";
import { objectName } from "../cluster-state/object-name";
import { bundleMark } from "../gateway-api/bundle";
import { refreshCommand, stackOf, stackOfLabel, stackOfRelease, type FindOwnable } from "../ownership/stacks";
import type { Finding } from "./check";
import { namedKinds, namedObject } from "./kept";
import { isNamed } from "./gateways";
import { marks, meshNamespace } from "./mesh";
import type { Report } from "./verdicts";

/** What of a cluster tells whose something is. */
export interface OwnershipView {
  find: FindOwnable;
  /** The stack of the Gateway API's CRDs. */
  gatewayApi?: string;
}

/** Whose something is. */
export interface OwningStack {
  stack: string;
  /** What of it: "the Gateway", "the label istio.io/use-waypoint". */
  what: string;
}

/** Commands that change nothing, or only restart what runs. */
const harmless = /^(kubectl (describe|get|logs|top|auth|rollout|exec|debug)|istioctl x precheck)\b/;
const tools = /^(kubectl|helm|istioctl) |^pulumi up --refresh$/;

/** True for a command that the stack's own `up` has to take the place of. */
function isChange(fix: Finding["fix"]): fix is { run: string } {
  const commands = "run" in fix ? fix.run.split(/ (?:\||&&) |; /) : [];
  return commands.some((command) => tools.test(command) && !harmless.test(command));
}

/** The stack whose `up` puts a finding right: that of what its fix would change, or of the object that it is about. */
export function owningStack(
  view: OwnershipView,
  { object, fix }: Pick<Finding, "object" | "fix">,
): OwningStack | undefined {
  const about = subjectOf(object);
  const own = ownerOf(view, about);
  const changed = isChange(fix) ? changedBy(view, fix.run, about) : undefined;
  // What the fix changes is known, and belongs to no stack.
  if (changed === "none") return undefined;
  return changed === undefined || changed.stack === own?.stack ? own : changed;
}

/** An object as findings and commands name it. */
interface Subject {
  kind: string;
  namespace: string;
  name: string;
}

function subjectOf(object: string): Subject {
  const [, kind = "", namespace = "", name = ""] = /^(.+?) (?:([^/ ]+)\/)?([^/ ]+)$/.exec(object) ?? [];
  return { kind, namespace, name };
}

function ownerOf({ find }: OwnershipView, { kind, namespace, name }: Subject): OwningStack | undefined {
  const found = kind === "Helm release" ? undefined : find(kind, namespace, name);
  const stack = found
    ? stackOf(find, found)
    : kind === "Helm release"
      ? stackOfRelease(find, namespace, name)
      : undefined;
  return stack === undefined ? undefined : { stack, what: `the ${kind}` };
}

/** Whose is what a command changes; "none" where that is at hand and no stack's. */
function changedBy(view: OwnershipView, run: string, about: Subject): OwningStack | "none" | undefined {
  const [, into = ""] = /--namespace (\S+)/.exec(run) ?? [];
  const [, release] = /\bhelm \w+ (\S+)/.exec(run) ?? [];
  if (release !== undefined) {
    return ownerOf(view, { kind: "Helm release", namespace: into, name: release });
  }
  if (run.startsWith("kubectl apply --server-side -f ")) {
    return view.gatewayApi === undefined ? "none" : { stack: view.gatewayApi, what: "the Gateway API" };
  }
  if (run.startsWith("istioctl waypoint apply ")) {
    const asked = labelled(view, about, marks.useWaypoint) ?? ownerOf(view, about);
    return asked ?? ownerOf(view, { kind: "Namespace", namespace: "", name: into });
  }
  const [, verb, word = "", name = ""] = /\bkubectl (set env|\w+) ([\w.-]+)[ /]([\w.-]+)/.exec(run) ?? [];
  const kind = namedKinds().find((each) => isKind(each, word));
  if (kind === undefined) {
    return undefined;
  }
  const subject = { kind, namespace: kind === "Namespace" ? "" : into, name };
  const [, label = ""] = verb === "label" ? (/ (\S+?)(?:=\S*|-)(?: --overwrite)?$/.exec(run) ?? []) : [];
  const owner = labelled(view, subject, label) ?? ownerOf(view, subject);
  return owner ?? (view.find(subject.kind, subject.namespace, subject.name) ? "none" : undefined);
}

/** True for the word by which kubectl knows a kind: gateway, gateways.gateway.networking.k8s.io. */
function isKind(kind: string, word: string): boolean {
  const [plain = ""] = word.toLowerCase().split(".");
  return [kind.toLowerCase(), `${kind.toLowerCase()}s`].includes(plain);
}

/** The stack that has put this label on an object of another owner. */
function labelled({ find }: OwnershipView, { kind, namespace, name }: Subject, label: string): OwningStack | undefined {
  const found = find(kind, namespace, name);
  const stack = found && stackOfLabel(found, label);
  return stack === undefined ? undefined : { stack, what: `the label ${label}` };
}

/** The finding, with the stack and its own way to put the object right. */
export function withStack(found: Finding, owner: OwningStack | undefined): Finding {
  if (owner === undefined) {
    return found;
  }
  const { stack, what } = owner;
  const { inProgram, ...rest } = found;
  const own = inProgram === undefined ? { run: refreshCommand(stack) } : { write: inProgram };
  const fix = isChange(found.fix) ? own : found.fix;
  return { ...rest, rule: `${found.rule}; ${what} belongs to the stack ${stack}`, fix };
}

/** What of a snapshot tells whose something is. */
export function ownershipOf(snapshot: ClusterSnapshot): OwnershipView {
  const find: FindOwnable = (kind, namespace, name) => {
    const found = namedObject(snapshot, kind, objectName(kind, { namespace, name }));
    // A ConfigMap that is not there is its Gateway's.
    return found ?? (kind === "ConfigMap" ? overlaid(snapshot, { namespace, name }) : undefined);
  };
  const definitions = snapshot.definitions.filter(({ name }) => name.endsWith(".gateway.networking.k8s.io"));
  // The component that applies the bundle marks it; where nothing is left of it, the mesh's own stack is asked.
  const isApplied = definitions.length === 0 || definitions.some(({ annotations }) => bundleMark in annotations);
  const mesh = find("Namespace", "", meshNamespace(snapshot));
  return { find, gatewayApi: isApplied && mesh ? stackOf(find, mesh) : undefined };
}

function overlaid({ gateways }: ClusterSnapshot, overlay: { namespace: string; name: string }) {
  return gateways.find(({ parameters }) => parameters && isNamed(parameters)(overlay));
}

/** A report in which every finding about what a stack owns says so. */
export function withStacks(report: Report, snapshot: ClusterSnapshot): Report {
  const view = ownershipOf(snapshot);
  const results = report.results.map((result) => ({
    ...result,
    findings: result.findings.map((found) => withStack(found, owningStack(view, found))),
  }));
  return { ...report, results };
}
