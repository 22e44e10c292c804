// Failures that are not awaited, such as that of an Output among a child's arguments: each goes to the component that it
// belongs to, and is told once.
import { AsyncLocalStorage } from "node:async_hooks";
import * as pulumi from "@pulumi/pulumi";

/** The making of one component. */
class Making {
  private readonly failures = new Set<unknown>();
  private reject: (error: unknown) => void = () => undefined;
  readonly failed = new Promise<never>((_, reject) => (this.reject = reject));

  constructor() {
    // It may fail before it is awaited.
    this.failed.catch(() => undefined);
  }

  /** What fails in the same turn is told together. */
  fail(error: unknown): void {
    if (this.failures.size === 0) {
      setImmediate(() => this.reject(new Error([...new Set([...this.failures].map(messageOf))].join("\n"))));
    }
    this.failures.add(error);
  }
}

const makings = new AsyncLocalStorage<Making>();

/** What the function gives, or the failure of anything that it has begun. */
export function makingOne<T>(make: () => Promise<T>): Promise<T> {
  const making = new Making();
  return makings
    .run(making, () => Promise.race([make(), making.failed]))
    .catch((error: unknown) => {
      throw new Error(messageOf(error));
    });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Takes the place of the SDK's own handlers, of which one logs an error that the engine tells as well, and the other
 * tells it of every component that is being made at the time.
 */
export function reportToComponents(): void {
  process.removeAllListeners("uncaughtException").on("uncaughtException", report);
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", report);
}

function report(error: unknown): void {
  const making = makings.getStore();
  if (making) {
    making.fail(error);
  } else {
    void pulumi.log.error(messageOf(error));
  }
}
