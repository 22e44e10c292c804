// Keeps a run that failed from being taken for a complete one.
import * as pulumi from "@pulumi/pulumi";

/** The part of the SDK's connection to the engine that says that a program is complete. */
interface Monitor {
  signalAndWaitForShutdown?: (request: object, callback: (error: Error | null, response: object) => void) => void;
}

const guarded = new WeakSet<Monitor>();
const event = "unhandledRejection";
let rejections = 0;
let runs = 0;

/**
 * After a rejection that nobody handles the host of inline programs first tells the engine that the program is complete
 * and only then that it failed (seen with @pulumi/pulumi 3.270). In between the engine deletes every resource that waited
 * for the rejected promise: for a mesh, its Releases. Where that word is withheld the engine waits for the outcome.
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
  // The SDK listens during a run; without it this is a rejection of somebody else's after a run that ended early.
  if (process.listenerCount(event) === 1) {
    runs = 0;
    process.off(event, count);
    throw reason;
  }
}
