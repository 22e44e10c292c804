// Workarounds for the Pulumi SDK: what each works around, with which version it was seen, and when it can go.
import * as pulumi from "@pulumi/pulumi";

/**
 * An error whose message stays as it is.
 *
 * Works around: for every property that depends on a rejected Output, `serializeProperties` of the SDK's
 * runtime/rpc.js puts "error serializing property …" in front of the message of that very error, and the handler of
 * uncaught errors prints its stack. Reproduction: `new Resource("r", { a: rejected })`, where `rejected` throws in an
 * apply.
 * Seen with: @pulumi/pulumi 3.259 to 3.270.
 * Can go: once the SDK wraps the error (`cause`) instead of writing into it. tests/lifecycle/late-violation.test.ts
 * passes without it then.
 */
export function withFixedMessage<T extends Error>(error: T, message: string): T {
  Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
  Object.defineProperty(error, "stack", { value: message });
  return error;
}

/**
 * An error that is printed as it is.
 *
 * Works around: of the SDK's own errors only a RunError is printed without a stack trace and a dump of the process.
 * InputPropertyError and InputPropertiesError, which component providers report property by property, are "unhandled
 * exceptions" to a program. `RunError.isInstance` looks at this field alone.
 * Seen with: @pulumi/pulumi 3.259 to 3.270.
 * Can go: once cmd/run/run.js and automation/server.js treat the two as they treat a RunError.
 */
export function printedPlainly<T extends Error>(error: T): T {
  return Object.assign(error, { __pulumiRunError: true });
}

/**
 * Whether a value is known, which at preview it is not where another resource has still to make it.
 *
 * Works around: the function of an `apply` does not run on what is unknown, so that nothing can be said of it. The field
 * is there in every version, and in no declaration.
 * Seen with: @pulumi/pulumi 3.259 to 3.270.
 * Can go: once Output declares it.
 */
export function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  // What fails is told by whoever uses it.
  return (output as unknown as { isKnown: Promise<boolean> }).isKnown.catch(() => true);
}

/** The part of the SDK's connection to the engine that says that a program is complete. */
interface Monitor {
  signalAndWaitForShutdown?: (request: object, callback: (error: Error | null, response: object) => void) => void;
}

const guarded = new WeakSet<Monitor>();
const event = "unhandledRejection";
let rejections = 0;
let runs = 0;

/**
 * Keeps a run that failed from being taken for a complete one.
 *
 * Works around: after a rejection that nothing handles, the host of inline programs (automation/server.js) first tells
 * the engine that the program is complete and only then that it failed. In between the engine deletes every resource
 * that waited for the rejected promise: for a mesh, its Releases. Where that signal is withheld the engine waits for
 * the outcome. Reproduction: an inline program that registers a resource in its first `up`, and in its second gives
 * the same resource a property that is a rejected Output.
 * Seen with: @pulumi/pulumi 3.259 to 3.270.
 * Can go: once `runInPulumiStack` looks at its set of errors before `settings.disconnect(true)`.
 */
export function guardRun(): void {
  const monitor = pulumi.runtime.getMonitor() as Monitor | undefined;
  const signal = monitor?.signalAndWaitForShutdown;
  if (!monitor || !signal || guarded.has(monitor)) {
    return;
  }
  guarded.add(monitor);
  const before = rejections;
  if (runs++ === 0) {
    process.on(event, count);
  }
  monitor.signalAndWaitForShutdown = (request, callback) => {
    // A rejection of this very moment is not known before the next turn.
    setImmediate(() => {
      if (--runs === 0) {
        process.off(event, count);
      }
      if (rejections > before) {
        callback(null, request);
      } else {
        signal.call(monitor, request, callback);
      }
    });
  };
}

function count(reason: unknown): void {
  rejections += 1;
  // The SDK listens during a run; without it this is a rejection outside of any run, after one that ended early.
  if (process.listenerCount(event) === 1) {
    runs = 0;
    process.off(event, count);
    throw reason;
  }
}
