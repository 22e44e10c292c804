// A failure that shows only while the program runs, in words that stay as they are.
import * as pulumi from "@pulumi/pulumi";

/**
 * An error for an apply. The SDK puts "error serializing property …" in front of the message for every property that
 * depends on it, the whole way up; this one keeps its text.
 */
export function runFault(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  Object.defineProperty(error, "message", { get: () => message, set: () => undefined });
  return error;
}
