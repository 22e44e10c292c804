#!/usr/bin/env node
// The entry point of `istio-ambient`. Any Node must be able to parse this file and what it imports; the rest is loaded
// only once the Node is known to be new enough.
import { exit } from "./exit";
import { nodeFault } from "./node-version";
import { packageFile } from "./package-file";
import type * as Command from "./run";

const fault = nodeFault(process.versions.node, packageFile().engines.node);
if (fault === undefined) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would come before the check
  (require("./run") as typeof Command).runProcess();
} else {
  console.error(fault);
  process.exitCode = exit.usage;
}
