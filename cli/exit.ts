// How the command ends: exit codes of sysexits.h, so that scripts can tell a bad mesh from a bad call.

/** Exit codes of every subcommand. */
export const exit = { good: 0, failed: 1, usage: 64, unreachable: 69, software: 70 } as const;

/** A call that cannot be understood. Its message is for the user. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    // Not a field of the class: cli/main.ts, which every Node has to understand, imports this file.
    this.name = "UsageError";
  }
}
