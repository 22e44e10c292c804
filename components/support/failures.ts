// Failures that show only while the program runs.
import * as pulumi from "@pulumi/pulumi";
import { withFixedMessage } from "./workarounds";

/** An error for an apply, in words that stay as they are. */
export function runFailure(message: string): pulumi.RunError {
  return withFixedMessage(new pulumi.RunError(message), message);
}
