// What commands of the sandbox say by their exit status.

/** The last run was killed in the middle of an operation: only a fresh control plane helps. */
export const interrupted = 86;

/** There is no sandbox to open a shell in, so that this is not the status of a shell. */
export const unavailable = 69;
