// Where the command writes: results to stdout, progress to stderr, color only where a person reads.

/** The streams and the environment; tests give their own. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** stdout may be colored. */
  color: boolean;
  /** stderr is a terminal: progress may overwrite its line. */
  interactive: boolean;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  // head and less close the pipe once they have enough: no reason for a stack trace.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    // https://no-color.org: any value that is not empty.
    color: process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
    interactive: process.stderr.isTTY === true,
  };
}

/** A line of progress that the next one overwrites; nothing where stderr is a file. */
export function progress(terminal: Terminal, text: string): void {
  if (terminal.interactive) terminal.err(`\r\u001b[K${text}`);
}

/** Takes the last line of progress away. */
export function endProgress(terminal: Terminal): void {
  progress(terminal, "");
}
