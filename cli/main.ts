#!/usr/bin/env node
// The entry point of `istio-ambient`. Any Node must be able to parse this file and what it imports; the rest is loaded
// only once the Node is known to be new enough.
import { exit } from "./exit";
import { nodeRefusal } from "../lib/node-version";
import { packageFile } from "./package-file";
import type * as Command from "./run";

const refusal = nodeRefusal(process.versions.node, packageFile().engines.node);
if (refusal === undefined) {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would come before the check
  (require("./run") as typeof Command).runProcess();
} else {
  console.error(refusal);
  process.exitCode = exit.usage;
}
