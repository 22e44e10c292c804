// How the command ends: exit codes of sysexits.h, so that scripts can tell a bad mesh from a bad call.

/** Exit codes of every subcommand. */
export const exit = { good: 0, failed: 1, usage: 64, unreachable: 69, software: 70 } as const;

/** A command line that cannot be carried out. The message is for the user. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    // Not a class field: cli/main.ts imports this file, and old Nodes cannot parse one.
    this.name = "UsageError";
  }
}
