// How to start a TypeScript file with the Node that runs this one.

/** The command line; the compiler runs inside that one process, so that its signals and its end are the program's own. */
export function typescript(file: string, ...args: string[]): string[] {
  return [process.execPath, "--require", require.resolve("tsx/cjs"), file, ...args];
}
