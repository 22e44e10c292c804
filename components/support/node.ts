// The Node that runs the program: one that is too old ends in one line, rather than in a stack trace of what breaks first.
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { nodeRefusal } from "../../lib/node-version";
import { packageRoot } from "./own-command";

let needed: string | undefined;

/** Ends the program where its Node is too old for what asks the cluster. */
export function requireNode(found = process.versions.node): void {
  needed ??= (JSON.parse(fs.readFileSync(path.join(packageRoot(), "package.json"), "utf8")) as Package).engines.node;
  const refusal = nodeRefusal(found, needed);
  if (refusal !== undefined) {
    throw new pulumi.RunError(refusal);
  }
}

interface Package {
  engines: { node: string };
}
