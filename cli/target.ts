// Which cluster a subcommand works on: by its flags, else as a Pulumi program recorded it, else as kubectl chooses;
// and which of its namespaces.
import type { Command } from "commander";
import type { ClusterTarget } from "../cluster/connection";
import { violationLine } from "../lib/validation/violations";
import { nearest } from "../lib/validation/names";
import { UsageError } from "./exit";

/** Environment variable that holds a ClusterTarget as JSON: set for the commands that a Pulumi program recorded. */
export const targetVariable = "ISTIO_AMBIENT_TARGET";

/** Flags of every subcommand that works on a cluster. */
export interface TargetOptions {
  kubeconfig?: string;
  context?: string;
}

/** Adds the flags. */
export function withTarget(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "kubeconfig to use instead of $KUBECONFIG or ~/.kube/config")
    .option("--context <name>", "context to use instead of the current one");
}

/** Refuses a namespace that does not exist: a misspelled one would pass every check, and nothing would be done. */
export function requireNamespaces(given: readonly string[], existing: readonly string[]): void {
  const missing = given.find((name) => !existing.includes(name));
  if (missing !== undefined) {
    const fix = `--namespace ${existing.length > 0 ? nearest(missing, existing) : "<name>"}`;
    throw new UsageError(
      violationLine({ path: "--namespace", got: missing, rule: "must be an existing namespace", fix }),
    );
  }
}

/** The flags once more, for a command in a message: copied without them, it would work on another cluster. */
export function targetFlags({ kubeconfig, context }: TargetOptions): string {
  const given = Object.entries({ kubeconfig, context }).filter(([, value]) => value !== undefined && value !== "");
  return given.map(([flag, value = ""]) => ` --${flag} ${shellWord(value)}`).join("");
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./~-]+$/.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}

/** The cluster to work on. */
export function targetOf({ kubeconfig, context }: TargetOptions): ClusterTarget {
  const recorded = process.env[targetVariable];
  if (kubeconfig === undefined && context === undefined && recorded) {
    return JSON.parse(recorded) as ClusterTarget;
  }
  return { ...(kubeconfig ? { kubeconfigFile: kubeconfig } : {}), ...(context ? { context } : {}) };
}
