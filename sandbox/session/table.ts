// Text in columns.

/** Rows as lines with aligned columns; a row that misses a value is left out. */
export function table(rows: (string | undefined)[][]): string {
  const complete = rows.filter((row): row is string[] => row.every((cell) => cell !== undefined));
  const widths = complete.reduce<number[]>(
    (most, row) => row.map((cell, index) => Math.max(most[index] ?? 0, cell.length)),
    [],
  );
  return complete
    .map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "))
    .map((line) => `  ${line}`.trimEnd())
    .join("\n");
}
