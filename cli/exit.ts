// How the command ends: exit codes of sysexits.h, so that scripts can tell a bad mesh from a bad call.

/** Exit codes of every subcommand. */
export const exit = { good: 0, failed: 1, usage: 64, unreachable: 69, software: 70 } as const;

/** A call that cannot be understood. Its message is for the user. */
export class UsageError extends Error {
  override name = "UsageError";
}
