// Values as one writes them in a program, for the fix that a message proposes.

/** A value as code, unless it is long or not known yet. */
export function code(got: unknown): string {
  const entries = typeof got === "object" && got !== null ? Object.entries(got) : [];
  const key = (name: string) => (/^\w+$/.test(name) ? name : JSON.stringify(name));
  const fields = entries.map(([name, item]) => (Array.isArray(got) ? code(item) : `${key(name)}: ${code(item)}`));
  const joined = fields.join(", ");
  const text =
    fields.length === 0 ? (JSON.stringify(got) ?? "...") : Array.isArray(got) ? `[${joined}]` : `{ ${joined} }`;
  return text.length > 100 ? "..." : text;
}

/** The last name of a path, as it stands in a fix: `gateway.hostnames[0]` gives `hostnames`. */
export function fieldOf(path: string): string {
  return path.replace(/(\[\d+\])+$/, "").replace(/^.*\./, "");
}

/** The code that gives what is at `path` a value. */
export function assignment(path: string, value: string): string {
  const entry = /\[("[^"]*")\]$/.exec(path);
  if (entry) {
    return `${entry[1]}: ${value}`;
  }
  return /\[\d+\]$/.test(path) ? `${fieldOf(path)}: [${value}]` : `${fieldOf(path)}: ${value}`;
}
