// From what the user wrote to values that are checked: at once where they are plain, on arrival where they are Outputs.
import * as pulumi from "@pulumi/pulumi";
import { Fault, faultLine, faultReason } from "../../lib/validation/violations";
import { Rule, UNKNOWN } from "../../lib/validation/rules";
import { keepingText } from "./run-fault";
import { guardRun } from "./run-guard";

/** Throws one error with every fault of a component's plain arguments, before anything of it is registered. */
export function checkArgs<T>(component: string, name: string, args: T, rule: Rule, more: Fault[] = []): T {
  // Every component comes by here first.
  guardRun();
  throwFaults(component, name, [...rule(plainParts(args === undefined ? {} : args), ""), ...more]);
  return args;
}

/** Checks arguments of which `name` is optional; the component shows no inputs, so that a change counts where it happens. */
export function checkedInputs<T>(component: string, name: string, args: T, rule: Rule): pulumi.Inputs {
  // What is no object of settings is told as it is.
  const plainObject = args === undefined || (typeof args === "object" && args !== null && !Array.isArray(args));
  checkArgs<unknown>(component, name, plainObject ? { name, ...args } : args, rule);
  return {};
}

/** One InputPropertiesError for all faults; its message stands alone, since the engine may print nothing else of it. */
export function throwFaults(component: string, name: string, faults: Fault[]): void {
  if (faults.length === 0) {
    return;
  }
  const error = new pulumi.InputPropertiesError({
    message: refusal(componentNamed(component, name), faults),
    errors: faults.map((fault) => ({ propertyPath: fault.path, reason: faultReason(fault) })),
  });
  throw shownPlainly(error);
}

/** How messages name a component: HttpRoute "web". */
export function componentNamed(component: string, name: string): string {
  return `${component} "${name}"`;
}

function refusal(what: string, faults: Fault[]): string {
  return [`${what} cannot be made:`, ...faults.map((fault) => `  ${faultLine(fault)}`)].join("\n");
}

/** Marks an error as one of the user's, which Pulumi prints as it is; all others come with a stack trace and a dump. */
function shownPlainly(error: Error): Error {
  return Object.assign(error, { __pulumiRunError: true });
}

/** A part of a component's arguments with all in it resolved, and what arrived late checked before anybody uses it. */
export function resolved<T>(what: string, path: string, part: T, rule: Rule): pulumi.Output<pulumi.Unwrap<T>> {
  return pulumi.output(part).apply((value) => {
    const [fault] = rule(value, path);
    if (fault) {
      throw lateFault(what, fault);
    }
    return value;
  });
}

/** The error for a fault that shows only once values have arrived. */
export function lateFault(what: string, fault: Fault): Error {
  const error = new pulumi.InputPropertyError({ propertyPath: fault.path, reason: faultReason(fault) });
  return shownPlainly(keepingText(error, refusal(what, [fault])));
}

/** The same shape with UNKNOWN where a value has still to arrive. */
function plainParts(value: unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return UNKNOWN;
  }
  if (Array.isArray(value)) {
    return value.map(plainParts);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainParts(item)]));
  }
  return value;
}
