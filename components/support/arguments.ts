// From what the user wrote to values that are checked: at once where they are plain, on arrival where they are Outputs.
import * as pulumi from "@pulumi/pulumi";
import { UNKNOWN, Violation, violationLine, violationReason } from "../../lib/validation/violations";
import type { ObjectRule } from "../../lib/validation/object";
import { below, type Rule } from "../../lib/validation/rules";
import type { ObjectMetadataArgs } from "./args";
import { programObjects } from "./program-objects";
import { requireNode } from "./node";
import { ofThisRun } from "./program";
import { resourceCode, resourceViolation } from "./given-resources";
import { guardRun, printedPlainly, withFixedMessage } from "./workarounds";

/** Throws one error with every violation of a component's plain arguments, before anything of it is registered. */
export function checkArgs<T>(component: string, name: string, args: T, rule: Rule, more: Violation[] = []): T {
  // Every component comes by here first.
  requireNode();
  guardRun();
  requireName(component, name);
  programObjects();
  const found: Violation[] = [];
  const { rest, options } = withoutOptions(args === undefined ? {} : args, rule);
  const plain = plainParts(rest, "", found);
  const misplaced = options.map(([key, value]) => optionViolation(component, name, key, value));
  throwViolations(component, name, [...misplaced, ...found, ...rule(plain, ""), ...more]);
  return args;
}

/** The name is the first argument; of what comes without one nothing else can be told. */
function requireName(component: string, name: unknown): void {
  if (typeof name !== "string" || name === "") {
    const rule = "must be the name of the component, as the first argument";
    const fix = `new ${component}("${component.toLowerCase()}", { ... })`;
    throwToldViolations(component, [{ path: "name", got: name, rule, fix }]);
  }
}

/** Options of every resource, which are easily written among the arguments. */
const resourceOptions = ["dependsOn", "provider", "providers", "parent", "protect", "aliases", "ignoreChanges"];
const moreOptions = ["retainOnDelete", "customTimeouts", "deletedWith", "transforms", "transformations"];

/** The arguments, and the options of a resource among them. */
function withoutOptions(args: unknown, rule: Rule): { rest: unknown; options: [string, unknown][] } {
  if (typeof args !== "object" || args === null || Array.isArray(args)) {
    return { rest: args, options: [] };
  }
  const fields = "fields" in rule ? (rule as ObjectRule).fields : {};
  const isOption = ([key]: [string, unknown]) =>
    [...resourceOptions, ...moreOptions].includes(key) && !Object.keys(fields).includes(key);
  const all = Object.entries(args) as [string, unknown][];
  return { rest: Object.fromEntries(all.filter((each) => !isOption(each))), options: all.filter(isOption) };
}

function optionViolation(component: string, name: string, path: string, value: unknown): Violation {
  const rule = "must be among the resource options, which are the third argument";
  const fix = `new ${component}("${name}", { ... }, { ${path}: ${resourceCode(value)} })`;
  const isPlain = ["string", "number", "boolean"].includes(typeof value);
  return { path, got: isPlain ? value : resourceCode(value), rule, fix };
}

/** Checks arguments of which `name` is optional; the component shows no inputs, so that a change counts where it happens. */
export function checkedInputs<T>(component: string, name: string, args: T, rule: Rule): pulumi.Inputs {
  checkArgs<unknown>(component, name, withName(name, args), rule);
  return {};
}

/** The arguments of a component whose object is called after it unless they say otherwise. */
export function withName<T>(name: string, args: T): T {
  // What is no object of settings is told as it is.
  const isObject = args === undefined || (typeof args === "object" && args !== null && !Array.isArray(args));
  return isObject ? { name, ...args } : args;
}

/** One InputPropertiesError for all violations; its message stands alone, since the engine may print nothing else of it. */
export function throwViolations(component: string, name: string, violations: Violation[]): void {
  throwToldViolations(componentNamed(component, name), violations);
}

/** As `throwViolations`, of a component as messages name it. */
export function throwToldViolations(what: string, violations: Violation[]): void {
  if (violations.length === 0) {
    return;
  }
  throw printedPlainly(argumentsError(what, violations));
}

function argumentsError(what: string, violations: Violation[]): pulumi.InputPropertiesError {
  return new pulumi.InputPropertiesError({
    message: refusal(what, violations),
    errors: violations.map((violation) => ({ propertyPath: violation.path, reason: violationReason(violation) })),
  });
}

/** How messages name a component: HttpRoute "web". */
export function componentNamed(component: string, name: string): string {
  return `${component} "${name}"`;
}

function refusal(what: string, violations: Violation[]): string {
  return [`invalid arguments for ${what}:`, ...violations.map((violation) => `  ${violationLine(violation)}`)].join(
    "\n",
  );
}

/** A part of a component's arguments with all in it resolved, and what arrived late checked before it is used. */
export function resolved<T>(what: string, path: string, part: T, rule: Rule): pulumi.Output<pulumi.Unwrap<T>> {
  return pulumi.output(part).apply(async (value) => {
    const found: Violation[] = [];
    const plain = plainParts(value, path, found);
    await refuseLate(what, [...found, ...rule(plain, path)]);
    return value;
  });
}

/** Violations of components that are about to be told, by the components' names. */
const late = new WeakMap<object, Map<string, { violations: Violation[]; told: Promise<never> }>>();

/**
 * Rejects where there are violations. What of a component has arrived in the same turn of the event loop, as the outputs of
 * one resource do, is told in one error, which all of it rejects with: the SDK reports an error once.
 */
export async function refuseLate(what: string, violations: Violation[]): Promise<void> {
  if (violations.length === 0) {
    return;
  }
  const all = ofThisRun(late, () => new Map<string, { violations: Violation[]; told: Promise<never> }>());
  const known = all.get(what);
  if (known) {
    known.violations.push(...violations);
    return known.told;
  }
  const gathered = [...violations];
  const told = new Promise((resolve) => setImmediate(resolve)).then((): never => {
    all.delete(what);
    throw lateViolations(what, gathered);
  });
  all.set(what, { violations: gathered, told });
  return told;
}

/** Labels and annotations that the user gave; what was not given is missing. */
export function resolvedMetadata(
  what: string,
  { labels, annotations }: ObjectMetadataArgs,
  { fields }: ObjectRule,
): ResolvedMetadata {
  return {
    ...(labels && { labels: resolved(what, "labels", labels, fields["labels"]!) }),
    ...(annotations && { annotations: resolved(what, "annotations", annotations, fields["annotations"]!) }),
  };
}

interface ResolvedMetadata {
  labels?: pulumi.Output<Record<string, string>>;
  annotations?: pulumi.Output<Record<string, string>>;
}

/** The error for what shows only once values have arrived. */
export function lateViolations(what: string, violations: Violation[]): Error {
  return printedPlainly(withFixedMessage(argumentsError(what, violations), refusal(what, violations)));
}

/** The same shape with UNKNOWN where a value has still to arrive, and where there is a resource, which is told of. */
function plainParts(value: unknown, path: string, found: Violation[]): unknown {
  if (pulumi.Resource.isInstance(value)) {
    found.push(resourceViolation(value, path || "args"));
    return UNKNOWN;
  }
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => plainParts(item, `${path}[${index}]`, found));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, plainParts(item, below(path, key), found)]),
    );
  }
  return value;
}
