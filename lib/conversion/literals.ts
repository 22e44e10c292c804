// Values as TypeScript.

/** A value as TypeScript, on one line where it fits. */
export function literal(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const short = oneLine(value);
  if (short.length + depth * 2 <= 100) return short;
  const indent = "  ".repeat(depth + 1);
  const end = "  ".repeat(depth);
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => `${indent}${literal(item, depth + 1)},`).join("\n")}\n${end}]`;
  }
  const fields = Object.entries(value).map(
    ([name, field]) => `${indent}${property(name)}: ${literal(field, depth + 1)},`,
  );
  return `{\n${fields.join("\n")}\n${end}}`;
}

/** A value as TypeScript, on one line. */
export function oneLine(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  const fields = Object.entries(value).map(([name, field]) => `${property(name)}: ${oneLine(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
