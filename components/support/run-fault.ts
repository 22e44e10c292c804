// Failures that show only while the program runs, in words that stay as they are.
import * as pulumi from "@pulumi/pulumi";

/** An error for an apply. */
export function runFault(message: string): pulumi.RunError {
  return keepingText(new pulumi.RunError(message), message);
}

/**
 * The error with a text that stays. On its way up the SDK puts "error serializing property …" in front of the message
 * for every property that depends on it, and in the end it prints the stack.
 */
export function keepingText<T extends Error>(error: T, message: string): T {
  Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
  Object.defineProperty(error, "stack", { value: message });
  return error;
}
