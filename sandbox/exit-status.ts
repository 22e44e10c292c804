// What the program's run says to `up` by its exit status.

/** The last run was killed in the middle of an operation: only a fresh control plane helps. */
export const interrupted = 86;
