#!/usr/bin/env node
// The entry of `istio-ambient`. Whatever Node runs it has to understand this file and what it imports: the rest is loaded
// once that Node is known to be new enough.
import { exit } from "./exit";
import { nodeFault } from "./node-version";
import { packageFile } from "./package-file";
import type * as Command from "./run";

const fault = nodeFault(process.versions.node, packageFile().engines.node);
if (fault === undefined) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be hoisted above the check
  (require("./run") as typeof Command).runProcess();
} else {
  console.error(fault);
  process.exitCode = exit.usage;
}
