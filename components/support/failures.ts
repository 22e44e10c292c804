// Failures that show only while the program runs.
import * as pulumi from "@pulumi/pulumi";
import { withFixedMessage } from "./workarounds";

/** An error for an apply, in words that stay as they are. */
export function runFailure(message: string): pulumi.RunError {
  return withFixedMessage(new pulumi.RunError(message), message);
}

/** The error for an object that was deleted by other means than its stack, such as a destroy that was killed. */
export function goneFailure(object: string): pulumi.RunError {
  return runFailure(`${object} is in the stack's state, but no longer in the cluster; run \`pulumi up --refresh\``);
}
